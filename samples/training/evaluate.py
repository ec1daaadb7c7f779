"""How well the shipped networks read faxes whose truth is known: `python -m samples.training.evaluate FOLDER --help`.

The folder holds faxes and `truth.jsonl` (see `samples/faxes/README.md`). Only the recogniser is measured: pages that
were not recognised, and pages completed on a computer, do not count.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from extractors.cleaning import clean
from extractors.crops import cell_pictures, line_picture
from extractors.definition import Field, FieldKind
from extractors.engines import LogProbs
from extractors.engines.recogniser import CELL_ALPHABET, LINE_ALPHABET, Size, greedy, read_cells, read_lines
from extractors.geometry import Grey
from extractors.limits import Limits
from extractors.opening.document import open_pages
from extractors.read import shipped_sight
from extractors.recognition import recognise
from extractors.registration import AlignedPage
from samples.training.fields import comb_ink, is_read
from samples.training.measure import Share, table

_LETTERS = [index for index, character in enumerate(CELL_ALPHABET) if character.isalpha()]
_LINE_LETTERS = [index for index, character in enumerate(LINE_ALPHABET) if character.isalpha()]


@dataclass(frozen=True, slots=True)
class FieldCrop:
    """One field of one fax: its pictures and what is written in it (`""` for nothing)."""

    document: str
    field: Field
    writer: str
    truth: str
    line: Grey
    cells: tuple[Grey, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the shares read right, by kind of writer."""
    parser = argparse.ArgumentParser(prog="python -m samples.training.evaluate", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument(
        "--every", choices=("all", "even", "odd"), default="all", help="which documents, by their number"
    )
    parser.add_argument("--large", action="store_true", help="the large networks instead of the small ones")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    fields = [field for folder in options.folder for field in corpus_fields(folder, options.every)]
    sys.stdout.write(table(shares(fields, Size.LARGE if options.large else Size.SMALL)) + "\n")


def corpus_fields(folder: Path, every: str = "all") -> Iterator[FieldCrop]:
    """The fields of a folder of faxes that the recogniser reads."""
    for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        number = int("".join(filter(str.isdigit, Path(document["file"]).stem)) or 0)
        if every == "all" or (number % 2 == 0) == (every == "even"):
            yield from _document_fields(folder, document)


def shares(fields: Sequence[FieldCrop], size: Size = Size.SMALL) -> list[Share]:
    """Cells, combs cell by cell, and fields as one string, each by kind of writer, read without a calendar."""
    right: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for field in fields:
        for what, good in _judged(field, size):
            of[f"{what}, {field.writer}"] += 1
            right[f"{what}, {field.writer}"] += good
    return [Share(what, right[what], of[what]) for what in sorted(of)]


def read_field_cells(field: FieldCrop, size: Size) -> list[str]:
    """The best character of each cell, letters only where the truth has some."""
    log_probs = np.array(read_cells(field.cells, size))
    if not any(map(str.isalpha, field.truth)):
        log_probs[:, _LETTERS] = -np.inf
    return [(*CELL_ALPHABET, "")[index] for index in log_probs.argmax(axis=1)]


def read_field_line(field: FieldCrop, size: Size) -> str:
    """The string of the whole field, letters only where the truth has some."""
    log_probs: LogProbs = np.array(read_lines([field.line], size)[0])
    if not any(map(str.isalpha, field.truth)):
        log_probs[:, _LINE_LETTERS] = -np.inf
    return greedy(log_probs)


def _judged(field: FieldCrop, size: Size) -> Iterator[tuple[str, bool]]:
    kind = "written" if field.truth else "left empty"
    yield f"line of a {'comb' if field.cells else 'free field'}, {kind}", _same(read_field_line(field, size), field)
    if not field.cells:
        return
    read, truth = read_field_cells(field, size), comb_ink(field.field, field.truth)
    padded = [character.strip() for character in truth.ljust(len(read))]
    if [c for c in read if c] and len(truth) < len(read):  # short numbers stand at the left or at the right
        at_right = [character.strip() for character in truth.rjust(len(read))]
        padded = max(padded, at_right, key=lambda cells: sum(map(str.__eq__, cells, read)))
    for seen, there in zip(read, padded, strict=True):
        yield f"cell, {'written' if there else 'empty'}", seen == there
    yield f"comb by cells, {kind}", "".join(read) == "".join(padded)


def _same(read: str, field: FieldCrop) -> bool:
    """Whether the string says what the truth says, in whatever style it is written."""
    if field.field.kind is FieldKind.DATE and not field.cells and field.truth:
        parts, truth = re.findall(r"\d+", read), re.findall(r"\d+", field.truth)
        styles = (truth, [*truth[:2], truth[2][2:]])
        return [part.lstrip("0") for part in parts] in [[part.lstrip("0") for part in style] for style in styles]
    keep = re.compile(r"[^0-9A-Z.#]") if field.field.name.startswith("anc_value") else re.compile(r"[^0-9A-Z#]")
    return keep.sub("", read) == keep.sub("", field.truth.upper())


def _document_fields(folder: Path, document: Mapping[str, Any]) -> Iterator[FieldCrop]:
    sight = shipped_sight()
    pages = open_pages((folder / document["file"]).read_bytes(), Limits())
    for opened, place in zip(pages, document["pages"], strict=False):
        if opened.grey is None or place["kind"] != "form":
            continue
        form = document["forms"][place["form"]]
        page = recognise(clean(opened.grey), sight.blanks).page if form["pen"] != "digital" else None
        if page is None or (page.blank.definition.form_id, page.blank.page) != (form["form_id"], place["form_page"]):
            continue
        yield from _page_fields(document["file"], page, form)


def _page_fields(document: str, page: AlignedPage, form: Mapping[str, Any]) -> Iterator[FieldCrop]:
    for field in page.blank.definition.fields_on(page.blank.page):
        if is_read(field) and field.name not in form.get("struck", ()):
            writing = line_picture(page, field.box)
            cells = tuple(cell_pictures(writing, field.cells, page.grey.shape)) if field.cells else ()
            truth = str(form["values"].get(field.name, ""))
            yield FieldCrop(document, field, form["pen"], truth, writing, cells)


if __name__ == "__main__":
    main()
