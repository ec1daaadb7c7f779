"""Forms are learnt from their blanks: what `python -m samples.learning` prints holds, and what is unsure is told.

The blanks are the seven shipped ones (samples/blanks), and two drawn to be taught: the requisition of a laboratory and
a revision of the status form in two columns, whose right definitions are those they were drawn by.
"""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from extractors.definition import FieldKind, Required
from extractors.definition_files import load_definition, load_definitions
from extractors.definition_saving import write_definition
from extractors.errors import DefinitionError
from extractors.learning.learn import Kind, header, learn, put_down
from extractors.learning.likeness import named_like
from extractors.learning.picture import draw_draft
from samples import psf_revision, requisition
from samples.learning import BLANKS, learnt_anew, requisition_definition

KNOWN = {definition.form_id: definition for definition in load_definitions()}
MOST_ERROR = 1.5  # points, the median of a form's boxes
TODAY = dt.date(2026, 3, 1)


@pytest.mark.parametrize("form_id", KNOWN)
@pytest.mark.parametrize("way", ["fillable", "flat"])
def test_a_shipped_form_is_learnt_anew(form_id: str, way: str) -> None:
    found = learnt_anew(KNOWN[form_id], way)
    assert found.found >= (1.0 if way == "fillable" else 0.97) * found.fields
    assert found.squares_found == found.squares
    assert found.error < MOST_ERROR
    assert found.right_name >= 0.95 * found.fields
    assert found.right_kind >= 0.95 * found.fields
    assert found.invented == 0


@pytest.mark.parametrize(("form_id", "seed"), [("pharmacy_inpatient_2021", 7), ("designee_enrollment_2021", 8)])
def test_a_scanned_blank_is_learnt(form_id: str, seed: int) -> None:
    """One with frames, and one with labels below its lines whose scan is thin."""
    found = learnt_anew(KNOWN[form_id], "scanned", seed)
    assert found.found >= 0.9 * found.fields
    assert found.squares_found == found.squares
    assert found.error < MOST_ERROR
    assert found.right_name >= 0.95 * found.found


def test_a_form_of_another_world_is_learnt(tmp_path: Path) -> None:
    right = requisition_definition(tmp_path)
    found = learnt_anew(right, "flat")
    assert (found.found, found.squares_found, found.invented) == (20, 7, 0)
    assert found.right_kind == found.right_label == found.right_required == 20
    assert found.error < MOST_ERROR


def test_a_revision_in_two_columns_gets_the_known_names_and_its_new_field_one_of_its_own(tmp_path: Path) -> None:
    right = psf_revision.definition(tmp_path)
    found = learnt_anew(right, "flat")
    assert (found.found, found.right_name, found.invented) == (43, 43, 0)
    draft = learn(psf_revision.blank(), like=KNOWN[psf_revision.LIKE])
    added = next(field for field in draft.fields if field.name == psf_revision.ADDED)
    assert added.doubts == ("psf_2021 has no such field",)


def test_what_is_known_of_a_field_comes_with_its_name() -> None:
    draft = learn(psf_revision.blank(), "psf_2022", KNOWN["psf_2021"])
    _, meaning = put_down(draft)
    known = {field.name: field for field in KNOWN["psf_2021"].fields}
    status = meaning.fields["status_date"]
    assert [condition.condition for condition in status.required_when] == list(known["status_date"].required_when)
    assert meaning.fields["prescriber_signature"].required is Required.ONE_OF
    assert meaning.fields["rationale_text"].signer == "prescriber"
    assert meaning.programme is KNOWN["psf_2021"].programme
    assert meaning.fields["monitoring_frequency"].options == tuple(
        o.name for o in known["monitoring_frequency"].options
    )


def test_the_head_is_read_off_the_form() -> None:
    head = learn(requisition.blank(), today=TODAY).head
    assert (head.title, head.code, head.revision) == ("Laboratory requisition", requisition.CODE, "2026-03")
    assert (head.in_use_from, head.fax_number, head.unsure) == (dt.date(2026, 3, 1), "202-555-0143", ())


def test_what_is_put_down_is_a_whole_definition(tmp_path: Path) -> None:
    draft = learn(requisition.blank(), "requisition_learnt")
    folder = write_definition(tmp_path, *put_down(draft), draft.blank, header(draft))
    definition = load_definition(folder)
    assert [field.name for field in definition.fields] == [field.name for field in draft.fields]
    assert {field.kind for field in definition.fields} >= {FieldKind.DATE, FieldKind.CHOICE, FieldKind.SIGNATURE}
    told = (folder / "meaning.yaml").read_text(encoding="utf-8")
    assert "unsure: whether only one of its boxes may be ticked" in told


def test_every_field_is_drawn_on_the_picture() -> None:
    draft = learn(requisition.blank())
    (png,) = draw_draft(draft)
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    colourful = np.abs(picture - picture.mean(2, keepdims=True)).max(2) > 40
    for field in draft.fields:
        x0, y0, x1, y1 = (round(edge * 2) for edge in field.box.grown(2).as_list())
        assert colourful[y0:y1, x0:x1].any(), field.name


def test_radio_buttons_of_one_name_are_one_choice() -> None:
    pdf = io.BytesIO()
    canvas = Canvas(pdf, letter)
    for number, word in enumerate(("Morning", "Evening")):
        canvas.acroForm.radio(name="time_of_day", value=word.lower(), x=72 + 90 * number, y=600, size=12)
        canvas.drawString(90 + 90 * number, 602, word)
    for number in range(4):
        canvas.drawString(72, 560 - 30 * number, "Some words that a form has")
    canvas.acroForm.textfield(name="Text Field 7", tooltip="First name", x=200, y=380, width=180, height=18)
    canvas.save()
    draft = learn(pdf.getvalue())
    assert draft.kind is Kind.FILLABLE
    choice, name = draft.fields
    assert (choice.name, choice.kind) == ("time_of_day", FieldKind.CHOICE)
    assert [option.name for option in choice.options] == ["morning", "evening"]
    assert (name.name, name.label, name.kind) == ("first_name", "First name", FieldKind.TEXT)
    with pikepdf.open(io.BytesIO(draft.blank)) as flat:
        assert "/AcroForm" not in flat.Root


def test_a_page_without_a_place_to_write_on_is_refused() -> None:
    pdf = io.BytesIO()
    canvas = Canvas(pdf, letter)
    for number in range(12):
        canvas.drawString(72, 700 - 14 * number, "A letter has words, and nothing to fill in.")
    canvas.save()
    with pytest.raises(DefinitionError, match="no place to write on"):
        learn(pdf.getvalue())


def test_names_are_given_once_each_however_alike_the_fields_are() -> None:
    known = KNOWN["prescriber_enrollment_2021"]
    draft = learn((BLANKS / "prescriber_enrollment_2021.pdf").read_bytes())
    names = [field.name for field in named_like(draft.fields, known)]
    assert len(set(names)) == len(names)
    assert len({field.name for field in draft.fields}) == len(draft.fields)
