"""Opening the database: SQLite in a file by default, PostgreSQL by URL."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from pipeline.encryption.keys import NO_KEYS, Keyring
from pipeline.store.sealed import give_keys
from pipeline.store.turns import Door, Turns

BUSY_TIMEOUT_MS = 30_000
"""How long a SQLite writer waits for another one."""

CONNECTIONS_BEYOND_THE_POOL = 35
"""With the 5 that stay open, one for each thread that the station works with (AnyIO has 40)."""

TURN = "faxforms_turn"
"""Under which a connection notes that it has its turn to write."""

WRITE_LOCK = 0x_FA_F0_12
"""Key of the PostgreSQL advisory lock for `take_write_turn` (any number that no other program uses)."""


def open_engine(url: str, keys: Keyring = NO_KEYS) -> Engine:
    """An engine for the URL; the keys seal and open the pictures in its tables.

    SQLite runs in WAL mode, and a transaction takes the write lock when it begins: a plain BEGIN that becomes a writer
    later fails with 'locked' as soon as two processes work at once.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql" and parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    # hide_parameters: an error's text and the log must not quote a patient's data
    engine = create_engine(
        parsed,
        hide_parameters=True,
        max_overflow=CONNECTIONS_BEYOND_THE_POOL,
        pool_pre_ping=parsed.get_backend_name() == "postgresql",
    )
    give_keys(engine.dialect, keys)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        _take_turns(engine)
    return engine


def read_only(engine: Engine) -> Engine:
    """The same database for transactions that only read: on SQLite they do not hold up writers."""
    return engine.execution_options(faxforms_read_only=True)


def take_write_turn(connection: Connection) -> None:
    """Let writers that judge or add to the audit trail go one after another until their transaction ends.

    On SQLite BEGIN IMMEDIATE has done it already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITE_LOCK})


def _prepare_sqlite(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transactions on its own; `_take_turns` does
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # a file is acknowledged, and a decision told, once its line can survive a power cut
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _take_turns(engine: Engine) -> None:
    """Let writing transactions begin in the order in which they were asked for."""
    turns, file = Turns(), engine.url.database
    door = Door(Path(f"{file}-turn")) if file and file != ":memory:" else None

    def in_the_door() -> AbstractContextManager[None]:
        return door.held(BUSY_TIMEOUT_MS / 1000) if door else nullcontext()

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("faxforms_read_only", False):
            connection.exec_driver_sql("BEGIN")
            return
        connection.info[TURN] = turns.take(BUSY_TIMEOUT_MS / 1000)
        try:
            with in_the_door():
                connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            end(connection)
            raise

    def end(connection: Connection) -> None:
        if connection.info.pop(TURN, False):
            turns.give_back()

    event.listen(engine, "begin", begin)
    event.listen(engine, "commit", end)
    event.listen(engine, "rollback", end)
