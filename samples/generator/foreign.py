"""Pages that are none of the known forms: covers, empty pages, letters, laboratory printouts, an unknown revision."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from samples.generator import people
from samples.generator.faces import Faces, face_at
from samples.generator.paper import Grey
from samples.generator.people import pick, words
from samples.generator.strokes import SHEET_DPI

PAPER = (round(8.5 * SHEET_DPI), 11 * SHEET_DPI)  # letter, in pixels
CLINIC_WORDS = (
    "patient", "result", "normal", "repeat", "dose", "clinic", "sleep", "appetite", "weight", "unchanged", "stable",
    "monthly", "form", "attached", "fever", "blood", "count", "platelets", "today", "follow", "plan", "reviewed",
    "continue", "signature", "section", "date", "WBC", "ANC", "in", "up", "no", "2300", "6.1",
)  # fmt: skip
WARNING = (
    "CONFIDENTIAL: the pages with this cover may hold protected health information.",
    "If you received them in error, call the sender and destroy all copies.",
)
BAR_SHADE, BAR_HEIGHT = 240, 30  # a section begins with a bar: grey level and pixels, no frame's line is as high
TITLES = ("Prior Authorization Request", "Patient Intake Form", "Lab Requisition", "Medication List")
TESTS = (
    ("WBC", "K/uL", 3.5, 12.0), ("RBC", "M/uL", 3.8, 6.0), ("Hemoglobin", "g/dL", 11.0, 17.5),
    ("Hematocrit", "%", 33, 52), ("Platelets", "K/uL", 140, 420), ("Neutrophils", "%", 35, 75),
    ("ANC", "K/uL", 1.2, 8.5), ("Lymphocytes", "%", 15, 48), ("Monocytes", "%", 2, 11),
    ("Eosinophils", "%", 0, 6), ("Clozapine level", "ng/mL", 90, 900),
)  # fmt: skip


def cover(faces: Faces, rng: Generator, fax_number: str, pages: int) -> Grey:
    """A fax cover sheet: to, from, pages, a note, the usual warning; some fields by hand, some in a frame."""
    paper, pen = _paper()
    face, hand = pick(rng, faces.type), pick(rng, faces.hand)
    left, top = int(rng.integers(120, 420)), int(rng.integers(150, 500))
    title = pick(
        rng, ("FAX", "Fax Transmittal", "FACSIMILE COVER SHEET", "Fax Cover", words()["cities"][0][0] + " Clinic")
    )
    _text(pen, (left, top), title, face, int(rng.integers(60, 130)))
    y, pitch = top + int(rng.integers(180, 320)), int(rng.integers(70, 120))
    lines = [
        ("To:", f"Clozapine REMS Contact Center {fax_number}"),
        ("From:", pick(rng, ("clinic front desk", " ".join(people.name(rng)), "Pharmacy", "Nurse station"))),
        ("Re:", pick(rng, ("forms attached", "REMS", "monthly forms", "urgent: patient out of pills", "ANC"))),
        ("Phone:", people.phone(rng)),
        ("Pages:", f"{pages} including cover"),
    ]
    by_hand = rng.random() < 0.35
    for label, value in lines[: int(rng.integers(3, 6))]:
        _text(pen, (left, y), label, face, 46)
        _text(pen, (left + 230, y - (8 if by_hand else 0)), value, hand if by_hand else face, 60 if by_hand else 46)
        y += pitch
    if rng.random() < 0.4:
        pen.rectangle((left - 40, top - 40, 2550 - left, y + 30), outline=0, width=int(rng.integers(3, 8)))
    for line in WARNING:
        _text(pen, (left, y := y + 70), line, face, 34)
    return np.array(paper, np.uint8)


def empty_page(_faces: Faces, _rng: Generator) -> Grey:
    """Nothing: the back of a sheet."""
    return np.full(PAPER[::-1], 255, np.uint8)


def letter(faces: Faces, rng: Generator) -> Grey:
    """Notes or a letter: paragraphs of a clinic's words, some with a head and a signature line."""
    paper, pen = _paper()
    face, size = pick(rng, faces.type), int(rng.integers(34, 52))
    left, y = int(rng.integers(150, 380)), int(rng.integers(200, 420))
    if rng.random() < 0.5:
        _text(
            pen, (left, y), f"{words()['cities'][int(rng.integers(30))][0]} {pick(rng, words()['practices'])}", face, 66
        )
        y += 160
    while y < 2900:
        for _ in range(int(rng.integers(1, 9))):
            _text(pen, (left, y), " ".join(rng.choice(CLINIC_WORDS, int(rng.integers(5, 10)))), face, size)
            y += round(size * 1.45)
        y += size
        if rng.random() < 0.12:
            break
    return np.array(paper, np.uint8)


