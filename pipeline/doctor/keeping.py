"""What keeps: the database, the originals, the disk, the keys."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from extractors.errors import FaxformsError
from pipeline import originals
from pipeline.doctor.findings import Finding, broken, warning, well
from pipeline.encryption.keys import read_keyring
from pipeline.errors import KeysUnusable
from pipeline.retention.classes import read_retention
from pipeline.settings import Settings
from pipeline.shelf import Folder, flush_folder
from pipeline.store import migrations
from pipeline.store.engine import open_engine, read_only
from pipeline.store.models import Document
from pipeline.store.opening import Store

LEAST_FREE = 5_000_000_000
"""Bytes: what a busy day of a contact center brings, with its pictures."""

SLOW_FLUSH = 0.5
"""Seconds: each file that comes in waits for its bytes to be on disk."""


def database(settings: Settings) -> Iterator[Finding]:
    """Whether the database answers, has our schema and can be written, and locks as it should."""
    engine = open_engine(settings.url)
    try:
        kind = engine.dialect.name
        standing, wanted = migrations.revision_of(engine), migrations.newest()
        if standing is None:
            yield broken("database", f"{kind}, without tables", "run `faxforms db upgrade`")
        elif standing != wanted and migrations.can_work_on(engine):
            yield warning("database", f"{kind}, schema {standing}, newer than this program's", "update the program")
        elif standing != wanted:
            yield broken("database", f"{kind}, schema {standing} where {wanted} is wanted", "run `faxforms db upgrade`")
        else:
            yield well("database", f"{kind}, schema {standing}")
        yield _locking(engine)
    except SQLAlchemyError as error:
        yield broken(
            "database", f"does not answer ({type(error).__name__})", "see FAXFORMS_DATABASE_URL, and its server"
        )
    finally:
        engine.dispose()


def folders(settings: Settings) -> Iterator[Finding]:
    """Whether our folders can be written, and how long it takes until something is on disk."""
    wanted = {"data folder": settings.data_dir, "outbox": settings.outbox}
    for what, folder in wanted.items():
        if folder is not None:
            yield _folder(what, folder)
    if settings.retention is not None:
        try:
            read_retention(settings.retention)
        except FaxformsError as error:
            yield broken("retention", str(error), "correct the file that FAXFORMS_RETENTION names")


def disk(settings: Settings) -> Iterator[Finding]:
    """Whether there is room."""
    free = shutil.disk_usage(settings.data_dir).free
    found = f"{free / 1e9:.1f} GB free"
    if free < LEAST_FREE:
        yield warning("disk", found, "make room, or run `faxforms retention run`: what comes in is kept")
    else:
        yield well("disk", found)


def keeps_originals(store: Store) -> Iterator[Finding]:
    """Whether an original can be put on the shelf and taken back, and the newest one opens with our keys."""
    shelf, name = store.originals.shelf, f"{originals.name_of('0' * 64)}.doctor"
    with shelf.writing() as new:
        new.file.write(b"faxforms doctor")
        new.put(name)
    with shelf.open(name) as file:
        same = file.read() == b"faxforms doctor"
    shelf.remove(name)
    where = "in a folder" if isinstance(shelf, Folder) else "in an object store"
    if not same:
        yield broken("originals", f"{where}: what is written comes back changed", "have the disk looked at")
        return
    with Session(read_only(store.engine)) as session:
        kept = select(Document.id, Document.sha256).where(Document.removed_at.is_(None))
        newest = session.execute(kept.order_by(Document.id.desc()).limit(1)).one_or_none()
    if newest is not None:
        originals.fetch(store.originals, newest.sha256)
    yield well("originals", f"{where}, can be written" + (", the newest opens" if newest else ""))


def keys(settings: Settings) -> Iterator[Finding]:
    """Whether there are keys, and nobody else can read their file."""
    try:
        keyring = read_keyring(settings.encryption_key_file, settings.encryption_keys.get_secret_value())
    except KeysUnusable as error:
        yield broken("keys", str(error), "give the key file back: without its keys nothing opens")
        return
    if keyring.current is None:
        yield warning(
            "keys", "none: nothing is encrypted", "run `faxforms keys new`, or keep all of it on an encrypted disk"
        )
    elif settings.encryption_key_file is not None and settings.encryption_key_file.stat().st_mode & 0o077:
        yield warning("keys", "others than their owner can read the file", "chmod 600 it")
    else:
        yield well("keys", f"{len(keyring.keys)}, {keyring.current.name} encrypts")


def _locking(engine: Engine) -> Finding:
    """SQLite needs a disk of this machine: on a network folder its locks fail."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            return well("locking", f"server {connection.scalar(text('SHOW server_version'))}")
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    if mode != "wal":
        return broken(
            "locking", f"SQLite in mode {mode}", "put the database on a disk of this machine, not a network's"
        )
    return well("locking", "SQLite in WAL mode")


def _folder(what: str, folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            file.write(b"faxforms")
            file.flush()
            os.fsync(file.fileno())
            flush_folder(folder)
        seconds = time.monotonic() - began
    except OSError as error:
        return broken(what, f"cannot be written ({type(error).__name__})", "look at its owner, its rights and its disk")
    found = f"can be written, on disk after {1000 * seconds:.0f} ms"
    return warning(what, found, "every file that comes in waits so long") if seconds > SLOW_FLUSH else well(what, found)
