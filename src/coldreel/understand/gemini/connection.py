"""The connection to Gemini: with an API key, or through a Google Cloud project (Vertex)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING

from coldreel.errors import ColdreelError
from coldreel.settings import Settings

if TYPE_CHECKING:  # heavy, and not for who only asks what is set up
    from google.auth.credentials import Credentials
    from google.genai import Client


class Connection:
    """Made on first use, and shared by threads. It never asks twice by itself: the worker does."""

    def __init__(self, settings: Settings, credentials: Credentials | None = None) -> None:
        """credentials: for Vertex; by default those of the machine (application default credentials)"""
        self.settings = settings
        self._credentials = credentials
        self._client: Client | None = None
        self._lock = Lock()

    @property
    def is_vertex(self) -> bool:
        """A project is set on purpose, while a key may lie in the environment for other programs."""
        return self.settings.gemini_project is not None

    @property
    def client(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = self._make()
            return self._client

    @contextmanager
    def asking(self, setting: str) -> Iterator[Client]:
        """The client, for calls whose errors are raised as ProviderError and its kin.

        setting: the name of the setting that chose the model
        """
        from coldreel.understand.gemini.failures import meaning

        try:
            yield self.client
        except ColdreelError:
            raise
        except Exception as error:
            meant = meaning(error, setting, self.settings.call_seconds)
            if meant is None:
                raise
            raise meant from error

    def _make(self) -> Client:
        from google.genai import Client
        from google.genai.types import HttpOptions, HttpRetryOptions

        settings = self.settings
        options = HttpOptions(
            base_url=settings.gemini_base_url,
            timeout=round(settings.call_seconds * 1000),
            retry_options=HttpRetryOptions(attempts=1),
        )
        if not self.is_vertex:
            return Client(enterprise=False, api_key=settings.gemini_api_key, http_options=options)
        return Client(
            enterprise=True,
            project=settings.gemini_project,
            location=settings.gemini_location,
            credentials=self._credentials,
            http_options=options,
        )


def lacks(settings: Settings) -> str | None:
    """What has to be done before Gemini can be used; None when it is ready."""
    if not _is_installed():
        return "pip install 'coldreel[gemini]'"
    if settings.gemini_project is not None:
        return None
    key = settings.gemini_api_key
    if key is None:
        return "set GEMINI_API_KEY, or COLDREEL_GEMINI_PROJECT to use Vertex"
    if not key.isascii() or not key.isprintable() or " " in key:
        return "GEMINI_API_KEY has characters that no key has; copy it anew"
    return None


def _is_installed() -> bool:
    try:
        return find_spec("google.genai") is not None
    except ModuleNotFoundError:  # nor anything else of Google's
        return False
