"""A patient's course from accepted forms: what is on record on a day, and the due list."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from papers import NPI, RECEIVED, Deliver, psf
from sqlalchemy.orm import Session

from pipeline.errors import NotThere
from pipeline.registry.course import due_list, on_record
from pipeline.registry.files import import_file
from pipeline.review.queue import list_waiting
from pipeline.store.models import Document
from pipeline.store.opening import Store
from validators.rulebook.load import rulebook

A_DAY = dt.timedelta(days=1)
FIGURES = rulebook().thresholds


def due(store: Store, on: dt.date, ahead: int = 0) -> list[tuple[str, str, str]]:
    """Patient, what and until when, in the order of the list."""
    with Session(store.engine) as session:
        return [(x.key, x.due.what, str(x.due.until)) for x in due_list(session, on, ahead, FIGURES)]


def test_an_accepted_psf_is_on_record_from_its_day_on(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session:
        before, after = (on_record(session, "1", day) for day in (RECEIVED - A_DAY, RECEIVED))
    assert (before.last_psf, before.newest_result) == (None, None)
    assert (after.last_psf, after.newest_result) == (RECEIVED, (dt.date(2022, 7, 11), 2300))
    assert after.treatment_status == "active"


def test_a_batch_counts_each_result_once_and_the_newest_is_told(store: Store, deliver: Deliver) -> None:
    """Month-end batches overlap: the second form repeats a result of the first (rule R48)."""
    first: dict[str, Any] = {"anc_draw_date_2": "2022-07-04", "anc_value_2": "2100"}
    second = {**first, "anc_draw_date": "2022-07-13", "anc_value": "2500", "anc_draw_date_3": "2022-07-11",
              "anc_value_3": "2300"}  # fmt: skip
    assert deliver(psf(**first)).routes == ("accept",)
    assert deliver(psf(**second)).routes == ("accept",)
    with Session(store.engine) as session:
        assert on_record(session, "1", RECEIVED).newest_result == (dt.date(2022, 7, 13), 2500)


def test_a_batch_that_contradicts_an_earlier_one_goes_to_a_person_beside_it(store: Store, deliver: Deliver) -> None:
    first = deliver(psf())
    other = psf(anc_draw_date="2022-07-13", anc_value="2500", anc_draw_date_2="2022-07-11", anc_value_2="3200")
    held = deliver(other)
    assert held.routes == ("review",)
    with Session(store.engine) as session:
        (form,) = session.get_one(Document, held.document_id).forms
        assert (form.route.reasons, form.route.contradicts) == (["conflict"], first.document_id)
        assert [(line.document_id, line.beside) for line in list_waiting(session)] == [
            (held.document_id, first.document_id)
        ]


def test_nobody_is_on_record_who_is_not_known(store: Store, deliver: Deliver) -> None:
    del deliver
    with Session(store.engine) as session:
        for key in ("2", "Lane", ""):
            with pytest.raises(NotThere) as error:
                on_record(session, key, RECEIVED)
            assert "Lane" not in str(error.value)


def test_the_due_list_names_what_is_overdue_and_what_comes_due(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    anc, form = ("1", "ANC", "2022-08-11"), ("1", "PSF", "2022-08-21")
    assert due(store, dt.date(2022, 8, 10)) == []
    assert due(store, dt.date(2022, 8, 11)) == [anc]  # its last day
    assert due(store, dt.date(2022, 8, 11), ahead=9) == [anc]
    assert due(store, dt.date(2022, 8, 11), ahead=10) == [anc, form]
    assert due(store, dt.date(2022, 8, 22)) == [anc, form]
    assert due(store, RECEIVED - A_DAY) == [("1", "ANC", "2022-01-05"), ("1", "PSF", "2022-01-11")]  # as it stood then


def test_whose_treatment_is_interrupted_is_due_for_nothing_from_that_day_on(store: Store, deliver: Deliver) -> None:
    stopped = {"treatment_status": "interrupted", "status_date": "2022-08-14", "status_reason": "Surgery"}
    deliver(psf())
    dates = {"anc_draw_date": "2022-08-11", "signature_date": "2022-08-14"}
    assert deliver(psf(**stopped, **dates), received=dt.date(2022, 8, 15)).routes == ("accept",)
    assert due(store, dt.date(2022, 8, 14), ahead=7) == [("1", "ANC", "2022-08-11"), ("1", "PSF", "2022-08-21")]
    assert due(store, dt.date(2022, 12, 1)) == []


def test_in_the_first_programme_results_come_due_by_frequency(store: Store, tmp_path: Path) -> None:
    patient = {"first_name": "Cy", "last_name": "Lane", "dob": "1980-02-03", "zip": "10001", "prescriber_npi": NPI,
               "enrolled_on_2015": "2016-02-01", "treatment_status": "active", "monitoring_frequency": "every_2_weeks",
               "key": "a"}  # fmt: skip
    results = [{"patient": "a", "drawn_on": "2020-03-02", "anc": 2100, "received": "2020-03-04"}]
    (tmp_path / "registry.json").write_text(json.dumps({"patients": [patient], "anc_results": results}))
    with Session(store.engine) as session, session.begin():
        import_file(session, tmp_path / "registry.json")
    assert due(store, dt.date(2020, 3, 16)) == []
    assert due(store, dt.date(2020, 3, 17)) == [("1", "ANC", "2020-03-17")]
