"""The next revision of the Patient Status Form, drawn for us: in two columns, every field elsewhere, one added.

It is there to be taught: as a blank, and as its right definition, by which it is filled in. Nothing of it is official.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from reportlab.lib.colors import black, white
from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from extractors.definition import Field, FieldKind, FormDefinition, Option, PageLayout, Required
from extractors.definition_files import SHIPPED, load_definition
from extractors.geometry import Box

FORM_ID = "psf_2022"
CODE = "CREMS-PSF-1022 v2.0"
LIKE = "psf_2021"
ADDED = "dispensing_pharmacy"
WIDTH, HEIGHT = letter
COLUMNS = (36.0, 312.0)
"""Where the columns begin, in points."""

COLUMN, FRAME, CELL, COMB, SQUARE = 264.0, 31.0, 12.5, 15.5, 9.0
"""Points: the width of a column, the height of a frame, a comb's cell and height, the side of a square."""

REGULAR, BOLD = "Helvetica", "Helvetica-Bold"


@dataclass(slots=True)
class _Page:
    """A page that is being drawn: where the next thing of each column stands, and the fields so far."""

    canvas: Canvas
    number: int
    column: int = 0
    y: float = 0.0
    fields: dict[str, tuple[Box, tuple[float, ...], tuple[Option, ...]]] = field(default_factory=dict)

    @property
    def x(self) -> float:
        return COLUMNS[self.column]


def blank() -> bytes:
    """The blank, a PDF of two pages."""
    return _drawn()[0]


def definition(folder: Path) -> FormDefinition:
    """What the form is: the known revision's fields in their new places, one added; its blank is put into `folder`."""
    pdf, pages = _drawn()
    file = folder / "psf_revision.pdf"
    file.write_bytes(pdf)
    known = load_definition(SHIPPED / LIKE)
    meant = {one.name: one for one in known.fields}
    pharmacy = Field(
        ADDED, "Dispensing pharmacy", FieldKind.TEXT, 1, Box(0, 0, 1, 1), "2 Patient information", Required.NO
    )
    fields = []
    for number, places in enumerate(pages, start=1):
        for name, (box, edges, options) in places.items():
            cells = tuple(Box(a, box.y0, b, box.y1) for a, b in pairwise(edges))
            base = meant.get(name, pharmacy)
            fields.append(replace(base, page=number, box=box, cells=cells, options=options))
    layout = tuple(PageLayout(number, WIDTH, HEIGHT) for number in (1, 2))
    return replace(
        known, form_id=FORM_ID, code=CODE, revision="2022-10", in_use_from=known.in_use_from.replace(year=2022),
        pages=layout, fields=tuple(fields), blank=file,
    )  # fmt: skip


def _drawn() -> tuple[bytes, list[dict[str, tuple[Box, tuple[float, ...], tuple[Option, ...]]]]]:
    pdf = io.BytesIO()
    canvas = Canvas(pdf, letter, bottomup=0, invariant=1)
    first = _Page(canvas, 1)
    _head(first)
    _first_page(first)
    canvas.showPage()
    second = _Page(canvas, 2)
    _head(second)
    _second_page(second)
    canvas.save()
    return pdf.getvalue(), [first.fields, second.fields]


def _first_page(page: _Page) -> None:
    _section(page, "Section 1: Purpose of this form")
    _choice(page, "submission_type", "Check one *")
    _section(page, "Section 2: Patient information")
    _frame(page, "patient_last_name", "Last name *", 0.0, 0.6)
    _frame(page, "patient_first_name", "First name *", 0.6, 1.0, ends=True)
    _frame(page, "patient_middle_initial", "M.I.", 0.0, 0.2)
    _frame(page, "patient_phone", "Phone (optional)", 0.2, 1.0, ends=True)
    _comb(page, "patient_dob", "Date of birth (MM/DD/YYYY) *", 0.0, 0.64, 10)
    _comb(page, "patient_zip", "ZIP code *", 0.64, 1.0, 5, ends=True)
    _choice(page, "patient_gender", "Gender *")
    _frame(page, ADDED, "Dispensing pharmacy", 0.0, 1.0, ends=True)
    _section(page, "Section 3: Prescriber information")
    _frame(page, "prescriber_first_name", "First name *", 0.0, 0.5)
    _frame(page, "prescriber_last_name", "Last name *", 0.5, 1.0, ends=True)
    _comb(page, "prescriber_npi", "National Provider Identifier (NPI) *", 0.0, 1.0, 10, ends=True)
    _frame(page, "prescriber_phone", "Office phone *", 0.0, 0.5)
    _frame(page, "prescriber_fax", "Office fax", 0.5, 1.0, ends=True)
    _frame(page, "prescriber_email", "Email", 0.0, 1.0, ends=True)
    page.column, page.y = 1, 132
    _section(page, "Section 4: Patient designation", "CERTIFIED PRESCRIBER ONLY")
    _text(page, "Leave this section blank for a patient of the general population.", 7.5)
    _square(page, "ben_flag", "Patient has documented benign ethnic neutropenia (BEN)")
    _square(page, "hospice_flag", "Patient is in hospice care")
    _section(page, "Section 5: Absolute neutrophil count (ANC) results")
    _text(page, "Report every ANC drawn since the last form, the most recent first, in cells per microliter.", 7.5)
    _table(page)
    _square(page, "anc_not_available", "No ANC result is available for this period (a treatment rationale is needed in "
            "Section 8).")  # fmt: skip
    _section(page, "Section 6: ANC monitoring frequency")
    _choice(page, "monitoring_frequency", "Check one *")


