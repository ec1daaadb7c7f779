"""FHIR bundles of accepted forms of both programmes, checked by the models of `fhir.resources` and value by value."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from papers import MONTHLY, NPI, document, doubtful, form, psf
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.reading import Value
from pipeline.exports.fhir import write_bundles
from pipeline.process import Outcome
from pipeline.store.models import Form, FormRoute
from pipeline.store.opening import Store

LAB: Mapping[str, Value] = {
    "prescriber_name": "Moss, Ada",
    "prescriber_npi_or_dea": NPI,
    "prescriber_phone": "5555550100",
    "prescriber_fax": "5555550101",
    "prescriber_email": "ada.moss@clinic.example",
    "submitter_role": "prescriber",
    "patient_name": "Cy Lane",
    "patient_dob": "1980-02-03",
    "patient_zip": "10001",
    "anc_draw_date": "2018-03-05",
    "anc_value": "1,850",
}
"""A lab report of the first programme with everything that its rules ask for."""


@pytest.fixture
def kind() -> str:
    """SQLite alone: the query behind is tested on both kinds in test_accepted."""
    return "sqlite"


def accept(store: Store, outcome: Outcome, route: str = "accept") -> None:
    """A person's decision on the document's only form."""
    with Session(store.engine) as session, session.begin():
        one = session.scalars(select(Form).filter_by(document_id=outcome.document_id)).one()
        now = dt.datetime(2022, 7, 20, tzinfo=dt.UTC)
        one.routes.append(FormRoute(route=route, reasons=[], decided_by="Kim", decided_at=now))


def bundles(store: Store, folder: Path, since: int = 0) -> list[dict[str, Any]]:
    write_bundles(store, folder / "fhir", since)
    texts = [file.read_text(encoding="utf-8") for file in sorted((folder / "fhir").iterdir())]
    for text in texts:
        Bundle.model_validate_json(text)
    return [json.loads(text) for text in texts]


def of_kind(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def test_a_psf_as_a_bundle(store: Store, deliver: Callable[..., Outcome], tmp_path: Path) -> None:
    deliver(psf(anc_value_2="1900", anc_draw_date_2="2022-06-20", prescriber_fax="5555550101"))
    (bundle,) = bundles(store, tmp_path)
    (patient,), (prescriber,) = of_kind(bundle, "Patient"), of_kind(bundle, "Practitioner")
    assert patient["name"] == [{"family": "Lane", "given": ["Cy"]}]
    assert (patient["birthDate"], patient["gender"]) == ("1980-02-03", "male")
    assert prescriber["identifier"] == [{"system": "http://hl7.org/fhir/sid/us-npi", "value": NPI}]
    assert [way["value"] for way in prescriber["telecom"]] == ["5555550100", "5555550101"]
    results = of_kind(bundle, "Observation")
    told = [(one["valueQuantity"]["value"], one["effectiveDateTime"], one["status"]) for one in results]
    assert told == [(2300, "2022-07-11", "final"), (1900, "2022-06-20", "final")]
    for one in results:
        assert one["code"]["coding"][0]["code"] == "26499-4"
        assert (one["valueQuantity"]["system"], one["valueQuantity"]["code"]) == (
            "http://unitsofmeasure.org",
            "{cells}/uL",
        )
    (original,) = of_kind(bundle, "DocumentReference")
    assert original["status"] == "current"
    assert original["content"][0]["attachment"]["size"] == len(b"fax 1")


def test_every_reference_leads_to_an_entry(store: Store, deliver: Callable[..., Outcome], tmp_path: Path) -> None:
    deliver(psf())
    (bundle,) = bundles(store, tmp_path)
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    (one,), (original,) = of_kind(bundle, "Observation"), of_kind(bundle, "DocumentReference")
    references = [one["subject"], *one["performer"], *one["derivedFrom"], original["subject"], *original["author"]]
    assert {reference["reference"] for reference in references} <= urls


def test_a_lab_report_of_the_first_programme(store: Store, deliver: Callable[..., Outcome], tmp_path: Path) -> None:
    accept(store, deliver(document(form("anc_lab_2015", LAB)), dt.date(2018, 3, 7)))
    (bundle,) = bundles(store, tmp_path)
    (patient,), (prescriber,) = of_kind(bundle, "Patient"), of_kind(bundle, "Practitioner")
    assert patient["name"] == [{"family": "Lane", "given": ["Cy"]}]
    assert prescriber["name"] == [{"family": "Moss", "given": ["Ada"]}]
    assert prescriber["identifier"][0]["value"] == NPI
    (one,) = of_kind(bundle, "Observation")
    assert (one["valueQuantity"]["value"], one["effectiveDateTime"]) == (1850, "2018-03-05")


def test_a_dea_number_is_not_called_an_npi(store: Store, deliver: Callable[..., Outcome], tmp_path: Path) -> None:
    lab = {**LAB, "prescriber_npi_or_dea": "AB1234563"}
    accept(store, deliver(document(form("anc_lab_2015", lab)), dt.date(2018, 3, 7)))
    (bundle,) = bundles(store, tmp_path)
    (prescriber,) = of_kind(bundle, "Practitioner")
    assert prescriber["identifier"] == [{"system": "urn:oid:2.16.840.1.113883.4.814", "value": "AB1234563"}]


def test_what_nobody_is_sure_of_is_left_out(store: Store, deliver: Callable[..., Outcome], tmp_path: Path) -> None:
    unsure = ("patient_first_name", "patient_zip", "prescriber_phone", "anc_value_2")
    accept(store, deliver(doubtful(psf(anc_value_2="190", anc_draw_date_2="2022-06-20"), *unsure)))
    (bundle,) = bundles(store, tmp_path)
    (patient,) = of_kind(bundle, "Patient")
    assert "name" not in patient
    assert "address" not in patient
    assert len(of_kind(bundle, "Observation")) == 1
    assert "telecom" not in of_kind(bundle, "Practitioner")[0]


def test_the_same_things_have_the_same_ids_and_a_new_version_says_so(
    store: Store, deliver: Callable[..., Outcome], tmp_path: Path
) -> None:
    outcome = deliver(psf())
    (first,) = bundles(store, tmp_path)
    assert bundles(store, tmp_path) == [first], "the same cursor, the same bundle"
    accept(store, outcome)
    (second,) = bundles(store, tmp_path)
    assert [entry["fullUrl"] for entry in second["entry"]] == [entry["fullUrl"] for entry in first["entry"]]
    assert second["identifier"]["value"] == first["identifier"]["value"].removesuffix("1") + "2"
    assert of_kind(second, "Observation")[0]["status"] == "corrected"
    accept(store, outcome, "review")
    (third,) = bundles(store, tmp_path)
    assert of_kind(third, "Observation")[0]["status"] == "entered-in-error"
    assert of_kind(third, "DocumentReference")[0]["status"] == "entered-in-error"


def test_forms_without_an_anc_give_no_bundle_but_the_cursor_passes_them(
    store: Store, deliver: Callable[..., Outcome], tmp_path: Path
) -> None:
    deliver(psf())
    accept(store, deliver(document(form("designee_enrollment_2021", {}))))
    written = write_bundles(store, tmp_path / "fhir", 0)
    assert written.bundles == 1
    assert write_bundles(store, tmp_path / "fhir", written.cursor).bundles == 0


def test_the_models_do_refuse_what_is_wrong(store: Store, deliver: Callable[..., Outcome], tmp_path: Path) -> None:
    deliver(psf(MONTHLY))
    (bundle,) = bundles(store, tmp_path)
    of_kind(bundle, "Observation")[0].pop("code")
    with pytest.raises(ValidationError):
        Bundle.model_validate(bundle)
