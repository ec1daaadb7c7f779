"""From a blank to read and judged faxes by commands alone: a revision of the status form that nobody knows yet.

The revision is drawn for this (samples/psf_revision.py): two columns, every field elsewhere, one added. Its faxes and
those of the known form are made by the generator with the same contents, hands and line.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from installation import Installation

from extractors.definition import FormDefinition
from extractors.definition_files import SHIPPED, load_definition
from samples import psf_revision
from samples.generator.hand import Pen
from samples.revision_faxes import right, write_faxes

FAXES, SEED, POINTS = 3, 5, 0.02


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def exported(installation: Installation, to: Path) -> dict[str, Any]:
    installation.faxforms("export", "--out", to)
    return {Path(line["file"]).name: line for line in map(json.loads, to.read_text(encoding="utf-8").splitlines())}


def figures(form: FormDefinition, truths: list[Any], documents: dict[str, Any]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for truth in truths:
        (read,) = documents[Path(truth["file"]).name]["forms"]
        assert read["form_id"] == form.form_id
        counts += right(form, truth["forms"][0], {name: one["value"] for name, one in read["fields"].items()})
    return counts


def test_a_revision_is_taught_by_commands_and_read_as_well_as_the_known_form(tmp_path: Path) -> None:
    drawn, known = psf_revision.definition(tmp_path), load_definition(SHIPPED / psf_revision.LIKE)
    papers = {form.form_id: tmp_path / form.form_id for form in (drawn, known)}
    truths = {
        form.form_id: write_faxes(papers[form.form_id], form, FAXES, SEED, (Pen.TYPED,), 0.3) for form in (drawn, known)
    }
    taught, plain = Installation(tmp_path / "taught"), Installation(tmp_path / "plain")
    for installation, form in ((taught, drawn), (plain, known)):
        installation.faxforms("registry", "import", papers[form.form_id] / "registry.json")
        installation.faxforms("ingest", "--inline", "--manifest", papers[form.form_id] / "manifest.csv")

    # nobody knows it: every page waits, with the form that it is a revision of
    for document in exported(taught, tmp_path / "before.jsonl").values():
        assert document["forms"] == []
        assert {(page["kind"], page["nearest"]) for page in document["pages"]} == {("unknown", "psf_2021")}
    waiting = json_lines(taught.faxforms("queue", "--json").stdout)
    assert [item["reasons"] for item in waiting] == [["unknown_form"]] * FAXES

    draft = tmp_path / "draft"
    learn = ("forms", "learn", drawn.blank, "--id", psf_revision.FORM_ID, "--like", psf_revision.LIKE, "--out", draft)
    told = taught.faxforms(*learn, "--save")
    assert psf_revision.ADDED in told.stdout
    assert (draft / "page_1.png").is_file()
    assert (draft / "page_2.png").is_file()
    trial = tmp_path / "trial"
    trial.mkdir()
    shutil.copy(papers[drawn.form_id] / truths[drawn.form_id][0]["file"], trial)
    checked = taught.faxforms("forms", "check", psf_revision.FORM_ID, "--faxes", trial).stdout
    assert "2 of 2" in checked

    again = json_lines(taught.faxforms("reprocess", "--json").stdout)
    assert [(one["known"], one["forms"]) for one in again] == [(2, [psf_revision.FORM_ID])] * FAXES
    after = exported(taught, tmp_path / "after.jsonl")
    assert {form["route"] for document in after.values() for form in document["forms"]} <= {"accept", "review"}
    assert taught.faxforms("reprocess").stdout.startswith("Nothing waits")

    read, before = (
        figures(drawn, truths[drawn.form_id], after),
        figures(known, truths[known.form_id], exported(plain, tmp_path / "known.jsonl")),
    )
    assert read["fields"] == before["fields"] + FAXES  # the one that was added
    assert read["right"] / read["fields"] >= before["right"] / before["fields"] - POINTS
