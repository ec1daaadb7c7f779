"""Originals that no document names are found and removed, and never those that somebody may be entering."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
from papers import RECEIVED, arrive
from sqlalchemy.orm import Session

from pipeline import originals, orphans
from pipeline.errors import SourceConflict
from pipeline.intake.entering import Origin, take_in_stream
from pipeline.store import audit
from pipeline.store.opening import Store

TOMORROW = dt.timedelta(days=1, minutes=1)


def upload(store: Store, data: bytes) -> int:
    """Under an id that stands for one file only."""
    origin = Origin("fax.tif", RECEIVED, "upload", None, "gateway/call-1", only=True, by="gateway")
    return take_in_stream(store, io.BytesIO(data), origin).document_id


def test_a_refused_upload_leaves_bytes_that_are_found_a_day_later(store: Store) -> None:
    upload(store, b"one")
    with pytest.raises(SourceConflict):
        upload(store, b"other")
    now = dt.datetime.now(dt.UTC)
    assert orphans.compare(store, now) == orphans.Compared(2, (), ())
    (orphan,) = orphans.compare(store, now + TOMORROW).orphans
    assert originals.fetch(store.originals, orphan) == b"other"

    assert orphans.remove_orphans(store, "Ada", now) == 0
    assert orphans.remove_orphans(store, "Ada", now + TOMORROW) == 1
    assert orphans.compare(store, now + TOMORROW) == orphans.Compared(1, (), ())
    with Session(store.engine) as session:
        assert audit.verify(session) is None


def test_bytes_that_come_in_while_they_are_removed_stay(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept before, entered after: whoever enters them finds them gone, and brings them again."""
    originals.keep(store.originals, io.BytesIO(b"late"))
    kept = originals.keep

    def keep_and_lose(vault: originals.Vault, incoming: io.BytesIO) -> tuple[str, int]:
        monkeypatch.setattr(originals, "keep", kept)
        told = kept(vault, incoming)
        assert orphans.remove_orphans(store, "Ada", dt.datetime.now(dt.UTC) + TOMORROW) == 1
        return told

    monkeypatch.setattr(originals, "keep", keep_and_lose)
    upload(store, b"late")
    assert orphans.compare(store) == orphans.Compared(1, (), ())


def test_a_document_whose_original_is_gone_is_told(store: Store, tmp_path: Path) -> None:
    number = arrive(store, tmp_path, b"fax")
    (sha256,) = originals.kept(store.originals)
    originals.path_of(store.originals, sha256).unlink()
    assert orphans.compare(store).lost == (number,)
