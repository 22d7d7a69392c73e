"""Every error of the API as application/problem+json with a stable code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from crm.errors import BodyTooLarge, FieldProblem, InvalidInput, RapportError

MEDIA_TYPE = "application/problem+json"
_API = ("/api/", "/submit", "/status/", "/predict")
_CODES = {
    400: "malformed",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    415: "unsupported_media_type",
    429: "too_many_requests",
}


def body(status: int, code: str, detail: str, *, title: str = "", errors: list[FieldProblem] | None = None) -> Any:
    shown = {"type": "about:blank", "title": title or HTTPStatus(status).phrase, "status": status}
    return {**shown, "detail": detail, "code": code, **({"errors": errors} if errors else {})}


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. What it doesn't know is a fault of ours: it fails loudly."""
    error = _known(error)
    if isinstance(error, exceptions.APIException):
        answer = _of_framework(error)
    elif isinstance(error, RapportError):
        answer = Response(_of_rapport(error), status=error.status)
    else:
        return None
    set_rollback()
    answer.content_type = MEDIA_TYPE
    return answer


def _known(error: Exception) -> Exception:
    if isinstance(error, Http404):
        return exceptions.NotFound("There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return BodyTooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    if isinstance(error, exceptions.ValidationError):
        found = list(_flat(error.detail, error.get_codes()))
        detail = f"{found[0]['field']}: {found[0]['message']}" if found else "The input can't be used."
        return InvalidInput(detail, errors=found)
    return error


def _of_rapport(error: RapportError) -> Any:
    return body(error.status, error.code, error.detail, title=error.title, errors=error.errors)


def _of_framework(error: exceptions.APIException) -> Response:
    code = _CODES.get(error.status_code, "error")
    answer = Response(body(error.status_code, code, str(error.detail)), status=error.status_code)
    if challenge := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        answer["Retry-After"] = str(int(wait))
    return answer


def _flat(detail: Any, codes: Any, path: str = "") -> Iterator[FieldProblem]:
    """DRF nests its errors as the input is nested; ours are a list with dotted paths."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            here = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            yield from _flat(inner, codes[name], here)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list))
            yield from _flat(inner, codes[index], f"{path}.{index}".lstrip(".") if nested else path)
    else:
        yield {"field": path, "code": str(codes), "message": str(detail)}


def answer(status: int, detail: str, code: str = "") -> JsonResponse:
    """For what goes wrong outside of DRF's views."""
    given = body(status, code or _CODES.get(status, "unexpected"), detail)
    return JsonResponse(given, status=status, content_type=MEDIA_TYPE)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(_API)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """handler404 of the installation."""
    if _is_api(request):
        return answer(404, "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """handler403 of the installation."""
    if _is_api(request):
        return answer(403, "You may not do this.")
    return defaults.permission_denied(request, exception or PermissionDenied())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """handler400 of the installation."""
    if isinstance(exception, RequestDataTooBig):
        return _too_large(request, BodyTooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
    if _is_api(request):
        return answer(400, "The request can't be read.")
    return defaults.bad_request(request, exception)


def _too_large(request: HttpRequest, error: BodyTooLarge) -> HttpResponseBase:
    if _is_api(request):
        return JsonResponse(_of_rapport(error), status=error.status, content_type=MEDIA_TYPE)
    return render(request, "errors/refused.html", {"error": error}, status=error.status)


def server_error(request: HttpRequest) -> HttpResponse | HttpResponseBase:
    """handler500 of the installation; the log has the cause under the request's id."""
    if _is_api(request):
        return answer(500, "Something went wrong on our side. It is in the log under this request's id.")
    return defaults.server_error(request)
