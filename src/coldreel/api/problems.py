"""Errors as problem details (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg import DataError
from starlette.exceptions import HTTPException

from coldreel.errors import ColdreelError

log = logging.getLogger("coldreel.api")


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """One problem as JSON: `detail` says what a person can do next."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    return JSONResponse(body, status, media_type="application/problem+json", headers=headers)


_NO_OBJECT = frozenset({"model_type", "model_attributes_type", "dict_type"})
_NO_JSON = "The body is not said to be JSON: send it with Content-Type: application/json"


def what_is_wrong(errors: Iterable[Mapping[str, Any]]) -> str:
    """The errors of a validation in one line, each with the place where it was found."""
    return "; ".join(map(_what_is_wrong, errors))


def _what_is_wrong(error: Mapping[str, Any]) -> str:
    place = ".".join(map(str, error["loc"]))
    said = "It should be a JSON object" if error["type"] in _NO_OBJECT else error["msg"]
    return f"{place}: {said}" if place else str(said)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def install(app: FastAPI) -> None:
    """Answer every error of this app with a problem."""

    @app.exception_handler(ColdreelError)
    def ours(_: Request, error: ColdreelError) -> JSONResponse:
        headers = {"Retry-After": "2"} if error.retryable else None
        return problem(error.status, error.code, error.message, headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        wrong = error.errors()
        unread = any(each["loc"] == ("body",) and each["type"] in _NO_OBJECT for each in wrong)
        said = _NO_JSON if unread and not _is_json(request) else what_is_wrong(wrong)
        return problem(422, "invalid_request", said)

    @app.exception_handler(DataError)
    def unstorable(_: Request, __: DataError) -> JSONResponse:
        return problem(422, "invalid_request", "The request holds a character that cannot be kept")

    @app.exception_handler(HTTPException)
    def http(_: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, "http", str(error.detail), dict(error.headers or {}))

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s", request.method, request.url.path, exc_info=error)
        return problem(500, "error", "Something went wrong in coldreel; its log says what")
