"""Reads JSON bodies, and refuses those that parse but can't be worked with."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from math import isfinite
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils.json import strict_constant

from crm.validation import MAX_DEPTH, is_too_deep


class BoundedJSONParser(JSONParser):
    """The framework's own fails on deep values, and reads 1e999 as infinity, which no answer can hold."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        encoding = (parser_context or {}).get("encoding", settings.DEFAULT_CHARSET)
        try:
            given = json.load(codecs.getreader(encoding)(stream), parse_float=_finite, parse_constant=strict_constant)
        except RecursionError as error:
            raise _too_deep() from error
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from error
        if is_too_deep(given):
            raise _too_deep()
        return given


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError("A number is too large.")
    return number


def _too_deep() -> ParseError:
    return ParseError(f"Values lie at most {MAX_DEPTH} levels deep.")
