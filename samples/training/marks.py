"""Fit what tells a plain mark from an odd one: `python -m samples.training.marks fit --out extractors/marks.yaml`.

Draws forms whose boxes hold every kind of mark (`mark_pages.py`), faxes and registers them, measures every box, and
fits a logistic regression on the metrics. Seeded: the same seed gives the same weights. `measure` draws other forms and
says how each kind of mark was read.
"""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import yaml
from scipy.optimize import minimize

from extractors.blanks import load_blank_pages
from extractors.definition_files import load_definitions
from extractors.mark_metrics import MarkMetrics, measure
from extractors.marks import printed_squares, read_mark
from extractors.registration import AlignedPage
from samples.generator.digits import load_digits
from samples.generator.faces import load_faces
from samples.training.mark_pages import DrawnMark, Truth, mark_pages

log = logging.getLogger("marks")

KNOTS = {  # places from which on a metric may say more or less than before
    "inside": (0.1, 0.25, 0.5, 0.8), "core": (0.1, 0.5, 0.9), "broadest": (0.2, 0.4, 0.7), "runs": (0.8, 1.2, 1.6, 2.0),
    "around": (0.05, 0.15, 0.35, 0.6, 1.0), "exits": (1.0, 2.0, 3.0, 4.0, 5.0), "ring": (0.15, 0.3, 0.5, 0.75),
    "foreign": (0.5,),
}  # fmt: skip
ODD_WEIGHT = 0.3  # odd boxes are drawn more often than they come in
PENALTY = 0.1  # on squared weights, each metric in its own standard deviations
HEADER = """\
# Whether what was drawn in and around a check box is odd (scratched out, ringed, beside the box): a logistic regression
# on the metrics of mark_metrics.py. Fitted, not chosen: python -m samples.training.marks fit
# {forms} forms, seed {seed}: {boxes} boxes, {odd} of them odd.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, measure, fit, write."""
    options = _options(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    cv2.setNumThreads(1)
    if options.task == "measure":
        for (kind, truth, state), count in sorted(readings(options.forms, options.seed).items()):
            print(f"{kind:12} drawn {truth:4} read {state:7} {count:6}")  # noqa: T201 - a report
        return
    metrics, odd = drawn_boxes(options.forms, options.seed)
    header = HEADER.format(forms=options.forms, seed=options.seed, boxes=len(odd), odd=int(odd.sum()))
    options.out.write_text(header + as_yaml(fit(metrics, odd)), encoding="utf-8")


def drawn_pages(forms: int, seed: int) -> Iterator[tuple[AlignedPage, list[DrawnMark]]]:
    """The registered pages of so many forms, with what was drawn on them."""
    blanks = {(blank.definition.form_id, blank.page): blank for blank in load_blank_pages(load_definitions())}
    faces, digits = load_faces(), load_digits()
    for number in range(forms):
        yield from mark_pages(blanks, faces, digits, np.random.default_rng([seed, number]))
        if number % 50 == 49:
            log.info("form %d of %d", number + 1, forms)


def readings(forms: int, seed: int) -> Counter[tuple[str, str, str]]:
    """How often a kind of mark, with its truth, was read on, off or unsure."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for page, drawn in drawn_pages(forms, seed):
        squares = printed_squares(page.blank)
        for mark in drawn:
            found = read_mark(page, mark.box, squares, words=mark.kind == "words")
            counts[mark.kind, str(mark.truth), str(found.state)] += 1
    return counts


def drawn_boxes(forms: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The metrics (N x 8) of all boxes of so many forms, and whether each is odd (N bool)."""
    metrics, odd = [], []
    for page, drawn in drawn_pages(forms, seed):
        squares = printed_squares(page.blank)
        for mark in drawn:
            if mark.kind != "words":  # a ring round the words is looked for by itself
                metrics.append(measure(page, mark.box, squares).as_array())
                odd.append(mark.truth is Truth.ODD)
    return np.array(metrics), np.array(odd)


def fit(metrics: np.ndarray, odd: np.ndarray) -> np.ndarray:
    """The bias and the weights, metric after metric, each from 0 and from its knots on."""
    scales = np.repeat(metrics.std(0), [1 + len(knots) for knots in KNOTS.values()])
    bent = [np.maximum(metrics[:, i] - knot, 0) for i, knots in enumerate(KNOTS.values()) for knot in (0.0, *knots)]
    inputs = np.column_stack([np.ones(len(metrics)), np.column_stack(bent) / scales])
    sign, weight = np.where(odd, 1.0, -1.0), np.where(odd, ODD_WEIGHT, 1.0)

    def loss(v: np.ndarray) -> tuple[float, np.ndarray]:
        against = np.logaddexp(0, -sign * (inputs @ v))
        slope = -weight * sign * -np.expm1(-against)
        return float(weight @ against + PENALTY / 2 * v @ v), inputs.T @ slope + PENALTY * v

    found = minimize(loss, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 1000})
    return np.asarray(found.x) / np.concatenate([[1.0], scales])


def as_yaml(weights: np.ndarray) -> str:
    """The weights as `extractors.marks.OddClassifier` reads them."""
    names = [field.name for field in fields(MarkMetrics)]
    if names != list(KNOTS):
        raise ValueError("KNOTS names other metrics than are measured")
    metrics, at = {}, 1
    for name, knots in KNOTS.items():
        says = [round(float(weight), 3) for weight in weights[at : at + 1 + len(knots)]]
        metrics[name], at = {"knots": list(knots), "weights": says}, at + 1 + len(knots)
    return yaml.safe_dump({"bias": round(float(weights[0]), 3), "metrics": metrics}, sort_keys=False, width=110)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m samples.training.marks", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    for name, seed in (("fit", 2), ("measure", 3)):
        task = tasks.add_parser(name)
        task.add_argument("--forms", type=int, default=450)
        task.add_argument("--seed", type=int, default=seed)
    tasks.choices["fit"].add_argument("--out", type=Path, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
