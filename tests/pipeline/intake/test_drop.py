"""A watched folder: what is taken in, that it is safe before it is acknowledged, and that nothing holds up the rest."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pipeline import originals
from pipeline.intake import drop as drops
from pipeline.intake.drop import FolderDrop
from pipeline.intake.settling import Settling
from pipeline.settings import Watch
from pipeline.store.models import Document, Source
from pipeline.store.opening import Store


class Clock:
    """A clock that goes on by an hour whenever it is asked: every file has stood still at the second look."""

    now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        self.now += 3600
        return self.now


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


def drop_at(folder: Path, **how: Any) -> FolderDrop:
    return FolderDrop(folder, Watch(**how), Settling(5.0, clock=Clock()))


def take_in(drop: FolderDrop, store: Store) -> int:
    """Look twice: a file must be seen to stand still."""
    return drop.look(store) + drop.look(store)


def sources(store: Store) -> list[tuple[str, bytes]]:
    with Session(store.engine) as session:
        rows = session.execute(select(Source.file, Document.sha256).join(Document).order_by(Source.id))
        return [(file, originals.fetch(store.originals, sha256)) for file, sha256 in rows]


def test_a_file_is_taken_in_once_and_moved(store: Store, incoming: Path) -> None:
    (incoming / "deep").mkdir()
    (incoming / "deep" / "0007.tif").write_bytes(b"fax")
    drop = drop_at(incoming)
    assert drop.look(store) == 0
    assert drop.look(store) == 1
    assert drop.look(store) == 0
    assert sources(store) == [("deep/0007.tif", b"fax")]
    assert (incoming / "taken-in" / "deep" / "0007.tif").read_bytes() == b"fax"
    assert not (incoming / "deep" / "0007.tif").exists()


def test_its_sidecar_is_kept_with_it_and_moved_too(store: Store, incoming: Path) -> None:
    (incoming / "0007.tif").write_bytes(b"fax")
    (incoming / "0007.json").write_text(json.dumps({"received": "2022-07-15", "caller": "+1 555 0100"}))
    assert take_in(drop_at(incoming), store) == 1
    with Session(store.engine) as session:
        (source,) = session.scalars(select(Source))
        assert source.received == dt.date(2022, 7, 15)
        assert source.details == {"received": "2022-07-15", "caller": "+1 555 0100"}
    assert sorted(path.name for path in (incoming / "taken-in").iterdir()) == ["0007.json", "0007.tif"]


def test_another_file_of_the_same_name_is_another_source_and_overwrites_nothing(store: Store, incoming: Path) -> None:
    drop = drop_at(incoming)
    for data in (b"first", b"second", b"first"):
        (incoming / "0007.tif").write_bytes(data)
        assert take_in(drop, store) == 1
    assert sources(store) == [("0007.tif", b"first"), ("0007.tif", b"second"), ("0007.tif", b"first")]
    kept = {path.name: path.read_bytes() for path in (incoming / "taken-in").iterdir()}
    assert kept == {"0007.tif": b"first", "0007~2.tif": b"second", "0007~3.tif": b"first"}


@pytest.mark.parametrize("killed", ["before the sidecar is moved", "before the file is moved"])
def test_killed_before_it_is_acknowledged_it_is_the_same_source(
    store: Store, incoming: Path, monkeypatch: pytest.MonkeyPatch, killed: str
) -> None:
    (incoming / "0007.tif").write_bytes(b"fax")
    (incoming / "0007.json").write_text('{"received": "2022-07-15"}')
    move, left = drops._move, [0 if killed == "before the sidecar is moved" else 1]

    def killed_at(path: Path, target: Path) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        move(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(drops, "_move", killed_at)
        with pytest.raises(KeyboardInterrupt):
            take_in(drop_at(incoming), store)
    assert take_in(drop_at(incoming), store) == 1
    with Session(store.engine) as session:
        (source,) = session.scalars(select(Source))
        assert source.received == dt.date(2022, 7, 15)
    assert not (incoming / "0007.tif").exists()


def test_files_may_be_left_where_they_are_and_are_known_by_the_ledger(store: Store, incoming: Path) -> None:
    (incoming / "0007.tif").write_bytes(b"fax")
    for _ in range(2):  # the second time as a program that was started again
        assert take_in(drop_at(incoming, acknowledge="leave"), store) == 1
    (incoming / "0007.tif").write_bytes(b"another")
    assert take_in(drop_at(incoming, acknowledge="leave"), store) == 1
    assert [data for _, data in sources(store)] == [b"fax", b"another"]


def test_files_may_be_deleted_once_they_are_safe(store: Store, incoming: Path) -> None:
    (incoming / "0007.tif").write_bytes(b"fax")
    assert take_in(drop_at(incoming, acknowledge="delete"), store) == 1
    assert sources(store) == [("0007.tif", b"fax")]
    assert list(incoming.iterdir()) == []


def test_files_of_a_folder_that_may_only_be_read_are_left_and_taken_in_once(
    store: Store, incoming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (incoming / "0007.tif").write_bytes(b"fax")

    def refused(*_: object) -> None:
        raise PermissionError(errno.EROFS, "read-only")  # root may write to any folder, so the system cannot say it

    monkeypatch.setattr(drops, "_move", refused)
    drop = drop_at(incoming)
    assert take_in(drop, store) == 1
    assert take_in(drop, store) == 0
    assert take_in(drop_at(incoming), store) == 1
    assert sources(store) == [("0007.tif", b"fax")]


def test_a_file_that_cannot_be_read_holds_up_no_other_and_is_tried_again(
    store: Store, incoming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (incoming / "1 bad.tif").write_bytes(b"bad")
    (incoming / "2 good.tif").write_bytes(b"good")
    keep = originals.keep

    def bad_disk(vault: originals.Vault, incoming: BinaryIO) -> tuple[str, int]:
        if "bad" in str(incoming.name):
            raise OSError(errno.EIO, "a bad sector")
        return keep(vault, incoming)

    drop = drop_at(incoming)
    with monkeypatch.context() as patched:
        patched.setattr(originals, "keep", bad_disk)
        assert take_in(drop, store) == 1
        assert not drop.waits  # for a while
    assert sources(store) == [("2 good.tif", b"good")]
    assert take_in(drop, store) == 1
    assert len(sources(store)) == 2


def test_what_is_no_file_of_its_own_is_passed_over(store: Store, incoming: Path) -> None:
    os.mkfifo(incoming / "pipe.tif")  # reading it would never end
    (incoming / "link.tif").symlink_to("/etc/hostname")
    (incoming / "0007.tif.part").write_bytes(b"half")
    (incoming / "0007.json").write_text("{}")
    assert take_in(drop_at(incoming), store) == 0
    assert sources(store) == []


def test_a_file_that_changes_while_it_is_read_waits_anew(
    store: Store, incoming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = incoming / "0007.tif"
    path.write_bytes(b"half")
    keep = originals.keep

    def written_meanwhile(vault: originals.Vault, incoming: BinaryIO) -> tuple[str, int]:
        kept = keep(vault, incoming)
        path.write_bytes(b"half and the rest")
        return kept

    drop = drop_at(incoming)
    with monkeypatch.context() as patched:
        patched.setattr(originals, "keep", written_meanwhile)
        assert take_in(drop, store) == 0
    assert sources(store) == []
    assert take_in(drop, store) == 1
    assert sources(store) == [("0007.tif", b"half and the rest")]


@pytest.mark.parametrize("trouble", [OSError(errno.ENOSPC, "full"), OperationalError("", {}, Exception("locked"))])
def test_a_full_disk_or_a_database_away_is_no_fault_of_the_file(
    store: Store, incoming: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    (incoming / "0007.tif").write_bytes(b"fax")
    drop = drop_at(incoming)

    def fails(*_: object) -> None:
        raise trouble

    with monkeypatch.context() as patched:
        patched.setattr(originals, "keep", fails)
        with pytest.raises(type(trouble)):
            take_in(drop, store)
    assert drop.look(store) == 1  # at once: the file was not put off
    assert sources(store) == [("0007.tif", b"fax")]


def test_a_folder_that_is_away_is_an_error_and_comes_back_with_its_files(store: Store, incoming: Path) -> None:
    (incoming / "0007.tif").write_bytes(b"fax")
    drop = drop_at(incoming)
    drop.look(store)
    away = incoming.rename(incoming.with_name("away"))
    with pytest.raises(FileNotFoundError):
        drop.look(store)
    away.rename(incoming)
    assert take_in(drop, store) == 1
    assert sources(store) == [("0007.tif", b"fax")]
