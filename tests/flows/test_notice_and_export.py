"""`faxforms notice` and the incremental `faxforms export`, on sample faxes that were read for real."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pypdfium2
import pytest
import yaml

from tests.flows.installation import Batch, Installation

Ingested = tuple[Installation, Batch]


@pytest.fixture
def failed(ingested: Ingested) -> tuple[Installation, str]:
    """The installation, and the file in it that could not be read."""
    return ingested[0], "empty.tif"


def text_of(pdf: Path) -> str:
    with pypdfium2.PdfDocument(pdf) as opened:
        assert len(opened) == 1
        return " ".join(str(opened[0].get_textpage().get_text_range()).split())


def test_a_notice_is_drafted_edited_and_made(failed: tuple[Installation, str], tmp_path: Path) -> None:
    installation, document = failed
    draft, pdf = tmp_path / "words.yaml", tmp_path / "notice.pdf"
    said = installation.faxforms("notice", document, "--draft", draft).stderr
    assert "nobody is named" in said
    words = yaml.safe_load(draft.read_text(encoding="utf-8"))
    words["to"] = "The office of Dr. Moss"
    draft.write_text(yaml.safe_dump(words), encoding="utf-8")
    installation.faxforms("notice", document, "--text", draft, "--out", pdf, "--by", "Kim")
    assert "The office of Dr. Moss" in text_of(pdf)
    listed = installation.faxforms("notice", document, "--list").stdout
    assert "Kim" in listed
    sha256 = hashlib.sha256(pdf.read_bytes()).hexdigest()
    assert sha256 in {kept.name for kept in (installation.folder / "notices").rglob("*")}


def test_words_can_be_edited_at_once(
    failed: tuple[Installation, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation, document = failed
    monkeypatch.setenv("EDITOR", "sed -i s/^title:.*/title:\\ Faxed\\ blank/")
    installation.faxforms("notice", document, "--edit", "--out", tmp_path / "edited.pdf")
    assert "Faxed blank" in text_of(tmp_path / "edited.pdf")


def test_what_cannot_be_made_is_said(failed: tuple[Installation, str], tmp_path: Path) -> None:
    installation, document = failed
    (tmp_path / "words.yaml").write_text("title: nothing else\n")
    refused = installation.faxforms("notice", document, "--text", tmp_path / "words.yaml", expect=1)
    assert "no points" in refused.stderr
    assert "no such form" in installation.faxforms("notice", document, "--form", "3", expect=1).stderr
    installation.faxforms("notice", "no-such-document", expect=1)


def test_accepted_forms_go_on_from_the_cursor_in_a_file(ingested: Ingested, tmp_path: Path) -> None:
    installation, _ = ingested
    cursor, out = tmp_path / "cursor", tmp_path / "accepted.jsonl"
    whole = installation.faxforms("export", "--accepted").stdout
    first = installation.faxforms("export", "--accepted", "--cursor", cursor, "--out", out)
    assert out.read_text(encoding="utf-8") == whole
    assert first.stderr.strip() == f"next cursor: {cursor.read_text().strip()}"
    assert installation.faxforms("export", "--accepted", "--cursor", cursor).stdout == ""
    accepted = [json.loads(line) for line in whole.splitlines()]
    documents = [json.loads(line) for line in installation.faxforms("export").stdout.splitlines()]
    routes = [form["route"] for document in documents for form in document["forms"]]
    assert len(accepted) == routes.count("accept")


def test_fhir_bundles_are_written_into_a_folder(ingested: Ingested, tmp_path: Path) -> None:
    installation, _ = ingested
    said = installation.faxforms("export", "--format", "fhir", "--out", tmp_path / "bundles").stderr
    assert f"{len(list((tmp_path / 'bundles').iterdir()))} bundles written" in said


@pytest.mark.parametrize(
    "words",
    [
        ["--since", "3"],
        ["--accepted", "--since", "3", "--cursor", "file"],
        ["--format", "fhir"],
        ["--accepted", "--out", "."],
        ["--accepted", "--since", "-1"],
    ],
    ids=" ".join,
)
def test_options_that_do_not_fit_are_refused(installation: Installation, words: list[str]) -> None:
    installation.faxforms("export", *words, expect=2)
