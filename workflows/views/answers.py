"""Answers that more than one page gives."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from crm.errors import RapportError


def back_with(request: HttpRequest, error: RapportError, to: str, *args: object) -> HttpResponse:
    """Back to a page that says what went wrong."""
    messages.error(request, error.detail)
    return redirect(to, *args)
