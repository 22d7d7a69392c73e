"""The step types, one file each. register_all() fills the registry from every module here."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from workflows import registry


def register_all() -> None:
    """Each module names its type STEP, or its types STEPS."""
    for found in sorted(iter_modules(__path__), key=lambda module: module.name):
        module = import_module(f"{__name__}.{found.name}")
        for step_type in getattr(module, "STEPS", None) or [module.STEP]:
            registry.register(step_type)
