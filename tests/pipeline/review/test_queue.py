"""The review queue: what waits and why, in which order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from papers import RECEIVED, broken, document, doubtful, form, psf
from sqlalchemy.orm import Session

from extractors.reading import PageKind, PageReading
from pipeline.process import Outcome
from pipeline.review import queue
from pipeline.review.priority import LAPSING, LATER, NORMAL, URGENT
from pipeline.store.opening import Store

HOUR = dt.timedelta(hours=1)
Deliver = Callable[..., Outcome]


def waiting(store: Store, reason: str | None = None) -> list[queue.Waiting]:
    with Session(store.engine) as session:
        return list(queue.list_waiting(session, reason))


@pytest.fixture
def item(store: Store, deliver: Deliver) -> int:
    """A form that waits because its ANC is missing."""
    deliver(psf(anc_value=None))
    return waiting(store)[0].item


def test_what_hangs_on_a_treatment_comes_first_then_forms_then_the_rest(store: Store, deliver: Deliver) -> None:
    deliver(document(more=(PageReading(1, PageKind.UNKNOWN),)))
    deliver(psf(anc_value=None))
    deliver(psf(anc_value="700", monitoring_frequency="three_times_weekly", anc_draw_date="2022-07-12"))
    lines = waiting(store)
    assert [line.priority for line in lines] == [URGENT, LAPSING, LATER]
    assert "rationale_missing" in lines[0].reasons
    assert [line.form_id for line in lines] == ["psf_2021", "psf_2021", None]
    assert (lines[2].page, lines[2].file) == (1, "0001.tif")
    assert waiting(store, "unknown_form") == lines[2:]


def test_how_soon_hangs_on_the_patient(store: Store, deliver: Deliver) -> None:
    deliver(psf(patient_gender=None))
    assert [line.priority for line in waiting(store)] == [LAPSING]  # no PSF on record for half a year
    deliver(doubtful(psf(anc_value="900", anc_draw_date="2022-07-12"), "anc_value"))
    assert [line.priority for line in waiting(store)] == [URGENT, LAPSING]
    strange = {"patient_first_name": "Zoe", "patient_last_name": "Quill", "patient_dob": "1955-05-05"}
    deliver(psf(**strange, patient_zip="99999", patient_name_p2="Quill, Zoe", patient_dob_p2="1955-05-05"))
    assert [line.priority for line in waiting(store)] == [URGENT, LAPSING, NORMAL]
    assert deliver(psf(anc_draw_date="2022-07-13")).routes == ("accept",)
    deliver(psf(anc_draw_date="2022-07-14", patient_gender=None), RECEIVED + dt.timedelta(days=4))
    assert [line.priority for line in waiting(store)] == [URGENT, LAPSING, NORMAL, NORMAL]


def test_how_long_it_waits(store: Store, item: int) -> None:
    (line,) = waiting(store)
    assert line.item == item
    assert line.waited(line.since + HOUR) == HOUR


def test_a_document_that_failed_waits_as_a_whole(store: Store, deliver: Deliver) -> None:
    deliver(broken(ValueError()))
    (line,) = waiting(store)
    assert (line.form_id, line.page, line.reasons) == (None, None, ("unreadable",))


def test_a_form_that_passed_does_not_wait(store: Store, deliver: Deliver) -> None:
    deliver(document(form("psf_2021", psf().forms[0].readings and {})))
    assert [line.form_id for line in waiting(store)] == ["psf_2021"]
    deliver(psf())
    assert len(waiting(store)) == 1
