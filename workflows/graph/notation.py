"""YAML as people review it: plain values, one way to write each, every fault with its line and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

JSON = Any
Path = tuple[str | int, ...]

MAX_CHARACTERS = 4_000_000
MAX_DEPTH = 60

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
# Only these plain words are no texts; "yes", "on" and dates are.
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True)
class Place:
    line: int
    column: int


class TextError(Exception):
    """What is wrong, where, and what to do."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        where = f"line {place.line}, column {place.column}: " if place else ""
        super().__init__(f"{where}{message}")
        self.message, self.place = message, place


@dataclass(frozen=True)
class Parsed:
    value: JSON
    places: Mapping[Path, Place]

    def place_of(self, *path: str | int) -> Place | None:
        """Where the value stands, or else what is nearest around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path)


def read(text: str) -> Parsed:
    """Reads one YAML document of plain values; raises TextError."""
    if len(text) > MAX_CHARACTERS:
        raise TextError(f"The text has {len(text):,} characters; {MAX_CHARACTERS:,} are allowed. Split the workflow.")
    try:
        return _Reader(text).read()
    except yaml.MarkedYAMLError as error:
        raise TextError(_in_words(error), _place(error.problem_mark or error.context_mark)) from error
    except (yaml.YAMLError, UnicodeError) as error:
        message = "There is a character that YAML does not allow. Write it inside double quotes, as \\x07."
        raise TextError(message, _place_of_character(text, error)) from error


def _in_words(error: yaml.MarkedYAMLError) -> str:
    said = error.problem or "This is not YAML"
    if "tab" in said or "cannot start any token" in said:
        return f"{said[:1].upper()}{said[1:]}. Indent with spaces, and put quotes around texts that begin with a sign."
    if "mapping values are not allowed" in said:
        return "A colon where none may be. Put quotes around a text that holds a colon and a space."
    return f"{said[:1].upper()}{said[1:]}. Compare the indentation and the quotes with the lines around it."


def _place(mark: Any) -> Place | None:
    return Place(mark.line + 1, mark.column + 1) if mark else None


def _place_of_character(text: str, error: Exception) -> Place | None:
    """Of a character that can't be read, which the reader names by its position."""
    position = getattr(error, "start", None) if isinstance(error, UnicodeError) else getattr(error, "position", None)
    if not isinstance(position, int):
        return None
    before = text[:position] if isinstance(error, UnicodeError) else text.encode()[:position].decode(errors="ignore")
    return Place(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


class _Reader:
    """Builds values from events, so that what is not a plain value is refused before anything is made of it."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._places: dict[Path, Place] = {}

    def read(self) -> Parsed:
        value: JSON = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise TextError("A second document begins here. Write one to a file.", _place(event.start_mark))
                value = self._value(next(self._events), ())
        return Parsed(value, self._places)

    def _value(self, event: yaml.Event, path: Path) -> JSON:
        place = _place(event.start_mark)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise TextError("Anchors (&) and aliases (*) are not allowed. Write the value out.", place)
        if getattr(event, "tag", None):
            raise TextError("Tags (!) are not allowed. Write a plain value, in quotes if it is a text.", place)
        if len(path) > MAX_DEPTH:
            raise TextError(f"Values lie at most {MAX_DEPTH} levels deep. Make this one flatter.", place)
        if place:
            self._places[path] = place
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event, place)
        raise TextError("There is no value here. Write one, or null.", place)

    def _mapping(self, path: Path) -> dict[str, JSON]:
        found: dict[str, JSON] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            if key in found:
                raise TextError(f"The key {key[:60]!r} is here twice. Keep one of them.", _place(event.start_mark))
            found[key] = self._value(next(self._events), (*path, key))
            if place := _place(event.start_mark):
                self._places[(*path, key)] = place
        return found

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
            raise TextError("A key is a plain text. Put it in quotes.", _place(event.start_mark))
        return str(event.value)

    def _list(self, path: Path) -> list[JSON]:
        found: list[JSON] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            found.append(self._value(event, (*path, len(found))))
        return found


def _scalar(event: yaml.ScalarEvent, place: Place | None) -> JSON:
    text = str(event.value)
    if event.style not in (None, ""):
        return text
    if text in _WORDS:
        return _WORDS[text]
    try:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _NUMBER.fullmatch(text):
            return _finite(float(text))
    except ValueError as error:
        raise TextError("The number is too large. Put it in quotes to keep it as a text.", place) from error
    return text


def _finite(number: float) -> float:
    if number in (float("inf"), float("-inf")):
        raise ValueError(number)
    return number


class Line(dict[str, JSON]):
    """A mapping that is written on one line."""


class _Writer(yaml.SafeDumper):
    """Quotes each text that any reader of YAML could take for something else; never writes an alias."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text_node(writer: _Writer, text: str) -> yaml.ScalarNode:
    style = "|" if _reads_well_in_lines(text) else None if text.isprintable() else '"'
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _reads_well_in_lines(text: str) -> bool:
    lines = text.split("\n")
    return (
        len(lines) > 1
        and bool(lines[0])
        and not lines[0].startswith(" ")
        and all(line.isprintable() and line.rstrip() == line for line in lines)
        and "\N{ZERO WIDTH NO-BREAK SPACE}" not in text
    )


def _line_node(writer: _Writer, line: Line) -> yaml.MappingNode:
    return writer.represent_mapping("tag:yaml.org,2002:map", line.items(), flow_style=True)


_Writer.add_representer(str, _text_node)
_Writer.add_representer(Line, _line_node)
# What the reader above takes for a number and YAML 1.1 does not, such as 1e5.
_Writer.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"(?:{_NUMBER.pattern})$"), list("-0123456789"))


def write(value: JSON) -> str:
    """The value in the order of its keys as given; `read` gives an equal one back."""
    return str(yaml.dump(value, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=1_000_000, indent=2))


def in_order(value: JSON) -> JSON:
    """The value with the keys of all its mappings sorted."""
    if isinstance(value, Mapping):
        return {key: in_order(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [in_order(item) for item in value]
    return value
