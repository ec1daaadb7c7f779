"""`faxforms migrate` broken off by Ctrl-C, wherever that falls, goes on where it was when it is given again."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.batch import listening
from pipeline import originals
from pipeline.store.intake_models import LedgerStep
from pipeline.store.migration_models import MigrationChunk
from pipeline.store.models import Document, DocumentState
from pipeline.store.opening import Store
from tests.flows.installation import Installation

FILES = 12
"""More than are in hand at a time. They are no pictures: what becomes of them is quickly decided."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number:02}.tif").write_bytes(f"no picture {number}".encode())
    return folder


@pytest.fixture
def _at_a_terminal() -> Iterator[None]:
    """Ctrl-C reaches the program as it does at a terminal; what a shell starts in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_after(number: int, times: int = 1) -> Callable[[object], None]:
    """Press Ctrl-C, so often, when so many documents are decided."""
    seen = 0

    def press(_outcome: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

    return press


def standing(store: Store) -> tuple[Counter[str], set[str | None], list[str]]:
    """States of documents, who holds leases on them, states of chunks."""
    with Session(store.engine) as session:
        documents = session.execute(select(Document.state, Document.lease_owner)).all()
        chunks = session.scalars(select(MigrationChunk.state).order_by(MigrationChunk.number)).all()
    return Counter(state for state, _ in documents), {owner for _, owner in documents}, list(chunks)


@pytest.mark.usefixtures("_at_a_terminal")
def test_ctrl_c_leaves_what_the_next_start_goes_on_with(
    installation: Installation, archive: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, kept = originals.keep, iter(range(FILES))

    def keep_until_interrupted(vault: originals.Vault, incoming: originals.Incoming) -> tuple[str, int]:
        if next(kept) == FILES // 2:
            signal.raise_signal(signal.SIGINT)
        return keep(vault, incoming)

    monkeypatch.setenv("FAXFORMS_MIGRATION_CHUNK", "8")
    with monkeypatch.context() as taking_in:
        taking_in.setattr(originals, "keep", keep_until_interrupted)
        installation.faxforms("migrate", archive, "--inline", expect=128 + signal.SIGINT)
    assert standing(store)[2] == ["waiting", "waiting"]

    with listening(interrupt_after(1)):  # what is in hand is decided
        told = installation.faxforms("migrate", archive, "--inline").stderr
    assert "goes on from here" in told
    states, owners, chunks = standing(store)
    assert states.total() == FILES
    assert 1 <= states[DocumentState.FAILED] < 8
    assert owners == {None}
    assert chunks == ["waiting", "waiting"]

    with listening(interrupt_after(1, times=2)):  # at once
        installation.faxforms("migration", "resume", "1", "--inline", expect=128 + signal.SIGINT)
    assert standing(store)[1] == {None}

    installation.faxforms("migration", "resume", "1", "--inline")
    (line,) = installation.faxforms("migration", "list", "--json").stdout.splitlines()
    assert json.loads(line)["state"] == "done"
    with Session(store.engine) as session:
        ends = session.scalars(select(LedgerStep.document_id).where(LedgerStep.state == DocumentState.FAILED)).all()
    assert sorted(ends) == list(range(1, FILES + 1))  # each decided, none of them twice
