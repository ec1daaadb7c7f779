"""The store that the settings name, opened for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from flows.errors import DatabaseAway
from pipeline import logs
from pipeline.settings import Settings
from pipeline.store.engine import read_only
from pipeline.store.opening import Store, open_store


@contextmanager
def opened_store() -> Iterator[Store]:
    """Open the store; its database connections are closed with the block.

    Raises:
        DatabaseAway: the database is locked or cannot be reached, when opening it or anywhere in the block.
    """
    settings = Settings()
    logs.set_up(settings)
    with database_errors():
        store = open_store(settings)
        try:
            yield store
        finally:
            store.engine.dispose()


@contextmanager
def database_errors() -> Iterator[None]:
    """Say plainly that the database is away, without its own words: they quote statements with a patient's data."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise DatabaseAway(f"database: locked, or not to be reached ({type(error).__name__})") from None


@contextmanager
def reading_session() -> Iterator[Session]:
    """Open the store and a session that only reads."""
    with opened_store() as store, Session(read_only(store.engine)) as session:
        yield session


@contextmanager
def writing_session() -> Iterator[Session]:
    """Open the store and one transaction: everything in the block, or nothing."""
    with opened_store() as store, Session(store.engine) as session, session.begin():
        yield session