def _second_page(page: _Page) -> None:
    _frame(page, "patient_name_p2", "Patient name (last, first)", 0.0, 1.0, ends=True)
    _section(page, "Section 7: Treatment status")
    _choice(page, "treatment_status", "Check one *")
    _comb(page, "status_date", "Effective date (MM/DD/YYYY)", 0.0, 1.0, 10, ends=True)
    _frame(page, "status_reason", "Reason for interruption or discontinuation", 0.0, 1.0, ends=True)
    _section(page, "Section 9: Submitter and signature")
    _choice(page, "submitter_role", "This form was completed by *")
    _frame(page, "submitter_name", "Printed name of the submitter *", 0.0, 0.62)
    _frame(page, "submitter_phone", "Phone", 0.62, 1.0, ends=True)
    for who, date in (("prescriber", "signature_date"), ("designee", "designee_signature_date")):
        _text(page, f"{'Certified prescriber' if who == 'prescriber' else 'Prescriber designee'}.", 8, BOLD)
        _frame(page, f"{who}_signature", f"{who.capitalize()} signature", 0.0, 1.0, high=36, ends=True)
        _comb(page, date, "Date signed (MM/DD/YYYY)", 0.0, 1.0, 10, ends=True)
    page.column, page.y = 1, 132
    _comb(page, "patient_dob_p2", "Date of birth (MM/DD/YYYY)", 0.0, 1.0, 10, ends=True)
    _section(page, "Section 8: Treatment rationale", "CERTIFIED PRESCRIBER ONLY")
    _text(page, "Complete this section when treatment continues although a result is below the threshold.", 7.5)
    for name in ("rationale_low_anc", "rationale_missing_labs", "rationale_other"):
        _square(page, name, load_definition(SHIPPED / LIKE).field(name).label)
    _frame(page, "rationale_text", "Rationale and comments", 0.0, 1.0, high=210, ends=True)


def _head(page: _Page) -> None:
    canvas = page.canvas
    _words(canvas, 36, 52, "Patient Status Form", 20, BOLD)
    _words(canvas, 36, 68, "Clozapine REMS · Fax this form to 800-878-5927", 9, BOLD)
    canvas.setLineWidth(1)
    canvas.line(36, 76, 576, 76)
    told = (
        "One form is due every month for each outpatient. A form that designates BEN or hospice (Section 4), or gives "
        "a treatment rationale (Section 8), is accepted only when a certified prescriber has completed and signed it. "
        "Fields marked * are required."
    )
    for number, line in enumerate(simpleSplit(told, REGULAR, 8, 540)):
        _words(canvas, 36, 90 + 10 * number, line, 8)
    _words(canvas, 36, 768, CODE, 7, BOLD)
    _words(canvas, 240, 768, "Drawn for a test, not an official form", 7)
    _words(canvas, 530, 768, f"Page {page.number} of 2", 7)
    page.y = 132


def _section(page: _Page, title: str, note: str = "") -> None:
    page.y += 6
    page.canvas.setFillColor(black)
    page.canvas.rect(page.x, page.y, COLUMN, 14, fill=1, stroke=0)
    page.canvas.setFillColor(white)
    _words(page.canvas, page.x + 5, page.y + 10.5, title, 9, BOLD)
    if note:
        _words(page.canvas, page.x + COLUMN - 5 - stringWidth(note, BOLD, 6), page.y + 10, note, 6, BOLD)
    page.canvas.setFillColor(black)
    page.y += 20


