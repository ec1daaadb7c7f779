"""Forms filled in on a computer, made from the shipped blanks: form fields, flattened text, stamps, names, ink."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from extractors.definition import Field, FieldKind, FormDefinition
from extractors.definition_files import load_definitions
from extractors.fillable import _without_printed_slashes, form_by_names, placed_by_names, read_fillable
from extractors.fillable_values import Typed, typed_value
from extractors.geometry import Box
from extractors.limits import Limits
from extractors.opening.document import OpenedPage, open_pages
from extractors.opening.opened import unopened
from extractors.read import Sight, read_page
from extractors.reading import Affine, PageKind, Reading, ReadingState
from tests.extractors.faxed import page_of
from tests.extractors.revised import pdf_with_code

UNMOVED: Affine = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
HEIGHT = 792.0  # points, letter

FILLED: dict[str, str | bool] = {
    "submission_type_monthly": True,
    "patient_first_name": "Mary Ann",
    "patient_dob": "05/31/1990",
    "patient_phone": "(218) 555-8406",
    "patient_gender_female": True,
    "prescriber_npi": "1933071403",
    "anc_draw_date": "02/30/2022",
    "anc_value": "1,370",
    "ben_flag": True,
}
"""Page 1 of a Patient Status Form, invented; 30 February is no date."""


@cache
def definitions() -> dict[str, FormDefinition]:
    return {definition.form_id: definition for definition in load_definitions()}


def psf() -> FormDefinition:
    return definitions()["psf_2021"]


def blank_pdf(page: int) -> Pdf:
    """One page of the blank as a file of its own."""
    pdf = pikepdf.open(psf().blank)
    for number in reversed(range(len(pdf.pages))):
        if number != page - 1:
            del pdf.pages[number]
    return pdf


def rectangle(box: Box) -> Array:
    return Array([box.x0, HEIGHT - box.y1, box.x1, HEIGHT - box.y0])


def places(page: int) -> dict[str, Box]:
    """Form field names of one page, and their boxes."""
    found = {}
    for field in psf().fields_on(page):
        found.update({f"{field.name}_{option.name}": option.box for option in field.options} or {field.name: field.box})
    return found


def add_widgets(pdf: Pdf, page: int, values: dict[str, str | bool], names: dict[str, str] | None = None) -> None:
    """Form fields for every place of the page, filled with `values`, some under other `names`."""
    widgets = []
    boxes = {**{option: True for field in psf().fields_on(page) for option in _ticks(field)}}
    for name, box in places(page).items():
        value = values.get(name)
        entry = Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, T=(names or {}).get(name, name), Rect=rectangle(box), F=4
        )
        if name in boxes:
            state = Name("/On") if value else Name.Off
            entry.FT, entry.V, entry.AS = Name.Btn, state, state
        elif name.endswith("_signature"):
            entry.FT = Name.Sig
        else:
            entry.FT, entry.V, entry.DA = Name.Tx, value or "", "/Helv 9 Tf 0 g"
        widgets.append(pdf.make_indirect(entry))
    pdf.pages[0].obj["/Annots"] = Array(widgets)
    pdf.Root["/AcroForm"] = Dictionary(Fields=Array(widgets))


def _ticks(field: Field) -> list[str]:
    if field.kind is FieldKind.CHECKBOX:
        return [field.name]
    return [f"{field.name}_{option.name}" for option in field.options]


def write_on(pdf: Pdf, texts: dict[Box, str], drawing: str = "", shift: float = 0.0) -> None:
    """Texts and drawings as a program flattens them into the page."""
    page = pdf.pages[0]
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page.add_resource(font, Name.Font, Name("/Typed"))
    operators = [
        f"BT /Typed 9 Tf {box.x0 + 2 + shift:.2f} {HEIGHT - box.y1 + 2:.2f} Td ({text}) Tj ET"
        for box, text in texts.items()
    ]
    page.contents_add(b"q", prepend=True)
    page.contents_add(("Q q 0 g " + "\n".join(operators) + drawing + " Q").encode())


def opened(pdf: Pdf) -> OpenedPage:
    file = io.BytesIO()
    pdf.save(file)
    (page,) = open_pages(file.getvalue(), Limits())
    return page


def read(pdf: Pdf, page: int = 1, to_blank: Affine = UNMOVED) -> dict[str, Reading]:
    return read_fillable(opened(pdf), psf(), page, to_blank)


def assert_as_filled(readings: dict[str, Reading]) -> None:
    expected = {
        "submission_type": "monthly",
        "patient_first_name": "Mary Ann",
        "patient_dob": "1990-05-31",
        "patient_phone": "2185558406",
        "patient_gender": "female",
        "prescriber_npi": "1933071403",
        "anc_draw_date": "02/30/2022",
        "anc_value": "1370",
        "ben_flag": True,
    }
    values = {name: reading.value for name, reading in readings.items()}
    assert values == {field.name: expected.get(field.name, _nothing(field)) for field in psf().fields_on(1)}
    assert [name for name, reading in readings.items() if reading.doubtful] == []
    assert all(reading.confidence >= 0.95 for reading in readings.values())
    assert {readings[name].state for name in expected} == {ReadingState.READ}
    assert readings["patient_zip"].state is ReadingState.EMPTY


def _nothing(field: Field) -> bool | None:
    return False if field.kind in (FieldKind.CHECKBOX, FieldKind.SIGNATURE) else None


def test_form_fields_by_name() -> None:
    pdf = blank_pdf(1)
    add_widgets(pdf, 1, FILLED)
    assert_as_filled(read(pdf))


def test_form_fields_under_names_of_another_program_by_place() -> None:
    pdf = blank_pdf(1)
    names = {name: f"Text{index}" for index, name in enumerate(places(1))}
    add_widgets(pdf, 1, FILLED, names | {"patient_first_name": "form1[0].page1[0].patient_first_name[0]"})
    assert_as_filled(read(pdf))


@pytest.mark.parametrize("shift", [0.0, 7.0])
def test_flattened_text_by_place_also_on_a_shifted_page(shift: float) -> None:
    pdf = blank_pdf(1)
    boxes = places(1)
    texts = {boxes[name]: value if isinstance(value, str) else "X" for name, value in FILLED.items()}
    write_on(pdf, texts)
    if shift:
        pdf.pages[0].contents_add(f"1 0 0 1 {shift} {-shift} cm ".encode(), prepend=True)
    assert_as_filled(read(pdf, to_blank=(1.0, 0.0, -shift, 0.0, 1.0, -shift)))


def test_a_comb_whose_digits_stand_in_their_cells() -> None:
    pdf = blank_pdf(1)
    field = psf().field("patient_dob")
    write_on(pdf, {cell: digit for cell, digit in zip(field.cells, "05/31/1990", strict=True) if digit != "/"})
    assert read(pdf)["patient_dob"].value == "1990-05-31"


def test_a_blank_page_is_empty() -> None:
    for number in (1, 2):
        readings = read(blank_pdf(number), number)
        assert {reading.value for reading in readings.values()} <= {None, False}
        assert not any(reading.doubtful for reading in readings.values())


def test_ticks_drawn_as_lines_and_two_ticks_in_a_group() -> None:
    pdf = blank_pdf(1)
    boxes = places(1)
    lines = ""
    for name in ("patient_gender_male", "patient_gender_female", "hospice_flag"):
        box = boxes[name]
        lines += f" 1 w {box.x0 + 1} {HEIGHT - box.y1 + 1} m {box.x1 - 1} {HEIGHT - box.y0 - 1} l S"
    write_on(pdf, {}, lines)
    readings = read(pdf)
    assert readings["patient_gender"].value == ("male", "female")
    assert readings["hospice_flag"].value is True
    assert readings["ben_flag"].value is False


# Signatures


def stamp(pdf: Pdf, box: Box, kind: str, drawing: bytes = b"1 w 5 5 m 60 12 l 90 3 l 130 14 l S") -> None:
    """An annotation on top of the page: a stamp or ink, with its appearance, or a typed text."""
    look = Stream(pdf, drawing, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, box.width, box.height]))
    entry = Dictionary(Type=Name.Annot, Subtype=Name("/" + kind), Rect=rectangle(box), F=4, Contents="Mary Jones")
    entry.AP = Dictionary(N=pdf.make_indirect(look))
    page = pdf.pages[0].obj
    page["/Annots"] = Array([*page.get("/Annots", []), pdf.make_indirect(entry)])


@pytest.mark.parametrize("kind", ["Stamp", "Ink", "FreeText"])
@pytest.mark.parametrize("widgets", [True, False])
def test_a_signature_put_on_top(kind: str, widgets: bool) -> None:
    pdf = blank_pdf(2)
    if widgets:
        add_widgets(pdf, 2, {})
    stamp(pdf, psf().field("prescriber_signature").box.grown(-2), kind)
    readings = read(pdf, 2)
    assert readings["prescriber_signature"].value is True
    assert not readings["prescriber_signature"].doubtful
    assert readings["designee_signature"].value is False


def test_a_signature_as_a_picture_a_typed_name_and_a_signed_field() -> None:
    box = psf().field("prescriber_signature").box.grown(-2)
    placed = blank_pdf(2)
    ink = np.full((20, 200), 255, np.uint8)
    ink[8:11, 10:190] = 0
    picture = Stream(placed, ink.tobytes(), Type=Name.XObject, Subtype=Name.Image, Width=200, Height=20,
                     ColorSpace=Name.DeviceGray, BitsPerComponent=8)  # fmt: skip
    placed.pages[0].add_resource(picture, Name.XObject, Name("/Signature"))
    write_on(placed, {}, f" {box.width} 0 0 {box.height} {box.x0} {HEIGHT - box.y1} cm /Signature Do")
    typed = blank_pdf(2)
    write_on(typed, {box: "/s/ Mary Jones"})
    signed = blank_pdf(2)
    add_widgets(signed, 2, {})
    for widget in signed.pages[0].Annots:
        if widget.T == "prescriber_signature":
            widget.V = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"))
    for pdf in (placed, typed, signed):
        readings = read(pdf, 2)
        assert readings["prescriber_signature"].value is True
        assert readings["designee_signature"].value is False
        assert not any(reading.doubtful for reading in readings.values())


# Doubt


def test_what_the_file_says_twice_is_doubtful() -> None:
    pdf = blank_pdf(1)
    add_widgets(pdf, 1, FILLED | {"patient_zip": "24660"})
    boxes = places(1)
    write_on(pdf, {boxes["anc_value"]: "900", boxes["hospice_flag"]: "X"})
    stamp(pdf, boxes["patient_zip"], "Stamp")
    readings = read(pdf)
    assert {name: reading.why for name, reading in readings.items() if reading.doubtful} == {
        "anc_value": "written_over",
        "hospice_flag": "written_over",
        "patient_zip": "stamped_over",
    }
    assert readings["hospice_flag"].value is True
    assert all(reading.confidence <= 0.5 for reading in readings.values() if reading.doubtful)


def test_a_field_that_looks_filled_is_never_called_empty() -> None:
    pdf = blank_pdf(1)
    box = psf().field("patient_last_name").box
    write_on(pdf, {}, f" 2 w {box.x0 + 5} {HEIGHT - box.y1 + 5} m {box.x0 + 60} {HEIGHT - box.y1 + 9} l S")
    reading = read(pdf)["patient_last_name"]
    assert (reading.value, reading.state, reading.doubtful) == (None, ReadingState.UNREADABLE, True)


def test_only_digital_pages_carry_values() -> None:
    with pytest.raises(ValueError, match="digital"):
        read_fillable(unopened(1, "open: lost"), psf(), 1, UNMOVED)


# Names and forms of text


@pytest.mark.parametrize("rotate", [0, 90])
def test_form_fields_tell_where_the_page_lies(rotate: int) -> None:
    pdf = blank_pdf(1)
    add_widgets(pdf, 1, FILLED)
    pdf.pages[0].obj["/MediaBox"] = Array([-20, -50, 630, 800])  # margins added by a printing program
    pdf.pages[0].obj["/Rotate"] = rotate
    page = opened(pdf)
    assert form_by_names(page, tuple(definitions().values())) == ("psf_2021", 1)
    to_blank = placed_by_names(page, psf(), 1)
    assert to_blank is not None
    assert_as_filled(read_fillable(page, psf(), 1, to_blank))


def test_another_layout_under_the_same_names_is_not_the_form() -> None:
    pdf = blank_pdf(1)
    add_widgets(pdf, 1, FILLED)
    for index, widget in enumerate(pdf.pages[0].Annots):
        widget.Rect = Array([40, 20 * index, 90, 20 * index + 10])
    assert form_by_names(opened(pdf), tuple(definitions().values())) is None


def test_known_names_and_places_under_another_code_are_another_revision(sight: Sight) -> None:
    for code, kind in (("CREMS-PSF-1121  v1.0", PageKind.FORM), ("CREMS-PSF-1121  v1.1", PageKind.UNKNOWN)):
        pdf = Pdf.open(io.BytesIO(pdf_with_code(page_of(sight, "psf_2021"), code)))
        del pdf.pages[1]
        add_widgets(pdf, 1, FILLED)
        page, sheet = read_page(opened(pdf), sight)
        assert page.kind is kind
        assert (sheet is None) == (kind is PageKind.UNKNOWN)
        assert page.nearest == ("psf_2021" if sheet is None else None)


def test_the_form_is_known_by_the_names_of_its_fields() -> None:
    every = tuple(definitions().values())
    for page in (1, 2):
        pdf = blank_pdf(page)
        add_widgets(pdf, page, {})
        assert form_by_names(opened(pdf), every) == ("psf_2021", page)
    assert form_by_names(opened(blank_pdf(1)), every) is None
    pdf = blank_pdf(1)
    add_widgets(pdf, 1, {}, {name: f"Text{index}" for index, name in enumerate(places(1))})
    assert form_by_names(opened(pdf), every) is None


@pytest.mark.parametrize(
    ("kind", "text", "typed"),
    [
        (FieldKind.DATE, "5/3/2022", Typed("2022-05-03", True)),
        (FieldKind.DATE, "05-03-2022", Typed("2022-05-03", True)),
        (FieldKind.DATE, "05032022", Typed("2022-05-03", True)),
        (FieldKind.DATE, "2022-05-03", Typed("2022-05-03", True)),
        (FieldKind.DATE, "05//03//2022", Typed("2022-05-03", True)),
        (FieldKind.DATE, "13/03/2022", Typed("13/03/2022", True)),
        (FieldKind.DATE, "5/3/22", Typed("5/3/22", False)),
        (FieldKind.DATE, "May 3", Typed("May 3", False)),
        (FieldKind.DIGITS, "1370", Typed("1370", True)),
        (FieldKind.DIGITS, "1.5", Typed("1.5", False)),  # thousands per microlitre: a factor is not guessed
        (FieldKind.DIGITS, "(555) 123-4567", Typed("5551234567", True)),
        (FieldKind.DIGITS, "555.123.4567 x12", Typed("555.123.4567 x12", False)),
        (FieldKind.TEXT, "  Mary \r Ann ", Typed("Mary Ann", True)),
        (FieldKind.FREE_TEXT, "", Typed(None, True)),
    ],
)
def test_typed_text_as_values(kind: FieldKind, text: str, typed: Typed) -> None:
    field = Field("any", "Any", kind, 1, Box(0, 0, 1, 1), "1")
    assert typed_value(field, text) == typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12/21/19/65", "12211965"),  # a printed slash among the typed characters
        ("12/21/1965", "12211965"),
        ("12/21/65", "12/21/65"),  # six digits: which century is not known
        ("12-21-1965", "12-21-1965"),
    ],
)
def test_printed_slashes_of_a_comb_do_not_count(typed: str, meant: str) -> None:
    assert _without_printed_slashes(typed) == meant
