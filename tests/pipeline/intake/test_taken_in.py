"""What was acknowledged by moving it is deleted after its days, if its bytes are safe; never anything else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pipeline import originals
from pipeline.intake.folder import arrival_of
from pipeline.intake.taken_in import DAY, TakenIn
from pipeline.process import take_in
from pipeline.settings import Settings
from pipeline.store.opening import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(Settings(data_dir=tmp_path / "data"))


@pytest.fixture
def moved(store: Store, tmp_path: Path) -> Path:
    """A folder with a fax that is safe and its sidecar, and a file that nobody has taken in."""
    folder = tmp_path / "taken-in"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "known.tif").write_bytes(b"known")
    (folder / "deep" / "known.json").write_text("{}")
    (folder / "strange.tif").write_bytes(b"strange")
    take_in(store, arrival_of(folder / "deep" / "known.tif", "known.tif"))
    return folder


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def in_days(days: float) -> float:
    return time.time() + days * DAY


def test_it_stays_for_its_days_and_is_deleted_then(store: Store, moved: Path) -> None:
    assert TakenIn(moved, 30.0, lambda: in_days(29)).clear_now_and_then(store) == 0
    assert TakenIn(moved, 0.0, lambda: in_days(9999)).clear_now_and_then(store) == 0
    later = TakenIn(moved, 30.0, lambda: in_days(31))
    assert later.clear_now_and_then(store) == 1
    assert left(moved) == ["strange.tif"]
    (moved / "again.tif").write_bytes(b"known")
    assert later.clear_now_and_then(store) == 0  # it has just looked
    assert TakenIn(moved, 30.0, lambda: in_days(31)).clear_now_and_then(store) == 1


def test_a_copy_outlives_a_lost_original_and_not_a_removed_one(store: Store, moved: Path) -> None:
    (sha256,) = originals.kept(store.originals)
    original = originals.path_of(store.originals, sha256)
    original.write_bytes(b"damaged")
    assert TakenIn(moved, 30.0, lambda: in_days(31)).clear_now_and_then(store) == 0
    originals.remove(store.originals, sha256)
    assert TakenIn(moved, 30.0, lambda: in_days(31)).clear_now_and_then(store) == 1


def test_no_original_is_taken_for_a_copy(store: Store, moved: Path, tmp_path: Path) -> None:
    """Somebody may have files moved to a folder in which the originals lie as well."""
    for folder in (tmp_path, tmp_path / "data", tmp_path / "data" / "originals"):
        assert TakenIn(folder, 30.0, lambda: in_days(31)).clear_now_and_then(store) == 0
    assert len(list(originals.kept(store.originals))) == 1
    assert left(moved) == ["known.json", "known.tif", "strange.tif"]
