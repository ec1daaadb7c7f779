"""Planning, taking in and working on chunks: in order, once, and going on after whatever broke off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from papers import psf
from small_archives import Archive
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from pipeline.errors import NotThere
from pipeline.migration import chunks, progress
from pipeline.store.migration_models import ChunkState, Migration, MigrationChunk, MigrationFile
from pipeline.store.models import Document, DocumentState, Form

FIVE = {f"{number}.tif": f"scan {number}".encode() for number in range(5)}


def dated(*days: str) -> list[dict[str, str]]:
    return [{"file": f"{number}.tif", "document_date": day} for number, day in enumerate(days)]


def count(archive: Archive, what: type[Any]) -> int:
    with Session(archive.store.engine) as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def test_chunks_go_by_the_days_of_the_index(archive: Archive) -> None:
    archive.add(FIVE, dated("2022-07-15", "2016-01-05", "", "2019-03-03"))
    archive.plan()
    with Session(archive.store.engine) as session:
        files = session.execute(select(MigrationFile.chunk, MigrationFile.name).order_by(MigrationFile.id)).all()
    assert [tuple(file) for file in files] == [
        (1, "1.tif"), (1, "3.tif"), (2, "0.tif"), (2, "2.tif"), (3, "4.tif"),
    ]  # fmt: skip


def test_named_again_nothing_changes_and_only_what_is_new_is_added(archive: Archive) -> None:
    archive.add(FIVE)
    first = archive.migrate(psf())
    before = count(archive, Document), count(archive, Form)
    assert archive.migrate(psf()) == first
    assert (count(archive, Document), count(archive, Form)) == before
    archive.add({"new.tif": b"new"})
    assert archive.migrate(psf()) == first
    assert (count(archive, Document), count(archive, MigrationChunk)) == (6, 4)


def test_the_same_bytes_are_one_document(archive: Archive) -> None:
    archive.add({"a.tif": b"same", "b.tif": b"same"})
    migration = archive.migrate(psf())
    with Session(archive.store.engine) as session:
        (document,) = session.scalars(select(Document))
        assert [source.file for source in document.sources] == ["a.tif", "b.tif"]
        assert session.scalars(select(MigrationFile.known).order_by(MigrationFile.id)).all() == [False, True]
        assert progress.of(session, migration).words == "done"


def test_a_chunk_is_worked_on_by_one_at_a_time(archive: Archive) -> None:
    archive.add(FIVE)
    migration = archive.plan()
    archive.take_in(migration)
    held = chunks.claim(archive.store, migration, 1)
    assert held is not None
    with Session(archive.store.engine) as session, session.begin():
        session.execute(update(MigrationChunk).where(MigrationChunk.number == 1).values(owner="elsewhere:1"))
    assert chunks.claim(archive.store, migration, 1) is None
    with Session(archive.store.engine) as session, session.begin():
        past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
        session.execute(update(MigrationChunk).where(MigrationChunk.number == 1).values(lease_until=past))
    assert chunks.claim(archive.store, migration, 1) is not None


def test_nobody_begins_a_chunk_that_is_still_coming_in(archive: Archive) -> None:
    """Worked on too early it would be done with nothing read, and its files would wait for ever."""
    archive.add(FIVE)
    migration = archive.plan()
    assert chunks.claim(archive.store, migration, 1) is None
    archive.take_in(migration)
    assert chunks.claim(archive.store, migration, 1) is not None


def test_two_who_take_in_the_same_archive_take_it_in_once(archive: Archive) -> None:
    """The second one finds the first one's documents, and must not think them known from elsewhere."""
    archive.add(FIVE)
    migration = archive.plan()
    from pipeline.migration import taking_in

    waiting = taking_in._waiting(archive.store, migration)
    batch = [taking_in._Kept(file_id, f"{file_id:064x}", 1) for file_id in waiting.values()]
    taking_in._enter(archive.store, migration, batch)
    taking_in._enter(archive.store, migration, batch)
    with Session(archive.store.engine) as session:
        assert session.scalars(select(MigrationFile.known)).all() == [False] * 5
        assert all(len(document.sources) == 1 for document in session.scalars(select(Document)))


