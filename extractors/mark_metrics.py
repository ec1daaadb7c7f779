"""What can be measured about a check box: each metric says one thing that a person could point at.

Lengths are in sides of the printed square, areas in its area, so that a form with larger squares reads the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import cv2
import numpy as np

from extractors.crops import cut, ink_mask, pen_picture
from extractors.geometry import PIXELS_PER_POINT, Box, Grey
from extractors.registration import AlignedPage

FRAME = 1.5  # points: the printed square's own line, inside which nothing is counted
CORE = 0.3  # of the square's side that lies between its edge and its core
REACH = 0.9  # sides around the square in which strokes are followed
NEAR = 0.4  # sides around it that a mark's ends usually reach
CLEAR = 0.17  # sides outside its edge, where a stroke that leaves it is counted
SPECK = 4  # pixels: a spot of dirt or dither is no larger
SETTLED = 5  # pixels from the blank's print within which all ink may be print
SMEARED = 1.0 * PIXELS_PER_POINT  # of full rows along a square's upper or lower line, which is thinner itself
FULL_ROW = 0.9  # inked share
BARE = 0.2  # inked share of rows in which no line and hardly a stroke runs
BESIDE = 80.0  # points from the square in which its words are looked at
CHANGING = 0.35  # of the columns that change within those rows in print
SECTORS = 16  # into which the surroundings are parted, to tell a ring from a stroke that passes
RING = (0.72, 1.3)  # sides from the middle, between which a ring round the square runs


@dataclass(frozen=True, slots=True)
class MarkMetrics:
    """One check box as measured.

    `inside`: inked share of the square within its frame. `core`: of its middle. `broadest`: the thickest place of the
    ink inside. `runs`: strokes met on the way through the square, mean of all rows or of all columns, whichever is
    more. `around`: the pen's ink near the square, but outside it. `exits`: strokes that leave the square. `ring`: share
    of the directions round about in which ink lies. `foreign`: share of the ink inside that belongs to strokes with
    their middle outside.
    """

    inside: float
    core: float
    broadest: float
    runs: float
    around: float
    exits: float
    ring: float
    foreign: float

    def as_array(self) -> np.ndarray:
        """All of them, in the order above."""
        return np.array(astuple(self))


UNTOUCHED = MarkMetrics(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def measure(page: AlignedPage, box: Box, others: Sequence[Box] = ()) -> MarkMetrics:
    """Measure the check box whose printed square is `box` (points); strokes nearer to one of `others` are its."""
    side = box.width * PIXELS_PER_POINT
    inner = _without_specks(ink_mask(cut(page.grey, box, -FRAME)))
    if not inner.any() and not _touched(page, box):
        return UNTOUCHED
    drawn = _without_specks(ink_mask(pen_picture(page, box, REACH * box.width)))
    pen = _without_strokes_of(others, box, drawn)
    height, width = inner.shape
    rim = round(CORE * height)
    return MarkMetrics(
        inside=float(inner.mean()),
        core=float(inner[rim : height - rim, rim : width - rim].mean()),
        broadest=_broadest(inner) / side,
        runs=_runs(inner),
        around=_around(pen, side),
        exits=_exits(pen, side),
        ring=_ring(pen, side),
        foreign=_foreign(drawn, side),
    )


def smeared(page: AlignedPage, box: Box) -> bool:
    """Whether the square's own line fills it from above or below, all else in it bare or the words beside it smeared.

    Fax decoders put the line before in place of a damaged one, several times over where more are damaged. A square that
    was filled by hand looks the same, but the words beside it are as printed.
    """
    inside = box.grown(-FRAME)
    ink = ink_mask(cut(page.grey, inside))
    full = ink.mean(axis=1) > FULL_ROW
    above, below = (len(full) if full.all() else int(np.argmin(rows)) for rows in (full, full[::-1]))
    if max(above, below) < SMEARED:
        return False
    rest = ink[above + 1 : len(ink) - below - 1]
    if rest.size and rest.mean() < BARE:  # a pen does not fill a square from wall to wall, and only in part
        return True
    words = Box(box.x1 + FRAME, inside.y0, box.x1 + BESIDE, inside.y1)
    there, printed = (
        _changing(picture, above, below) for picture in (ink_mask(cut(page.grey, words)), cut(page.blank.ink, words))
    )
    return bool(there < CHANGING * printed)


def squashed(page: AlignedPage, box: Box) -> bool:
    """Whether the square's upper or lower line lies inside it, and none where it is printed: scan lines were lost."""
    inside = ink_mask(cut(page.grey, box.grown(-FRAME)))
    edges = ink_mask(cut(page.grey, box.grown(FRAME)))
    rim = (len(edges) - len(inside)) // 2
    for rows, edge in ((inside, edges[:rim]), (inside[::-1], edges[len(edges) - rim :])):
        full = np.flatnonzero(rows.mean(axis=1) > FULL_ROW)
        if len(full) and full[0] > 1 and edge.mean(axis=1).max() < BARE and rows[: full[0] - 1].mean() < BARE:
            return True
    return False


