"""Measure what the readers' beliefs are worth: `python -m samples.calibrate FOLDER ... --numbers even --out FILE`.

Each FOLDER holds faxes with their `truth.jsonl`. For every number and text that was written, the reader's belief is set
beside whether it read right; isotonic regression (Barlow et al., 1972) makes a rising curve of it, which `extractors`
ships as `calibration.yaml`. The faxes must be none that the networks were trained on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.optimize import isotonic_regression

from extractors.cleaning import clean
from extractors.confidence import number_belief
from extractors.crops import line_picture
from extractors.definition import Field, FieldKind
from extractors.fields import MARKED, ink_area
from extractors.fillable_values import typed_value
from extractors.limits import Limits
from extractors.numbers import is_number, read_numbers
from extractors.opening.document import open_pages
from extractors.opening.opened import Medium
from extractors.read import Sight, shipped_sight
from extractors.recognition import recognise
from extractors.registration import AlignedPage
from extractors.text import read_text
from extractors.thresholds import THRESHOLDS
from samples.measure import counts_in, same_value

HEADER = """\
# What a reader's own belief (left) is worth as a chance of being right (right), between the points by straight lines.
# Written by `python -m samples.calibrate`, never by hand.
"""
FEWEST = 40  # readings to a point of the curve
SUREST = 0.9995  # no finite sample shows more
Json = Mapping[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the curves and print how many readings they rest on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--numbers", choices=("odd", "even", "all"), default="all", help="of the files that count")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    sight = shipped_sight()
    beliefs: dict[str, list[tuple[float, bool]]] = {"number": [], "text": []}
    for folder in options.folders:
        for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines():
            document = json.loads(line)
            if counts_in(document["file"], options.numbers):
                for kind, belief, right in readings(folder, document, sight):
                    beliefs[kind].append((belief, right))
    curves = {kind: curve(pairs) for kind, pairs in beliefs.items()}
    options.out.write_text(HEADER + yaml.safe_dump(curves, default_flow_style=None), encoding="utf-8")
    for kind, pairs in beliefs.items():
        print(f"{kind}: {len(pairs)} readings, {sum(right for _, right in pairs)} right")  # noqa: T201 - a report


def readings(folder: Path, document: Json, sight: Sight) -> Iterator[tuple[str, float, bool]]:
    """Kind, belief and whether it was right, of everything written on a fax's recognised pages."""
    for opened, page in zip(
        open_pages((folder / document["file"]).read_bytes(), Limits()), document["pages"], strict=False
    ):
        if page["kind"] != "form" or opened.grey is None or opened.medium is Medium.DIGITAL:
            continue
        found = recognise(clean(opened.grey), sight.blanks).page
        form = document["forms"][page["form"]]
        if found and (found.blank.definition.form_id, found.blank.page) == (form["form_id"], page["form_page"]):
            yield from _page_readings(found, form)


def _page_readings(page: AlignedPage, form: Json) -> Iterator[tuple[str, float, bool]]:
    fields = [
        field
        for field in page.blank.definition.fields_on(page.blank.page)
        if field.kind not in MARKED and field.name in form["values"] and field.name not in form.get("struck", ())
    ]
    lines = {field.name: line_picture(page, field.box) for field in fields}
    written = [field for field in fields if ink_area(lines[field.name]) > THRESHOLDS.writing.empty_area]
    for name, number in read_numbers(page, [field for field in written if is_number(field)], lines).items():
        if number.agree and not number.struck:
            field = page.blank.definition.field(name)
            yield "number", number_belief(number), _right(field, form, typed_value(field, number.text).value)
    for field in written:
        if not is_number(field) and field.kind is FieldKind.TEXT:
            text = read_text(lines[field.name], field)
            yield "text", text.confidence, _right(field, form, text.text)


def _right(field: Field, form: Json, value: str | None) -> bool:
    return same_value(field.kind, form["values"][field.name], value)


def curve(pairs: Sequence[tuple[float, bool]]) -> list[list[float]]:
    """Points of a rising curve from belief to chance, with at least `FEWEST` readings to each."""
    ordered = np.array(sorted(pairs), float)
    groups = np.array_split(ordered, max(1, len(ordered) // FEWEST))
    blocks = isotonic_regression(
        [group[:, 1].mean() for group in groups], weights=[len(group) for group in groups]
    ).blocks
    points = [[0.0, 0.0]]
    for first, after in pairwise(blocks.tolist()):
        block = np.concatenate(groups[first:after])
        # a block without an error is no proof of certainty: half an error more is assumed than was seen
        chance = float((block[:, 1].sum() + 1.0) / (len(block) + 1.5))
        chance = round(min(max(chance, points[-1][1]), SUREST), 5)
        points += [[round(float(belief), 5), chance] for belief in (block[0, 0], block[-1, 0])]
    return [*points, [1.0, points[-1][1]]]


if __name__ == "__main__":
    main()