def lab_printout(faces: Faces, rng: Generator) -> Grey:
    """A laboratory's printout: head, patient, a table of tests with results, units and ranges."""
    paper, pen = _paper()
    face, size = pick(rng, faces.type), int(rng.integers(36, 50))
    left, y = int(rng.integers(120, 300)), int(rng.integers(150, 400))
    _text(pen, (left, y), f"{pick(rng, words()['cities'])[0]} Reference Laboratory", face, 70)
    born = f"0{rng.integers(1, 9)}/1{rng.integers(0, 9)}/19{rng.integers(40, 99)}"
    _text(pen, (left, y + 110), f"Patient: {' '.join(people.name(rng))}    DOB: {born}", face, size)
    y += 260
    columns = (left, left + 700, left + 1050, left + 1350)
    for x, head in zip(columns, ("Test", "Result", "Units", "Range"), strict=True):
        _text(pen, (x, y), head, face, size)
    pen.line((left, y + size + 20, 2550 - left, y + size + 20), fill=0, width=4)
    for name, unit, low, high in TESTS:
        y += round(size * 1.8)
        result = rng.uniform(low * 0.8, high * 1.2)
        for x, text in zip(columns, (name, f"{result:.1f}", unit, f"{low} - {high}"), strict=True):
            _text(pen, (x, y), text, face, size)
        if rng.random() < 0.5:
            pen.line((left, y + size + 14, 2550 - left, y + size + 14), fill=140, width=2)
    return np.array(paper, np.uint8)


def other_form(faces: Faces, rng: Generator) -> Grey:
    """A form of another programme: black bars, boxes, combs and check boxes much like ours."""
    paper, pen = _paper()
    face = pick(rng, faces.type)
    _text(
        pen,
        (150, 170),
        pick(rng, TITLES),
        face,
        80,
    )
    y = 380
    for number in range(1, int(rng.integers(4, 8))):
        pen.rectangle((150, y, 2400, y + 60), fill=0)
        label = f"Section {number}: {pick(rng, ('Member information', 'Provider', 'Medication', 'History', 'Orders'))}"
        pen.text((170, y + 8), label, font=face_at(face, 40), fill=255)
        y += 90
        for _ in range(int(rng.integers(1, 4))):
            x = 150
            while x < 2000:
                wide = int(rng.integers(250, 900))
                pen.rectangle((x, y, min(x + wide, 2400), y + 110), outline=0, width=3)
                _text(
                    pen,
                    (x + 12, y + 6),
                    pick(rng, ("Name", "Date", "ID number", "Drug", "Dose", "Phone", "Group")),
                    face,
                    26,
                )
                x += wide + 30
            y += 150
        for x in range(150, 1800, 500):
            pen.rectangle((x, y, x + 36, y + 36), outline=0, width=3)
            _text(pen, (x + 50, y - 4), pick(rng, ("Yes", "No", "New", "Renewal", "Urgent")), face, 36)
        y += 110
    return np.array(paper, np.uint8)


def moved_revision(sheet: Grey, rng: Generator) -> Grey:
    """A revision nobody knows of a known (and filled) form: sections in another order, height and indent, no code."""
    height, width = sheet.shape
    foot = round(height * 0.945)  # the form's code stands below
    shaded = np.concatenate([[False], (sheet[:foot] < BAR_SHADE).mean(1) > 0.6, [False]]).astype(np.int8)
    starts, ends = np.flatnonzero(np.diff(shaded) == 1), np.flatnonzero(np.diff(shaded) == -1)
    bars = starts[ends - starts > BAR_HEIGHT]
    cuts = [0, *(int(bar) - 12 for bar in bars if bar > 300), foot]
    bands = [sheet[top:bottom] for top, bottom in pairwise(cuts) if bottom - top > 40]
    middle = bands[1:]
    order = rng.permutation(len(middle)) if len(middle) > 1 else np.arange(len(middle))
    moved = np.full_like(sheet, 255)
    y = int(rng.integers(0, 40))
    for band in [bands[0], *(middle[int(index)] for index in order)]:
        tall = round(len(band) * float(rng.uniform(0.82, 1.06)))
        stretched = cv2.resize(band, (round(width * float(rng.uniform(0.9, 1.0))), tall), interpolation=cv2.INTER_AREA)
        x = int(rng.integers(0, width - stretched.shape[1] + 1))
        if y + tall > height:
            break
        moved[y : y + tall, x : x + stretched.shape[1]] = stretched
        y += tall + int(rng.integers(0, 40))
    return moved


FOREIGN: dict[str, Callable[[Faces, Generator], Grey]] = {
    "letter": letter,
    "lab_printout": lab_printout,
    "other_form": other_form,
}


def _paper() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    paper = Image.new("L", PAPER, 255)
    return paper, ImageDraw.Draw(paper)


def _text(pen: ImageDraw.ImageDraw, place: tuple[int, int], text: str, face: Path, pixels: int) -> None:
    pen.text(place, text, font=face_at(face, pixels), fill=0)
