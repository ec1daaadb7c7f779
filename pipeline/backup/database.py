"""The database out of an installation and into another: SQLite by its backup interface, PostgreSQL by COPY.

COPY needs no program of the server's version beside us (pg_dump refuses a newer server), and the schema is made by our
own migrations, at the revision of the backup.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, exists, func, inspect, select

from pipeline.store import migrations

SQLITE_FILE = "database.sqlite"
TABLES = "tables"
ORDER = "tables.json"
"""The tables in the order in which they can be filled, with their columns."""

MADE_BY_MIGRATIONS = "alembic_version"


def save(engine: Engine, folder: Path) -> list[Path]:
    """Write the database as it stands at one moment to the folder; the files."""
    if engine.dialect.name == "sqlite":
        return [_save_sqlite(engine, folder / SQLITE_FILE)]
    return _save_postgresql(engine, folder)


def load(engine: Engine, folder: Path, revision: str) -> None:
    """Fill an empty database from such a folder, and bring it to the newest schema; all of it or nothing."""
    if engine.dialect.name == "sqlite":
        _load_sqlite(engine, folder / SQLITE_FILE)
    else:
        migrations.upgrade(engine, revision)
        with engine.begin() as connection:
            _load_postgresql(connection, folder)
    migrations.upgrade(engine)


def is_empty(engine: Engine) -> bool:
    """Whether the database has no tables."""
    return not inspect(engine).get_table_names()


def _save_sqlite(engine: Engine, target: Path) -> Path:
    with engine.connect() as connection, closing(sqlite3.connect(target)) as copy:
        # at once: in portions it would begin again with every write. Writers need not wait for it (WAL)
        _sqlite(connection).backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself
    return target


def _load_sqlite(engine: Engine, source: Path) -> None:
    with engine.connect() as connection, closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as saved:
        saved.backup(_sqlite(connection))
    engine.dispose()  # the next connection sets the journal as this program wants it


def _sqlite(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - the only driver of ours
    return driver


def _save_postgresql(engine: Engine, folder: Path) -> list[Path]:
    (folder / TABLES).mkdir()
    # one snapshot for all tables; nobody waits for it
    with engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
        told = {table: _columns(connection, table) for table in _in_order(connection) if table != MADE_BY_MIGRATIONS}
        files = [_copy_out(connection, folder, table, columns) for table, columns in told.items()]
    order = folder / ORDER
    order.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return [*files, order]


def _load_postgresql(connection: Connection, folder: Path) -> None:
    told: dict[str, list[str]] = json.loads((folder / ORDER).read_text(encoding="utf-8"))
    metadata = MetaData()
    metadata.reflect(connection)
    for table in (metadata.tables[name] for name in told):
        if connection.scalar(select(exists().select_from(table))):
            connection.execute(table.delete())  # a first row, by a migration
    for name, columns in told.items():
        _copy_in(connection, folder, name, columns)
        for column in metadata.tables[name].primary_key.columns:
            _advance_sequence(connection, column)


def _copy_out(connection: Connection, folder: Path, table: str, columns: list[str]) -> Path:
    file = folder / TABLES / f"{table}.gz"
    with (
        gzip.open(file, "wb", compresslevel=1) as out,
        _cursor(connection) as cursor,
        cursor.copy(_copy("COPY {} ({}) TO STDOUT", table, columns)) as rows,
    ):
        for block in rows:
            out.write(block)
    return file


def _copy_in(connection: Connection, folder: Path, table: str, columns: list[str]) -> None:
    with (
        gzip.open(folder / TABLES / f"{table}.gz", "rb") as rows,
        _cursor(connection) as cursor,
        cursor.copy(_copy("COPY {} ({}) FROM STDIN", table, columns)) as copy,
    ):
        while block := rows.read(1 << 20):
            copy.write(block)


def _advance_sequence(connection: Connection, column: Column[Any]) -> None:
    """Have the next row get a number that none of the restored ones has."""
    sequence = connection.scalar(select(func.pg_get_serial_sequence(column.table.name, column.name)))
    highest = connection.scalar(select(func.max(column)))
    if sequence is not None and highest is not None:
        connection.execute(select(func.setval(sequence, highest)))


def _in_order(connection: Connection) -> Iterator[str]:
    """The tables, each after those that it refers to."""
    for table, _ in inspect(connection).get_sorted_table_and_fkc_names():
        if table is not None:
            yield table


def _columns(connection: Connection, table: str) -> list[str]:
    return [column["name"] for column in inspect(connection).get_columns(table)]


def _copy(statement: str, table: str, columns: list[str]) -> Any:
    from psycopg import sql  # comes with the extra `postgresql`

    return sql.SQL(statement).format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)))


def _cursor(connection: Connection) -> Any:
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - it is open
    return driver.cursor()
