"""Where a development installation keeps its data, its sockets and its generated keys."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import tempfile
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
# Longest path that a unix socket may have on Linux and macOS, less the file's name.
LONGEST_SOCKET_DIR = 80


def path() -> Path:
    return Path(os.environ.get("RAPPORT_DATA_DIR") or BASE_DIR / ".data").resolve()


def socket_dir(data: Path, server: str) -> Path:
    """Keep a server's socket beside its data, or, where that path is too long, in a short private folder."""
    beside = data / server
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_DIR:
        return beside
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"rapport-{digest}-{server}"


def database_url(data: Path, name: str = "rapport") -> str:
    return f"postgresql://postgres@/{name}?host={socket_dir(data, 'postgres')}"


def broker_url(data: Path) -> str:
    return f"redis+socket://{socket_dir(data, 'valkey')}/valkey.sock"


def mail_port(data: Path) -> int:
    """Say where the mail catcher of this installation listens."""
    path = data / "mail_port"
    return int(path.read_text()) if path.exists() else 1025


def read_or_create_secrets(data: Path) -> dict[str, str]:
    """Generate an installation's keys once; later starts read the same ones."""
    path = data / "secrets.json"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        _write_once(path, json.dumps(fresh_keys()))
    stored: dict[str, str] = json.loads(path.read_text())
    return stored


def fresh_keys() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "TOKEN_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def _write_once(path: Path, content: str) -> None:
    """Write a private file whole; of several processes at once, the first one's content stays."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(content)
    try:
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(name)


if __name__ == "__main__":
    for name, value in fresh_keys().items():
        print(f"{name}={value}")
