"""Who may do what: users by signed cookie, writers by key, and no other site through the user's browser."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from typing import Annotated, cast
from urllib.parse import urlsplit
from uuid import uuid4

from fastapi import Depends, Query, Request, Response
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.types import ASGIApp, Receive, Scope, Send

from coldreel.api.problems import problem
from coldreel.errors import ForbiddenError, SettingsError
from coldreel.model import LONGEST_NAME

_YEAR_S = 365 * 24 * 3600
_UPLOADS = "/api/items"
_CATALOGUE = (_UPLOADS, "/api/ingest")
"""Writes below these change the catalogue."""
_FORM_BYTES = 1 << 20
"""Room for a batch of feedback, or for what surrounds the file in an upload."""
_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_ELSEWHERE = "Pages of other sites may not write here"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_loopback(host: str) -> bool:
    """Whether a server of this name or address is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Access:
    """loopback: coldreel listens on this machine alone; signing_key: signs the users' cookies"""

    loopback: bool
    api_key: str | None
    signing_key: bytes

    def __post_init__(self) -> None:
        if not self.loopback and self.api_key is None:
            raise SettingsError(
                "Beyond loopback writers need a key: set COLDREEL_API_KEY to 16 characters or more"
            )

    def has_key(self, request: Request) -> bool:
        """Whether the request carries the key."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return (
            self.api_key is not None
            and scheme.lower() == "bearer"
            and secrets.compare_digest(given.strip().encode(), self.api_key.encode())
        )

    def is_trusted(self, request: Request) -> bool:
        """The key where one is set; without one, whoever is on this machine."""
        return self.has_key(request) if self.api_key is not None else self.loopback

    def host_is_ours(self, request: Request) -> bool:
        """On loopback a page of another name that resolves here (DNS rebinding) is not answered."""
        return not self.loopback or is_loopback(_host_name(request.headers.get("host", "")))

    def is_caused_elsewhere(self, request: Request) -> bool:
        """Whether another site's page makes a browser send this; whoever has the key answers for itself."""
        return not self.has_key(request) and self._is_cross_origin(request)

    @staticmethod
    def _is_cross_origin(request: Request) -> bool:
        if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            return True
        origin = request.headers.get("origin")
        return origin is not None and origin.partition("://")[2] != request.headers.get("host")

    @property
    def cookie(self) -> str:
        """Its name. It tells catalogues apart, because browsers do not tell apart the ports of a machine."""
        return f"coldreel_user_{hashlib.sha256(b'cookie' + self.signing_key).hexdigest()[:8]}"

    def user_of(self, request: Request) -> str | None:
        cookie = request.cookies.get(self.cookie)
        if cookie is None:
            return None
        try:
            return str(self._serializer().loads(cookie))
        except BadSignature:
            return None

    def remember(self, response: Response, user: str, secure: bool) -> None:
        value = str(self._serializer().dumps(user))
        response.set_cookie(self.cookie, value, max_age=_YEAR_S, httponly=True, samesite="lax", secure=secure)

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.signing_key, salt="coldreel.user")


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # half a bracketed address
        return ""


def access_of(request: Request) -> Access:
    return cast("Access", request.app.state.parts.access)


class Guard:
    """Middleware: refuse foreign host names on loopback, and writes that other sites cause."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = _refused(Request(scope)) if scope["type"] == "http" else None
        await (refused or self._app)(scope, receive, send)


def _refused(request: Request) -> Response | None:
    access = access_of(request)
    if not access.host_is_ours(request):
        return problem(
            403,
            ForbiddenError.code,
            "Here coldreel answers to localhost and to loopback addresses only",
        )
    if request.method in _SAFE_METHODS:
        return None
    if access.is_caused_elsewhere(request):
        return problem(403, ForbiddenError.code, _ELSEWHERE)
    # Before the body is read: a stranger must not fill the disk with an upload that is refused after it.
    if request.url.path.startswith(_CATALOGUE) and not access.is_trusted(request):
        return problem(403, ForbiddenError.code, ForbiddenError().message)
    return _refused_by_length(request)


def _refused_by_length(request: Request) -> Response | None:
    """A body that does not say its length, or is longer than this address takes."""
    given = request.headers.get("content-length")
    if given is None:
        over_http_1 = request.scope["http_version"].startswith("1")
        may_have_a_body = "transfer-encoding" in request.headers or (
            not over_http_1 and request.method in _METHODS_WITH_BODY
        )
        detail = "Send the length of the body: a Content-Length header, no chunks"
        return problem(411, "no_length", detail) if may_have_a_body else None
    most = request.app.state.parts.max_upload_bytes if request.url.path == _UPLOADS else 0
    if int(given) > most + _FORM_BYTES:
        return problem(413, "too_large", f"This address takes {(most + _FORM_BYTES) / 1e6:.0f} MB at most")
    return None


UserName = Annotated[
    str | None,
    Query(min_length=1, max_length=LONGEST_NAME, description="Needs the API key, or loopback without one"),
]


async def _user(request: Request, response: Response, user: UserName = None) -> str:
    """The user of a request: the one named, else the one whose cookie it is, else a new one."""
    access = access_of(request)
    if access.is_caused_elsewhere(request):  # being somebody's request is written down, even of a GET
        raise ForbiddenError(_ELSEWHERE)
    if user is not None:
        if not access.is_trusted(request):
            raise ForbiddenError("Naming a user needs the API key: send it as `Authorization: Bearer …`")
        return user
    known = access.user_of(request)
    if known is None:
        known = uuid4().hex
        access.remember(response, known, secure=request.url.scheme == "https")
    return known


async def _writer(request: Request) -> None:
    if not access_of(request).is_trusted(request):
        raise ForbiddenError


# These are coroutines, though they wait for nothing: a plain function would be run in a thread of its own.
TheUser = Annotated[str, Depends(_user)]
"""A route's argument that is given the user's name."""
WritersOnly = Depends(_writer)
"""For routes that change the catalogue."""
