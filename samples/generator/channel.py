"""The way of a sheet through copier, scanner, fax machine and line: what `send` does, and how hard each damage can be.

A damage is drawn with its own chance and amount, both growing with the severity (0 a clean machine, 1 the worst that
still is a page). The same seed gives the same page, bit by bit. Levels were set by looking at faxes: at severity 0.4 a
page looks like an average one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.random import Generator

from samples.generator import line, paper, scanner
from samples.generator.paper import Grey, Sheet
from samples.generator.placement import POINTS_PER_INCH, STRAIGHT, Placement

Step = Callable[[Sheet, float, Generator], Sheet]


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that happened to a page: the step's name, how much, and the unit."""

    name: str
    amount: float
    unit: str


@dataclass(frozen=True, slots=True)
class Machine:
    """What draws the page in: dots per inch (x, y), the paper's width in mm that it sees, and what it knows."""

    name: str
    dpi: tuple[float, float]
    bilevel: bool = True
    on_a_line: bool = True  # scan lines can be lost and a header is printed
    corrects: bool = False  # the line corrects errors (ECM): no line is damaged


FAX_STANDARD = Machine("fax standard", (204.0, 98.0))
FAX_FINE = Machine("fax fine", (204.0, 196.0))
FAX_SQUARE = Machine("fax 200", (200.0, 200.0), corrects=True)
FAX_300 = Machine("fax 300", (300.0, 300.0), corrects=True)
SCAN_150 = Machine("scan 150", (150.0, 150.0), bilevel=False, on_a_line=False)
SCAN_200 = Machine("scan 200", (200.0, 200.0), bilevel=False, on_a_line=False)
MACHINES = (FAX_STANDARD, FAX_FINE, FAX_SQUARE, FAX_300, SCAN_150, SCAN_200)
FAX_POINTS = 8.5 * POINTS_PER_INCH  # the width that a fax machine draws in
FAX_WIDTH = 1728  # dots of a fax line of 215 mm (T.4), whatever lies on the glass


class Stage(StrEnum):
    """When a damage happens."""

    PAPER = "paper"
    FEED = "feed"
    SENSOR = "sensor"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Span:
    """How often and how hard a damage strikes.

    `chance`: at severity 0 and 1. `amount`: smallest, and largest at severity 1. `both_ways`: also below 0.
    """

    step: Step
    stage: Stage
    unit: str
    chance: tuple[float, float]
    amount: tuple[float, float]
    both_ways: bool = False

    @property
    def name(self) -> str:
        """The step's own name."""
        return self.step.__name__


DAMAGES = (
    Span(paper.print_blur, Stage.PAPER, "mm", (0.8, 1.0), (0.02, 0.14)),
    Span(paper.ink_spread, Stage.PAPER, "mm", (0.05, 0.3), (0.01, 0.09)),
    Span(paper.ink_wear, Stage.PAPER, "mm", (0.05, 0.3), (0.005, 0.04)),
    Span(paper.photocopy, Stage.PAPER, "generations", (0.02, 0.5), (1, 3.4)),
    Span(paper.paper_tone, Stage.PAPER, "grey levels", (0.1, 0.6), (5, 70)),
    Span(paper.fold, Stage.PAPER, "folds", (0.0, 0.15), (1, 2.4)),
    Span(paper.punch_holes, Stage.PAPER, "holes", (0.0, 0.12), (2, 3.4)),
    Span(paper.dark_edge, Stage.PAPER, "mm", (0.05, 0.5), (0.5, 9)),
    Span(paper.dirt, Stage.PAPER, "specks", (0.3, 1.0), (3, 160)),
    Span(scanner.skew, Stage.FEED, "degrees", (0.9, 1.0), (0.05, 5.0), both_ways=True),
    Span(scanner.scale, Stage.FEED, "percent", (0.1, 0.6), (0.2, 16), both_ways=True),
    Span(scanner.aspect, Stage.FEED, "percent", (0.2, 0.8), (0.1, 3), both_ways=True),
    Span(scanner.shear, Stage.FEED, "mm", (0.05, 0.5), (0.2, 4), both_ways=True),
    Span(scanner.shift, Stage.FEED, "mm", (0.7, 1.0), (0.2, 12)),
    Span(scanner.uneven_feed, Stage.FEED, "mm", (0.05, 0.5), (0.2, 3.5)),
    Span(scanner.too_dark, Stage.SENSOR, "grey levels", (0.15, 0.5), (2, 60)),
    Span(scanner.too_light, Stage.SENSOR, "grey levels", (0.15, 0.4), (2, 35)),  # with more, thin ink is gone
    Span(scanner.sensor_noise, Stage.SENSOR, "grey levels", (0.5, 1.0), (1, 22)),
    Span(scanner.streaks, Stage.SENSOR, "streaks", (0.01, 0.3), (1, 4)),
    Span(line.damaged_lines, Stage.LINE, "bursts", (0.0, 0.6), (1, 24)),
    Span(line.lost_lines, Stage.LINE, "lines", (0.0, 0.4), (1, 30)),
    Span(line.repeated_lines, Stage.LINE, "lines", (0.0, 0.2), (1, 12)),
    Span(line.cut_below, Stage.LINE, "mm", (0.0, 0.1), (1, 12)),
)

