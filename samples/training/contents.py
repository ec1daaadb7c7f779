"""What people write into the fields that the recogniser reads: dates, numbers, counts, codes."""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Callable

import numpy as np

_FIRST_DAY = dt.date(1925, 1, 1)
_DAYS = (dt.date(2032, 1, 1) - _FIRST_DAY).days


def comb_content(rng: np.random.Generator) -> tuple[str, int, bool]:
    """What stands in a comb: its characters by cell (a space is an empty cell), the cells, and if it is for a date.

    A date comb has ten cells, the 3rd and 6th of which hold a printed slash and are left alone.
    """
    kind = rng.choice(
        ["date", "ten", "zip", "count", "code", "any", "empty"], p=[0.32, 0.22, 0.1, 0.16, 0.08, 0.08, 0.04]
    )
    if kind == "date":
        return any_date(rng).strftime("%m %d %Y"), 10, True
    if kind == "ten":
        return some_digits(rng, 10), 10, False
    if kind == "zip":
        return some_digits(rng, 5), 5, False
    if kind == "count":
        text = count_in_cells(rng)
        return (text.ljust(5) if rng.random() < 0.75 else text.rjust(5)), 5, False
    if kind == "code":
        return _letters(rng, 2) + some_digits(rng, 7), 9, False
    if kind == "any":
        length = int(rng.integers(2, 11))
        characters = list(string.digits + string.ascii_uppercase + " /.,-")
        return "".join(rng.choice(characters, length)), length, False
    cells = int(rng.choice([5, 7, 10]))
    return " " * cells, cells, False


def line_content(rng: np.random.Generator) -> str:
    """What stands on a free line."""
    kinds: tuple[tuple[float, Callable[[np.random.Generator], str]], ...] = (
        (0.34, _date_as_written),
        (0.22, _phone),
        (0.14, lambda rng: some_digits(rng, 10)),
        (0.08, lambda rng: some_digits(rng, 5)),
        (0.10, _count_with_unit),
        (0.06, code),
        (0.04, _any),
        (0.02, lambda rng: ""),  # noqa: ARG005  # an empty line needs no chance
    )
    return kinds[rng.choice(len(kinds), p=[share for share, _ in kinds])][1](rng)


def any_date(rng: np.random.Generator) -> dt.date:
    """A day between 1925 and 2031."""
    return _FIRST_DAY + dt.timedelta(days=int(rng.integers(_DAYS)))


def _date_as_written(rng: np.random.Generator) -> str:
    day = any_date(rng)
    separator = str(rng.choice(["/", "-", ".", " "], p=[0.8, 0.13, 0.04, 0.03]))
    if rng.random() < 0.72:
        return separator.join([f"{day:%m}", f"{day:%d}", f"{day:%Y}"])
    year = f"{day:%y}" if rng.random() < 0.6 else f"{day:%Y}"
    return separator.join([str(day.month), str(day.day), year])


def _phone(rng: np.random.Generator) -> str:
    area, line = some_digits(rng, 3), some_digits(rng, 4)
    office = some_digits(rng, 3) if rng.random() < 0.6 else "555"
    shapes = {
        f"({area}) {office}-{line}": 0.36,
        f"{area}-{office}-{line}": 0.22,
        f"{area} {office}-{line}": 0.18,
        f"{area}.{office}.{line}": 0.08,
        f"{area} {office} {line}": 0.07,
        f"1-{area}-{office}-{line}": 0.03,
        f"+1 {area} {office} {line}": 0.03,
        f"{area}/{office}-{line}": 0.03,
    }
    return str(rng.choice(list(shapes), p=list(shapes.values())))


def _count(rng: np.random.Generator) -> int:
    """A neutrophil count per microlitre, mostly between 200 and 9,999."""
    return int(rng.integers(200, 9999)) if rng.random() < 0.9 else int(rng.integers(0, 30000))


def count_in_cells(rng: np.random.Generator) -> str:
    """A neutrophil count as it is put into five cells, at times in thousands or with a comma."""
    count = _count(rng)
    if rng.random() < 0.85:
        return str(count)
    return f"{count / 1000:.1f}" if rng.random() < 0.7 else f"{count % 10000:,}"


def _count_with_unit(rng: np.random.Generator) -> str:
    count = _count(rng)
    number = rng.choice(
        [str(count), f"{count:,}", f"{count / 1000:.1f}", f"{count / 1000:.2f}"], p=[0.6, 0.15, 0.15, 0.1]
    )
    unit = rng.choice(["", "/uL", " K/uL", "/mm3", " x10", " cells/uL"], p=[0.76, 0.08, 0.06, 0.04, 0.03, 0.03])
    return f"{number}{unit}"


def code(rng: np.random.Generator) -> str:
    """A DEA number's shape (two letters, seven digits), or a licence number of seven digits."""
    return _letters(rng, 2) + some_digits(rng, 7) if rng.random() < 0.7 else some_digits(rng, 7)


def _any(rng: np.random.Generator) -> str:
    characters = list(string.digits * 2 + string.ascii_uppercase + "/-.,()+ ")
    return "".join(rng.choice(characters, int(rng.integers(1, 14)))).strip()


def some_digits(rng: np.random.Generator, count: int) -> str:
    """Digits at random."""
    return "".join(rng.choice(list(string.digits), count))


def _letters(rng: np.random.Generator, count: int) -> str:
    return "".join(rng.choice(list(string.ascii_uppercase), count))