def _changing(ink: Grey, above: int, below: int) -> int:
    """Columns that are not the same all the way down the rows that are full in the square."""
    band = ink[:above] if above >= below else ink[len(ink) - below :]
    return int((band.any(axis=0) & ~band.all(axis=0)).sum())


def _without_specks(ink: Grey) -> Grey:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] > SPECK
    keep[0] = False
    return np.asarray(keep[labels], np.uint8) if count > 1 else ink


def _touched(page: AlignedPage, box: Box) -> bool:
    """Whether there is ink around the square that can't be print; most squares need no closer look."""
    reach = REACH * box.width
    print_ = cv2.dilate(cut(page.blank.ink, box, reach), np.ones((2 * SETTLED + 1, 2 * SETTLED + 1), np.uint8))
    return bool((ink_mask(cut(page.grey, box, reach))[print_ == 0]).any())


def _without_strokes_of(others: Sequence[Box], box: Box, drawn: Grey) -> Grey:
    """The strokes whose middle is nearer to this square's middle than to that of any other."""
    near = [other for other in others if other != box and _apart(other, box) < 2 * (0.5 + REACH) * box.width]
    if not near:
        return drawn
    _, labels, _, middles = cv2.connectedComponentsWithStats(drawn, connectivity=8)
    home = np.array([(drawn.shape[1] - 1) / 2, (drawn.shape[0] - 1) / 2])
    own = np.ones(len(middles), bool)
    for other in near:
        there = home + np.array([other.x0 - box.x0, other.y0 - box.y0]) * PIXELS_PER_POINT
        own &= np.hypot(*(middles - home).T) <= np.hypot(*(middles - there).T)
    own[0] = False
    return np.asarray(own[labels], np.uint8)


def _apart(one: Box, other: Box) -> float:
    return max(abs(one.x0 - other.x0), abs(one.y0 - other.y0))


def _broadest(ink: Grey) -> float:
    """Twice the greatest distance of ink from paper, pixels."""
    return 2 * float(cv2.distanceTransform(np.pad(ink, 1), cv2.DIST_L2, 3).max())


def _runs(ink: Grey) -> float:
    padded = np.pad(ink, 1).astype(np.int8)
    return float(max((np.diff(padded, axis=axis) > 0).sum() / ink.shape[1 - axis] for axis in (0, 1)))


def _window(pen: Grey, side: float, reach: float) -> tuple[slice, slice]:
    """The square and `reach` sides around it, in a picture that has it in its middle."""
    half = (0.5 + reach) * side
    height, width = pen.shape
    top, left = max(0, round(height / 2 - half)), max(0, round(width / 2 - half))
    return slice(top, height - top), slice(left, width - left)


def _around(pen: Grey, side: float) -> float:
    near, own = int(pen[_window(pen, side, NEAR)].sum()), int(pen[_window(pen, side, 0)].sum())
    return (near - own) / side**2


def _exits(pen: Grey, side: float) -> float:
    """Runs of ink on a line around the square."""
    rows, columns = _window(pen, side, CLEAR)
    part = pen[rows, columns]
    line = np.concatenate([part[0], part[1:, -1], part[-1, -2::-1], part[-2:0:-1, 0]]).astype(np.int8)
    return float((np.diff(line, append=line[:1]) > 0).sum())


def _ring(pen: Grey, side: float) -> float:
    rows, columns = np.nonzero(pen)
    y, x = rows - (pen.shape[0] - 1) / 2, columns - (pen.shape[1] - 1) / 2
    distance = np.hypot(x, y) / side
    sector = (np.arctan2(y, x) * (SECTORS / (2 * np.pi))).astype(int) % SECTORS
    return len(set(sector[(distance > RING[0]) & (distance < RING[1])].tolist())) / SECTORS


def _foreign(pen: Grey, side: float) -> float:
    count, labels, _, middles = cv2.connectedComponentsWithStats(pen, connectivity=8)
    own = np.bincount(labels[_window(pen, side, -FRAME / 9)].ravel(), minlength=count)[1:]
    if not own.sum():
        return 0.0
    away = np.abs(middles[1:] - [(pen.shape[1] - 1) / 2, (pen.shape[0] - 1) / 2]).max(1) / side
    return float(own[away > 0.5].sum() / own.sum())
