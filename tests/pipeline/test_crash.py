"""A process killed at any moment: whoever starts the program again finishes its work, and nothing is there twice."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from papers import always, arrive, import_registry, psf
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline import ledger
from pipeline.process import process
from pipeline.registry import updates
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.models import Document, DocumentState, Form, ReviewItem
from pipeline.store.opening import Store, open_store

MOMENTS = ("reading", "judging", "before the commit", "after the commit")


def die(*_: object, **__: object) -> Any:
    """As a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def work_until(moment: str, settings: Settings, folder: Path) -> None:
    """Take in a fax and process it, in a process that is killed at that moment."""
    store = open_store(settings)
    document_id = arrive(store, folder, b"a fax")
    if moment == "judging":
        updates.apply = die
    if moment == "before the commit":
        audit.write_line = die
    process(store, document_id, die if moment == "reading" else always(psf()))
    die()


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_and_resumed(store: Store, tmp_path: Path, moment: str) -> None:
    import_registry(store, tmp_path)
    # a fork: what the child replaces is its own, and it starts at once
    child = multiprocessing.get_context("fork").Process(target=work_until, args=(moment, store.settings, tmp_path))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    with Session(store.engine) as session:
        left = ledger.waiting(session)
        assert len(left) == (0 if moment == "after the commit" else 1)
    for document_id in left:
        assert process(store, document_id, always(psf())) is not None
    with Session(store.engine) as session:
        (document,) = session.scalars(select(Document))
        assert document.state == DocumentState.STORED
        assert [form.route.route for form in document.forms] == ["accept"]
        assert session.scalar(select(func.count()).select_from(Form)) == 1
        assert session.scalar(select(func.count()).select_from(ReviewItem)) == 0
        assert audit.verify(session) is None
