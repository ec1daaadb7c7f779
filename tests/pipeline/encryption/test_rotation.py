"""A store under keys: sealed on disk and in the database, rotated while it is used, resumed after a crash."""

from __future__ import annotations

import base64
import io
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest
from papers import MONTHLY, always, arrive, document, form
from sqlalchemy import text
from sqlalchemy.orm import Session

from extractors.reading import DocumentReading
from pipeline import ledger, originals
from pipeline.encryption.keys import Key
from pipeline.encryption.rotation import NOT_SEALED, count_by_key, seal_all_anew
from pipeline.errors import KeyMissing, OriginalDamaged
from pipeline.process import process
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.models import DocumentState, FieldReading
from pipeline.store.opening import Store, open_store

OLD, NEW = Key(b"o" * 32), Key(b"n" * 32)
CROP = b"\x89PNG a picture of what is written in one field"


@pytest.fixture
def under(database_url: str, tmp_path: Path) -> Callable[..., Store]:
    """The same store under other keys."""

    def opened(*keys: Key) -> Store:
        text = " ".join(base64.b64encode(key.secret).decode() for key in keys)
        return open_store(Settings(data_dir=tmp_path / "data", database_url=database_url, encryption_keys=text))

    return opened


def with_crops() -> DocumentReading:
    """A PSF whose every field has a crop."""
    one = form("psf_2021", MONTHLY)
    return document(replace(one, readings={name: replace(r, crop=CROP) for name, r in one.readings.items()}))


def take(store: Store, folder: Path, data: bytes) -> int:
    number = arrive(store, folder, data, f"{data.hex()}.tif")
    assert process(store, number, always(with_crops())) is not None
    return number


def raw_crops(store: Store) -> list[bytes]:
    with store.engine.connect() as connection:
        return [bytes(crop) for (crop,) in connection.execute(text("SELECT crop FROM readings"))]


def test_nothing_of_a_fax_stands_in_clear_and_all_of_it_comes_back(under: Callable[..., Store], tmp_path: Path) -> None:
    store = under(OLD)
    take(store, tmp_path, b"a fax about a patient")
    (sha256,) = originals.kept(store.originals)
    assert b"patient" not in originals.path_of(store.originals, sha256).read_bytes()
    assert originals.fetch(store.originals, sha256) == b"a fax about a patient"
    assert all(b"picture" not in crop for crop in raw_crops(store))
    with Session(store.engine) as session:
        assert session.get_one(FieldReading, 1).crop == CROP


def test_a_wrong_key_stops_the_work_and_names_document_and_step(under: Callable[..., Store], tmp_path: Path) -> None:
    number = arrive(under(OLD), tmp_path, b"a fax")
    store = under(NEW)
    with pytest.raises(KeyMissing, match=rf"document {number}: fetch: .* key {OLD.name}"):
        process(store, number, always(with_crops()))
    with Session(store.engine) as session:
        assert ledger.waiting(session) == [number]
    outcome = process(under(OLD), number, always(with_crops()))
    assert outcome is not None
    assert outcome.state is not DocumentState.FAILED


def test_rotation_takes_in_what_was_not_sealed_and_what_an_older_key_sealed(
    under: Callable[..., Store], tmp_path: Path
) -> None:
    take(under(), tmp_path, b"fax 1")
    take(under(OLD), tmp_path, b"fax 2")
    store = under(OLD, NEW)
    take(store, tmp_path, b"fax 3")
    originals.keep(store.notices, io.BytesIO(b"a notice"))
    fields = len(raw_crops(store)) // 3
    assert count_by_key(store) == {NOT_SEALED: fields + 1, OLD.name: fields + 1, NEW.name: fields + 2}

    done = seal_all_anew(store, who="ops")
    assert (done.files, done.crops, done.refused) == (2, 2 * fields, ())
    alone = under(NEW)
    assert count_by_key(alone) == {NEW.name: 3 * fields + 4}
    assert {originals.fetch(alone.originals, sha256) for sha256 in originals.kept(alone.originals)} == {
        b"fax 1",
        b"fax 2",
        b"fax 3",
    }
    with Session(alone.engine) as session:
        assert {reading.crop for reading in session.query(FieldReading)} == {CROP}
        assert audit.verify(session) is None
    assert seal_all_anew(alone, who="ops").files == 0


def test_what_cannot_be_opened_is_named_and_the_rest_is_done(under: Callable[..., Store], tmp_path: Path) -> None:
    take(under(OLD), tmp_path, b"fax 1")
    store = under(NEW)
    take(store, tmp_path, b"fax 2")
    done = seal_all_anew(store, who="ops")
    assert (done.files, done.crops) == (0, 0)
    assert all(OLD.name in line for line in done.refused)
    damaged = under(OLD, NEW)
    sha256 = next(sha for sha in originals.kept(damaged.originals) if count_of(damaged, sha) == OLD.id)
    path = originals.path_of(damaged.originals, sha256)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(OriginalDamaged):
        originals.fetch(damaged.originals, sha256)
    (line,) = seal_all_anew(damaged, who="ops").refused
    assert sha256[:12] in line


def count_of(store: Store, sha256: str) -> bytes:
    return originals.path_of(store.originals, sha256).read_bytes()[8:16]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)  # the fork below would share a PostgreSQL connection
@pytest.mark.parametrize("after", [1, 2, 30])
def test_a_rotation_that_was_killed_does_what_is_left(under: Callable[..., Store], tmp_path: Path, after: int) -> None:
    for number in range(3):
        take(under(OLD), tmp_path, f"fax {number}".encode())
    total = count_by_key(under(OLD, NEW)).total()
    child = get_context("fork").Process(target=rotate_and_die, args=(under, after))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    store = under(OLD, NEW)
    assert count_by_key(store).total() == total
    assert seal_all_anew(store, who="ops").refused == ()
    assert count_by_key(store) == {NEW.name: total}


def rotate_and_die(under: Callable[..., Store], after: int) -> None:
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done == after:
            os.kill(os.getpid(), signal.SIGKILL)

    seal_all_anew(under(OLD, NEW), who="ops", done_one=count)
