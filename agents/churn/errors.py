"""What the churn package refuses, each with a stable code and what to do about it."""

from __future__ import annotations


class ChurnDataError(ValueError):
    """The rows cannot make an honest model."""

    def __init__(self, code: str, message: str, action: str) -> None:
        super().__init__(f"{message} {action}")
        self.code = code
        self.message = message
        self.action = action


class ArtefactError(ValueError):
    """A stored model that does not read as one; `path` names the offending place."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.code = "bad_artefact"
        self.path = path
