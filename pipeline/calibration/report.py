"""The measurement as files: tables as CSV, plots as SVG. No value and no name of a document stands in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sqlalchemy.orm import Session

from pipeline.calibration.known import KnownForm
from pipeline.calibration.outcomes import FormOutcome, Outcome, form_outcomes
from pipeline.calibration.reliability import Band, bands, calibration_error
from pipeline.calibration.what_if import Passing, critical_sure_and_wrong, what_if
from pipeline.exports.atomic import written_whole
from pipeline.settings import Settings

GROUPS = ("critical", "digits", "date", "text")
"""What reliability is told of: all critical fields, and what is written, by kind of reading."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Reliability by group of fields (`GROUPS`), what other thresholds would do, and the readings behind it all."""

    forms: int
    outcomes: tuple[Outcome, ...]
    reliability: Mapping[str, tuple[Band, ...]]
    errors: Mapping[str, float]  # the expected calibration error of each group
    what_if: tuple[Passing, ...]
    sure_and_wrong: tuple[int, int]  # of the critical values that no person would look at: wrong, all


def measure(session: Session, settings: Settings, known: Mapping[str, Sequence[KnownForm]]) -> Measured:
    """Measure the stored forms whose truth is known."""
    return measure_forms(session, settings, list(form_outcomes(session, known)))


def measure_forms(session: Session, settings: Settings, forms: Sequence[FormOutcome]) -> Measured:
    """Measure these forms."""
    outcomes = tuple(outcome for form in forms for outcome in form.outcomes)
    reliability = {group: tuple(bands(_of_group(outcomes, group))) for group in GROUPS}
    return Measured(
        forms=len(forms),
        outcomes=outcomes,
        reliability=reliability,
        errors={group: calibration_error(found) for group, found in reliability.items()},
        what_if=tuple(what_if(session, settings, forms)),
        sure_and_wrong=critical_sure_and_wrong(forms),
    )


def write_report(measured: Measured, folder: Path) -> list[Path]:
    """Write reliability.csv, reliability.svg, what-if.csv and what-if.svg; each appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    reliability = [{"group": group, **_row(band)} for group, found in measured.reliability.items() for band in found]
    files = {
        "reliability.csv": _csv(reliability),
        "reliability.svg": _svg(lambda axes: _draw_reliability(axes, measured)),
        "what-if.csv": _csv([_passing_row(passing) for passing in measured.what_if]),
        "what-if.svg": _svg(lambda axes: _draw_what_if(axes, measured.what_if)),
    }
    for name, text in files.items():
        with written_whole(folder / name) as file:
            file.write(text)
    return [folder / name for name in files]


def _of_group(outcomes: Iterable[Outcome], group: str) -> list[Outcome]:
    if group == "critical":
        return [outcome for outcome in outcomes if outcome.critical]
    kinds = ("comb_digits", "free_digits", "differing") if group == "digits" else (group,)
    return [outcome for outcome in outcomes if outcome.kind in kinds]


def _row(band: Band) -> dict[str, Any]:
    return {
        "from": band.low, "to": band.high, "values": band.count, "promised": round(band.promised, 5),
        "right": round(band.right.share, 5), "low": round(band.right.low, 5), "high": round(band.right.high, 5),
    }  # fmt: skip


def _passing_row(passing: Passing) -> dict[str, Any]:
    return {
        "threshold": passing.threshold, "forms": passing.forms, "passing": round(passing.passed.share, 5),
        "passing_low": round(passing.passed.low, 5), "passing_high": round(passing.passed.high, 5),
        "critical_values": passing.values, "wrong": passing.wrong, "wrong_high": round(passing.wrong_share.high, 6),
        "should_not_pass": passing.should_not,
    }  # fmt: skip


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _draw_reliability(axes: Axes, measured: Measured) -> None:
    axes.plot([0.5, 1], [0.5, 1], color="0.7", linewidth=1, label="as promised")
    for group, found in measured.reliability.items():
        promised = [band.promised for band in found]
        right = [band.right.share for band in found]
        spread = [[b.right.share - b.right.low for b in found], [b.right.high - b.right.share for b in found]]
        label = f"{group} ({sum(band.count for band in found)} values, off by {measured.errors[group]:.2%})"
        axes.errorbar(promised, right, spread, marker="o", markersize=3, linewidth=1, capsize=2, label=label)
    axes.set(xlim=(0.4, 1.01), ylim=(0.0, 1.02), xlabel="confidence", ylabel="share that was right")
    axes.legend(loc="upper left", fontsize=8)


def _draw_what_if(axes: Axes, passing: Sequence[Passing]) -> None:
    thresholds = [str(one.threshold) for one in passing]
    axes.bar(thresholds, [one.passed.share for one in passing], color="0.8", label="forms that pass")
    axes.set(xlabel="threshold of confidence", ylabel="share of forms that pass", ylim=(0, 1))
    wrong = axes.twinx()
    wrong.plot(thresholds, [one.wrong for one in passing], color="tab:red", marker="o", label="wrong values with them")
    wrong.set(ylabel="wrong critical values on them", ylim=(0, max([1, *(one.wrong for one in passing)]) * 1.1))
    axes.figure.legend(loc="upper right", fontsize=8)


def _svg(draw: Any) -> str:
    figure = Figure(figsize=(7, 5), layout="constrained")
    draw(figure.add_subplot())
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()
