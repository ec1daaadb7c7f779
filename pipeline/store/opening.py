"""Opening the place where everything is kept: the database and the folder of originals."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, inspect, select
from sqlalchemy.orm import Session

from extractors import known_forms
from pipeline import originals
from pipeline.encryption.keys import read_keyring
from pipeline.errors import DatabaseOutdated, OriginalsAway
from pipeline.originals import Vault
from pipeline.settings import Settings
from pipeline.shelf import shelf_at
from pipeline.store import migrations
from pipeline.store.engine import open_engine, read_only
from pipeline.store.models import Document

ORIGINALS, NOTICES = "originals", "notices"


@dataclass(frozen=True, slots=True)
class Store:
    """The database, the originals and the notices, with the settings under which they were opened."""

    engine: Engine
    originals: Vault
    settings: Settings

    @property
    def notices(self) -> Vault:
        """The notices to senders, under the same keys."""
        return Vault(shelf_at(self.settings.originals_base, NOTICES), self.originals.keys)


def open_store(settings: Settings) -> Store:
    """The store that the settings name. A database with nothing in it gets its tables.

    DatabaseOutdated when it has the tables of a version that this one cannot work with, KeysUnusable when the keys
    cannot be read, OriginalsAway when the originals are not where they should be, DefinitionError when a form revision
    that was taught here is not whole.
    """
    known_forms.use(settings.taught_forms)
    keys = read_keyring(settings.encryption_key_file, settings.encryption_keys.get_secret_value())
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.url, keys)
    if not migrations.can_work_on(engine):
        # asked again: another process may have made the tables just now
        if inspect(engine).get_table_names() and not migrations.can_work_on(engine):
            raise DatabaseOutdated("open: the database has another version's tables: run `faxforms db upgrade`")
        migrations.upgrade(engine)
    store = Store(engine, Vault(shelf_at(settings.originals_base, ORIGINALS), keys), settings)
    _find_originals(store)
    return store


def _find_originals(store: Store) -> None:
    """Establish the shelves of a new installation; where documents are known their originals must be there."""
    if store.originals.shelf.is_there():
        return
    with Session(read_only(store.engine)) as session:
        newest = session.scalar(
            select(Document.sha256).where(Document.removed_at.is_(None)).order_by(Document.id.desc()).limit(1)
        )
    if newest is not None and not originals.holds(store.originals, newest):
        raise OriginalsAway("open: the database knows documents whose originals are not there: is the folder mounted?")
    for vault in (store.notices, store.originals):
        vault.shelf.establish()
