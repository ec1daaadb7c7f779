"""A taught revision read beside the known form: `python -m samples.revision_faxes [--count 30]`.

Prints how much of the fields is read right on faxes of the known Patient Status Form, and on those of its revision,
which is learnt from its blank like the known one. Both are filled with the same contents by the same hands, and go
through the same line.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from extractors.blanks import load_blank_pages
from extractors.definition import FormDefinition
from extractors.definition_files import SHIPPED, load_definition
from extractors.definition_saving import save_definition
from extractors.learning.learn import header, learn, put_down
from extractors.limits import Limits
from extractors.read import Sight, read_document
from pipeline.calibration.known import same_value
from samples import psf_revision
from samples.generator.digits import load_digits
from samples.generator.documents import Plan, Supplies, draw_plan, make_document
from samples.generator.faces import load_faces
from samples.generator.hand import Pen
from samples.generator.people import draw_programme

Truth = Mapping[str, Any]
PENS = (Pen.TYPED, Pen.HAND, Pen.REAL)


def write_faxes(
    folder: Path, form: FormDefinition, count: int, seed: int, pens: Sequence[Pen] = PENS, hardest: float = 0.5
) -> list[Truth]:
    """Write faxes of a status form, `manifest.csv` and `registry.json`; what stands on each fax.

    Args:
        folder: where they go.
        form: the form as it is, filled with what the known status form would say.
        count: documents; each has one form.
        seed: the same seed makes the same contents and paper, whatever the form.
        pens: who writes.
        hardest: severity of the channel, at most.
    """
    rng = np.random.default_rng(seed)
    programme = draw_programme(rng, patients=60 + 2 * count)
    supplies = Supplies({psf_revision.LIKE: form}, programme, load_faces(), load_digits(), tuple(pens), ("g4",),
                        (psf_revision.LIKE,), (0.0, hardest))  # fmt: skip
    free, plans = list(programme.patients), list[Plan]()
    while len(plans) < count:
        plan = draw_plan(len(plans), (), supplies, free, rng)
        if len(plan.forms) == 1:
            plans.append(plan)
    (folder / "faxes").mkdir(parents=True, exist_ok=True)
    (folder / "registry.json").write_text(json.dumps(programme.registry()), encoding="utf-8")
    truths: list[Truth] = []
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as manifest:
        rows = csv.writer(manifest, lineterminator="\n")
        rows.writerow(["file", "received"])
        for plan in plans:
            name, data, truth = make_document(plan, supplies)
            (folder / name).write_bytes(data)
            rows.writerow([name, plan.received])
            truths.append(truth)
    return truths


def right(form: FormDefinition, true: Truth, read: Mapping[str, Any]) -> Counter[str]:
    """Of the fields of a form how many there are and how many are read right; those struck out are left out."""
    counts: Counter[str] = Counter()
    for field in form.fields:
        if field.name in read and field.name not in true.get("struck", ()):
            counts["fields"] += 1
            counts["right"] += same_value(field.kind, true["values"].get(field.name), read[field.name])
    return counts


def main() -> None:
    """Print the two figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=30, help="faxes of each form (default 30)")
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    with TemporaryDirectory() as work:
        known = load_definition(SHIPPED / psf_revision.LIKE)
        draft = learn(psf_revision.blank(), psf_revision.FORM_ID, known)
        learnt = save_definition(Path(work) / "taught", *put_down(draft), draft.blank, header(draft))
        drawn = psf_revision.definition(Path(work))
        sight = Sight((known, learnt), load_blank_pages((known, learnt)))
        for form, paper in ((known, known), (learnt, drawn)):
            counts: Counter[str] = Counter()
            for truth in write_faxes(Path(work) / form.form_id, paper, options.count, options.seed):
                data = (Path(work) / form.form_id / truth["file"]).read_bytes()
                counts["forms"] += 1
                for read in read_document(data, Limits(), sight).forms:
                    if read.form_id == form.form_id:
                        counts["recognised"] += 1
                        values = {name: reading.value for name, reading in read.readings.items()}
                        counts += right(form, truth["forms"][0], values)
            share = counts["right"] / counts["fields"]
            forms = f"{counts['recognised']} of {counts['forms']} forms recognised"
            told = f"{counts['right']} of {counts['fields']} fields right ({share:.2%})"
            print(f"{form.form_id}: {forms}, {told}")  # noqa: T201 - a report


if __name__ == "__main__":
    main()
