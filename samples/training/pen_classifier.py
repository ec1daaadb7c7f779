"""Fit and measure `extractors/pens.py`: which fields a machine wrote and which a hand.

`python -m samples.training.pen_classifier fit FOLDER ... --out extractors/pens.yaml` weighs the traits by logistic
regression on faxes with their `truth.jsonl`; `... measure FOLDER ... --numbers odd` counts how often the shipped
weights are right. The faxes to measure on must be none that were fitted on.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from extractors.cleaning import clean
from extractors.crops import line_picture
from extractors.fields import MARKED
from extractors.geometry import Grey
from extractors.inked import measure_ink
from extractors.limits import Limits
from extractors.opening.document import open_pages
from extractors.opening.opened import Medium
from extractors.pens import (
    TRAITS,
    PenWeights,
    Pooling,
    TraitWeight,
    classify_pens,
    field_odds,
    heard,
    is_signers,
    measure,
    pooled,
)
from extractors.read import Sight, shipped_sight
from extractors.reading import Pen
from extractors.recognition import recognise
from extractors.registration import AlignedPage
from extractors.thresholds import THRESHOLDS
from samples.measure import counts_in

HEADER = """\
# How the traits of `pens.py` tell a machine's writing from a hand's: each trait's usual value and spread, and what one
# spread above it adds to the log-odds (natural logarithm) of a machine; what the keys mean stands in `pens.py`.
# Written by `python -m samples.training.pen_classifier fit`, never by hand. Fitted on {pages} pages, {fields} fields.
"""
RIDGE = 3.0  # pull of a weight towards nothing, in observations
FEW = 1.0  # characters at which half of the evidence is heard
SUREST = 5.0  # log-odds: one field in 150 is odd enough to mislead, whatever the regression says
SURE = 2.0  # log-odds from which a pen is named: 88 %
TEMPERS, LIMITS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0), (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)
Json = Mapping[str, Any]
Numbers = npt.NDArray[np.float64]
Traits = Mapping[str, float]
LabelledOdds = Mapping[str, tuple[float, bool]]
"""By field its own log-odds, and whether a machine wrote it."""


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """The written fields of one registered page, and the pen that the truth says filled in its form."""

    pen: Pen
    pictures: Mapping[str, Grey]


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit the weights, or measure those that are shipped."""
    parser = argparse.ArgumentParser(prog="python -m samples.training.pen_classifier", description=__doc__)
    parser.add_argument("what", choices=("fit", "measure"))
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--numbers", choices=("odd", "even", "all"), default="all", help="of the files that count")
    parser.add_argument("--out", type=Path, help="where the fitted weights go")
    options = parser.parse_args(arguments)
    pages = [page for folder in options.folders for page in written_pages(folder, options.numbers)]
    if options.what == "measure":
        print("\n".join(report(pages)))  # noqa: T201 - a report
        return
    traits = [(page.pen, traits_of(page.pictures)) for page in pages]
    header = HEADER.format(pages=len(traits), fields=sum(len(fields) for _, fields in traits))
    fitted = yaml.safe_dump(fit(traits).model_dump(), sort_keys=False)
    options.out.write_text(header + fitted, encoding="utf-8")


def written_pages(folder: Path, numbers: str) -> Iterator[WrittenPage]:
    """The recognised pages of a corpus of faxes that somebody wrote on."""
    sight = shipped_sight()
    for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        if counts_in(document["file"], numbers):
            yield from _document_pages(folder, document, sight)


def _document_pages(folder: Path, document: Json, sight: Sight) -> Iterator[WrittenPage]:
    opened_pages = open_pages((folder / document["file"]).read_bytes(), Limits())
    for opened, place in zip(opened_pages, document["pages"], strict=False):
        if place["kind"] != "form" or opened.grey is None or opened.medium is Medium.DIGITAL:
            continue
        page, form = recognise(clean(opened.grey), sight.blanks).page, document["forms"][place["form"]]
        if page and (page.blank.definition.form_id, page.blank.page) == (form["form_id"], place["form_page"]):
            pictures = _written_pictures(page, form["values"])
            if pictures and form["pen"] != Pen.DIGITAL:
                yield WrittenPage(Pen.TYPED if form["pen"] == Pen.TYPED else Pen.HAND, pictures)


def _written_pictures(page: AlignedPage, values: Json) -> dict[str, Grey]:
    fields = page.blank.definition.fields_on(page.blank.page)
    pictures = {
        field.name: line_picture(page, field.box)
        for field in fields
        if field.kind not in MARKED and values.get(field.name)
    }
    return {
        name: picture for name, picture in pictures.items() if measure_ink(picture).area > THRESHOLDS.writing.empty_area
    }


def traits_of(pictures: Mapping[str, Grey]) -> dict[str, Traits]:
    """The traits of a page's fields, those without a character left out."""
    return {name: traits for name, picture in pictures.items() if (traits := measure(picture))}


