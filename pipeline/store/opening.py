"""Opening the place where everything is kept: the database and the folder of originals."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, inspect

from pipeline.encryption.keys import read_keyring
from pipeline.errors import DatabaseOutdated
from pipeline.originals import Vault
from pipeline.settings import Settings
from pipeline.store import migrations
from pipeline.store.engine import open_engine


@dataclass(frozen=True, slots=True)
class Store:
    """The database, the originals and the notices, with the settings under which they were opened."""

    engine: Engine
    originals: Vault
    settings: Settings

    @property
    def notices(self) -> Vault:
        """The notices to senders, under the same keys."""
        return Vault(self.settings.notices, self.originals.keys)


def open_store(settings: Settings) -> Store:
    """The store that the settings name. A database with nothing in it gets its tables.

    DatabaseOutdated when it has the tables of a version that this one cannot work with, KeysUnusable when the keys
    cannot be read.
    """
    keys = read_keyring(settings.encryption_key_file, settings.encryption_keys.get_secret_value())
    settings.originals.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.url, keys)
    if not migrations.can_work_on(engine):
        # asked again: another process may have made the tables just now
        if inspect(engine).get_table_names() and not migrations.can_work_on(engine):
            raise DatabaseOutdated("open: the database has another version's tables: run `faxforms db upgrade`")
        migrations.upgrade(engine)
    return Store(engine, Vault(settings.originals, keys), settings)
