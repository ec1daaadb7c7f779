"""What the rules look at, and what a revision lacks of it."""

from __future__ import annotations

import dataclasses

from extractors.definition import Programme
from extractors.definition_files import load_definitions
from validators.needed_fields import fields_lacking, rules_by_field

KNOWN = load_definitions()
PSF = next(definition for definition in KNOWN if definition.form_id == "psf_2021")


def test_rules_are_found_by_what_they_look_at() -> None:
    found = rules_by_field(PSF)
    assert {"R39"} <= found["prescriber_npi"]  # its check digit
    assert found["ben_flag"]
    assert "patient_phone" not in found  # optional; only the rule that asks for everything looks at it


def test_a_revision_without_a_field_is_told_which_rules_look_at_it() -> None:
    fields = tuple(field for field in PSF.fields if field.name != "hospice_flag")
    next_one = dataclasses.replace(PSF, form_id="psf_2022", fields=fields)
    lacking = fields_lacking(next_one, KNOWN)
    assert set(lacking) == {"hospice_flag"}
    assert lacking["hospice_flag"]
    assert fields_lacking(dataclasses.replace(PSF, form_id="psf_2022"), KNOWN) == {}


def test_a_form_of_its_own_lacks_nothing() -> None:
    assert fields_lacking(dataclasses.replace(PSF, form_id="requisition_2026", fields=PSF.fields[:3]), KNOWN) == {}


def test_a_form_of_no_programme_lacks_nothing_whatever_it_renames() -> None:
    first = dataclasses.replace(PSF, programme=Programme.NONE)
    renamed = dataclasses.replace(first.fields[0], name="another_name")
    corrected = dataclasses.replace(first, form_id="psf_2021_r2", fields=(renamed, *first.fields[1:]))
    assert fields_lacking(corrected, [first]) == {}