def fit(pages: Sequence[tuple[Pen, Mapping[str, Traits]]]) -> PenWeights:
    """The traits' weights first, each field by itself; then what the fields of a page count for each other."""
    fields = [(pen, traits) for pen, page in pages for traits in page.values()]
    typed = np.array([pen is Pen.TYPED for pen, _ in fields])
    values = np.array([[traits[name] for name in TRAITS] for _, traits in fields])
    shares = np.array([heard(traits, FEW) for _, traits in fields])
    middles, spreads = values.mean(0), values.std(0)
    evidence = np.column_stack([np.ones(len(values)), (values - middles) / spreads]) * shares[:, None]
    intercept, *coefficients = logistic_regression(evidence, typed).round(3).tolist()
    weights = PenWeights(
        intercept=intercept,
        few=FEW,
        surest=SUREST,
        sure=SURE,
        pooling=Pooling(temper=1.0, limit=0.0),
        traits={
            name: TraitWeight(middle=round(float(middle), 4), spread=round(float(spread), 4), weight=weight)
            for name, middle, spread, weight in zip(TRAITS, middles, spreads, coefficients, strict=True)
        },
    )
    odds = [(pen, {name: field_odds(traits, weights) for name, traits in page.items()}) for pen, page in pages]
    return weights.model_copy(update={"pooling": fit_pooling(odds)})


def logistic_regression(values: Numbers, typed: npt.NDArray[np.bool_]) -> Numbers:
    """The coefficients by Newton's method, both pens weighing the same (Hosmer and Lemeshow, 2000).

    Args:
        values: fields x coefficients, the intercept's first.
        typed: fields.
    """
    balance = np.where(typed, 0.5 / typed.mean(), 0.5 / (1 - typed.mean()))
    ridge = RIDGE * np.diag([0.0] + [1.0] * (values.shape[1] - 1))
    found = np.zeros(values.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-values @ found))
        slope = values.T @ (balance * (typed - chance)) - ridge @ found
        curve = (values * (balance * chance * (1 - chance))[:, None]).T @ values + ridge
        found = found + np.linalg.solve(curve, slope)
    return np.asarray(found, np.float64)


def fit_pooling(pages: Sequence[tuple[Pen, Mapping[str, float]]]) -> Pooling:
    """The pooling under which the fields' pens are likeliest, on the pages and on pages finished by another pen."""
    labelled = [{name: (odds, pen is Pen.TYPED) for name, odds in page.items()} for pen, page in pages]
    mixed = [*labelled, *_finished_by_hand(labelled)]

    def surprise(temper: float, limit: float) -> float:
        return sum(_surprise(page, Pooling(temper=temper, limit=limit)) for page in mixed)

    temper, limit = min(product(TEMPERS, LIMITS), key=lambda pair: surprise(*pair))
    return Pooling(temper=temper, limit=limit)


def _surprise(page: LabelledOdds, pooling: Pooling) -> float:
    belief = pooled({name: odds for name, (odds, _) in page.items()}, pooling)
    signs = np.array([1.0 if typed else -1.0 for _, typed in page.values()])
    return float(np.logaddexp(0, -signs * np.array(list(belief.fields.values()))).sum())


def _finished_by_hand(pages: Sequence[LabelledOdds]) -> Iterator[LabelledOdds]:
    """Every second typed page once more, a field of it from a handwritten page."""
    by_hand = [field for page in pages for field in page.values() if not field[1]]
    typed = [page for page in pages if page and all(of_machine for _, of_machine in page.values())]
    for number, page in enumerate(typed[::2]):
        name = list(page)[number % len(page)]
        yield {**page, name: by_hand[number * len(by_hand) // len(typed)]}


def report(pages: Sequence[WrittenPage]) -> Iterator[str]:
    """What the shipped weights say of each pen's fields and pages, as lines of a table.

    The truth names one pen a form; the dates beside signatures on typed forms are told apart, as either may be right.
    """
    counts: dict[str, Counter[Pen]] = {}
    for page in pages:
        belief = classify_pens(page.pictures)
        counts.setdefault(f"pages, {page.pen}", Counter())[belief.page_pen] += 1
        for name in belief.fields:
            signed = page.pen is Pen.TYPED and is_signers(name)
            what = "dates of signature on typed forms" if signed else f"fields, {page.pen}"
            counts.setdefault(what, Counter())[belief.pen(name)] += 1
    yield f"{'':36}{'all':>7}" + "".join(f"{pen:>9}" for pen in (Pen.TYPED, Pen.HAND, Pen.UNKNOWN))
    for what, found in sorted(counts.items()):
        numbers = "".join(f"{found[pen]:9}" for pen in (Pen.TYPED, Pen.HAND, Pen.UNKNOWN))
        yield f"{what:36}{found.total():7}{numbers}"


if __name__ == "__main__":
    main()
