"""The fit of the pens: what it finds when the truth is known."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from extractors.pens import TRAITS, field_odds
from extractors.reading import Pen
from samples.training.pen_classifier import fit, fit_pooling, logistic_regression, report, written_pages

FAXES = Path(__file__).parents[3] / "samples" / "faxes"


def test_logistic_regression_finds_the_coefficients_that_made_the_data() -> None:
    rng = np.random.default_rng(0)
    values = np.column_stack([np.ones(20_000), rng.normal(0, 1, (20_000, 2))])
    truth = np.array([0.0, 2.0, -1.0])
    typed = rng.random(len(values)) < 1 / (1 + np.exp(-values @ truth))
    assert logistic_regression(values, typed) == pytest.approx(truth, abs=0.1)


def test_fitted_weights_tell_pens_apart_by_the_trait_that_does() -> None:
    rng = np.random.default_rng(1)
    pages = []
    for pen, slant in 100 * [(Pen.TYPED, 0.0), (Pen.HAND, 0.3)]:
        noise = dict.fromkeys(TRAITS, 0.0) | {name: float(rng.normal()) for name in TRAITS}
        pages.append(
            (pen, {"patient_dob": noise | {"characters": 8.0, "clear": 1.0, "slant": slant + rng.normal(0, 0.1)}})
        )
    weights = fit(pages)
    assert weights.traits["slant"].weight < -4 * max(
        abs(weights.traits[name].weight) for name in TRAITS if name != "slant"
    )
    odds = [(pen, field_odds(page["patient_dob"], weights)) for pen, page in pages]
    assert np.mean([(value > 0) == (pen is Pen.TYPED) for pen, value in odds]) > 0.9


def test_fields_that_say_nothing_of_each_other_are_not_pooled_and_those_that_agree_are() -> None:
    rng = np.random.default_rng(2)
    names = ("patient_dob", "patient_zip", "anc_value", "prescriber_npi")

    def pages(of_page: float, of_field: float) -> list[tuple[Pen, dict[str, float]]]:
        signs = {Pen.TYPED: 1.0, Pen.HAND: -1.0}
        return [
            (pen, {name: sign + rng.normal(0, of_field) + shift for name in names})
            for pen, sign in signs.items()
            for shift in rng.normal(0, of_page, 200)
        ]

    assert fit_pooling(pages(of_page=0.0, of_field=1.0)).temper > fit_pooling(pages(of_page=3.0, of_field=0.0)).temper


def test_the_report_counts_every_field_of_the_sample_faxes_once() -> None:
    pages = list(islice(written_pages(FAXES, "odd"), 6))
    lines = list(report(pages))
    counted = sum(int(line.split()[-4]) for line in lines[1:] if not line.startswith("pages"))
    assert counted == sum(len(page.pictures) for page in pages)
    assert sum(int(line.split()[-4]) for line in lines if line.startswith("pages")) == len(pages)
