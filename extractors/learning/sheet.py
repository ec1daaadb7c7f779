"""A blank page as the learner sees it: words, rules and shades, whether they were drawn in a PDF or scanned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from extractors.geometry import Box

Item = TypeVar("Item")

SAME_ROW = 0.5  # share of the lower of two heights that has to be common
ONE_SIZE = 1.7  # times a word's height that another of its line is high at most
WIDE_GAP = 0.75  # of a word's height: with more between them two words do not belong together


@dataclass(frozen=True, slots=True)
class Word:
    """One printed word; `bold` is known only of drawn ones."""

    text: str
    box: Box
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page, in points. `across` and `down` are the printed rules, `shades` the filled areas (0 black, 1 white)."""

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    across: tuple[Box, ...]
    down: tuple[Box, ...]
    shades: tuple[tuple[Box, float], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stand together on one line."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words with blanks between."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """The words' hull."""
        return hull(word.box for word in self.words)

    @property
    def bold(self) -> bool:
        """Whether it begins in bold print."""
        return self.words[0].bold


def runs_of(words: Iterable[Word], barriers: Iterable[Box] = ()) -> list[Run]:
    """Words put together to runs, from top to bottom and left to right.

    Args:
        words: of one page.
        barriers: boxes over which no run goes, such as check boxes.
    """
    standing = list(barriers)
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.box.y0 + word.box.y1, word.box.x0)):
        line = next((line for line in reversed(lines[-12:]) if _on_line(line[-1], word)), None)
        if line is None:
            lines.append([word])
        else:
            line.append(word)
    runs: list[Run] = []
    for line in lines:
        line.sort(key=lambda word: word.box.x0)
        current = [line[0]]
        for word in line[1:]:
            if _belongs(current[-1], word, standing):
                current.append(word)
            else:
                runs.append(Run(tuple(current)))
                current = [word]
        runs.append(Run(tuple(current)))
    return sorted(runs, key=lambda run: (round(run.box.y0), run.box.x0))


def _on_line(last: Word, word: Word) -> bool:
    high, low = max(last.box.height, word.box.height), min(last.box.height, word.box.height)
    sized = high <= ONE_SIZE * low or min(len(last.text), len(word.text)) == 1  # a star is small in any size
    return sized and same_row(last.box, word.box)


def _belongs(before: Word, word: Word, barriers: list[Box]) -> bool:
    gap = word.box.x0 - before.box.x1
    if gap > WIDE_GAP * max(before.box.height, word.box.height):
        return False
    middle, reach = (word.box.y0 + word.box.y1) / 2, (before.box.x1, word.box.x0)
    return not any(
        barrier.y0 <= middle <= barrier.y1 and barrier.x1 > reach[0] - 1 and barrier.x0 < reach[1] + 1
        for barrier in barriers
    )


def same_row(one: Box, other: Box) -> bool:
    """Whether two boxes stand beside each other."""
    common = min(one.y1, other.y1) - max(one.y0, other.y0)
    return common >= SAME_ROW * min(one.height, other.height)


def in_rows(items: Iterable[Item], box_of: Callable[[Item], Box]) -> list[Item]:
    """From top to bottom, what stands in one row from left to right; rows of a scan need not be quite level."""
    rows: list[list[Item]] = []
    for item in sorted(items, key=lambda item: (box_of(item).y0 + box_of(item).y1, box_of(item).x0)):
        if rows and same_row(box_of(rows[-1][0]), box_of(item)):
            rows[-1].append(item)
        else:
            rows.append([item])
    return [item for row in rows for item in sorted(row, key=lambda item: box_of(item).x0)]


def hull(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds all of them."""
    x0, y0, x1, y1 = zip(*(box.as_list() for box in boxes), strict=True)
    return Box(min(x0), min(y0), max(x1), max(y1))


def inside(inner: Box, outer: Box, slack: float = 1.0) -> bool:
    """Whether a box lies in another, or beyond its edge by no more than `slack` points."""
    return (
        inner.x0 >= outer.x0 - slack
        and inner.y0 >= outer.y0 - slack
        and inner.x1 <= outer.x1 + slack
        and inner.y1 <= outer.y1 + slack
    )


def overlap(one: Box, other: Box) -> float:
    """The share of the smaller box that is common to both."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / min(one.width * one.height, other.width * other.height)
