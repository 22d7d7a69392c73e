"""What the remote interfaces share: strict bodies of a bounded size, and a limit of calls."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from agents.remote.pace import seconds_to_wait
from crm.api.base import CrmView
from crm.errors import RapportError


class TooLarge(RapportError):
    status = 413
    code = "too_large"
    title = "The call is too large"


class RemoteView(CrmView):
    # The name of the limit in settings.REMOTE.
    pace: ClassVar[str]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if wait := seconds_to_wait(self.actor, self.pace):
            raise Throttled(wait)
        most = settings.REMOTE["MAX_BYTES"]
        claimed = request.headers.get("content-length") or "0"
        if not claimed.isdigit() or int(claimed) > most or len(request._request.body) > most:
            raise TooLarge(f"A call takes at most {most:,} bytes.")
