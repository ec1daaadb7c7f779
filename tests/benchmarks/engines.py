"""Exactly right readings and CPU milliseconds a crop, for each way to read text and numbers, by kind of field and pen.

    python tests/benchmarks/engines.py                          the sample faxes
    python tests/benchmarks/engines.py FOLDER --numbers even    the faxes of FOLDER with even numbers in their names

FOLDER holds faxes and a `truth.jsonl` beside them or above them (`samples/README.md` says what stands in it). A reading
is right when letters and digits are; of dates and phone numbers only the digits count.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}  # before any engine starts
REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

import cv2  # noqa: E402 - after the number of threads is set
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from extractors.cleaning import clean  # noqa: E402
from extractors.crops import line_picture  # noqa: E402
from extractors.decoding import decode  # noqa: E402
from extractors.definition import Field, FieldKind  # noqa: E402
from extractors.engines import recogniser, tesseract  # noqa: E402
from extractors.engines.ppocr import ALPHABET, ppocr  # noqa: E402
from extractors.formats import FREE, format_of  # noqa: E402
from extractors.geometry import Grey  # noqa: E402
from extractors.limits import Limits  # noqa: E402
from extractors.opening.document import open_pages  # noqa: E402
from extractors.read import shipped_sight  # noqa: E402
from extractors.recognition import recognise  # noqa: E402
from extractors.text import one_line_of  # noqa: E402

READ_BY_TEXT = (FieldKind.TEXT, FieldKind.DIGITS, FieldKind.DATE)


@dataclass(frozen=True, slots=True)
class Crop:
    """One field that somebody filled in: its ink, and what is written there."""

    field: Field
    pen: str
    value: str
    line: Grey


def main() -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    options = _options()
    crops = [crop for fax in _faxes(options.folder, options.numbers) for crop in crops_of(fax, options.folder)]
    columns = sorted({(kind_of(crop.field), crop.pen) for crop in crops})
    table = Table("way", *(f"{kind}\n{pen}" for kind, pen in columns), "ms a crop")
    for name in options.ways:
        shares, milliseconds = _measured(WAYS[name], crops)
        table.add_row(name, *(shares[column] for column in columns), f"{milliseconds:.1f}")
    Console(width=40 + 12 * len(columns)).print(table)


def ppocr_alone(crop: Crop) -> str:
    """PP-OCR, any printable character."""
    return decode(ppocr().read([crop.line])[0], ALPHABET, FREE).text


def ppocr_in_format(crop: Crop) -> str:
    """PP-OCR decoded under the field's format."""
    return decode(ppocr().read([crop.line])[0], ALPHABET, format_of(crop.field)).text


def own_in_format(crop: Crop) -> str:
    """Our own line recogniser decoded under the field's format (it knows no small letters)."""
    return decode(recogniser.read_lines([crop.line])[0], recogniser.LINE_ALPHABET, format_of(crop.field)).text


def by_tesseract(crop: Crop) -> str:
    """Tesseract, digits alone where the field has only digits."""
    return tesseract.read_line(crop.line, "" if crop.field.kind is FieldKind.TEXT else "0123456789()/-")[0]


WAYS: dict[str, Callable[[Crop], str]] = {
    "ppocr": ppocr_alone,
    "ppocr-format": ppocr_in_format,
    "own-format": own_in_format,
    "tesseract": by_tesseract,
}


def kind_of(field: Field) -> str:
    """The column in which a field counts."""
    kind = format_of(field).name.split()[0]
    return (
        kind
        if field.kind is FieldKind.TEXT or kind in ("phone", "date")
        else f"{field.kind}{' comb' * bool(field.cells)}"
    )


def crops_of(fax: dict, folder: Path) -> Iterator[Crop]:  # type: ignore[type-arg] # a line of truth.jsonl
    """The filled fields of a fax's recognised pages."""
    sight = shipped_sight()
    data = (folder / fax["file"]).read_bytes()
    for opened, truth in zip(open_pages(data, Limits()), fax["pages"], strict=False):
        if truth["kind"] != "form" or opened.grey is None or opened.words:
            continue
        page = recognise(clean(opened.grey), sight.blanks).page
        form = fax["forms"][truth["form"]]
        if page is None or page.blank.definition.form_id != form["form_id"]:
            continue
        for field in page.blank.definition.fields_on(page.blank.page):
            if field.kind in READ_BY_TEXT and isinstance(form["values"].get(field.name), str):
                for line in one_line_of(line_picture(page, field.box)):
                    yield Crop(field, form["pen"], form["values"][field.name], line)


def _measured(way: Callable[[Crop], str], crops: list[Crop]) -> tuple[dict[tuple[str, str], str], float]:
    right: dict[tuple[str, str], list[bool]] = defaultdict(list)
    begin = time.process_time() + os.times().children_user
    for crop in crops:
        right[kind_of(crop.field), crop.pen].append(_bare(crop.field, way(crop)) == _bare(crop.field, crop.value))
    spent = time.process_time() + os.times().children_user - begin
    shares = {column: f"{100 * sum(hits) / len(hits):.1f} ({len(hits)})" for column, hits in right.items()}
    return defaultdict(str, shares), 1000 * spent / max(len(crops), 1)


def _bare(field: Field, text: str) -> str:
    if field.kind is FieldKind.TEXT:
        return " ".join(text.split()).casefold()
    return re.sub(r"\D", "", text)


def _faxes(folder: Path, numbers: str) -> Iterator[dict]:  # type: ignore[type-arg] # a line of truth.jsonl
    truth = next(path for path in (folder / "truth.jsonl", folder.parent / "truth.jsonl") if path.exists())
    for line in truth.read_text(encoding="utf-8").splitlines():
        fax = json.loads(line)
        number = re.search(r"(\d+)\D*$", fax["file"])
        even = number is not None and int(number[1]) % 2 == 0
        if numbers == "all" or even == (numbers == "even"):
            yield fax


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=REPOSITORY / "samples" / "faxes")
    parser.add_argument("--numbers", choices=("all", "even", "odd"), default="all")
    parser.add_argument(
        "--ways", nargs="+", choices=WAYS, default=list(WAYS), help="Tesseract is slow: a process a crop"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
