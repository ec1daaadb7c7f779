"""Fit the curves that the program ships: `python -m samples.calibrate FOLDER ... --numbers even --out FILE`.

Each FOLDER holds faxes, `truth.jsonl`, `manifest.csv` and `registry.json`, as `samples/faxes` does. The faxes go the
whole way in a database of their own; then the readers' beliefs stand beside the truth, as `faxforms calibrate` has it,
those of all folders together. The faxes must be none that the networks were trained on, and none that are reported on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from extractors.calibration import CALIBRATION
from pipeline.calibration.curves import KINDS, as_yaml, fit_curves
from pipeline.calibration.known import load_known
from pipeline.calibration.outcomes import Outcome, form_outcomes
from pipeline.store.engine import read_only
from samples.measure import counts_in, taken_in


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the curves and print how many readings they rest on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--numbers", choices=("odd", "even", "all"), default="all", help="of the files that count")
    parser.add_argument(
        "--only", nargs=2, metavar=("KIND", "PEN"), help="fit this curve anew; the others stay as shipped"
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    outcomes = [outcome for folder in options.folders for outcome in outcomes_of(folder, options.numbers)]
    curves = fit_curves(outcomes)
    if options.only:
        kind, pen = options.only
        shipped = CALIBRATION.model_dump(mode="json")
        curves = shipped | {kind: shipped[kind] | {pen: curves[kind][pen]}}
    options.out.write_text(as_yaml(curves), encoding="utf-8")
    for kind in KINDS:
        known = [outcome.right for outcome in outcomes if outcome.kind == kind]
        print(f"{kind}: {len(known)} readings, {sum(known)} right")  # noqa: T201 - a report


def outcomes_of(folder: Path, numbers: str = "all") -> Iterator[Outcome]:
    """The outcome of every field of the folder's faxes, of those whose number counts."""
    known = {file: forms for file, forms in load_known(folder / "truth.jsonl").items() if counts_in(file, numbers)}
    with taken_in(folder) as store, Session(read_only(store.engine)) as session:
        for form in form_outcomes(session, known):
            yield from form.outcomes


if __name__ == "__main__":
    main()
