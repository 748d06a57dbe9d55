"""Fixtures that tests with real processes share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api_site import running
from coldreel import Coldreel
from coldreel.media.demo import DemoShort
from coldreel.store.store import Store


@pytest.fixture(scope="session")
def site(demo_catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the demo shorts."""
    said = tmp_path_factory.mktemp("site")
    with running(said, "serve", "--port", "0", "--data-dir", demo_catalogue) as server:
        yield server.address()


@pytest.fixture
def client(site: str) -> Iterator[httpx.Client]:
    """A browser that the server has not seen before."""
    with httpx.Client(base_url=site, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def reel(demo_catalogue: Path) -> Iterator[Coldreel]:
    """The catalogue of the demo shorts from Python."""
    with Coldreel(data_dir=demo_catalogue) as reel:
        yield reel


@pytest.fixture
def demo_store(reel: Coldreel) -> Store:
    """The store of the demo shorts, which other tests use too: every test has users of its own."""
    return reel.store


@pytest.fixture(scope="session")
def kinds(demo_clips: list[DemoShort]) -> dict[str, str]:
    """The kind of each demo short, by file name."""
    return {short.path.name: short.kind for short in demo_clips}