BINARISATIONS = (  # step, unit, weight, smallest and largest amount
    (scanner.threshold, "grey level", 0.78, (112.0, 162.0)),
    (scanner.local_threshold, "grey levels", 0.10, (14.0, 45.0)),
    (scanner.ordered_dither, "contrast", 0.07, (0.25, 1.0)),
    (scanner.diffuse, "", 0.05, (1.0, 1.0)),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A page as it came out: 0 black to 255 white, dots per inch (x, y), and what happened to it.

    `placement` takes points of the upright sheet to pixels of `image`.
    """

    image: Grey
    dpi: tuple[float, float]
    damages: tuple[Damage, ...]
    placement: Placement


def send(
    page: Grey,
    rng: Generator,
    severity: float,
    machine: Machine = FAX_FINE,
    *,
    source_dpi: float = 300.0,
    header: str | None = None,
    turned: int = 0,
) -> Sent:
    """Send a page (grey, at `source_dpi`) by the machine; `severity` 0 to 1, `turned` degrees clockwise."""
    height, width = page.shape
    points = (width / source_dpi * POINTS_PER_INCH, height / source_dpi * POINTS_PER_INCH)
    sheet = scanner.turn(Sheet(page, (source_dpi, source_dpi), points, STRAIGHT), turned, rng)
    if machine.on_a_line:
        sheet = scanner.reduce_to(sheet, FAX_POINTS)
    drawn = [(span, draw(span, rng, severity)) for span in DAMAGES]
    done: list[Damage] = []

    def through(stage: Stage, sheet: Sheet) -> Sheet:
        for span, amount in drawn:
            if span.stage is stage and amount is not None:
                sheet = span.step(sheet, amount, rng)
                done.append(Damage(span.name, round(amount, 3), span.unit))
        return sheet

    sheet = through(Stage.FEED, through(Stage.PAPER, sheet))
    sheet = through(
        Stage.SENSOR, fit_width(scanner.scan(sheet, machine.dpi, int(rng.choice([255, 255, 250, 0]))), machine)
    )
    if machine.bilevel:
        sheet, damage = binarise(sheet, rng, severity)
        done.append(damage)
    if machine.on_a_line and not machine.corrects:
        sheet = through(Stage.LINE, sheet)
    if header is not None:
        sheet = line.header_line(sheet, header, rng)
    return Sent(sheet.image, sheet.dpi, tuple(done), sheet.placement)


def draw(span: Span, rng: Generator, severity: float) -> float | None:
    """How hard the damage strikes, or None when it does not; always takes the same number of random draws."""
    strikes, reach, sign = rng.random(), rng.beta(1.3, 2.2), rng.choice([-1.0, 1.0])
    rare, common = span.chance
    smallest, largest = span.amount
    if strikes >= rare + (common - rare) * severity:
        return None
    amount = smallest + (largest - smallest) * severity * float(reach)
    return amount * float(sign) if span.both_ways else amount


def binarise(sheet: Sheet, rng: Generator, severity: float) -> tuple[Sheet, Damage]:
    """Black and white by one of the ways that machines have; the odd ones come with severity."""
    weights = np.array([weight for _, _, weight, _ in BINARISATIONS])
    weights[1:] *= 2 * severity
    step, unit, _, (low, high) = BINARISATIONS[int(rng.choice(len(BINARISATIONS), p=weights / weights.sum()))]
    amount = float(rng.uniform(low, high))
    return step(sheet, amount, rng), Damage(step.__name__, round(amount, 3), unit)


def fit_width(sheet: Sheet, machine: Machine) -> Sheet:
    """The page on the width of a fax line (T.4: 1728 dots whatever the paper): white added or cut at the right."""
    if machine not in (FAX_STANDARD, FAX_FINE):
        return sheet
    height, width = sheet.image.shape
    fitted = np.full((height, FAX_WIDTH), 255, np.uint8)
    fitted[:, : min(width, FAX_WIDTH)] = sheet.image[:, :FAX_WIDTH]
    return replace(sheet, image=fitted)
