"""The shape that every module must have, and the calls that no module may make; each rule names the place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("config", "crm", "workflows", "agents")
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "misc"}
# What executes data as code, or turns bytes into objects of any class.
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_IMPORTS = {"pickle", "joblib", "marshal", "shelve", "dill", "cloudpickle", "requests", "jinja2"}
FORBIDDEN_NAMES = {"RawSQL", "mark_safe"}
FORBIDDEN_METHODS = {"raw", "extra", "from_string"}
# Only these may run programs or open addresses past the guarded client.
ALLOWED = {
    "subprocess": {"config/embedded.py", "config/launch.py", "agents/management/commands/run_agent.py"},
    "urllib.request": {"config/launch.py"},
    "grpc": {"agents/remote/channel.py", "agents/remote/server.py", "agents/protocol/agent_pb2_grpc.py"},
    "socket": {"config/launch.py", "agents/http.py", "agents/worker.py", "agents/management/commands/run_agent.py"},
}

SERVICES = {"services", "selectors"}
HTTP = ("django.http", "django.views", "django.shortcuts", "django.urls", "django.contrib.messages")

Rule = Callable[[str, ast.Module, str], Iterator[str]]


def sources() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            relative = path.relative_to(ROOT).as_posix()
            if "/migrations/" not in relative and "/designer/" not in relative:
                yield relative, path.read_text()


def name_says_something(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    if VAGUE_NAMES.intersection(path.removesuffix(".py").split("/")):
        yield f"{path}: name what it holds"


def opens_with_a_line(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    if text.strip() and not ast.get_docstring(tree):
        yield f"{path}: no line that says what lives here"


def is_short(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    if text.count("\n") > LONGEST_FILE:
        yield f"{path}: {text.count(chr(10))} lines"


def functions_are_short(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines"


def executes_no_data(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            yield f"{path}:{node.lineno}: {node.func.id}()"


def imports_nothing_unsafe(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    for line, module in _imports(tree):
        if module.split(".")[0] in FORBIDDEN_IMPORTS:
            yield f"{path}:{line}: imports {module}"
        for guarded, allowed in ALLOWED.items():
            if (module == guarded or module.startswith(f"{guarded}.")) and path not in allowed:
                yield f"{path}:{line}: imports {module}"


def writes_no_sql_from_text(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
            yield f"{path}:{node.lineno}: {node.id}"
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FORBIDDEN_METHODS
        ):
            yield f"{path}:{node.lineno}: .{node.func.attr}()"


def services_know_no_http(path: str, tree: ast.Module, text: str) -> Iterator[str]:
    if path.removesuffix(".py").split("/")[1] not in SERVICES:
        return
    for line, module in _imports(tree):
        if module.startswith(HTTP):
            yield f"{path}:{line}: imports {module}"


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


RULES: list[Rule] = [
    name_says_something,
    opens_with_a_line,
    is_short,
    functions_are_short,
    executes_no_data,
    imports_nothing_unsafe,
    writes_no_sql_from_text,
    services_know_no_http,
]
