"""The kinds of error: the kind decides the answer's status, whether to retry, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict


class FieldProblem(TypedDict, total=False):
    field: str
    node: str
    code: str
    message: str


class RapportError(Exception):
    """An error with a stable code and a sentence that tells the reader what to do."""

    status = 500
    code = "unexpected"
    title = "Something went wrong"

    def __init__(self, detail: str, *, code: str | None = None, errors: Sequence[FieldProblem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.errors = list(errors)


class InvalidInput(RapportError):
    status = 422
    code = "invalid_input"
    title = "Some of the input can't be used"


class NotAllowed(RapportError):
    status = 403
    code = "not_allowed"
    title = "You may not do this"


class NotFound(RapportError):
    status = 404
    code = "not_found"
    title = "There is no such record"


class BodyTooLarge(RapportError):
    status = 413
    code = "body_too_large"
    title = "This is too much at once"

    def __init__(self, most: int) -> None:
        super().__init__(f"At most {most // 2**20} MB are taken here. Send less at a time, or split the file.")


class Conflict(RapportError):
    status = 409
    code = "conflict"
    title = "Somebody was faster"


class Unavailable(RapportError):
    """Operational: try again later."""

    status = 503
    code = "unavailable"
    title = "Not available at the moment"
