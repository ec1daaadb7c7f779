"""The exports: the contract that other programs rely on, key by key."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from papers import MONTHLY, RECEIVED, broken, document, doubtful, form, psf
from sqlalchemy.orm import Session

from extractors.reading import PageKind, PageReading
from pipeline.exports.atomic import written_whole
from pipeline.exports.csv import COLUMNS, write_csv
from pipeline.exports.jsonl import write_jsonl
from pipeline.process import Outcome
from pipeline.store import repository
from pipeline.store.opening import Store

NUMBER = (int, float)
FIELD = {"value": object, "confidence": NUMBER, "doubtful": bool, "page": int, "box": list, "raw": str}
FINDING = {"rule": str, "reason": str, "severity": str, "field": (str, type(None)), "message": str}
FORM = {"form_id": str, "pages": list, "fields": dict, "patient": (dict, type(None)), "findings": list, "route": str,
        "reasons": list}  # fmt: skip
FORM_PAGE = {"page": int, "kind": str, "form": int, "form_id": str, "form_page": int, "rotated": int, "match": NUMBER}
OTHER_PAGE = {"page": int, "kind": str, "rotated": int, "match": NUMBER}
DOCUMENT = {"file": str, "sha256": str, "received": str, "status": str, "pages": list, "forms": list}


def check(record: dict[str, Any], shape: dict[str, Any], *optional: str) -> None:
    """Exactly these keys (and optional ones), each of its kind."""
    assert shape.keys() <= record.keys() <= shape.keys() | set(optional), record.keys() ^ shape.keys()
    for key, kind in shape.items():
        assert isinstance(record[key], kind), key


def exported(store: Store, folder: Path) -> list[dict[str, Any]]:
    write_jsonl(store.engine, folder / "export.jsonl")
    return [json.loads(line) for line in (folder / "export.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def several(store: Store, deliver: Callable[..., Outcome], tmp_path: Path) -> list[dict[str, Any]]:
    """The export of an accepted form, its duplicate, one held, one with other pages, and a document that failed."""
    deliver(psf())
    deliver(psf())
    deliver(doubtful(psf(anc_value=None, treatment_status=("active", "interrupted")), "patient_first_name"))
    deliver(document(form("psf_2021", {**MONTHLY, "anc_value": "1800"}), more=(PageReading(3, PageKind.COVER),)))
    deliver(broken(ValueError("secret")))
    return exported(store, tmp_path)


def test_every_record_has_the_shape_of_the_contract(several: list[dict[str, Any]]) -> None:
    for line in several:
        check(line, DOCUMENT, "error")
        assert line["status"] in {"done", "partial", "failed"}
        for page in line["pages"]:
            check(page, FORM_PAGE if page["kind"] == "form" else OTHER_PAGE, "error")
        for one in line["forms"]:
            check(one, FORM, "duplicate_of")
            assert one["route"] in {"accept", "review", "duplicate"}
            for reading in one["fields"].values():
                check(reading, FIELD)
                assert len(reading["box"]) == 4
            for finding in one["findings"]:
                check(finding, FINDING)


def test_values_stand_as_the_contract_says(several: list[dict[str, Any]]) -> None:
    accepted, duplicate, held, with_cover, failed = several
    fields = accepted["forms"][0]["fields"]
    assert [fields[name]["value"] for name in ("anc_value", "anc_draw_date", "prescriber_signature", "ben_flag")] == [
        "2300",
        "2022-07-11",
        True,
        False,
    ]
    assert fields["submission_type"]["value"] == "monthly"
    assert fields["patient_phone"]["value"] is None
    assert accepted["file"] == "0001.tif"
    assert accepted["received"] == "2022-07-15"
    assert duplicate["forms"][0]["duplicate_of"] == {"file": "0001.tif", "sha256": accepted["sha256"], "form": 0}
    assert held["forms"][0]["fields"]["treatment_status"]["value"] == ["active", "interrupted"]
    assert {"missing:anc_value", "conflict"} <= set(held["forms"][0]["reasons"])
    assert with_cover["pages"][2]["kind"] == "cover"
    assert (failed["status"], failed["error"], failed["pages"]) == ("failed", "read: ValueError", [])


def test_the_export_is_the_same_every_time(store: Store, several: list[dict[str, Any]], tmp_path: Path) -> None:
    assert exported(store, tmp_path) == several


def test_documents_on_their_way_are_left_out(store: Store, several: list[dict[str, Any]], tmp_path: Path) -> None:
    with Session(store.engine) as session, session.begin():
        repository.add_document(session, "0" * 64, 1, RECEIVED)
    assert exported(store, tmp_path) == several


def test_csv_has_a_row_a_field(store: Store, several: list[dict[str, Any]], tmp_path: Path) -> None:
    assert write_csv(store.engine, tmp_path / "export.csv") == len(several)
    with (tmp_path / "export.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == sum(len(one["fields"]) for line in several for one in line["forms"]) + 1
    (anc,) = [row for row in rows if row["file"] == "0001.tif" and row["field"] == "anc_value"]
    assert (anc["value"], anc["doubtful"], anc["pages"], anc["route"]) == ("2300", "false", "1 2", "accept")
    assert rows[-1]["error"] == "read: ValueError"
    assert rows[-1]["form_id"] == ""


def test_a_file_that_could_not_be_finished_is_not_there(tmp_path: Path) -> None:
    target = tmp_path / "export.jsonl"
    target.write_text("the one before")

    def break_off() -> None:
        with written_whole(target) as file:
            file.write("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["the one before"]
