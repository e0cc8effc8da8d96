"""Refuse requests that may not be answered, before anything reads them."""

import secrets
from typing import TYPE_CHECKING

from starlette.requests import Request

from tui.http_api.replies import error_reply
from tui.web.request_check import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PUBLIC = frozenset({"/v1/health", "/v1/openapi.json", "/v1/events/schema.json"})
MOST_AT_ONCE = 128
_SCHEME = "bearer "


class Guard:
    """ASGI middleware that checks host, origin and token of each request, and answers `most_at_once` at once."""

    def __init__(
        self, app: "ASGIApp", *, token: str, loopback_only: bool = True, most_at_once: int = MOST_AT_ONCE
    ) -> None:
        self._app, self._token, self._loopback_only = app, token.encode(), loopback_only
        self._most_at_once, self._at_once = most_at_once, 0

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refusal(Request(scope))
        if refused is not None:
            await error_reply(*refused)(scope, receive, send)
            return
        self._at_once += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._at_once -= 1

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        """Return the status and the reason of a refusal, or None to answer."""
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if problem := refusal(host, origin, loopback_only=self._loopback_only):
            return 403, problem
        if request.url.path not in PUBLIC and not self._has_token(request.headers.get("authorization", "")):
            return 401, "a token is needed: Authorization: Bearer TOKEN"
        if self._at_once >= self._most_at_once:
            return 503, f"{self._at_once} requests are being answered; try again"
        return None

    def _has_token(self, authorization: str) -> bool:
        if not authorization.lower().startswith(_SCHEME):
            return False
        return secrets.compare_digest(authorization[len(_SCHEME) :].strip().encode(), self._token)
