"""Answers written by the route itself."""

from __future__ import annotations

from fastapi import Response
from pydantic import BaseModel


def written(answer: BaseModel, headers_of: Response) -> Response:
    """The answer as JSON, for a route that is asked often.

    headers_of: what FastAPI hands to the route, with the cookie that it was given on the way
    A model that a plain function returns is checked once more by FastAPI, in a thread of its own: that costs
    more than writing it.
    """
    response = Response(answer.model_dump_json(), media_type="application/json")
    response.raw_headers.extend(headers_of.raw_headers)
    return response
