"""A form of another world than the programme's: a laboratory's one-page requisition with a table, drawn for us.

It is there to be taught: as a blank, as its right definition, as a first draft of that with the faults that a draft
has, and filled in and faxed. The laboratory and everybody on it are invented.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import yaml
from numpy.random import default_rng
from reportlab.lib.colors import black, white
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from extractors.definition import FieldKind, FormDefinition
from extractors.definition_files import FieldGeometry, FieldMeaning, Geometry, Meaning
from pipeline.notice.layout import register_fonts
from samples.generator.channel import FAX_FINE, send
from samples.generator.digits import load_digits
from samples.generator.faces import load_faces
from samples.generator.files import tiff
from samples.generator.fill import fill_form
from samples.generator.hand import Pen, draw_hand

FORM_ID = "lab_requisition_2026"
CODE = "NRL-REQ-0326 v1.0"
WIDTH, HEIGHT = letter
TESTS = {"cbc": "Complete blood count", "level": "Clozapine level", "glucose": "Glucose, fasting", "lipids": "Lipids"}
SPECIMENS = {"serum": "Serum", "plasma": "Plasma", "urine": "Urine"}
SECTIONS = {1: (108, "Account and patient"), 2: (236, "Specimen"), 3: (330, "Tests"), 4: (520, "Physician")}

Edges = tuple[float, float, float, float]

DATE, SQUARE, CELL = 10, 9.0, 15.0
"""Cells of a date comb; points of a check square and of a comb cell."""

LINES: dict[str, tuple[str, str, Edges]] = {
    "account_number": ("text", "Account number", (42, 140, 190, 158)),
    "patient_name": ("text", "Patient name (last, first)", (210, 140, 570, 158)),
    "patient_phone": ("digits", "Phone (optional)", (250, 186, 430, 204)),
    "physician_signature": ("signature", "Physician signature", (42, 556, 330, 582)),
}
COMBS: dict[str, tuple[str, str, float, float, int]] = {
    "patient_dob": ("date", "Date of birth (MM/DD/YYYY)", 42, 186, DATE),
    "collected_on": ("date", "Collected on (MM/DD/YYYY)", 250, 268, DATE),
    "signature_date": ("date", "Date signed (MM/DD/YYYY)", 360, 562, DATE),
}
ROWS = {name: 374.0 + 26 * number for number, name in enumerate(TESTS)}
"""The top of each row of the table, in points."""

REQUIRED = {"account_number", "patient_name", "patient_dob", "specimen", "collected_on", "signature_date"}
RULES = """
LAB1:
  title: An account number is two letters and six digits
  pattern: {field: account_number, matches: "[A-Z]{2}[0-9]{6}"}
LAB2:
  title: A specimen is at most a week old
  date_order: {earlier: collected_on, later: received, within_days: 7}
LAB3:
  title: A fasting glucose needs the hours
  required: {fields: [hours_glucose]}
  when: [{field: order_glucose, in: [true]}]
