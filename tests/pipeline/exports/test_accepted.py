"""The incremental export: nothing is missed, nothing told twice, and a correction comes again."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from papers import doubtful, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import ExportFileError
from pipeline.exports.accepted import COLUMNS, keep_cursor, read_cursor, write_accepted_csv, write_accepted_jsonl
from pipeline.process import Outcome
from pipeline.store.engine import take_write_turn
from pipeline.store.models import Form, FormRoute
from pipeline.store.opening import Store

KEYS = {
    "cursor", "state", "version", "decided_at", "decided_by", "received", "file", "sha256", "form", "form_id", "pages",
    "patient", "values", "doubtful",
}  # fmt: skip


def exported(store: Store, folder: Path, since: int = 0) -> tuple[list[dict[str, Any]], int]:
    target = folder / "accepted.jsonl"
    cursor = write_accepted_jsonl(store.engine, target, since)
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()], cursor


def decide_again(store: Store, document_id: int, route: str, who: str = "Kim") -> None:
    """A person's decision: one more row, in the write turn."""
    with Session(store.engine) as session, session.begin():
        take_write_turn(session.connection())
        form = session.scalars(select(Form).filter_by(document_id=document_id)).one()
        now = dt.datetime.now(dt.UTC)
        form.routes.append(FormRoute(route=route, reasons=[], decided_by=who, decided_at=now))


def other_month(**changed: str) -> Any:
    return psf(anc_draw_date="2022-06-30", **changed)


def test_every_line_has_the_shape_of_the_contract(
    store: Store, deliver: Callable[..., Outcome], tmp_path: Path
) -> None:
    deliver(doubtful(psf(patient_phone="5555550199"), "patient_phone"))
    (line,), cursor = exported(store, tmp_path)
    assert line.keys() == KEYS
    assert (line["state"], line["version"], line["cursor"], line["decided_by"]) == ("accepted", 1, cursor, "faxforms")
    assert line["values"]["anc_value"] == "2300"
    assert line["values"]["ben_flag"] is False
    assert line["values"]["prescriber_fax"] is None
    assert line["doubtful"] == ["patient_phone"]
    assert "patient_phone" not in line["values"]


def test_what_a_person_accepts_late_is_not_missed(
    store: Store, deliver: Callable[..., Outcome], tmp_path: Path
) -> None:
    first = deliver(psf()).document_id
    held = deliver(other_month(monitoring_frequency="weekly", treatment_status=None)).document_id
    later = deliver(psf(anc_draw_date="2022-07-12")).document_id
    lines, cursor = exported(store, tmp_path)
    assert [line["file"] for line in lines] == [f"{first:04}.tif", f"{later:04}.tif"]
    decide_again(store, held, "accept")
    (line,), after = exported(store, tmp_path, cursor)
    assert (line["file"], line["decided_by"], line["version"]) == (f"{held:04}.tif", "Kim", 1)
    assert after > cursor
    assert exported(store, tmp_path, after) == ([], after)


def test_a_patient_who_is_not_surely_meant_is_not_named(
    store: Store, deliver: Callable[..., Outcome], tmp_path: Path
) -> None:
    outcome = deliver(psf(patient_first_name="Zoe", patient_name_p2="Lane, Zoe", patient_dob="1981-03-04"))
    decide_again(store, outcome.document_id, "accept")
    with Session(store.engine) as session:
        form = session.scalars(select(Form).filter_by(document_id=outcome.document_id)).one()
        assert form.patient is not None
        assert not form.patient["matched"]
    (line,), _ = exported(store, tmp_path)
    assert line["patient"] is None


def test_the_same_cursor_gives_the_same_bytes(store: Store, deliver: Callable[..., Outcome], tmp_path: Path) -> None:
    for day in ("08", "09", "10"):
        deliver(psf(anc_draw_date=f"2022-07-{day}"))
    for write in (write_accepted_jsonl, write_accepted_csv):
        first, again = tmp_path / "first", tmp_path / "again"
        assert write(store.engine, first, 1) == write(store.engine, again, 1)
        assert first.read_bytes() == again.read_bytes()


def test_a_form_decided_again_comes_again(store: Store, deliver: Callable[..., Outcome], tmp_path: Path) -> None:
    document_id = deliver(psf()).document_id
    _, cursor = exported(store, tmp_path)
    decide_again(store, document_id, "accept")
    (line,), cursor = exported(store, tmp_path, cursor)
    assert (line["state"], line["version"]) == ("accepted", 2)
    assert exported(store, tmp_path)[0] == [line], "the version before is no longer told"
    decide_again(store, document_id, "review")
    (line,), _ = exported(store, tmp_path, cursor)
    assert (line["state"], line["version"], line["values"], line["doubtful"]) == ("withdrawn", 3, {}, [])


@pytest.fixture
def three_forms(deliver: Callable[..., Outcome]) -> list[int]:
    """The documents of three accepted forms."""
    return [deliver(psf(anc_draw_date=f"2022-07-{day}")).document_id for day in ("08", "09", "10")]


@pytest.mark.parametrize("kind", ["sqlite"])
@given(steps=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["accept", "review", "duplicate", "poll"]))))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_who_follows_the_cursor_knows_what_who_starts_anew_knows(
    store: Store, three_forms: list[int], tmp_path: Path, steps: list[tuple[int, str]]
) -> None:
    """Whatever is decided between two exports, however often one asks; the store goes on from example to example."""
    known: dict[tuple[str, int], dict[str, Any]] = {}
    cursor = 0
    for number, step in [*steps, (0, "poll")]:
        if step != "poll":
            decide_again(store, three_forms[number], step)
            continue
        lines, cursor = exported(store, tmp_path, cursor)
        for line in lines:
            key = (line["sha256"], line["form"])
            assert key not in known or known[key]["version"] < line["version"]
            known[key] = line
    anew, end = exported(store, tmp_path)
    assert sorted(known.values(), key=lambda line: line["cursor"]) == anew
    assert end == cursor


def test_csv_says_the_same_a_row_a_field(store: Store, deliver: Callable[..., Outcome], tmp_path: Path) -> None:
    gone = deliver(psf()).document_id
    deliver(doubtful(other_month(), "patient_phone"))
    decide_again(store, gone, "review")
    lines, cursor = exported(store, tmp_path)
    target = tmp_path / "accepted.csv"
    assert write_accepted_csv(store.engine, target, 0) == cursor
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == sum(len(line["values"]) + len(line["doubtful"]) for line in lines) + 1
    (anc,) = [row for row in rows if row["field"] == "anc_value"]
    assert (anc["value"], anc["doubtful"], anc["pages"], anc["state"]) == ("2300", "false", "1 2", "accepted")
    assert [row["value"] for row in rows if row["doubtful"] == "true"] == [""]
    assert [row["field"] for row in rows if row["state"] == "withdrawn"] == [""]


def test_a_cursor_is_kept_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "cursor"
    assert read_cursor(file) == 0
    keep_cursor(file, 42)
    assert read_cursor(file) == 42


@pytest.mark.parametrize("text", ["", "soon", "-1", "4 2", "9" * 30])
def test_a_cursor_file_with_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "cursor").write_text(text)
    with pytest.raises(ExportFileError):
        read_cursor(tmp_path / "cursor")
