"""`faxforms ledger`: what it shows of an installation, and what it repairs."""

from __future__ import annotations

import json

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pipeline.settings import Settings
from pipeline.store.models import Page
from pipeline.store.opening import open_store
from tests.flows.installation import Batch, Installation, copy_faxes


def test_the_ledger_shows_states_and_the_way_of_a_document(ingested: tuple[Installation, Batch]) -> None:
    installation, _ = ingested
    told = installation.faxforms("ledger", "show", "--json").stdout
    states = {line["state"]: line["documents"] for line in map(json.loads, told.splitlines())}
    assert sum(states.values()) == 4
    assert states["failed"] == 1
    way = [json.loads(line) for line in installation.faxforms("ledger", "show", "1", "--json").stdout.splitlines()]
    assert [step["state"] for step in way][:2] == ["received", "reading"]
    assert "stuck" not in installation.faxforms("ledger", "show").stdout


def test_all_pages_of_samples_add_up(ingested: tuple[Installation, Batch]) -> None:
    installation, batch = ingested
    told = json.loads(installation.faxforms("ledger", "pages", "--json").stdout)
    sample_pages = sum(len(line["pages"]) for line in batch.truth)
    assert (told["adds_up"], told["in"], told["failed"]) == (True, sample_pages + 1, 1)
    assert "it adds up" in installation.faxforms("ledger", "pages").stdout


def test_what_does_not_add_up_ends_with_an_error_and_is_named(
    installation: Installation,
) -> None:
    batch = copy_faxes(installation.folder.parent / "incoming", 1)
    installation.faxforms("ingest", "--inline", batch.folder)
    store = open_store(Settings(data_dir=installation.folder))
    with Session(store.engine) as session, session.begin():
        session.execute(delete(Page).where(Page.page == 1))
    store.engine.dispose()
    result = installation.faxforms("ledger", "pages", expect=1)
    assert "document 1: " in result.stderr
    assert "does not add up" in result.stdout


def test_repairs_are_told_and_need_a_reason(installation: Installation) -> None:
    batch = copy_faxes(installation.folder.parent / "incoming", 0)
    (batch.folder / "empty.tif").touch()
    installation.faxforms("ingest", "--inline", batch.folder, expect=3)
    assert "1 to be read again" in installation.faxforms("ledger", "repair", "--retry", "1").stdout
    installation.faxforms("ledger", "repair", "--hold", "1", expect=2)
    held = installation.faxforms("ledger", "repair", "--hold", "1", "--reason", "a test").stdout
    assert "1 held" in held
    assert "held: a test" in installation.faxforms("ledger", "show", "1").stdout
    installation.faxforms("ledger", "repair", "--hold", "1", "--reason", "twice", expect=1)
