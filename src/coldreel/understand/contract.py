"""What every provider and every text embedder offers; one contract test holds them all to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from coldreel.errors import ColdreelError
from coldreel.model import Footage, Material, Understanding
from coldreel.settings import Settings
from coldreel.understand.metering import Meter, Order, Reply
from coldreel.understand.spaces import Space

ENTRY_POINTS = "coldreel.providers"
"""The entry point group: each entry is a `Room`."""


class Medium(StrEnum):
    """What a provider can take of a video."""

    FRAMES = "frames"
    """Pictures at one a second."""
    VIDEO = "video"
    """The proxy: H.264 and AAC, one frame a second."""
    SOUND = "sound"
    """16 kHz mono."""
    URI = "uri"
    """The address of the file, which the provider reads by itself."""


class TextEmbedder(Protocol):
    """Places texts so that texts with like words are near each other."""

    @property
    def name(self) -> str:
        """Changes whenever the same text would get another vector."""
        ...

    @property
    def dimensions(self) -> int: ...

    @property
    def floor(self) -> float:
        """A cosine below this says nothing: a search drops such hits."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of norm one, shape (texts, dimensions); a text without any usable word gives a zero row.

        Raises ProviderError and its kin.
        """
        ...


class Provider(ABC):
    """Describes videos and measures vector blocks. Making one is cheap: models are loaded on first use."""

    name: str
    version: str
    """Changes whenever the same video would give other words or another vector."""
    model: str
    """What answers: shown to people and stored with each description."""
    takes: frozenset[Medium]
    """What it has to be given of a video."""
    text: TextEmbedder
    """What fills the text block of `space`, for items and for queries."""
    space: Space
    """Where this provider's vectors live, unless another space is asked for."""


class FootageProvider(Provider):
    """Works on frames in memory, inside the decoder child: bounded memory, no network, no secrets."""

    @abstractmethod
    def understand(self, footage: Footage) -> Understanding:
        """The description, and the measured blocks, each of norm one.

        What was not measured is absent. So is the text block, since a person's title may come later.
        Raises ProviderError.
        """


class MaterialProvider(Provider):
    """Works in the worker's own process: it needs a key, a network or a large model."""

    @abstractmethod
    def understand(self, material: Material) -> Understanding:
        """The same of what is handed out of the decoder child: only that which `takes` names is there.

        Raises ProviderError and its kin: RefusedError, RateLimitedError, BudgetReachedError …
        """

    @property
    def batches(self) -> BatchService | None:
        """How many videos are described at once, later and cheaper; None where that is not offered."""
        return None


class BatchService(ABC):
    """Requests that are answered together within a day. What comes back is what `Meter` would have bought."""

    most_bytes: int
    """Of one batch, all its requests together."""

    @abstractmethod
    def order(self, material: Material) -> Order:
        """What `Meter` would have been asked to buy, at the price of a batch."""

    @abstractmethod
    def request(self, material: Material) -> bytes:
        """One request as it travels. Raises ProviderError for a video that can only be asked about alone."""

    @abstractmethod
    def send(self, label: str, requests: Mapping[str, bytes]) -> str:
        """Send requests by key; returns the name of the batch, under which it is collected."""

    @abstractmethod
    def find(self, label: str) -> str | None:
        """The name of the batch that was sent under a label, where one was and has not come to nothing."""

    @abstractmethod
    def collect(self, name: str) -> Mapping[str, Reply | ColdreelError] | None:
        """The replies by key, and the error of each request that was not answered; None while it is not done.

        Raises BatchLostError when the batch as a whole came to nothing, and UnknownThereError when it is not
        to be found.
        """


class Room(Protocol):
    """What an entry point names: a way to know whether a provider can be used here, and to make it."""

    @staticmethod
    def lacks(settings: Settings) -> str | None:
        """What has to be done before it can be used; None when it is ready. Touches no network."""
        ...

    @staticmethod
    def open(settings: Settings, meter: Meter) -> Provider:
        """Raises ProviderError where something is lacking."""
        ...
