"""Opening the place where everything is kept: the database and the folder of originals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, inspect

from pipeline.errors import DatabaseOutdated
from pipeline.settings import Settings
from pipeline.store import migrations
from pipeline.store.engine import open_engine


@dataclass(frozen=True, slots=True)
class Store:
    """The database and the originals, with the settings under which they were opened."""

    engine: Engine
    originals: Path
    settings: Settings


def open_store(settings: Settings) -> Store:
    """The store that the settings name. A database with nothing in it gets its tables.

    DatabaseOutdated when it has the tables of another version.
    """
    settings.originals.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.url)
    if not migrations.is_current(engine):
        if inspect(engine).get_table_names():
            raise DatabaseOutdated("open: the database has another version's tables: run `faxforms db upgrade`")
        migrations.upgrade(engine)
    return Store(engine, settings.originals, settings)
