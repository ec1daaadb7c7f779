"""Shelves: folders and object stores keep, find, list and remove alike; one that is away is never taken for empty."""

from __future__ import annotations

import base64
import io
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from papers import Deliver, always, arrive, psf
from sqlalchemy.orm import Session

from pipeline import ledger, originals
from pipeline.encryption.keys import Key
from pipeline.encryption.rotation import count_by_key, seal_all_anew
from pipeline.errors import OriginalDamaged, OriginalRemoved, OriginalsAway
from pipeline.health import not_ready
from pipeline.originals import Vault
from pipeline.process import process
from pipeline.settings import Settings
from pipeline.shelf import INCOMING, LEFT_BEHIND, MARK, Bucket, Folder, Shelf, shelf_at
from pipeline.store.opening import Store, open_store


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The URL of a bucket on a server that speaks S3, on this machine (moto)."""
    from moto.server import ThreadedMotoServer  # takes a second to import

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        bucket = f"s3://faxes-{uuid4().hex}"
        Bucket(bucket)._fs.mkdir(bucket)
        yield bucket
    server.stop()


@pytest.fixture(params=["folder", "file", "memory", "s3"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a shelf may lie."""
    kinds = {"folder": str(tmp_path), "file": f"file://{tmp_path}", "memory": f"memory://{uuid4().hex}"}
    return kinds.get(request.param) or f"{request.getfixturevalue('s3')}/{uuid4().hex}"


@pytest.fixture
def shelf(base: str) -> Shelf:
    """An empty shelf."""
    one = shelf_at(base, "originals")
    assert not one.is_there()
    one.establish()
    return one


def test_a_shelf_keeps_finds_lists_and_removes(shelf: Shelf) -> None:
    vault = Vault(shelf)
    kept = sorted(originals.keep(vault, io.BytesIO(data))[0] for data in (b"fax 1", b"fax 2", b"fax 1"))
    assert list(originals.kept(vault)) == sorted(set(kept))
    assert {originals.fetch(vault, sha256) for sha256 in kept} == {b"fax 1", b"fax 2"}
    originals.remove(vault, kept[0])
    originals.remove(vault, kept[0])
    with pytest.raises(OriginalRemoved):
        originals.fetch(vault, kept[0])
    with pytest.raises(OriginalDamaged, match="not in the store"):
        originals.fetch(vault, "0" * 64)
    assert not originals.holds(vault, kept[0])
    assert shelf.is_there()
    assert shelf.can_write()


def test_a_shelf_tells_since_when_something_lies_there(shelf: Shelf) -> None:
    with shelf.writing() as new:
        new.file.write(b"fax")
        new.put("ab/fax")
    assert abs(time.time() - shelf.laid_at("ab/fax")) < 3600
    with pytest.raises(FileNotFoundError):
        shelf.laid_at("ab/none")


def test_what_is_on_a_shelf_can_be_encrypted(shelf: Shelf, base: str, tmp_path: Path) -> None:
    key = Key(b"k" * 32)
    plain, _ = originals.keep(Vault(shelf), io.BytesIO(b"came before there was a key"))
    text = base64.b64encode(key.secret).decode()
    store = open_store(Settings(data_dir=tmp_path / "data", originals_url=base, encryption_keys=text))
    sha256, _ = originals.keep(store.originals, io.BytesIO(b"a fax about a patient"))
    assert b"patient" not in originals.beginning(store.originals, sha256, 1000)
    assert originals.fetch(store.originals, sha256) == b"a fax about a patient"
    assert seal_all_anew(store, who="ops").files == 1
    assert count_by_key(store) == {key.name: 2}
    assert originals.fetch(store.originals, plain) == b"came before there was a key"


def test_a_write_that_breaks_off_leaves_nothing(shelf: Shelf) -> None:
    with suppress(ZeroDivisionError), shelf.writing() as new:
        new.file.write(b"half")
        raise ZeroDivisionError
    assert list(shelf.names()) == []


def test_a_fax_goes_through_where_originals_lie_in_an_object_store(s3: str, tmp_path: Path) -> None:
    base = f"{s3}/{uuid4().hex}"
    for _machine in range(2):
        store = open_store(Settings(data_dir=tmp_path / "data", originals_url=base))
        assert not_ready(store) == []
    number = arrive(store, tmp_path, b"a fax")
    outcome = process(store, number, always(psf()))
    assert outcome is not None
    assert [path.name for path in (tmp_path / "data").iterdir() if path.is_dir()] == []


def test_an_object_store_that_is_away_keeps_documents_waiting(s3: str, tmp_path: Path) -> None:
    reached = open_store(Settings(data_dir=tmp_path / "data", originals_url=f"{s3}/{uuid4().hex}"))
    number = arrive(reached, tmp_path, b"a fax")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        environment.setenv("AWS_MAX_ATTEMPTS", "1")
        client = Bucket(f"{s3}/elsewhere")
        away = replace(reached, originals=Vault(client))
        with pytest.raises(OriginalsAway, match="does not answer"):
            process(away, number, always(psf()))
        assert not_ready(away) == ["the originals do not answer"]
    with Session(reached.engine) as session:
        assert ledger.waiting(session) == [number]


def test_a_place_that_nothing_here_can_speak_to_is_told() -> None:
    with pytest.raises(OriginalsAway, match="cannot be reached"):
        shelf_at("carrier-pigeon://loft", "originals")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_folder_that_is_not_mounted_keeps_documents_waiting_and_takes_nothing_in(
    store: Store, deliver: Deliver, tmp_path: Path
) -> None:
    deliver(psf())
    number = arrive(store, tmp_path, b"a fax", "waits.tif")
    assert isinstance(store.originals.shelf, Folder)
    folder = store.originals.shelf.path
    folder.rename(tmp_path / "elsewhere")
    folder.mkdir()  # the mount point, with nothing mounted
    with pytest.raises(OriginalsAway, match="mounted"):
        process(store, number, always(psf()))
    with pytest.raises(OriginalsAway, match="mounted"):
        arrive(store, tmp_path, b"another fax", "next.tif")
    with pytest.raises(OriginalsAway, match="mounted"):
        open_store(store.settings)
    assert not_ready(store) == ["the originals cannot be written"]
    assert list(folder.iterdir()) == []

    folder.rmdir()
    (tmp_path / "elsewhere").rename(folder)
    with Session(store.engine) as session:
        assert ledger.waiting(session) == [number]
    outcome = process(store, number, always(psf(anc_draw_date="2022-07-12")))
    assert outcome is not None
    assert outcome.status == "done"


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_an_installation_from_before_there_were_marks_gets_one(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    assert isinstance(store.originals.shelf, Folder)
    (store.originals.shelf.path / MARK).unlink()
    open_store(store.settings)
    assert store.originals.shelf.is_there()


def test_what_killed_writers_left_is_cleared_when_it_is_old(tmp_path: Path) -> None:
    shelf = Folder(tmp_path)
    shelf.establish()
    old, new = tmp_path / f"{INCOMING}old", tmp_path / f"{INCOMING}new"
    for file in (old, new):
        file.touch()
    os.utime(old, (time.time() - LEFT_BEHIND - 60,) * 2)
    assert shelf.clear_left_behind() == 1
    assert new.exists()
    assert list(shelf.names()) == []
