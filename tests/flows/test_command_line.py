"""The command line, on an installation of its own with sample faxes."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from typer.main import get_command

from extractors.definition_files import SHIPPED, load_definition
from flows.cli import app
from tests.flows.installation import FAXES, REPOSITORY, Batch, Installation, copy_faxes

Ingested = tuple[Installation, Batch]


def json_lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("words", [[], ["registry"], ["forms"], ["db"]], ids=" ".join)
def test_a_group_without_a_command_says_what_there_is(installation: Installation, words: list[str]) -> None:
    result = installation.faxforms(*words, expect=2)
    assert "Commands" in result.output


def test_help_of_every_command_has_an_example(installation: Installation) -> None:
    top = get_command(app)
    for name, command in top.commands.items():  # type: ignore[attr-defined]  # the top is a group
        for words in [[name, inner] for inner in getattr(command, "commands", {})] or [[name]]:
            shown = " ".join(installation.faxforms(*words, "--help").output.split())
            assert f"faxforms {' '.join(words)}" in shown.split("Example:")[1], words


def test_usage_errors_end_with_2(installation: Installation) -> None:
    installation.faxforms("ingest", expect=2)
    installation.faxforms("ingest", "/no/such/folder", expect=2)
    installation.faxforms("export", "--format", "xml", expect=2)
    installation.faxforms("forms", "show", "no_such_form", expect=2)


def test_errors_end_with_1_and_one_line_on_stderr(installation: Installation, tmp_path: Path) -> None:
    nonsense = tmp_path / "registry.json"
    nonsense.write_text("no JSON")
    result = installation.faxforms("registry", "import", nonsense, expect=1)
    assert result.stderr.startswith("faxforms: registry file")
    assert len(result.stderr.splitlines()) == 1


def test_a_database_that_is_away_is_said_plainly(tmp_path: Path) -> None:
    away = "postgresql://nobody:secret@127.0.0.1:1/nothing"
    answer = subprocess.run(
        [sys.executable, "-c", "from flows.cli import app; app()", "queue"],
        env={**os.environ, "FAXFORMS_DATA_DIR": str(tmp_path), "FAXFORMS_DATABASE_URL": away},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("faxforms: database:")
    assert "secret" not in answer.stderr


def test_what_came_in_is_listed_with_its_route(ingested: Ingested) -> None:
    installation, batch = ingested
    listed = json_lines(installation.faxforms("documents", "--json").stdout)
    assert {line["file"] for line in listed} == {Path(t["file"]).name for t in batch.truth} | {"empty.tif"}
    assert all(line["route"] in {"accept", "review", "duplicate"} for line in listed)
    assert [line["status"] for line in listed if line["file"] == "empty.tif"] == ["failed"]
    assert "4 documents" in installation.faxforms("documents").output


def test_the_same_files_again_are_nothing_new(ingested: Ingested) -> None:
    installation, batch = ingested
    before = installation.faxforms("documents", "--json").stdout
    result = installation.faxforms("ingest", "--inline", batch.folder, "--manifest", batch.manifest)
    assert "Nothing new" in result.stderr
    assert installation.faxforms("documents", "--json").stdout == before


def test_the_queue_says_what_waits_and_why(ingested: Ingested) -> None:
    installation, _ = ingested
    waiting = json_lines(installation.faxforms("queue", "--json").stdout)
    assert [line["reasons"] for line in waiting if line["file"] == "empty.tif"] == [["unreadable"]]
    only = json_lines(installation.faxforms("queue", "--json", "--reason", "unreadable").stdout)
    named = [line["item"] for line in waiting if "unreadable" in line["reasons"]]
    assert [line["item"] for line in only] == named
    assert "Nothing waits" in installation.faxforms("queue", "--reason", "no_such_reason").output


def test_an_export_has_a_line_a_document_in_a_file_and_on_stdout(ingested: Ingested, tmp_path: Path) -> None:
    installation, batch = ingested
    target = tmp_path / "export.jsonl"
    installation.faxforms("export", "--out", target)
    written = target.read_text(encoding="utf-8")
    assert installation.faxforms("export").stdout == written
    by_file = {str(line["file"]): line for line in json_lines(written)}
    assert len(by_file) == len(batch.truth) + 1
    for truth in batch.truth:
        assert len(by_file[Path(truth["file"]).name]["pages"]) == len(truth["pages"])  # type: ignore[arg-type]
        assert by_file[Path(truth["file"]).name]["received"] == truth["received"]


def test_a_csv_export_has_a_row_a_field(ingested: Ingested) -> None:
    installation, _ = ingested
    documents = json_lines(installation.faxforms("export").stdout)
    fields = sum(len(form["fields"]) for document in documents for form in document["forms"])  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(installation.faxforms("export", "--format", "csv").stdout)))
    assert sum(bool(row["field"]) for row in rows) == fields > 0


@pytest.mark.parametrize("by", ["number", "hash", "name"])
def test_show_finds_a_document_and_draws_its_page(ingested: Ingested, tmp_path: Path, by: str) -> None:
    installation, _ = ingested
    document = json_lines(installation.faxforms("export").stdout)[0]
    names = {"number": "1", "hash": str(document["sha256"])[:8], "name": str(document["file"])}
    picture = tmp_path / "page.png"
    shown = installation.faxforms("show", names[by], "--page", "1", "--out", picture)
    with Image.open(picture) as drawn:
        assert drawn.format == "PNG"
        assert drawn.mode == "RGB"
        assert len(drawn.getcolors(1 << 24)) > 2  # not the page alone
    assert "document 1," in shown.output


def test_show_says_what_is_not_there(ingested: Ingested, tmp_path: Path) -> None:
    installation, _ = ingested
    for words in (["no-such-file.tif"], ["1", "--page", "99"], ["empty.tif"]):
        result = installation.faxforms("show", *words, "--out", tmp_path / "page.png", expect=1)
        assert result.stderr.startswith("faxforms: ")
        assert not (tmp_path / "page.png").exists()


def test_importing_the_registry_twice_changes_nothing(ingested: Ingested) -> None:
    installation, _ = ingested
    told = installation.faxforms("registry", "import", FAXES / "registry.json").output
    assert "unchanged" in told
    assert "added" not in told


def test_upgrading_a_database_that_is_current_changes_nothing(ingested: Ingested) -> None:
    installation, _ = ingested
    before = installation.faxforms("export").stdout
    installation.faxforms("db", "upgrade")
    assert installation.faxforms("export").stdout == before


def test_forms_are_listed_shown_and_drawn(installation: Installation, tmp_path: Path) -> None:
    forms = {str(form["form_id"]): form for form in json_lines(installation.faxforms("forms", "list", "--json").stdout)}
    assert len(forms) == 7
    fields = json_lines(installation.faxforms("forms", "show", "psf_2021", "--json").stdout)
    assert len(fields) == forms["psf_2021"]["fields"]
    installation.faxforms("forms", "show", "psf_2021", "--page", "2", "--out", tmp_path / "blank.png")
    with Image.open(tmp_path / "blank.png") as drawn:
        assert drawn.format == "PNG"
    installation.faxforms("forms", "show", "psf_2021", "--page", "3", "--out", tmp_path / "none.png", expect=2)


def test_a_form_is_built_from_its_blanks(installation: Installation, tmp_path: Path) -> None:
    blanks = REPOSITORY / "samples" / "blanks"
    meaning = SHIPPED / "anc_lab_2015" / "meaning.yaml"
    target = tmp_path / "anc_lab_2015"
    installation.faxforms(
        "forms", "build", blanks / "anc_lab_2015.pdf", blanks / "anc_lab_2015_fillable.pdf",
        "--meaning", meaning, "--out", target,
    )  # fmt: skip
    built, shipped = (load_definition(folder) for folder in (target, SHIPPED / "anc_lab_2015"))
    assert built.fields == shipped.fields


def test_a_document_that_hangs_costs_one_document(installation: Installation, tmp_path: Path) -> None:
    batch = copy_faxes(tmp_path / "incoming", 1)
    (batch.folder / "endless.pdf").write_bytes(endless_pdf())
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FAXFORMS_LIMITS__SECONDS", "12")
        result = installation.faxforms("ingest", "--inline", "--json", batch.folder, expect=3)
    statuses = [line["status"] for line in json_lines(result.stdout)]
    assert sorted(statuses) == ["done", "failed"]


def endless_pdf() -> bytes:
    """A page that would be drawn 10 to the 12th times: a form (XObject) draws another ten times, twelve deep."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    inner = pdf.make_stream(
        b"0 0 1 1 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 612, 792]
    )
    for _ in range(12):
        resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))
        inner = pdf.make_stream(
            b"/F Do " * 10,
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Form,
            BBox=[0, 0, 612, 792],
            Resources=resources,
        )
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))
    page.Contents = pdf.make_stream(b"/F Do")
    data = io.BytesIO()
    pdf.save(data)
    return data.getvalue()
