"""Several forms of one patient decided at the same time, on both databases: none is lost, none is half applied."""

from __future__ import annotations

import datetime as dt
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import permutations
from pathlib import Path
from threading import Barrier

import pytest
from papers import BASELINE, RECEIVED, always, arrive, import_registry, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.process import process
from pipeline.registry import history
from pipeline.review.correcting import correct
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.models import Document, Form
from pipeline.store.opening import Store, open_store
from pipeline.store.registry_models import AncResult, FormOnRecord, Patient, RegistryChange

AT_ONCE = 6


def at_once(work: list[Callable[[], object]]) -> None:
    """Run all of it at the same moment, each in a thread of its own."""
    start = Barrier(len(work))

    def run(one: Callable[[], object]) -> object:
        start.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as threads:
        for result in [threads.submit(run, one) for one in work]:
            result.result()


def check_nothing_lost(store: Store, forms: int, patients: int = 1) -> None:
    """Every accepted form is on record once, with its result; the trail holds; what is known is what the last said."""
    with Session(store.engine) as session:
        assert {form.route.route for form in session.scalars(select(Form))} == {"accept"}
        on_record = session.scalars(select(FormOnRecord.form_pk)).all()
        assert sorted(on_record) == sorted(session.scalars(select(Form.id)).all())
        assert len(on_record) == len(set(session.scalars(select(AncResult.form_pk)))) == forms
        assert len(session.scalars(select(Patient)).all()) == patients
        assert audit.verify(session) is None


def month(number: int) -> dict[str, str]:
    """The dates and the result of the PSF of a month, each another one."""
    drawn = dt.date(2022, 7, 11) - dt.timedelta(days=number)
    frequency = ("weekly", "every_2_weeks", "monthly")[number % 3]
    return {"anc_draw_date": drawn.isoformat(), "anc_value": str(2000 + number), "monitoring_frequency": frequency}


def test_forms_of_one_patient_in_threads(store: Store, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    days = [RECEIVED + dt.timedelta(days=number) for number in range(AT_ONCE)]
    ids = [arrive(store, tmp_path, bytes([n]), f"{n}.tif", day) for n, day in enumerate(days)]
    reads = [always(psf(**month(number))) for number in range(AT_ONCE)]
    at_once([lambda i=i, read=read: process(store, i, read) for i, read in zip(ids, reads, strict=True)])
    check_nothing_lost(store, AT_ONCE)
    with Session(store.engine) as session:
        assert session.scalars(select(Patient.monitoring_frequency)).one() == month(AT_ONCE - 1)["monitoring_frequency"]
        lines = session.execute(select(RegistryChange.form_pk, RegistryChange.field)).all()
        assert len(set(lines)) == len(lines)  # nothing was written twice


@pytest.mark.parametrize("order", list(permutations((2, 4, 5))))
def test_the_order_of_reading_does_not_matter(store: Store, tmp_path: Path, order: tuple[int, ...]) -> None:
    import_registry(store, tmp_path)
    for number in order:  # two of them say the same, the one between them another frequency
        day = RECEIVED + dt.timedelta(days=number)
        process(store, arrive(store, tmp_path, bytes([number]), f"{number}.tif", day), always(psf(**month(number))))
    with Session(store.engine) as session:
        days = [RECEIVED + dt.timedelta(days=number) for number in (3, 4, 5, 6)]
        said = [history.entries(session, "patients", day)[0]["monitoring_frequency"] for day in days]
        assert said == ["monthly", "every_2_weeks", "monthly", "monthly"]
        assert session.scalars(select(Patient.monitoring_frequency)).one() == "monthly"


def decide_elsewhere(data_dir: str, url: str, document_id: int, number: int) -> tuple[str, ...]:
    """What another process does: open the store, decide one document."""
    elsewhere = open_store(Settings(data_dir=Path(data_dir), database_url=url))
    outcome = process(elsewhere, document_id, always(psf(BASELINE, **month(number))))
    elsewhere.engine.dispose()
    assert outcome is not None
    return outcome.routes


def test_enrollments_of_one_new_patient_in_processes(store: Store, database_url: str, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    ids = [arrive(store, tmp_path, bytes([number]), f"{number}.tif") for number in range(2)]
    store.engine.dispose()
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        work = [
            processes.submit(decide_elsewhere, str(tmp_path / "data"), database_url, document_id, number)
            for number, document_id in enumerate(ids)
        ]
        assert [one.result(timeout=120) for one in work] == [("accept",)] * 2
    check_nothing_lost(store, 2, patients=2)


def test_a_correction_beside_new_forms(store: Store, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    ids = [arrive(store, tmp_path, bytes([number]), f"{number}.tif") for number in range(3)]
    process(store, ids[0], always(psf(**month(0))))

    def correct_first() -> None:
        with Session(store.engine) as session, session.begin():
            (form,) = session.get_one(Document, ids[0]).forms
            correct(session, store.settings, form, {"anc_value": "3300"}, "A. Clerk", "misread")

    more = [lambda i=i, n=n: process(store, i, always(psf(**month(n)))) for n, i in enumerate(ids[1:], start=1)]
    at_once([correct_first, *more])
    with Session(store.engine) as session:
        standing = select(AncResult.anc).where(AncResult.withdrawn_at.is_(None)).order_by(AncResult.anc)
        assert session.scalars(standing).all() == [2001, 2002, 3300]
        on_record = select(FormOnRecord.form_pk).where(FormOnRecord.withdrawn_at.is_(None))
        assert len(session.scalars(on_record).all()) == 3
        assert audit.verify(session) is None
