"""Hints of the changes of a real folder: what was renamed into place, and a folder that goes and comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Set
from pathlib import Path

import pytest
from watchfiles import Change

from pipeline.intake import hints
from pipeline.intake.hints import renamed_into_place, tell_changes

PATIENCE = 30.0


class Heard:
    """What was told so far."""

    def __init__(self) -> None:
        self.renamed: set[str] = set()
        self.again = threading.Event()

    def __call__(self, renamed: Set[Path]) -> None:
        """As `tell_changes` tells it."""
        self.renamed |= {path.name for path in renamed}
        self.again.set()

    def wait(self) -> None:
        """Until something is told."""
        assert self.again.wait(PATIENCE)
        self.again.clear()


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    monkeypatch.setattr(hints, "AGAIN_AFTER", 0.1)
    monkeypatch.setattr(hints, "CHECKED_EVERY_MS", 200)
    heard, stop = Heard(), threading.Event()
    (tmp_path / "incoming").mkdir()
    thread = threading.Thread(target=tell_changes, args=(tmp_path / "incoming", heard, stop))
    thread.start()
    heard.wait()  # it watches, or is about to
    yield heard
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_file_renamed_into_place_is_told(heard: Heard, tmp_path: Path) -> None:
    for number in range(100):  # the first may come before the folder is watched
        part = tmp_path / "incoming" / f"{number}.tif.part"
        part.write_bytes(b"fax")
        part.rename(tmp_path / "incoming" / f"{number}.tif")
        if heard.again.wait(0.3) and heard.renamed:
            break
    assert heard.renamed


def test_a_folder_that_went_and_came_back_is_watched_again(heard: Heard, tmp_path: Path) -> None:
    folder = tmp_path / "incoming"
    folder.rename(tmp_path / "away")
    folder.mkdir()
    heard.wait()
    for number in range(100):
        heard.again.clear()
        (folder / f"{number}.tif").write_bytes(b"fax")
        if heard.again.wait(0.3):
            return
    pytest.fail("nothing was told of the folder that came back")


@pytest.mark.parametrize(
    ("went", "came", "whole"),
    [
        ("in/7.tif.part", "in/7.tif", True),
        ("in/7.part", "in/7.tif", True),
        ("in/.7.tif.Xy12", "in/7.tif", True),
        ("in/.6.tif.Xy12", "in/7.tif", False),
        ("elsewhere/7.tif.part", "in/7.tif", False),
        ("in/7.tif.part", "in/7.tif.tmp", False),
    ],
)
def test_what_counts_as_renamed_into_place(went: str, came: str, whole: bool) -> None:
    told = renamed_into_place([(Change.added, went), (Change.deleted, went), (Change.added, came)])
    assert (Path(came) in told) == whole
