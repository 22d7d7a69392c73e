"""The engine's fixtures for tests of what people do to runs."""

from tests.workflows.engine.conftest import _kinds, published, started  # noqa: F401
