"""Make a corpus of faxes: `python -m samples.generator --out DIR --count N --seed S`."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import cv2
import numpy as np

from extractors.definition_files import load_definitions
from samples.generator import digits, faces
from samples.generator.contents import IN_ORDER
from samples.generator.documents import MEDIA, PENS, Plan, Supplies, draw_plan, make_document
from samples.generator.hand import Pen
from samples.generator.people import draw_programme


def main(argv: list[str] | None = None) -> int:
    """Write faxes/, truth.jsonl, manifest.csv and registry.json into the folder given on the command line."""
    args = _arguments(argv)
    cv2.setNumThreads(1)
    rng = np.random.default_rng(args.seed)
    programme = draw_programme(rng, patients=60 + 2 * args.count)
    supplies = Supplies(
        definitions={definition.form_id: definition for definition in load_definitions()},
        programme=programme,
        faces=faces.load_faces(args.fonts),
        digits=digits.load_digits(args.mnist, tuple(args.mnist_part)),
        pens=tuple(Pen(pen) for pen in args.only_pen or PENS),
        media=tuple(args.only_medium or MEDIA),
        forms=tuple(args.only_form) if args.only_form else None,
        severity=tuple(args.severity),
    )
    free = list(programme.patients)
    plans: list[Plan] = []
    for number in range(args.count):
        plans.append(draw_plan(number, plans, supplies, free, rng))
    (args.out / "faxes").mkdir(parents=True, exist_ok=True)
    (args.out / "registry.json").write_text(json.dumps(programme.registry(), indent=1), encoding="utf-8")
    _write(plans, supplies, args.out)
    return 0


def _write(plans: list[Plan], supplies: Supplies, out: Path) -> None:
    with (
        (out / "truth.jsonl").open("w", encoding="utf-8") as truths,
        (out / "manifest.csv").open("w", newline="", encoding="utf-8") as manifest,
    ):
        rows = csv.writer(manifest, lineterminator="\n")
        rows.writerow(["file", "received"])
        for plan in plans:
            name, data, truth = make_document(plan, supplies)
            (out / name).write_bytes(data)
            truths.write(json.dumps(truth) + "\n")
            rows.writerow([name, plan.received])
            sys.stderr.write(f"\r{plan.number + 1}/{len(plans)}")
    sys.stderr.write("\n")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m samples.generator", description=(__doc__ or "").strip())
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--count", type=int, default=20, metavar="N", help="documents (default 20)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed makes the same corpus")
    parser.add_argument(
        "--mnist", type=Path, default=digits.SHIPPED, metavar="FILE", help="digits, an .npz (images, labels)"
    )
    parser.add_argument("--mnist-part", type=float, nargs=2, default=(0.0, 1.0), metavar=("FROM", "TO"),
                        help="use only this part of the digits, as shares of the set, such as 0.8 1")  # fmt: skip
    parser.add_argument("--fonts", type=Path, default=faces.SHIPPED, metavar="DIR", help="faces, a folder each")
    parser.add_argument("--only-pen", nargs="+", choices=[str(pen) for pen in PENS], help="only these pens")
    parser.add_argument("--only-medium", nargs="+", choices=list(MEDIA), help="only these kinds of files")
    parser.add_argument("--only-form", nargs="+", choices=list(IN_ORDER), help="only these forms, and no foreign pages")
    parser.add_argument("--severity", type=float, nargs=2, default=(0.0, 1.0), metavar=("FROM", "TO"),
                        help="how badly paper, scanner and line behave, 0 to 1")  # fmt: skip
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
