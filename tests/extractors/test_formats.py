"""Which format a form's field has."""

from __future__ import annotations

import pytest

from extractors import formats
from extractors.definition import Field, FieldKind
from extractors.formats import Format, format_of
from extractors.geometry import Box

PLACE = Box(0, 0, 100, 12)


@pytest.mark.parametrize(
    ("name", "kind", "cells", "expected"),
    [
        ("patient_dob", FieldKind.DATE, 10, formats.DATE_COMB),
        ("patient_dob", FieldKind.DATE, 0, formats.DATE),
        ("prescriber_phone", FieldKind.DIGITS, 0, formats.PHONE),
        ("designee_fax", FieldKind.DIGITS, 0, formats.PHONE),
        ("prescriber_npi", FieldKind.DIGITS, 10, formats.NPI),
        ("pharmacy_ncpdp", FieldKind.DIGITS, 7, formats.NCPDP),
        ("patient_zip", FieldKind.DIGITS, 5, formats.ZIP_COMB),
        ("patient_zip", FieldKind.DIGITS, 0, formats.ZIP),
        ("anc_value", FieldKind.DIGITS, 5, formats.ANC_COMB),
        ("anc_value_2", FieldKind.DIGITS, 0, formats.ANC),
        ("store_number", FieldKind.DIGITS, 0, formats.digits(1, formats.LONGEST_NUMBER)),
        ("prescriber_npi_or_dea", FieldKind.TEXT, 0, formats.NPI_OR_DEA),
        ("prescriber_dea", FieldKind.TEXT, 9, formats.DEA),
        ("contact_email", FieldKind.TEXT, 0, formats.EMAIL),
        ("patient_name_p2", FieldKind.TEXT, 0, formats.NAME),
        ("patient_middle_initial", FieldKind.TEXT, 0, formats.NAME),
        ("pharmacy_name", FieldKind.TEXT, 0, formats.FREE),
        ("practice_address", FieldKind.TEXT, 0, formats.FREE),
        ("rationale_text", FieldKind.FREE_TEXT, 0, formats.FREE),
    ],
)
def test_format_of_a_field(name: str, kind: FieldKind, cells: int, expected: Format) -> None:
    assert format_of(Field(name, name, kind, 1, PLACE, "", cells=(PLACE,) * cells)) is expected
