"""The front door: every page is accounted for, sample faxes read as their truth says, faults cost one page."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from numpy.random import default_rng

from extractors import read
from extractors.definition import Field, FieldKind, FormDefinition
from extractors.definition_files import SHIPPED, load_definition
from extractors.errors import DamagedFile
from extractors.fillable_values import typed_value
from extractors.geometry import Box
from extractors.limits import Limits
from extractors.read import Sight, read_as, read_document
from extractors.reading import (
    DocumentReading,
    DocumentStatus,
    FormReading,
    PageKind,
    PageReading,
    Reading,
    ReadingState,
)
from samples.generator.channel import FAX_300, FAX_STANDARD, Sent, send
from samples.generator.files import tiff
from tests.extractors.faxed import page_of, sheet_of
from tests.extractors.revised import moved_from, without_code

SAMPLES = Path(__file__).parents[2] / "samples" / "faxes"
INVENTED = "Wilhelmina Ashcombe 03/07/1951"

# typed; real digits at 204 x 98; one signature of two missing; cover, upside down, pages swapped; swapped and a blank
SHOWN = ("0008.tif", "0032.tif", "0118.tif", "0202.pdf", "0208.tif")


@pytest.fixture(scope="module")
def truths() -> dict[str, dict[str, Any]]:
    lines = (SAMPLES / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return {Path(truth["file"]).name: truth for truth in map(json.loads, lines)}


@pytest.mark.parametrize("name", SHOWN)
def test_sample_fax_is_read_as_its_truth_says(sight: Sight, truths: dict[str, dict[str, Any]], name: str) -> None:
    document = read_document((SAMPLES / "faxes" / name).read_bytes(), sight=sight)
    truth = truths[name]
    assert document.status is DocumentStatus.DONE
    assert [placed(page) for page in document.pages] == [
        (page["kind"], page["rotated"] or 0, page.get("form"), page.get("form_page")) for page in truth["pages"]
    ]
    assert [form.form_id for form in document.forms] == [form["form_id"] for form in truth["forms"]]
    for form, told in zip(document.forms, truth["forms"], strict=True):
        check_form(sight, form, told["values"])


def placed(page: PageReading) -> tuple[str, int, int | None, int | None]:
    return page.kind, page.rotated, page.form, page.form_page


def check_form(sight: Sight, form: FormReading, values: dict[str, Any]) -> None:
    """Boxes and signatures are right; of what is written nothing sure is wrong, and most is right."""
    definition = next(one for one in sight.definitions if one.form_id == form.form_id)
    assert set(form.readings) == {field.name for field in definition.fields}
    written = right = 0
    for field in definition.fields:
        reading, wanted = form.readings[field.name], as_read(field, values.get(field.name))
        if field.kind in (FieldKind.CHECKBOX, FieldKind.CHOICE, FieldKind.SIGNATURE):
            assert (field.name, reading.value, reading.doubtful) == (field.name, wanted, False)
        else:
            assert reading.doubtful or reading.value == wanted, field.name
            assert (reading.state is ReadingState.EMPTY) == (wanted is None), field.name
            written += wanted is not None
            right += wanted is not None and reading.value == wanted
    assert right >= 0.8 * written


def as_read(field: Field, value: Any) -> Any:
    """What the truth says, as a reading has it."""
    if field.kind in (FieldKind.CHECKBOX, FieldKind.SIGNATURE):
        return bool(value)
    if field.kind is FieldKind.CHOICE or value is None:
        return value
    return typed_value(field, value).value


# -------------------- documents that cannot be read, or only in part


@pytest.mark.parametrize("data", [b"", b"no picture at all", b"%PDF-1.7\nnothing follows", b"II*\x00\x08\x00\x00\x00"])
def test_what_cannot_be_opened_comes_back_failed_with_a_reason(sight: Sight, data: bytes) -> None:
    document = read_document(data, sight=sight)
    assert (document.status, document.pages, document.forms) == (DocumentStatus.FAILED, (), ())
    assert document.error


def test_document_without_pages_is_failed(sight: Sight) -> None:
    empty = io.BytesIO()
    pikepdf.new().save(empty)
    document = read_document(empty.getvalue(), sight=sight)
    assert (document.status, document.pages) == (DocumentStatus.FAILED, ())
    assert document.error


@pytest.fixture(scope="module")
def three_pages(sight: Sight) -> list[Sent]:
    """Both pages of a patient status form at standard resolution, and between them a designee form at 300 dpi."""
    wanted = [("psf_2021", 1, FAX_STANDARD), ("designee_enrollment_2021", 1, FAX_300), ("psf_2021", 2, FAX_STANDARD)]
    return [
        send(sheet_of(page_of(sight, form_id, page)), default_rng(page), 0.1, machine)
        for form_id, page, machine in wanted
    ]


def test_page_beyond_the_limits_costs_that_page_alone(sight: Sight, three_pages: list[Sent]) -> None:
    data = tiff(three_pages, 4)
    document = read_document(data, Limits(pixels=5_000_000), sight)
    assert_only_the_second_is_lost(document)


def test_page_that_breaks_a_step_costs_that_page_alone_and_tells_nothing_that_was_read(
    sight: Sight, three_pages: list[Sent], monkeypatch: pytest.MonkeyPatch
) -> None:
    recognise, calls = read.recognise, iter(range(3))

    def breaking(*arguments: Any) -> Any:
        if next(calls) == 1:
            raise ValueError(f"cannot make a date of {INVENTED}")
        return recognise(*arguments)

    monkeypatch.setattr(read, "recognise", breaking)
    document = read_document(tiff(three_pages, 4), sight=sight)
    assert_only_the_second_is_lost(document)
    assert document.error == "page 2: read: ValueError"
    assert all(word not in repr(document) for word in INVENTED.split())


def assert_only_the_second_is_lost(document: DocumentReading) -> None:
    assert document.status is DocumentStatus.PARTIAL
    assert [page.kind for page in document.pages] == [PageKind.FORM, PageKind.UNKNOWN, PageKind.FORM]
    assert [page.page for page in document.pages] == [1, 2, 3]
    assert document.pages[1].error
    assert document.pages[1].form is None
    (form,) = document.forms
    assert (form.form_id, form.pages, form.missing_pages) == ("psf_2021", (1, 3), ())


def test_file_that_ends_in_the_middle_keeps_the_pages_before(
    sight: Sight, three_pages: list[Sent], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read.open_pages

    def cut_short(data: bytes, limits: Limits) -> Any:
        for page in whole(data, limits):
            if page.number == 2:
                raise DamagedFile("open", "the file ends in the middle")
            yield page

    monkeypatch.setattr(read, "open_pages", cut_short)
    document = read_document(tiff(three_pages, 4), sight=sight)
    assert document.status is DocumentStatus.PARTIAL
    assert [page.kind for page in document.pages] == [PageKind.FORM, PageKind.UNKNOWN]
    assert document.error == "open: the file ends in the middle"
    assert document.forms[0].missing_pages == (2,)


# -------------------- what the front door needs, and what it does not tell


def test_empty_form_reads_as_empty_everywhere(sight: Sight, three_pages: list[Sent]) -> None:
    document = read_document(tiff(three_pages[1:2], 4), sight=sight)
    (form,) = document.forms
    for reading in form.readings.values():
        assert reading.value in (None, False)
        assert not reading.doubtful
        assert reading.page == 1
    (page,) = document.pages
    assert page.residual is not None
    assert page.residual < 0.3
    assert page.to_blank is not None
    assert np.linalg.det(np.array(page.to_blank).reshape(2, 3)[:, :2]) == pytest.approx(1, abs=0.05)


def test_every_field_of_a_page_that_may_be_another_revisions_is_doubtful(sight: Sight) -> None:
    """No code in its footer, and room for one field more: where what was read belongs is for a person to say."""
    blank = page_of(sight, "psf_2021", 2)
    sheet = moved_from(without_code(sheet_of(blank), blank), 250, 14)
    document = read_document(tiff([send(sheet, default_rng(2), 0.2)], 4), sight=sight)
    (form,) = document.forms
    assert form.readings
    assert all(reading.doubtful and reading.why == "revision_unsure" for reading in form.readings.values())


def test_other_forms_can_be_taught_and_shipped_ones_forgotten(sight: Sight, three_pages: list[Sent]) -> None:
    known: tuple[FormDefinition, ...] = tuple(one for one in sight.definitions if one.form_id == "psf_2021")
    less = Sight(known, tuple(blank for blank in sight.blanks if blank.definition in known))
    document = read_document(tiff(three_pages[1:2], 4), sight=less)
    assert (document.pages[0].kind, document.forms) == (PageKind.UNKNOWN, ())


def test_reading_needs_no_database_server_or_flow_engine() -> None:
    script = (
        "import sys; from extractors.read import read_document; read_document(b'');"
        "print(sorted({'sqlalchemy', 'alembic', 'prefect', 'fastapi', 'psycopg', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=SAMPLES.parents[1]
    )
    assert done.stdout.strip() == "[]"


def test_pages_and_crops_are_not_shown_by_accident() -> None:
    page = PageReading(1, PageKind.UNKNOWN, text=INVENTED)
    reading = Reading(
        "patient_dob", None, "", 0.0, True, ReadingState.UNREADABLE, 1, Box(0, 0, 9, 9), "cells", crop=INVENTED.encode()
    )
    assert all(word not in repr(page) + repr(reading) for word in INVENTED.split())


def test_a_page_is_read_as_what_a_person_says_it_is() -> None:
    data = (SAMPLES / "faxes" / "0008.tif").read_bytes()
    seen = read_document(data)
    page = next(page for page in seen.pages if page.form is not None and page.form_page is not None)
    assert page.form_id is not None
    said = read_as({page.page: (page.form_id, page.form_page or 0)}, data, Limits())
    assert [one.page for one in said.pages] == [page.page]
    (form,) = said.forms
    as_seen = seen.forms[page.form or 0].readings
    assert {name: one.value for name, one in form.readings.items()} == {
        name: one.value for name, one in as_seen.items() if one.page == page.page
    }
    other = "designee_enrollment_2021" if page.form_id != "designee_enrollment_2021" else "psf_2021"
    (wrong,) = read_as(
        {page.page: (other, 1)}, data, Limits()
    ).forms  # on no such blank: every field is there to be keyed
    assert wrong.readings.keys() == {field.name for field in load_definition(SHIPPED / other).fields_on(1)}
    assert all(one.doubtful for one in wrong.readings.values() if one.state is ReadingState.UNREADABLE)
