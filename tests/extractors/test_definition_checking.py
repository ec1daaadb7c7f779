"""A definition's faults that loading does not find: boxes that cover each other, names, pages that are confused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from extractors.definition import FormDefinition
from extractors.definition_checking import remarks, remarks_on, rivals
from extractors.definition_files import load_definitions
from samples.learning import requisition_definition

KNOWN = load_definitions()


@pytest.fixture
def form(tmp_path: Path) -> FormDefinition:
    """The requisition of a laboratory (samples/requisition.py), as it is."""
    return requisition_definition(tmp_path)


def said(form: FormDefinition) -> list[tuple[str, str]]:
    return [(remark.about, remark.says) for remark in remarks(form, KNOWN)]


def changed(form: FormDefinition, of: str, /, **what: object) -> FormDefinition:
    fields = [dataclasses.replace(field, **what) if field.name == of else field for field in form.fields]  # type: ignore[arg-type]
    return dataclasses.replace(form, fields=tuple(fields))


@pytest.mark.parametrize("shipped", KNOWN, ids=lambda definition: definition.form_id)
def test_the_shipped_forms_have_no_fault(shipped: FormDefinition) -> None:
    assert [remark for remark in remarks(shipped, KNOWN) if remark.is_fault] == []


def test_boxes_that_cover_each_other_are_a_fault(form: FormDefinition) -> None:
    below = changed(form, "account_number", box=form.field("patient_name").box)
    faults = [remark for remark in remarks(below, KNOWN) if remark.is_fault]
    assert [(remark.about, remark.says) for remark in faults] == [("account_number", "covers patient_name on page 1")]


def test_a_name_that_looks_misspelt_is_told(form: FormDefinition) -> None:
    assert ("patient_dobb", "no known form has it; is it patient_dob?") in said(
        changed(form, "patient_dob", name="patient_dobb")
    )
    assert not any(about == "patient_dob" for about, _ in said(form))


def test_a_code_that_is_not_printed_is_told(form: FormDefinition) -> None:
    assert "page 1" not in [about for about, _ in said(form)]
    assert "page 1" in [about for about, _ in said(dataclasses.replace(form, code="NRL-REQ-9999 v9.9"))]


def test_a_copy_of_a_known_page_is_told_apart_by_its_code_alone(form: FormDefinition) -> None:
    known = [*KNOWN, form]
    copy = dataclasses.replace(form, form_id="lab_requisition_2027")
    (rival,) = rivals(copy, known)
    assert (rival.form_id, rival.form_page) == (form.form_id, 1)
    assert rival.margin < 0.05
    (remark,) = remarks_on(rival, copy, known)
    assert remark.is_fault
    assert "cannot be told apart" in remark.says
    (own,) = rivals(form, known)
    assert list(remarks_on(own, form, known)) == []
