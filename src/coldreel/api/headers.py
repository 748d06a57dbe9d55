"""What every answer carries, whoever made it."""

from __future__ import annotations

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coldreel.api.problems import problem

_HEADERS = (
    # The page uses nothing from elsewhere, and nobody may frame it.
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data:; media-src 'self' blob:; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    # What a browser keeps it asks for again; a route that knows better says so itself.
    (b"cache-control", b"no-cache"),
)


class ProtectingHeaders:
    """Middleware: headers that protect the page, where a route has not set them itself.

    A HEAD of the API is answered as the GET is, and a range beyond the end of a file with a problem.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD" and scope["path"].startswith("/api/"):
            scope["method"] = "GET"  # the server sends no body to who asked for none
        answer = _Answer(send)
        await self._app(scope, receive, answer.take)
        if answer.file_range is not None:
            part = {"Content-Range": answer.file_range}
            status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            shorter = problem(status, "http", "The file is shorter than that", part)
            await shorter(scope, receive, _Answer(send, final=True).take)


class _Answer:
    """One answer on its way out."""

    def __init__(self, send: Send, *, final: bool = False) -> None:
        self._send, self._final = send, final
        self.file_range: str | None = None
        """What there is of a file that was asked for beyond its end; that answer is held back."""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message["headers"])
            if message["status"] == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and not self._final:
                self.file_range = dict(headers)[b"content-range"].decode("latin-1")
            there = {name for name, _ in headers}
            message["headers"] = headers + [each for each in _HEADERS if each[0] not in there]
        if self.file_range is None:
            await self._send(message)
