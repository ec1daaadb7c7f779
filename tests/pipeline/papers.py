"""Readings made by hand, as the reading floor would hand them up: every field of a form, those not named surely empty.

All people and numbers are invented; 1234567893 is the example NPI of the government's own text (rule R39).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from extractors.reading import (
    DocumentReading,
    DocumentStatus,
    FormReading,
    PageKind,
    PageReading,
    Reading,
    ReadingState,
    Value,
)
from pipeline.deciding import definitions
from pipeline.intake.folder import Arrival
from pipeline.process import Reader, take_in
from pipeline.registry.files import import_file
from pipeline.store.opening import Store

NPI = "1234567893"
RECEIVED = dt.date(2022, 7, 15)

REGISTRY: dict[str, list[dict[str, Any]]] = {
    "prescribers": [
        {"npi": NPI, "first_name": "Ada", "last_name": "Moss", "certified_on_2021": "2021-11-20"},
    ],
    "patients": [
        {"first_name": "Cy", "last_name": "Lane", "dob": "1980-02-03", "zip": "10001", "gender": "male",
         "prescriber_npi": NPI, "enrolled_on_2021": "2021-12-05", "treatment_status": "active",
         "monitoring_frequency": "monthly", "ben": False, "hospice": False},
    ],
}  # fmt: skip

MONTHLY: Mapping[str, Value] = {
    "submission_type": "monthly",
    "patient_first_name": "Cy",
    "patient_last_name": "Lane",
    "patient_dob": "1980-02-03",
    "patient_zip": "10001",
    "patient_gender": "male",
    "prescriber_first_name": "Ada",
    "prescriber_last_name": "Moss",
    "prescriber_npi": NPI,
    "prescriber_phone": "5555550100",
    "anc_draw_date": "2022-07-11",
    "anc_value": "2300",
    "monitoring_frequency": "monthly",
    "patient_name_p2": "Lane, Cy",
    "patient_dob_p2": "1980-02-03",
    "treatment_status": "active",
    "submitter_role": "prescriber",
    "submitter_name": "Ada Moss",
    "prescriber_signature": True,
    "signature_date": "2022-07-14",
}
"""A monthly PSF on which nothing is wrong."""

BASELINE: Mapping[str, Value] = {
    **MONTHLY,
    "submission_type": "baseline",
    "patient_first_name": "Di",
    "patient_last_name": "Vale",
    "patient_dob": "1990-12-24",
    "patient_zip": "20002",
    "patient_gender": "female",
    "patient_name_p2": "Vale, Di",
    "patient_dob_p2": "1990-12-24",
}
"""A PSF that enrolls somebody whom the registry does not know."""


def form(form_id: str, values: Mapping[str, Value], first_page: int = 1) -> FormReading:
    """A form whose pages stand one after the other in the document."""
    definition = definitions()[form_id]
    readings = {
        field.name: Reading(
            field=field.name,
            value=values.get(field.name, False if field.kind in {"checkbox", "signature"} else None),
            raw=str(values.get(field.name, "")),
            confidence=0.999,
            doubtful=False,
            state=ReadingState.READ if field.name in values else ReadingState.EMPTY,
            page=first_page + field.page - 1,
            box=field.box,
            engine="by hand",
        )
        for field in definition.fields
    }
    pages = tuple(range(first_page, first_page + len(definition.pages)))
    return FormReading(form_id, pages, (), readings)


def document(*forms: FormReading, more: tuple[PageReading, ...] = ()) -> DocumentReading:
    """A document of these forms, and pages that belong to none."""
    pages = [
        PageReading(
            page, PageKind.FORM, form=n, form_id=one.form_id, form_page=k, match=0.93, to_blank=(1, 0, 0, 0, 1, 0)
        )
        for n, one in enumerate(forms)
        for k, page in enumerate(one.pages, start=1)
    ]
    partial = any(page.error for page in more)
    return DocumentReading((*pages, *more), forms, DocumentStatus.PARTIAL if partial else DocumentStatus.DONE)


def psf(values: Mapping[str, Value] = MONTHLY, **changed: Value) -> DocumentReading:
    """One PSF."""
    return document(form("psf_2021", {**values, **changed}))


def doubtful(read: DocumentReading, *fields: str) -> DocumentReading:
    """The same document, but nobody is sure of these fields."""
    (one,) = read.forms
    unsure = {
        name: replace(one.readings[name], confidence=0.6, doubtful=True, why="readings_differ") for name in fields
    }
    return replace(read, forms=(replace(one, readings={**one.readings, **unsure}),))


def always(read: DocumentReading) -> Reader:
    """A reader that reads this in whatever it is given."""
    return lambda _data: read


def broken(error: Exception) -> Reader:
    """A reader that breaks."""

    def read(_data: bytes) -> DocumentReading:
        raise error

    return read


def arrive(store: Store, folder: Path, data: bytes, name: str = "0001.tif", received: dt.date = RECEIVED) -> int:
    """Take in a file with these bytes; the document's id."""
    path = folder / name
    path.write_bytes(data)
    return take_in(store, Arrival(path, name, received))


def import_registry(store: Store, folder: Path) -> None:
    """What is known before the first fax."""
    path = folder / "registry.json"
    path.write_text(json.dumps(REGISTRY))
    with Session(store.engine) as session, session.begin():
        import_file(session, path)


Deliver = Callable[..., Any]
"""Takes in and processes one document: see the fixture `deliver`."""