def _frame(
    page: _Page, name: str, label: str, left: float, right: float, high: float = FRAME, ends: bool = False
) -> None:
    """A frame from one share of the column's width to another; `ends` a row."""
    x0, x1 = page.x + left * COLUMN, page.x + right * COLUMN - (4 if right < 1 else 0)
    page.canvas.rect(x0, page.y, x1 - x0, high)
    _words(page.canvas, x0 + 3, page.y + 7.5, label, 6.5)
    _note(page, name, Box(x0 + 2.5, page.y + 10.5, x1 - 2.5, page.y + high - 1.5))
    if ends:
        page.y += high + 7


def _comb(page: _Page, name: str, label: str, left: float, right: float, cells: int, ends: bool = False) -> None:
    x0, x1 = page.x + left * COLUMN, page.x + right * COLUMN - (4 if right < 1 else 0)
    page.canvas.rect(x0, page.y, x1 - x0, FRAME)
    _words(page.canvas, x0 + 3, page.y + 7.5, label, 6.5)
    _cells(page, name, x0 + 4, page.y + 12.5, cells)
    if ends:
        page.y += FRAME + 7


def _cells(page: _Page, name: str, x: float, y: float, cells: int) -> None:
    """A comb; a date's has printed slashes instead of its 3rd and 6th cells."""
    wide = CELL
    slashes = (2, 5) if cells == 10 and "npi" not in name else ()
    for cell in range(cells):
        if cell in slashes:
            _words(page.canvas, x + cell * wide + 4.5, y + 11.5, "/", 11)
        else:
            page.canvas.rect(x + cell * wide, y, wide, COMB)
    edges = tuple(x + cell * wide for cell in range(cells + 1))
    _note(page, name, Box(x, y, edges[-1], y + COMB), edges)


def _choice(page: _Page, name: str, prompt: str) -> None:
    """The prompt, and behind it the options below each other."""
    _words(page.canvas, page.x + 1, page.y + 7.5, prompt, 8, BOLD)
    x = page.x + stringWidth(prompt, BOLD, 8) + 9
    options = []
    for option in load_definition(SHIPPED / LIKE).field(name).options:
        box = Box(x, page.y, x + SQUARE, page.y + SQUARE)
        page.canvas.rect(x, page.y, SQUARE, SQUARE)
        _words(page.canvas, x + SQUARE + 4, page.y + 7.5, option.label, 8)
        options.append(replace(option, box=box))
        page.y += 13
    _note(page, name, Box(x, options[0].box.y0, x + SQUARE, options[-1].box.y1), (), options)
    page.y += 4


def _square(page: _Page, name: str, label: str) -> None:
    page.canvas.rect(page.x, page.y, SQUARE, SQUARE)
    _note(page, name, Box(page.x, page.y, page.x + SQUARE, page.y + SQUARE))
    for line in simpleSplit(label, REGULAR, 8, COLUMN - SQUARE - 6):
        _words(page.canvas, page.x + SQUARE + 4, page.y + 7.5, line, 8)
        page.y += 10
    page.y += 5


def _table(page: _Page) -> None:
    columns = (page.x, page.x + 58, page.x + 190, page.x + COLUMN)
    rows = ("Most recent *", "Earlier result", "Earlier result", "Earlier result")
    top = page.y
    for left, head in zip(columns, ("", "Blood draw date (MM/DD/YYYY)", "ANC (per µL)"), strict=False):
        _words(page.canvas, left + 3, top + 9, head, 7, BOLD)
    for number, row in enumerate(rows, start=1):
        y, end = top + 13 + 21 * (number - 1), f"_{number}" if number > 1 else ""
        _words(page.canvas, page.x + 3, y + 13, row, 7.5)
        _cells(page, f"anc_draw_date{end}", columns[1] + 3, y + 2.5, 10)
        _cells(page, f"anc_value{end}", columns[2] + 3, y + 2.5, 5)
    bottom = top + 13 + 21 * len(rows)
    for y in (top, *(top + 13 + 21 * number for number in range(len(rows) + 1))):
        page.canvas.line(columns[0], y, columns[-1], y)
    for x in columns:
        page.canvas.line(x, top, x, bottom)
    page.y = bottom + 8


def _text(page: _Page, told: str, size: float, face: str = REGULAR) -> None:
    for line in simpleSplit(told, face, size, COLUMN):
        _words(page.canvas, page.x, page.y + size, line, size, face)
        page.y += size + 2
    page.y += 4


def _words(canvas: Canvas, x: float, y: float, words: str, size: float, face: str = REGULAR) -> None:
    canvas.setFont(face, size)
    canvas.drawString(x, y, words)


def _note(page: _Page, name: str, box: Box, edges: tuple[float, ...] = (), options: Sequence[Option] = ()) -> None:
    page.fields[name] = box, edges, tuple(options)