def test_what_breaks_off_goes_on_with_what_is_not_decided(archive: Archive) -> None:
    archive.add(FIVE)
    migration = archive.plan(chunk_files=5)
    archive.take_in(migration)
    read: list[bytes] = []

    def break_at_third(data: bytes) -> Any:
        read.append(data)
        if len(read) == 3:
            raise KeyboardInterrupt
        return psf()

    with pytest.raises(KeyboardInterrupt):
        archive.work(migration, 1, break_at_third)
    with Session(archive.store.engine) as session:
        assert session.scalar(select(MigrationChunk.state)) == ChunkState.WAITING
    assert archive.work(migration, 1, break_at_third)
    assert read == [*list(FIVE.values())[:3], *list(FIVE.values())[2:]]
    assert not archive.work(migration, 1, break_at_third)  # done


def test_what_a_try_without_a_database_could_not_give_back_is_read_by_the_next(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.add(FIVE)
    migration = archive.plan(chunk_files=5)
    archive.take_in(migration)

    def lose_database(_: bytes) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as away:
        away.setattr("pipeline.ledger.give_back", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            archive.work(migration, 1, lose_database)
    assert archive.work(migration, 1, lambda _: psf())
    with Session(archive.store.engine) as session:
        assert progress.of(session, migration).words == "done"
        assert set(session.scalars(select(Document.attempts))) == {1}


def test_a_pause_stops_after_what_is_in_hand(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "LOOK_EVERY", 0.0)
    archive.add(FIVE)
    migration = archive.plan(chunk_files=5)
    archive.take_in(migration)

    def pause(_: bytes) -> Any:
        with Session(archive.store.engine) as session, session.begin():
            chunks.pause(session, migration, paused=True)
        return psf()

    assert archive.work(migration, 1, pause)
    with Session(archive.store.engine) as session:
        state = progress.of(session, migration)
    assert (state.words, state.decided, state.documents) == ("paused", 1, 5)
    assert chunks.claim(archive.store, migration, 1) is None
    with Session(archive.store.engine) as session, session.begin():
        chunks.pause(session, migration, paused=False)
    assert archive.work(migration, 1, lambda _: psf())
    with Session(archive.store.engine) as session:
        assert progress.of(session, migration).words == "done"


def test_a_tally_tells_what_is_decided_and_asks_no_more_about_chunks_that_are_done(archive: Archive) -> None:
    archive.add(FIVE)
    migration = archive.plan()
    archive.take_in(migration)
    tally, looks = progress.Tally(migration), []

    def look() -> progress.Advance:
        with Session(archive.store.engine) as session:
            return tally.look(session)

    def read(_: bytes) -> Any:
        looks.append(look())
        return psf()

    assert look() == progress.Advance(0, 0, ended=False)
    for number in (1, 2, 3):
        archive.work(migration, number, read)
    assert [(seen.decided, seen.pages) for seen in looks] == [(n, 2 * n) for n in range(5)]
    with Session(archive.store.engine) as session, session.begin():
        session.execute(update(Document).where(Document.id == 1).values(state=DocumentState.RECEIVED))
    assert look() == progress.Advance(5, 10, ended=True)  # chunk 1 was done, and is not counted again
    with Session(archive.store.engine) as session:
        assert progress.Tally(migration).look(session).decided == 4


def test_stopping_softly_gives_the_chunk_back(archive: Archive) -> None:
    archive.add(FIVE)
    migration = archive.plan(chunk_files=5)
    archive.take_in(migration)
    asked: Iterator[bool] = iter([False, False, True])
    assert archive.work(migration, 1, lambda _: psf(), lambda: next(asked))
    with Session(archive.store.engine) as session:
        states = session.scalars(select(Document.state).order_by(Document.id)).all()
        assert states.count(DocumentState.RECEIVED) == 3
        assert session.scalar(select(MigrationChunk.state)) == ChunkState.WAITING


def test_a_file_that_cannot_be_read_is_counted_with_its_reason(archive: Archive) -> None:
    archive.add({"a.zip": b"no zip", "b.tif": b"good"})
    migration = archive.migrate(psf())
    with Session(archive.store.engine) as session:
        assert progress.refused_files(session, migration) == [("a.zip", "broken_archive")]
        assert progress.of(session, migration).refused == 1
        assert len(session.scalars(select(Migration)).all()) == 1


def test_a_migration_that_is_not_there_is_told(archive: Archive) -> None:
    with Session(archive.store.engine) as session, pytest.raises(NotThere, match="migration 7"):
        chunks.named(session, 7)
