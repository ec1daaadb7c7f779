"""Stored forms beside their truth: outcomes, reliability, what other thresholds would do, and the files of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from papers import Deliver, psf
from sqlalchemy.orm import Session

from extractors.definition import FieldKind
from extractors.reading import Alternative, DocumentReading, Pen
from pipeline.calibration.known import KnownForm, load_known, same_value
from pipeline.calibration.outcomes import form_outcomes
from pipeline.calibration.report import measure, write_report
from pipeline.errors import KnownValuesError
from pipeline.store.opening import Store

TRUE = {
    "submission_type": "monthly", "patient_first_name": "Cy", "patient_last_name": "Lane", "patient_dob": "02/03/1980",
    "patient_zip": "10001", "patient_gender": "male", "prescriber_first_name": "Ada", "prescriber_last_name": "Moss",
    "prescriber_npi": "1234567893", "prescriber_phone": "(555) 555-0100", "anc_draw_date": "07/11/2022",
    "anc_value": "2300", "monitoring_frequency": "monthly", "patient_name_p2": "Lane, Cy",
    "patient_dob_p2": "02/03/1980", "treatment_status": "active", "submitter_role": "prescriber",
    "submitter_name": "Ada Moss", "prescriber_signature": True, "signature_date": "07/14/2022",
}  # fmt: skip
"""What stands on the form of `papers.MONTHLY`, as somebody would key it."""


def low(read: DocumentReading, name: str, confidence: float) -> DocumentReading:
    """The same document; the readers are less sure of a field."""
    (one,) = read.forms
    seen = replace(
        one.readings[name], confidence=confidence, doubtful=True, why="low_confidence", pen=Pen.HAND, belief=confidence
    )
    return replace(read, forms=(replace(one, readings={**one.readings, name: seen}),))


def known(name: str = "0001.tif", **changed: object) -> dict[str, tuple[KnownForm, ...]]:
    values = {**TRUE, **changed}
    return {name: (KnownForm("psf_2021", frozenset({1, 2}), values, frozenset(), "hand", "accept"),)}


def test_readings_stand_beside_their_truth(store: Store, deliver: Deliver) -> None:
    deliver(low(psf(), "anc_value", 0.97))
    with Session(store.engine) as session:
        (form,) = form_outcomes(session, known(anc_value="2800"))
    wrong = [outcome for outcome in form.outcomes if not outcome.right]
    assert [(one.field.name, one.kind, one.pen, one.belief, one.critical) for one in wrong] == [
        ("anc_value", "comb_digits", Pen.HAND, 0.97, True)
    ]


def test_documents_that_are_not_known_are_left_out(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session:
        assert not list(form_outcomes(session, known("another.tif")))


def test_a_lower_threshold_lets_a_form_pass_and_a_wrong_value_with_it(store: Store, deliver: Deliver) -> None:
    deliver(low(psf(), "anc_value", 0.97))
    with Session(store.engine) as session:
        measured = measure(session, store.settings, known(anc_value="2800"))
    passing = {one.threshold: (one.passed.share, one.wrong) for one in measured.what_if}
    assert (passing[0.95], passing[0.98]) == ((1.0, 1), (0.0, 0))
    assert measured.sure_and_wrong[0] == 0  # as it was read, a person looks


def test_the_report_is_tables_and_plots_without_a_patient(store: Store, deliver: Deliver, tmp_path: Path) -> None:
    deliver(psf())
    with Session(store.engine) as session:
        files = write_report(measure(session, store.settings, known()), tmp_path / "report")
    assert [file.name for file in files] == ["reliability.csv", "reliability.svg", "what-if.csv", "what-if.svg"]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert text.startswith("<?xml" if file.suffix == ".svg" else ("group,", "threshold,"))
        assert not {"Lane", "1980-02-03", "0001.tif"} & set(text.replace(",", " ").split())


def test_alternatives_and_belief_are_kept(store: Store, deliver: Deliver) -> None:
    read = low(psf(), "anc_value", 0.97)
    (one,) = read.forms
    seen = replace(one.readings["anc_value"], alternatives=(Alternative("2800", 0.03),))
    deliver(replace(read, forms=(replace(one, readings={**one.readings, "anc_value": seen}),)))
    with Session(store.engine) as session:
        (form,) = form_outcomes(session, known())
        (row,) = [row for row in form.form.readings if row.field == "anc_value"]
    assert row.alternatives == [["2800", 0.03]]


def test_true_values_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "truth.jsonl"
    page = {"kind": "form", "form": 0}
    line = {"file": "a.tif", "pages": [{"kind": "cover"}, page, page], "forms": [{"form_id": "psf_2021", "values": {}}]}
    file.write_text(json.dumps(line))
    (form,) = load_known(file)["a.tif"]
    assert (form.form_id, form.pages) == ("psf_2021", {2, 3})


@pytest.mark.parametrize("text", ["{", "[]", '{"file": "a"}', '{"file": "a", "pages": [], "forms": [{}]}'])
def test_a_file_that_is_not_of_that_shape_is_told_by_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "truth.jsonl"
    file.write_text(text)
    with pytest.raises(KnownValuesError, match="line 1"):
        load_known(file)


@pytest.mark.parametrize(
    ("kind", "true", "read", "same"),
    [
        (FieldKind.DATE, "07/11/2022", "2022-07-11", True),
        (FieldKind.DIGITS, "(555) 555-0100", "5555550100", True),
        (FieldKind.TEXT, "Lane,  Cy", "lane, cy", True),
        (FieldKind.CHOICE, ["a", "b"], ("b", "a"), True),
        (FieldKind.CHECKBOX, None, False, True),
        (FieldKind.SIGNATURE, "Ada Moss", True, True),
        (FieldKind.DIGITS, "2300", "2800", False),
        (FieldKind.TEXT, "Lane", None, False),
    ],
)
def test_values_are_compared_as_the_export_has_them(kind: FieldKind, true: object, read: object, same: bool) -> None:
    assert same_value(kind, true, read) is same
