"""Backups: made while work goes on, incremental, and restored whole on both databases."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from papers import Deliver, always, arrive, psf
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline import originals
from pipeline.backup import making, restoring
from pipeline.backup.snapshot import POOL, in_pool, read_files, snapshots
from pipeline.encryption.keys import Key
from pipeline.encryption.rotation import seal_all_anew
from pipeline.errors import BackupUnusable
from pipeline.process import process
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.models import AuditLine, Base, Document
from pipeline.store.opening import Store, open_store


@pytest.fixture
def elsewhere(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An installation with nothing in it, to restore to."""
    from tests.pipeline.conftest import postgresql_database

    if kind == "sqlite":
        yield Settings(data_dir=tmp_path / "elsewhere")
    else:
        for url in postgresql_database(request.getfixturevalue("postgresql"), "template1"):
            yield Settings(data_dir=tmp_path / "elsewhere", database_url=url)


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with store.engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def test_what_was_saved_comes_back_whole_and_work_goes_on_there(
    store: Store, deliver: Deliver, elsewhere: Settings, tmp_path: Path
) -> None:
    deliver(psf())
    arrive(store, tmp_path, b"waits", "waits.tif")
    originals.keep(store.notices, io.BytesIO(b"a notice"))
    name, manifest = making.make(store, tmp_path / "backup")
    assert (manifest.files, restoring.verify(tmp_path / "backup")) == (3, name)

    restored = restoring.restore(elsewhere, tmp_path / "backup")
    assert (restored.documents, restored.files, restored.damaged, restored.broken_at) == (2, 3, (), None)
    there = open_store(elsewhere)
    assert everything(there) == everything(store)
    assert list(originals.kept(there.notices)) == list(originals.kept(store.notices))
    assert process(there, 2, always(psf(anc_draw_date="2022-07-12"))) is not None
    number = arrive(there, tmp_path, b"one more", "more.tif")
    assert number == 3
    with Session(there.engine) as session:
        assert audit.verify(session) is None
    there.engine.dispose()


def test_a_snapshot_is_of_one_moment_though_faxes_come_in(
    store: Store, deliver: Deliver, elsewhere: Settings, tmp_path: Path
) -> None:
    deliver(psf())
    stop = threading.Event()

    def come_in() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            arrive(store, tmp_path, f"comes in {number}".encode(), f"{number}.tif")

    sender = threading.Thread(target=come_in)
    sender.start()
    try:
        for _ in range(3):
            making.make(store, tmp_path / "backup")
    finally:
        stop.set()
        sender.join()
    restored = restoring.restore(elsewhere, tmp_path / "backup")
    assert (restored.damaged, restored.broken_at) == ((), None)
    there = open_store(elsewhere)
    with Session(there.engine) as session:
        lines = session.scalar(select(func.count()).select_from(AuditLine).filter_by(action="taken in"))
        assert lines == restored.documents
        assert 1 < restored.documents <= len(list(originals.kept(there.originals)))
    there.engine.dispose()


def pool(backup: Path) -> set[str]:
    return {file.name for file in (backup / POOL).glob("??/??/*")}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_only_what_is_new_is_copied_and_old_snapshots_can_go(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = tmp_path / "backup"
    arrive(store, tmp_path, b"first", "first.tif")
    making.make(store, backup)
    first = pool(backup)
    arrive(store, tmp_path, b"second", "second.tif")
    copied: list[object] = []
    to_pool = making._to_pool
    monkeypatch.setattr(making, "_to_pool", lambda *given: copied.append(given) or to_pool(*given))
    making.make(store, backup)
    assert len(copied) == 1
    assert pool(backup) > first

    with Session(store.engine) as session:
        originals.remove(store.originals, session.get_one(Document, 1).sha256)  # its retention ended
    making.make(store, backup)
    assert len(snapshots(backup)) == 3
    assert making.forget_old(backup, 3) == 0
    assert making.forget_old(backup, 1) == 2
    (left,) = snapshots(backup)
    assert pool(backup) == {held.sha256 for held in read_files(backup, left)}
    assert first - pool(backup)  # what was removed is in no backup any more
    restoring.verify(backup)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_what_is_encrypted_stays_so_in_a_backup_and_after_a_rotation_both_snapshots_open(
    database_url: str, elsewhere: Settings, tmp_path: Path
) -> None:
    old, new = Key(b"o" * 32), Key(b"n" * 32)

    def under(*keys: Key, settings: Settings | None = None) -> Settings:
        text = " ".join(base64.b64encode(key.secret).decode() for key in keys)
        known = settings or Settings(data_dir=tmp_path / "data", database_url=database_url)
        return Settings(data_dir=known.data_dir, database_url=known.database_url, encryption_keys=text)

    backup = tmp_path / "backup"
    store = open_store(under(old))
    arrive(store, tmp_path, b"a fax about a patient")
    before, _ = making.make(store, backup)
    store = open_store(under(old, new))
    seal_all_anew(store, who="ops")
    after, _ = making.make(store, backup)
    assert all(b"patient" not in file.read_bytes() for file in (backup / POOL).glob("??/??/*"))
    for name, key in ((before, old), (after, new)):
        settings = under(key, settings=Settings(data_dir=tmp_path / name))
        restored = restoring.restore(settings, backup, name)
        assert (restored.damaged, restored.unopened) == ((), 0)
    restored = restoring.restore(under(new, settings=elsewhere), backup, before)
    assert restored.unopened == 1


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_nothing_is_restored_that_is_not_whole_nor_over_anything(
    store: Store, deliver: Deliver, elsewhere: Settings, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    deliver(psf())
    name, _ = making.make(store, backup)
    with pytest.raises(BackupUnusable, match="not empty"):
        restoring.restore(store.settings, backup)
    strange = open_store(Settings(data_dir=tmp_path / "strange"))
    originals.keep(strange.originals, io.BytesIO(b"somebody else's"))
    strange.engine.dispose()
    (tmp_path / "strange" / "faxforms.db").unlink()
    with pytest.raises(BackupUnusable, match="other originals"):
        restoring.restore(strange.settings, backup)
    with pytest.raises(BackupUnusable, match="no such snapshot"):
        restoring.restore(elsewhere, backup, "2001-01-01")

    (held,) = read_files(backup, name)
    in_pool(backup, held.sha256).write_bytes(b"changed")
    with pytest.raises(BackupUnusable, match=held.sha256[:12]):
        restoring.restore(elsewhere, backup)
    assert not (elsewhere.data_dir).exists()
    with pytest.raises(BackupUnusable, match="no backup"):
        making.make(store, tmp_path)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_restore_that_broke_off_can_be_begun_again(
    store: Store, deliver: Callable[..., object], elsewhere: Settings, tmp_path: Path
) -> None:
    deliver(psf())
    deliver(psf(anc_draw_date="2022-07-12"))
    making.make(store, tmp_path / "backup")

    def break_off() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restoring.restore(elsewhere, tmp_path / "backup", done_one=break_off)
    assert restoring.restore(elsewhere, tmp_path / "backup").documents == 2
