"""Reads a CSV file of any usual encoding and delimiter."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 200
_LONGEST_CELL = 20_000
_DELIMITERS = ",;\t|"
# latin-1 reads anything, so it comes last; gb18030 refuses most of what is not Chinese.
_ENCODINGS = ("utf-8-sig", "gb18030", "latin-1")


class UnreadableFile(ValueError):
    """The file is no table that can be imported; the message says what to do."""


@dataclass(frozen=True)
class Table:
    columns: list[str]
    rows: list[list[str]]  # as wide as `columns`
    encoding: str
    delimiter: str


def read_table(content: bytes) -> Table:
    text, encoding = _decode(content)
    delimiter = _sniff(text)
    rows = _parse(text, delimiter)
    columns = _columns(next(rows, []))
    return Table(columns, [_fit(row, len(columns)) for row in rows], encoding, delimiter)


def _decode(content: bytes) -> tuple[str, str]:
    if not content.strip():
        raise UnreadableFile("The file is empty.")
    if len(content) > MOST_BYTES:
        raise UnreadableFile("The file is larger than 20 MB; split it.")
    if b"\x00" in content:
        raise UnreadableFile("This is no text file; save the table as CSV, in UTF-8.")
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "gb18030" or _looks_chinese(text):
            return text, encoding
    raise UnreadableFile("Save the file in UTF-8.")  # pragma: no cover - latin-1 reads anything


def _looks_chinese(text: str) -> bool:
    """Western text read as gb18030 gives rare characters between Latin letters; Chinese gives common ones."""
    unusual = [character for character in text if ord(character) > 127]
    common = sum("\u4e00" <= character <= "\u9fa5" or "\u3000" <= character <= "\uffef" for character in unusual)
    return common >= 0.9 * len(unusual) and _share_alone(text) < 0.5


def _share_alone(text: str) -> float:
    """The share of unusual characters that stand alone between Latin letters, as é does in Renée."""
    alone = total = 0
    for index, character in enumerate(text):
        if ord(character) > 127:
            total += 1
            neighbours = text[max(0, index - 1) : index] + text[index + 1 : index + 2]
            alone += bool(neighbours) and neighbours.isascii() and neighbours.isalpha()
    return alone / total if total else 0.0


def _sniff(text: str) -> str:
    """The delimiter that parts the first rows into the most columns of the same number."""
    best, delimiter = 1, ","
    sample = text[:20_000].rsplit("\n", 1)[0] or text[:20_000]
    for candidate in _DELIMITERS:
        widths = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=candidate) if row][:20]
        if widths and min(widths) == max(widths) > best:
            best, delimiter = widths[0], candidate
    return delimiter


def _parse(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, row in enumerate(row for row in reader if any(cell.strip() for cell in row)):
            if number > MOST_ROWS:
                raise UnreadableFile("The file has more than 200,000 rows; split it.")
            if any(len(cell) > _LONGEST_CELL for cell in row):
                raise UnreadableFile(f"Line {reader.line_num} holds more than 20,000 characters in one cell.")
            yield [cell.strip() for cell in row]
    except csv.Error as error:
        raise UnreadableFile(f"Line {reader.line_num} can't be read: {error}.") from error


def _columns(header: list[str]) -> list[str]:
    if not any(header):
        raise UnreadableFile("The first line has to name the columns.")
    if len(header) > MOST_COLUMNS:
        raise UnreadableFile(f"The file has more than {MOST_COLUMNS} columns.")
    names = [name or f"Column {index}" for index, name in enumerate(header, start=1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnreadableFile(f"Two columns are named {twice[0]!r}; rename one.")
    return names


def _fit(row: list[str], width: int) -> list[str]:
    return row[:width] + [""] * (width - len(row))
