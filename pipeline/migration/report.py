"""The reconciliation of a migration as files: one HTML page with its plots in it, and every table as CSV.

No patient, no value and no file's name stands in them, but for `not-taken-in.csv`, which must name the files.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from pipeline.exports.atomic import written_whole
from pipeline.migration.acceptance import Plan, plan
from pipeline.migration.figures import Reconciliation
from pipeline.quality.plots import DUPLICATE, HELD, MOST, PASSED, QUIET, csv_text, svg

ALLOWED = (0, 1, 2, 3, 5, 8)
"""Wrong forms that the plans of the table allow."""

UP_TO = 3.0
"""Error rates up to so many times the limit are shown of a plan."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is to show: an error rate (share) at a confidence, and what an hour costs (None: not told)."""

    limit: float = 0.01
    confidence: float = 0.95
    machine_hour: float | None = None
    person_hour: float | None = None


def write_report(found: Reconciliation, refused: Sequence[tuple[str, str]], asked: Asked, folder: Path) -> list[Path]:
    """Write the report; each file appears whole or not at all.

    Args:
        found: the reconciliation.
        refused: name and reason of every file that was not taken in.
        asked: what it is to show.
        folder: where to; made if it is missing.
    """
    files = {
        "reconciliation.html": _page(found, asked),
        "reconciliation.csv": csv_text(list(_lines(found))),
        "straight-through.csv": csv_text(_through_rows(found)),
        "not-taken-in.csv": csv_text([{"file": file, "reason": reason} for file, reason in refused]),
        "acceptance.csv": csv_text([_plan_row(one) for one in plans(found.sample.lot, asked)]),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        with written_whole(folder / name) as file:
            file.write(text)
    return [folder / name for name in files]


def plans(lot: int, asked: Asked) -> list[Plan]:
    """How many forms of a lot to check, by the number of wrong ones allowed; in a small lot none may be wrong."""
    return [plan(lot, asked.limit, asked.confidence, allowed) for allowed in ALLOWED if allowed <= asked.limit * lot]


# Tables


def _lines(found: Reconciliation) -> Iterator[dict[str, Any]]:
    """Every number of the page, a line each."""
    for one in found.sums:
        yield {"section": one.what, "what": f"all, by {one.how}", "number": one.total}
        yield from ({"section": one.what, "what": what, "number": number} for what, number in one.parts.items())
        yield {"section": one.what, "what": "adds up", "number": int(one.holds)}
    sections = {
        "index": found.disagreements,
        "duplicates": found.duplicates,
        "not taken in": found.refused,
        "held": {reason: held for reason, (held, _) in found.held.items()},
        "waits": {reason: waits for reason, (_, waits) in found.held.items() if waits},
        "blind checks": _sample_numbers(found),
        "cost": _cost_numbers(found),
        "left": found.left,
    }
    for section, numbers in sections.items():
        yield from ({"section": section, "what": what, "number": number} for what, number in numbers.items())


def _sample_numbers(found: Reconciliation) -> dict[str, float]:
    sample, errors = found.sample, found.sample.errors
    return {
        "forms accepted by the program": sample.lot,
        "forms chosen": sample.drawn,
        "forms keyed": sample.rate.forms,
        "forms wrong": sample.rate.forms_wrong,
        "error rate": round(errors.share, 5),
        "error rate, low": round(errors.low, 5),
        "error rate, high": round(errors.high, 5),
    }


def _cost_numbers(found: Reconciliation) -> dict[str, float]:
    cost, pages = found.cost, found.progress.pages
    return {
        "seconds on the clock": round(cost.clock, 1),
        "seconds of workers": round(cost.working, 1),
        "CPU seconds": round(cost.cpu, 1),
        "CPU seconds a page": round(cost.cpu / pages, 4) if pages else 0.0,
        "peak MB of a process": round(cost.peak_mb),
        "seconds of people": round(cost.people, 1),
    }


def _through_rows(found: Reconciliation) -> list[dict[str, Any]]:
    return [
        {
            "form": one.form_id, "year": one.year, "passed": one.passed, "duplicates": one.duplicates,
            "held": one.held, "straight_through": None if one.share is None else round(one.share, 5),
        }
        for one in found.through
    ]  # fmt: skip


def _plan_row(one: Plan) -> dict[str, Any]:
    return {
        "accepted_forms": one.lot, "error_rate": one.limit, "confidence": one.confidence, "allowed_wrong": one.allowed,
        "forms_to_check": one.checked, "passes_at_a_quarter": round(one.chance_to_pass(one.limit / 4), 4),
        "passes_at_the_limit": round(one.chance_to_pass(one.limit), 4),
    }  # fmt: skip


# The page


def _page(found: Reconciliation, asked: Asked) -> str:
    templates = Environment(
        loader=PackageLoader("pipeline.migration", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    templates.filters.update(words=_words, percent=_percent, span=_span)
    return templates.get_template("report.html").render(
        found=found,
        asked=asked,
        plans=plans(found.sample.lot, asked),
        plots=_plots(found, asked),
        money=_money(found, asked),
    )


def _money(found: Reconciliation, asked: Asked) -> Mapping[str, float]:
    """What the machines and people cost so far, and what is left to pay by the same measure; only what is known."""
    cost, money = found.cost, {}
    if asked.machine_hour is not None:
        money["machines, by CPU hours"] = cost.cpu / 3600 * asked.machine_hour
    if asked.person_hour is not None and cost.an_item is not None:
        money["people so far"] = cost.people / 3600 * asked.person_hour
        money["people, for what waits"] = (
            found.left["items of the review queue"] * cost.an_item / 3600 * asked.person_hour
        )
    return money


def _plots(found: Reconciliation, asked: Asked) -> Mapping[str, str]:
    """By name, as an address that holds the whole picture."""
    rows = len(found.through)
    drawn = {
        "through": svg(lambda axes: _draw_through(axes, found), "", (8, 1.2 + 0.34 * max(rows, 2))),
        "held": svg(lambda axes: _draw_held(axes, found), "", (8, 1.2 + 0.3 * min(max(len(found.held), 2), MOST))),
        "acceptance": svg(lambda axes: _draw_plans(axes, plans(found.sample.lot, asked), asked), "", (8, 3.2)),
    }
    return {name: _inside(picture) for name, picture in drawn.items()}


def _inside(picture: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()


def _draw_through(axes: Axes, found: Reconciliation) -> None:
    rows = found.through
    names = [f"{_words(one.form_id)} · {one.year}" for one in rows]
    left = [0] * len(rows)
    for label, colour, counts in (
        ("passed", PASSED, [one.passed for one in rows]),
        ("duplicates", DUPLICATE, [one.duplicates for one in rows]),
        ("held for a person", HELD, [one.held for one in rows]),
    ):
        axes.barh(names, counts, left=left, color=colour, label=label)
        left = [before + count for before, count in zip(left, counts, strict=True)]
    for place, (one, end) in enumerate(zip(rows, left, strict=True)):
        share = "only duplicates" if one.share is None else f"{one.share:.0%} straight through"
        axes.annotate(share, (end, place), (4, 0), textcoords="offset points", va="center", fontsize=8, color=QUIET)
    axes.invert_yaxis()
    axes.margins(x=0.22)
    axes.tick_params(labelsize=8)
    axes.set(xlabel="forms")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, fontsize=8, frameon=False)


def _draw_held(axes: Axes, found: Reconciliation) -> None:
    shown = list(found.held.items())[:MOST]
    bars = axes.barh([_words(reason) for reason, _ in shown], [held for _, (held, _) in shown], color=HELD)
    axes.bar_label(bars, [f"{held}, {waits} waiting" for _, (held, waits) in shown], padding=3, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.2)
    axes.tick_params(labelsize=8)
    axes.set(xlabel="forms and pages held for it")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _draw_plans(axes: Axes, found: Sequence[Plan], asked: Asked) -> None:
    """By the true error rate, the chance that a plan passes the migration (its operating characteristic)."""
    rates = [asked.limit * UP_TO * step / 60 for step in range(61)]
    for number, one in enumerate(found[::2]):
        label = f"{one.checked} checked, {one.allowed} wrong allowed"
        axes.plot(
            rates, [one.chance_to_pass(rate) for rate in rates], ("-", "--", ":")[number], color=QUIET, label=label
        )
    axes.axvline(asked.limit, color=HELD, linewidth=1)
    axes.axhline(1 - asked.confidence, color=HELD, linewidth=1)
    axes.set(xlabel="true share of wrong forms", ylabel="chance to pass", ylim=(0, 1.02), xlim=(0, rates[-1]))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    if found:
        axes.legend(fontsize=8, frameon=False)


def _words(slug: str) -> str:
    return slug.replace(":", ": ").replace("_", " ")


def _percent(share: float | None, decimals: int = 1) -> str:
    return "–" if share is None else f"{share:.{decimals}%}"


def _span(seconds: float | None) -> str:
    """A time as people say it."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
