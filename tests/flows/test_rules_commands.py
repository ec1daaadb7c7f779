"""`faxforms rules …`: the rulebook for people, and what it said about a document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extractors.reading import DocumentReading, DocumentStatus, PageKind, PageReading
from pipeline.intake.folder import find_arrivals
from pipeline.process import process, take_in
from pipeline.settings import Settings
from pipeline.store.opening import open_store
from samples.judge_readings import faultless_document
from tests.flows.installation import FAXES, Batch, Installation, copy_faxes


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, Batch]:
    """An installation that judged three sample faxes, read from their truth: pixels are others' matter."""
    folder = tmp_path_factory.mktemp("judged")
    installation, batch = Installation(folder / "data"), copy_faxes(folder / "incoming", 3)
    installation.faxforms("registry", "import", FAXES / "registry.json")
    truth = {Path(line["file"]).name: line for line in batch.truth}
    store = open_store(Settings(data_dir=installation.folder))
    for arrival in find_arrivals([], batch.manifest):
        read = faultless_document(truth[arrival.file])
        process(store, take_in(store, arrival), lambda _, read=read: read)  # type: ignore[misc]  # the default binds it
    store.engine.dispose()
    return installation, batch


def test_list(installation: Installation) -> None:
    assert installation.faxforms("rules", "list").output.splitlines()[0] == "57 rules"
    early = installation.faxforms("rules", "list", "--on", "2021-11-14", "--form", "psf", "--json").output
    late = installation.faxforms("rules", "list", "--on", "2021-11-15", "--form", "psf", "--json").output
    first, second = ({json.loads(line)["rule"] for line in told.splitlines()} for told in (early, late))
    assert {"R20", "R26"} <= second - first
    assert "R50" not in first | second  # about other forms


def test_show(installation: Installation) -> None:
    told = " ".join(installation.faxforms("rules", "show", "r9").output.split())
    assert "2021-11-15 to 2025-06-12" in told
    assert "baseline_days" in told
    assert "older than 30 days" in told  # to the sender
    (record,) = map(json.loads, installation.faxforms("rules", "show", "R24", "--json").output.splitlines())
    assert record["reasons"]["designee_allowed"]["outcome"] == "accept"
    installation.faxforms("rules", "show", "R99", expect=2)


def test_explain(judged: tuple[Installation, Batch]) -> None:
    installation, batch = judged
    truth = batch.truth[0]
    name = Path(truth["file"]).name
    told = installation.faxforms("rules", "explain", name).output
    assert f"{truth['forms'][0]['form_id']}, pages" in told
    assert "not asked, context:" in told
    lines = installation.faxforms("rules", "explain", name, "--rule", "R15", "--json").output.splitlines()
    assert len(lines) == len(truth["forms"])
    record = json.loads(lines[0])
    assert record["verdict"] in {"passed", "fired"}
    assert truth["forms"][0]["values"].items() & record["values"].items()
    installation.faxforms("rules", "explain", "nothing.tif", expect=1)


def test_explain_a_document_that_holds_a_form_nobody_knows(tmp_path: Path) -> None:
    installation, letter = Installation(tmp_path / "data"), tmp_path / "letter.tif"
    letter.write_bytes(b"anything")
    page = PageReading(1, PageKind.UNKNOWN, nearest="psf_2021", match=0.9)
    store = open_store(Settings(data_dir=installation.folder))
    arrivals = find_arrivals([letter], None)
    for arrival in arrivals:
        process(store, take_in(store, arrival), lambda _: DocumentReading((page,), (), DocumentStatus.DONE))
    store.engine.dispose()
    told = " ".join(installation.faxforms("rules", "explain", "letter.tif").output.split())
    assert "unknown_form" in told
    assert "looks like psf_2021" in told
    (record,) = map(json.loads, installation.faxforms("rules", "explain", "1", "--json").output.splitlines())
    assert (record["rule"], record["page"], record["why"]) == ("R49", 1, "unknown_form")
    assert "1 unknown like psf_2021" in " ".join(installation.faxforms("documents").output.split())
