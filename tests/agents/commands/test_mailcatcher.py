"""`manage.py mailcatcher`: takes every mail, keeps it, and lets nothing out."""

from __future__ import annotations

import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from agents.models import CaughtMail
from tests.conftest import kill_tree

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def port(process_environment: dict[str, str]) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "manage.py", "mailcatcher"]
    process = subprocess.Popen(command, env={**process_environment, "MAIL_CATCHER_PORT": str(port)})
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, "it ended"
                assert time.monotonic() < until, "it does not listen"
                time.sleep(0.1)
        yield port
    finally:
        kill_tree(process.pid)
        process.wait()


def test_a_mail_is_kept_as_it_came(port: int) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "rapport@example.com", "alice@example.com", "Hello 王芳"
    mail["Message-ID"] = "<1@rapport.invalid>"
    mail.set_content("Dear 王芳,\nhow are you?")
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
        server.send_message(mail)
    caught = CaughtMail.objects.get()
    assert (caught.sender, caught.recipients) == ("rapport@example.com", ["alice@example.com"])
    assert (caught.subject, caught.message_id) == ("Hello 王芳", "<1@rapport.invalid>")
    assert "how are you" in caught.source or "base64" in caught.source


def test_a_mail_that_is_too_large_is_refused(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server, pytest.raises(smtplib.SMTPException):
        server.sendmail("a@example.com", ["b@example.com"], b"x" * 1_100_000)
    assert not CaughtMail.objects.exists()
