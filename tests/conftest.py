"""Fixtures that every kind of test may use."""

from __future__ import annotations

import fcntl
import hashlib
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from coldreel import Coldreel
from coldreel.media import demo
from coldreel.media.demo import DemoShort, draw
from coldreel.store.embedded.server import EmbeddedServer, stop
from coldreel.store.store import Store
from public_data import ABSENT, DATA

DEMO_COUNT = 20
"""Two of each kind."""

# Started in the background of a shell, the tests would hand down that Ctrl-C is to be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of the clips and the odd files."""
    if not DATA.is_dir():
        pytest.skip(ABSENT)
    return DATA


@pytest.fixture(scope="session")
def clips(public_data: Path) -> list[Path]:
    """Real clips, in the folders of their labels."""
    return sorted(path for path in (public_data / "clips").glob("*/*") if path.is_file())


@pytest.fixture(scope="session")
def demo_clips(pytestconfig: pytest.Config) -> list[DemoShort]:
    """Two demo shorts of each kind, to be read only; kept between runs while the code stays the same."""
    code = hashlib.blake2s()
    for path in sorted(Path(demo.__file__).parent.rglob("*.py")):
        code.update(path.read_bytes())
    return draw(pytestconfig.cache.mkdir("demo-shorts") / code.hexdigest()[:8], DEMO_COUNT)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a real PostgreSQL server that is gone after the tests."""
    folder = tmp_path_factory.mktemp("postgres")
    with EmbeddedServer(folder) as conninfo:
        yield conninfo
    stop(folder)


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """An empty database of its own."""
    with _database(postgres, "template1") as url:
        yield url


@pytest.fixture(scope="session")
def migrated(postgres: str) -> str:
    """The name of a migrated database that others are copied from: migrations take longer."""
    name = "migrated"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    with Store.open(psycopg.conninfo.make_conninfo(postgres, dbname=name)):
        return name


@pytest.fixture
def store_url(postgres: str, migrated: str) -> Iterator[str]:
    """A migrated, empty database of its own."""
    with _database(postgres, migrated) as url:
        yield url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as store:
        yield store


@contextmanager
def _database(server: str, template: str) -> Iterator[str]:
    name, copied = f"test_{uuid4().hex}", sql.Identifier(template)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), copied))
        yield psycopg.conninfo.make_conninfo(server, dbname=name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def demo_catalogue(
    demo_clips: list[DemoShort], tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Path]:
    """A data folder with the demo shorts taken in. Users and events may be added, items not be deleted.

    They are taken in once; each process of the tests has a copy.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "taken-in"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.is_dir():
            _take_in(demo_clips, shared)
    folder = tmp_path_factory.mktemp("catalogue") / "data"
    subprocess.run(["cp", "-a", shared, folder], check=True)  # the database's files keep their owner
    with Coldreel(data_dir=folder):
        yield folder
    stop(folder)


def _take_in(shorts: list[DemoShort], folder: Path) -> None:
    making = folder.with_suffix(".making")
    with Coldreel(data_dir=making) as reel:
        assert reel.ingest(shorts[0].path.parent).ready == len(shorts)
    stop(making)
    making.rename(folder)