"""
VALUES: Mapping[str, Any] = {
    "account_number": "QF204817", "patient_name": "Sand, Hugo", "patient_dob": "07/04/1968", "specimen": "serum",
    "collected_on": "03/12/2026", "order_cbc": True, "order_glucose": True, "hours_glucose": "12",
    "physician_signature": "Ada Quill", "signature_date": "03/12/2026",
}  # fmt: skip
"""What is written on a filled one, as a person writes it."""


def blank() -> bytes:
    """The blank, a PDF of one page."""
    register_fonts()
    pdf = io.BytesIO()
    canvas = Canvas(pdf, letter, bottomup=0, invariant=1)
    _text(canvas, 40, 52, "Laboratory requisition", 19)
    _text(canvas, 40, 70, "Northfield Reference Laboratory · 14 Mill Lane · Northfield · fax 202 555 0143", 8.5)
    _text(
        canvas,
        40,
        86,
        "One form for each specimen. Write clearly and stay inside the boxes. Fields with * are needed.",
        8,
    )
    for number, (y, title) in SECTIONS.items():
        canvas.setFillColor(black)
        canvas.rect(36, y, WIDTH - 72, 15, fill=1)
        canvas.setFillColor(white)
        _text(canvas, 42, y + 11, f"Section {number}: {title}", 9)
        canvas.setFillColor(black)
    for name, (_, label, (left, top, right, bottom)) in LINES.items():
        _text(canvas, left, top - 4, label + _star(name), 7.5)
        canvas.rect(left, top, right - left, bottom - top)
    for name, (_, label, left, top, cells) in COMBS.items():
        _text(canvas, left, top - 4, label + _star(name), 7.5)
        _comb(canvas, left, top, cells, slashes=True)
    _text(canvas, 42, 264, "Kind of specimen *", 7.5)
    for option, (left, top, right, bottom) in _squares().items():
        canvas.rect(left, top, right - left, bottom - top)
        _text(canvas, right + 4, bottom - 1, SPECIMENS[option], 8.5)
    _table(canvas)
    _text(canvas, 40, 760, CODE, 7)
    _text(canvas, 470, 760, "Not an official form · page 1 of 1", 7)
    canvas.save()
    return pdf.getvalue()


def definition() -> tuple[Geometry, Meaning]:
    """What the form is, with rules of its own."""
    fields: dict[str, tuple[FieldGeometry, FieldMeaning]] = {}
    for name, (kind, label, edges) in LINES.items():
        fields[name] = _field(name, kind, label, _inside(edges))
    for name, (kind, label, left, top, cells) in COMBS.items():
        fields[name] = _field(name, kind, label, (left, top, left + cells * CELL, top + 17), cells)
    fields["specimen"] = _choice("Kind of specimen")
    for test, top in ROWS.items():
        fields[f"order_{test}"] = _field(f"order_{test}", "checkbox", f"Order: {TESTS[test]}", _square(222, top + 8))
        hours = (280, top + 4, 280 + 2 * CELL, top + 21)
        fields[f"hours_{test}"] = _field(f"hours_{test}", "digits", f"Hours fasting: {TESTS[test]}", hours, 2)
        remark = _inside((340, top, 576, top + 26))
        fields[f"remark_{test}"] = _field(f"remark_{test}", "text", f"Remark: {TESTS[test]}", remark)
    geometry = {name: measured for name, (measured, _) in fields.items()}
    head = {
        "form_id": FORM_ID, "title": "Laboratory requisition", "code": CODE, "revision": "2026-03",
        "in_use_from": "2026-03-01", "in_use_to": None, "fax_number": "202-555-0143", "programme": "none",
        "source": "Drawn for this project; not an official blank.",
    }  # fmt: skip
    meant = {name: meaning for name, (_, meaning) in fields.items()}
    page = {"number": 1, "width": WIDTH, "height": HEIGHT}
    return (
        Geometry.model_validate({"pages": (page,), "fields": geometry}),
        Meaning.model_validate(head | {"fields": meant, "rules": yaml.safe_load(RULES)}),
    )


def first_draft() -> tuple[Geometry, Meaning]:
    """The same as a draft has it that nobody has corrected yet.

    The account number's box lies beside its frame, the date of birth is a line of text by the name of its place, the
    kinds of specimen are boxes of their own, the date signed was not found, and there are no rules.
    """
    geometry, meaning = definition()
    boxes, meant = dict(geometry.fields), dict(meaning.fields)
    left, top, right, bottom = boxes["account_number"].box
    boxes["account_number"] = boxes["account_number"].model_copy(
        update={"box": (left + 12, top - 9, right + 12, bottom - 9)}
    )
    boxes["field_5"] = boxes.pop("patient_dob").model_copy(update={"cell_edges": (), "max_length": None})
    meant["field_5"] = meant.pop("patient_dob").model_copy(update={"kind": FieldKind.TEXT, "required": False})
    squares = boxes.pop("specimen").options
    del meant["specimen"], boxes["signature_date"], meant["signature_date"]
    for option, square in squares.items():
        boxes[f"specimen_{option}"], meant[f"specimen_{option}"] = _field("", "checkbox", square.label, square.box)
    return (
        geometry.model_copy(update={"fields": boxes}),
        meaning.model_copy(update={"fields": meant, "rules": {}}),
    )


def filled(form: FormDefinition, seed: int = 0, values: Mapping[str, Any] = VALUES) -> bytes:
    """A fax (TIFF) of the form, completed with a typewriter."""
    faces, rng = load_faces(), default_rng(seed)
    sheet = fill_form(form, values, draw_hand(Pen.TYPED, faces, load_digits(), rng), faces, rng).pages[0]
    return tiff([send(sheet, rng, 0.2, FAX_FINE)], 4)


def _table(canvas: Canvas) -> None:
    columns = (42.0, 210.0, 262.0, 340.0, 576.0)
    top = min(ROWS.values())
    for left, head in zip(columns, ("Test", "Order", "Hours fasting", "Remark"), strict=False):
        _text(canvas, left + 4, top - 5, head, 8)
    for y in (top - 16, *ROWS.values(), max(ROWS.values()) + 26):
        canvas.line(columns[0], y, columns[-1], y)
    for x in columns:
        canvas.line(x, top - 16, x, max(ROWS.values()) + 26)
    for test, y in ROWS.items():
        _text(canvas, 46, y + 16, TESTS[test], 9)
        left, above, _, _ = _square(222, y + 8)
        canvas.rect(left, above, SQUARE, SQUARE)
        _comb(canvas, 280, y + 4, 2)


def _comb(canvas: Canvas, left: float, top: float, cells: int, slashes: bool = False) -> None:
    canvas.rect(left, top, cells * CELL, 17)
    for cell in range(1, cells):
        canvas.line(left + cell * CELL, top, left + cell * CELL, top + 17)
    for cell in (2, 5) if slashes else ():
        _text(canvas, left + cell * CELL + 5.5, top + 12.5, "/", 11)


def _text(canvas: Canvas, x: float, y: float, words: str, size: float) -> None:
    canvas.setFont("Vera", size)
    canvas.drawString(x, y, words)


def _star(name: str) -> str:
    return " *" if name in REQUIRED else ""


def _squares() -> dict[str, Edges]:
    return {option: _square(44 + 66 * number, 272) for number, option in enumerate(SPECIMENS)}


def _square(left: float, top: float) -> Edges:
    return left, top, left + SQUARE, top + SQUARE


def _inside(edges: Edges) -> Edges:
    """Where a person writes in a frame."""
    left, top, right, bottom = edges
    return left + 1.5, top + 1, right - 1.5, bottom - 1


def _field(name: str, kind: str, label: str, box: Edges, cells: int = 0) -> tuple[FieldGeometry, FieldMeaning]:
    edges = tuple(box[0] + CELL * cell for cell in range(cells + 1)) if cells else ()
    return (
        FieldGeometry(page=1, box=box, label=label, max_length=cells or None, cell_edges=edges),
        FieldMeaning.model_validate({"kind": kind, "section": _section(box[1]), "required": name in REQUIRED}),
    )


def _choice(label: str) -> tuple[FieldGeometry, FieldMeaning]:
    squares = _squares()
    first, *_, last = squares.values()
    options = {option: {"label": SPECIMENS[option], "box": box} for option, box in squares.items()}
    geometry = {"page": 1, "box": (first[0], first[1], last[2], last[3]), "options": options}
    meaning = {
        "kind": "choice",
        "section": _section(first[1]),
        "label": label,
        "options": tuple(options),
        "required": True,
    }
    return FieldGeometry.model_validate(geometry), FieldMeaning.model_validate(meaning)


def _section(top: float) -> str:
    number, (_, title) = max((number, section) for number, section in SECTIONS.items() if section[0] < top)
    return f"{number} {title}"
