"""Send mail: by SMTP, never twice without a person's word."""

from __future__ import annotations

import re
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from pydantic import Field, field_validator

from agents.http import Refused, Unreachable
from agents.mail import mail_server
from agents.models import Connection
from agents.services.connections import find_connection
from workflows.steps import Done, Effect, Family, OnUncertain, Outcome, StepConfig, StepContext, StepError, StepType

ADDRESS = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,190}")


class Config(StepConfig):
    to: str = Field(min_length=3, max_length=254, title="To", json_schema_extra={"x-widget": "template"})
    subject: str = Field(min_length=1, max_length=200, title="Subject", json_schema_extra={"x-widget": "template"})
    body: str = Field(
        default="", max_length=50_000, title="Text", json_schema_extra={"x-widget": "template", "x-rows": 8}
    )
    connection: str = Field(
        default="", title="Connection", description="Empty: the installation's own mail server.",
        json_schema_extra={"x-options": "/api/v1/connections?kind=smtp"},
    )  # fmt: skip

    @field_validator("to")
    @classmethod
    def _is_address(cls, value: str) -> str:
        # At save a template stands here; what it gives is checked when the step runs.
        if "{{" not in value and not ADDRESS.fullmatch(value.strip()):
            raise ValueError("Give one mail address, such as {{ input.email }}.")
        return value.strip()

    @field_validator("subject")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return " ".join(value.split())


def run(context: StepContext, config: Config) -> Outcome:
    if not ADDRESS.fullmatch(config.to):
        raise StepError(f"{config.to!r} is not a mail address.", code="bad_address")
    # The same for every try, so that a mail server or reader can drop a second copy.
    message_id = f"<{context.idempotency_key}@{settings.MAIL_DOMAIN}>"
    chosen = find_connection(actor=context.run.actor, name=config.connection) if config.connection else None
    sender = str(chosen.settings.get("sender") or "") if chosen else ""
    server = _opened(chosen)
    try:
        EmailMessage(
            config.subject, config.body, sender or None, to=[config.to], headers={"Message-ID": message_id},
            connection=server,
        ).send()  # fmt: skip
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        code = getattr(error, "smtp_code", 550)
        message = f"The mail server refused the mail ({code})."
        raise StepError(message, code="mail_refused", retry=400 <= code < 500) from error
    except (OSError, smtplib.SMTPException) as error:
        message = "The connection broke while the mail was on its way; it may have been sent."
        raise StepError(message, code="mail_uncertain", uncertain=True) from error
    finally:
        server.close()
    return Done({"to": config.to, "message_id": message_id})


def _opened(connection: Connection | None) -> BaseEmailBackend:
    try:
        server = mail_server(connection)
        server.open()
    except Refused as refused:
        raise StepError(str(refused), code="address_refused") from None
    except (OSError, smtplib.SMTPException, Unreachable) as error:
        raise StepError("The mail server can't be reached.", code="mail_unreachable", retry=True) from error
    return server


STEP = StepType(
    key="send_mail",
    title="Send mail",
    family=Family.CONNECT,
    description="Send a mail to one address.",
    effect=Effect.UNKEYED,
    config=Config,
    run=run,
    output={"type": "object", "properties": {"to": {"type": "string"}, "message_id": {"type": "string"}}},
    icon="mail",
    on_uncertain=OnUncertain.PARK,
)
