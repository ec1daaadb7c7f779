"""Labelled crops of generated faxes, registered as a reader would: `python -m samples.training.harvest --help`.

Synthetic sheets (`sheets.py`) are cheap and various; these crops are dear and true: the real blanks, the generator's
fax channel, the real registration with its errors, the real removal of print with its remnants.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from extractors.blanks import BlankPage, find_features, load_blank_pages
from extractors.cleaning import clean
from extractors.definition import Field, FieldKind, FormDefinition
from extractors.definition_files import load_definitions
from extractors.geometry import Grey
from extractors.opening.aspect import points, squared
from extractors.registration import AlignedPage, align, match_coarse
from samples.generator import channel
from samples.generator.digits import DigitSet, load_digits
from samples.generator.faces import Faces, load_faces
from samples.generator.fill import comb_text, fill_form
from samples.generator.hand import Hand, Pen, draw_hand
from samples.training import contents
from samples.training.crops import CellCrop, LineCrop
from samples.training.fields import is_read, page_crops, struck_ink
from samples.training.pens import TRAINED_DIGITS, is_held_out

log = logging.getLogger("harvest")

FORMS_A_FILE = 40
MACHINES = {channel.FAX_FINE: 0.42, channel.FAX_STANDARD: 0.3, channel.FAX_SQUARE: 0.06, channel.FAX_300: 0.02,
            channel.SCAN_150: 0.1, channel.SCAN_200: 0.1}  # fmt: skip
_PENS = {Pen.TYPED: 0.2, Pen.HAND: 0.35, Pen.REAL: 0.45}
_EMPTY, _STRUCK = 0.08, 0.04  # shares of fields
_WORST_RESIDUAL = 1.5  # points


def main(arguments: Sequence[str] | None = None) -> None:
    """Write one file of cells and one of lines for every `FORMS_A_FILE` forms; files that are there are kept."""
    options = _options(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    faces, digits = load_split(options.fonts, options.mnist, options.held_out)
    definitions = load_definitions()
    blanks = {(b.definition.form_id, b.page): b for b in load_blank_pages(definitions)}
    for number in range(options.files):
        if (options.out / f"line-{options.seed}-{number:03d}.npz").exists():
            continue
        rng = np.random.default_rng([options.seed, number])
        crops = [crop for _ in range(FORMS_A_FILE) for crop in form_crops(definitions, blanks, faces, digits, rng)]
        for net, kind in (("cell", CellCrop), ("line", LineCrop)):
            save_crops(
                options.out / f"{net}-{options.seed}-{number:03d}.npz", [c for c in crops if isinstance(c, kind)]
            )
        log.info("file %d of %d: %d crops", number + 1, options.files, len(crops))


def load_split(fonts: Path, mnist: Path, held_out: bool) -> tuple[Faces, DigitSet]:
    """The faces and digits of the training split, or of the validation split."""
    faces = load_faces(fonts)
    faces = replace(
        faces,
        hand=tuple(file for file in faces.hand if is_held_out(file.stem) == held_out),
        type=tuple(file for file in faces.type if is_held_out(file.stem) == held_out),
    )
    return faces, load_digits(mnist, (TRAINED_DIGITS, 1.0) if held_out else (0.0, TRAINED_DIGITS))


def form_crops(
    definitions: Sequence[FormDefinition],
    blanks: dict[tuple[str, int], BlankPage],
    faces: Faces,
    digits: DigitSet,
    rng: np.random.Generator,
) -> Iterator[CellCrop | LineCrop]:
    """The crops of one form, filled at random, faxed and registered."""
    definition = definitions[rng.choice(len(definitions), p=_shares(definitions))]
    hand = draw_hand(list(_PENS)[rng.choice(3, p=list(_PENS.values()))], faces, digits, rng)
    fields = [field for field in definition.fields if is_read(field)]
    values = {field.name: field_value(field, rng) for field in fields if rng.random() > _EMPTY}
    struck = {name: _another(value, rng) for name, value in values.items() if rng.random() < _STRUCK}
    form = fill_form(definition, values, hand, faces, rng, struck)
    inks = {field.name: _ink(field, values, struck, form.written, hand) for field in fields}
    machine = draw_machine(rng)
    severity = float(rng.uniform(0, 0.95))
    for number, sheet in enumerate(form.pages, start=1):
        blank = blanks[definition.form_id, number]
        if any(field.page == number for field in fields):
            page = received(sheet, blank, machine, severity, rng)
            if page is not None:
                yield from page_crops(page, inks, str(hand.pen))


def field_value(field: Field, rng: np.random.Generator) -> str:
    """Something that can stand in the field."""
    if field.kind is FieldKind.DATE:
        return contents.any_date(rng).strftime("%m/%d/%Y")
    if field.kind is FieldKind.TEXT:
        return contents.code(rng)
    if field.name.startswith("anc_value"):
        return contents.count_in_cells(rng)
    if field.cells or "zip" in field.name:
        return contents.some_digits(rng, len(field.cells) or 5)
    return f"({contents.some_digits(rng, 3)}) {contents.some_digits(rng, 3)}-{contents.some_digits(rng, 4)}"


def save_crops(file: Path, crops: Sequence[CellCrop | LineCrop]) -> None:
    """All crops side by side in one picture, with their widths, labels and writers."""
    np.savez_compressed(
        file,
        pixels=np.concatenate([crop.image for crop in crops], axis=1),
        widths=np.array([crop.image.shape[1] for crop in crops]),
        labels=np.array([crop.label for crop in crops]),
        writers=np.array([crop.writer for crop in crops]),
    )


def _ink(field: Field, values: dict[str, str], struck: dict[str, str], written: dict[str, str], hand: Hand) -> str:
    """What stands in the field when the form is filled, in the words of `page_crops`."""
    value = values.get(field.name, "")
    wrong = struck.get(field.name)
    if field.cells:
        text = comb_text(field, value if wrong is None else wrong, hand)
        return text if wrong is None else struck_ink(text)
    if wrong is None:
        return written.get(field.name, value)
    return f"{struck_ink(wrong.replace(' ', ''))} {value}"


def draw_machine(rng: np.random.Generator) -> channel.Machine:
    """A fax machine or scanner, as often as they are met."""
    return list(MACHINES)[rng.choice(len(MACHINES), p=list(MACHINES.values()))]


def received(
    sheet: Grey, blank: BlankPage, machine: channel.Machine, severity: float, rng: np.random.Generator
) -> AlignedPage | None:
    """The sheet faxed and registered to its blank; None where that failed."""
    sent = channel.send(sheet, rng, severity, machine)
    height, width = sent.image.shape
    grey = clean(squared(sent.image, points(width, height, sent.dpi)))
    coarse = match_coarse(find_features(grey), blank.features)
    if coarse is None:
        return None
    page = align(grey, blank, coarse)
    return page if page.residual <= _WORST_RESIDUAL else None


def _shares(definitions: Sequence[FormDefinition]) -> list[float]:
    """Forms with more to read are drawn more often, so that a field's chance does not hang on its form."""
    counts = [sum(map(is_read, definition.fields)) for definition in definitions]
    return [count / sum(counts) for count in counts]


def _another(value: str, rng: np.random.Generator) -> str:
    """A wrong value of the same shape."""
    return "".join(str(rng.integers(10)) if character.isdigit() else character for character in value)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m samples.training.harvest", description=__doc__)
    parser.add_argument("--mnist", type=Path, required=True, help=".npz with MNIST's training images and labels")
    parser.add_argument("--fonts", type=Path, required=True, help="folder filled by python -m samples.fonts.fetch")
    parser.add_argument("--out", type=Path, required=True, help="folder for the crops")
    parser.add_argument("--files", type=int, default=40, help=f"of {FORMS_A_FILE} forms each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--held-out", action="store_true", help="the faces and digits kept for validation")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
