"""The dashboard and the error rates as files: tables as CSV, plots as SVG. No value and no document stands in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from pipeline.calibration.reliability import Interval
from pipeline.exports.atomic import written_whole
from pipeline.quality.figures import Dashboard
from pipeline.quality.rates import Group, Rate

PASSED, DUPLICATE, HELD, URGENT, QUIET = "#0a7d32", "#94a3b8", "#c2410c", "#7f1d1d", "#475569"
"""Green passed, grey repeats, orange a person must look; told apart by lightness too."""

MOST = 15
"""Bars of a plot; the table has all."""

LAST_WEEKS = 12
"""Likewise, of weeks."""

Files = Mapping[str, Callable[[], str]]
"""The name of a file to what makes its content, when it is wanted: plots take a while to draw."""


def write_dashboard(board: Dashboard, folder: Path) -> list[Path]:
    """Write a CSV and an SVG of each figure; each file appears whole or not at all."""
    return _write(folder, dashboard_files(board))


def dashboard_files(board: Dashboard) -> Files:
    """By its name what is in each file of the dashboard."""
    stamp = f"{board.now:%Y-%m-%d %H:%M} UTC"
    held = [{"reason": one.reason, "forms": one.forms, "waiting": one.waiting} for one in board.held]
    waiting = [{"age": one.age, "items": one.items, "urgent": one.urgent} for one in board.waiting]
    decided = [{"hour": one.start.isoformat(), "decided": one.decided} for one in board.hours]
    return {
        "days.csv": lambda: csv_text(_day_rows(board)),
        "days.svg": lambda: svg(lambda axes: _draw_days(axes, board), f"Forms by day and first decision, {stamp}"),
        "held.csv": lambda: csv_text(held),
        "held.svg": lambda: svg(lambda axes: _draw_held(axes, board), f"Held by reason, {stamp}"),
        "waiting.csv": lambda: csv_text(waiting),
        "waiting.svg": lambda: svg(lambda axes: _draw_waiting(axes, board), f"Waiting by age, {stamp}"),
        "decided.csv": lambda: csv_text(decided),
        "decided.svg": lambda: svg(lambda axes: _draw_decided(axes, board), f"Decided per hour, {stamp}"),
        "accuracy.csv": lambda: csv_text(_week_rows(board)),
        "accuracy.svg": lambda: svg(lambda axes: _draw_accuracy(axes, board), f"Field accuracy by week, {stamp}"),
    }


def write_rates(rates: Sequence[Rate], folder: Path) -> list[Path]:
    """Write error-rates.csv, and error-rates.svg with the fields that were wrong most."""
    return _write(folder, rates_files(rates))


def rates_files(rates: Sequence[Rate]) -> Files:
    """By its name what is in each file of the error rates."""
    fields = [rate for rate in rates if rate.group is Group.FIELD]
    return {
        "error-rates.csv": lambda: csv_text([_rate_row(rate) for rate in rates]),
        "error-rates.svg": lambda: svg(lambda axes: _draw_rates(axes, fields), "Wrong values that passed, by field"),
    }


# Tables


def _day_rows(board: Dashboard) -> list[dict[str, Any]]:
    return [
        {
            "day": day.day, "documents": day.documents, "forms": day.forms, "passed": day.passed,
            "duplicates": day.duplicates, "held": day.held,
            "straight_through": None if day.straight_through is None else round(day.straight_through, 5),
        }
        for day in board.days
    ]  # fmt: skip


def _week_rows(board: Dashboard) -> list[dict[str, Any]]:
    return [
        {
            "week": week.week, "forms": week.forms, "values": week.values, **_interval("right", week.right),
            "critical_values": week.critical_values, **_interval("critical_right", week.critical_right),
        }
        for week in board.weeks
    ]  # fmt: skip


def _rate_row(rate: Rate) -> dict[str, Any]:
    return {
        "group": rate.group.value, "name": rate.name, "forms": rate.forms, "forms_wrong": rate.forms_wrong,
        **_interval("form_errors", rate.form_errors), "values": rate.values, "values_wrong": rate.values_wrong,
        **_interval("value_errors", rate.value_errors), "critical_values": rate.critical,
        "critical_wrong": rate.critical_wrong, "open": rate.open, "illegible": rate.illegible,
    }  # fmt: skip


def _interval(name: str, interval: Interval) -> dict[str, float]:
    return {
        name: round(interval.share, 5), f"{name}_low": round(interval.low, 5), f"{name}_high": round(interval.high, 5)
    }  # fmt: skip


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with the same columns as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


# Plots


def _draw_days(axes: Axes, board: Dashboard) -> None:
    days = [f"{day.day:%d %b}" for day in board.days]
    parts = {
        "passed": ([day.passed for day in board.days], PASSED),
        "duplicate": ([day.duplicates for day in board.days], DUPLICATE),
        "held for a person": ([day.held for day in board.days], HELD),
    }
    bottom = [0] * len(days)
    for label, (counts, colour) in parts.items():
        axes.bar(days, counts, bottom=bottom, color=colour, label=label)
        bottom = [below + count for below, count in zip(bottom, counts, strict=True)]
    axes.set(ylabel="forms")
    _count_up(axes)
    axes.set_xticks(range(0, len(days), max(1, len(days) // 7)))
    passed, held = (sum(counts) for counts in (parts["passed"][0], parts["held for a person"][0]))
    if passed + held:
        axes.set_xlabel(f"straight through: {passed / (passed + held):.1%} of {passed + held} forms without duplicates")
    _legend_above(axes)


def _draw_held(axes: Axes, board: Dashboard) -> None:
    shown = board.held[:MOST]
    names = [one.reason.replace("_", " ") for one in shown]
    bars = axes.barh(names, [one.forms for one in shown], color=HELD)
    counts = [f"{one.forms}, {one.waiting} waiting" if one.waiting else str(one.forms) for one in shown]
    axes.bar_label(bars, counts, padding=3, fontsize=8)
    axes.margins(x=0.15)
    axes.invert_yaxis()
    axes.set(xlabel="forms held in these days (one may be held for several reasons), and what waits now")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if not shown:
        _say(axes, "nothing was held, and nothing waits")


def _draw_waiting(axes: Axes, board: Dashboard) -> None:
    ages = [one.age for one in board.waiting]
    bars = axes.bar(ages, [one.items for one in board.waiting], color=HELD, label="all")
    axes.bar(ages, [one.urgent for one in board.waiting], color=URGENT, label="of them urgent")
    axes.bar_label(bars)
    axes.set(xlabel="waiting since", ylabel="items of the review queue")
    _count_up(axes)
    _legend_above(axes)


def _draw_decided(axes: Axes, board: Dashboard) -> None:
    hours = [f"{hour.start:%d %b %H:00}" for hour in board.hours]
    axes.bar(hours, [hour.decided for hour in board.hours], color=QUIET)
    axes.set_xticks(range(0, len(hours), max(1, len(hours) // 6)))
    _count_up(axes)
    total = sum(hour.decided for hour in board.hours)
    axes.set(xlabel=f"hour from (UTC); {total} in {len(hours)} hours", ylabel="items decided")


def _draw_accuracy(axes: Axes, board: Dashboard) -> None:
    shown = board.weeks[-LAST_WEEKS:]
    groups = (
        (-0.08, QUIET, "all fields", [week.right for week in shown]),
        (0.08, HELD, "critical fields", [week.critical_right for week in shown]),
    )
    for offset, colour, label, intervals in groups:
        at = [week + offset for week in range(len(shown))]
        right = [interval.share for interval in intervals]
        axes.errorbar(at, right, _spread(intervals), fmt="o", color=colour, capsize=3, label=label)
    axes.set_xticks(range(len(shown)), [f"{week.week}\n{week.forms} forms" for week in shown])
    axes.set(ylabel="values that were right, 95 % interval")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    if shown:
        _legend_above(axes)
    else:
        _say(axes, "nothing was checked yet")


def _draw_rates(axes: Axes, fields: Sequence[Rate]) -> None:
    worst = sorted(fields, key=lambda rate: -rate.value_errors.share)[:MOST]
    names = [f"{rate.name.replace('_', ' ')} ({rate.values_wrong} of {rate.values})" for rate in worst]
    shares = [rate.value_errors for rate in worst]
    at = [interval.share for interval in shares]
    axes.errorbar(at, names, xerr=_spread(shares), fmt="o", color=HELD, capsize=3, clip_on=False)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    axes.set(xlabel="share that was wrong, 95 % interval")
    axes.grid(axis="x", color="0.9")
    if not worst:
        _say(axes, "nothing was checked yet")


def _spread(intervals: Sequence[Interval]) -> list[list[float]]:
    """How far each interval reaches below and above its share."""
    return [[one.share - one.low for one in intervals], [one.high - one.share for one in intervals]]


def _say(axes: Axes, words: str) -> None:
    """Words in the place of a plot that has nothing to show."""
    axes.clear()
    axes.set_axis_off()
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color=QUIET)


def _count_up(axes: Axes) -> None:
    """Whole numbers from nought, also where everything is nought."""
    axes.set_ylim(0, max(1, axes.get_ylim()[1]))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _legend_above(axes: Axes) -> None:
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, fontsize=8, frameon=False, borderaxespad=0.2)


def svg(draw: Callable[[Axes], None], title: str, size: tuple[float, float] = (8, 4.5)) -> str:
    """A plot with its title as SVG, `size` in inches; the same data give the same file."""
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    axes.spines[["top", "right"]].set_visible(False)
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def _write(folder: Path, files: Files) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in files.items():
        with written_whole(folder / name) as file:
            file.write(made())
    return [folder / name for name in files]
