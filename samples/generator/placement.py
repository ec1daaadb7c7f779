"""Where a point of the sheet lands on the page that comes out: an affine map, then the uneven feed of the paper."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
Feed = tuple[tuple[float, float, float], ...]

MM_PER_INCH = 25.4
POINTS_PER_INCH = 72.0


@dataclass(frozen=True, slots=True)
class Placement:
    """Sheet points to places on the page: points of the paper until the scan (`at`), pixels of the page after it.

    `matrix`: 3x3. `feed`: knots (y before, y after, sway) in the same unit, in rising order, used after the matrix;
    between knots y is interpolated and x moves by the interpolated sway. Empty: the map is affine.
    """

    matrix: Matrix
    feed: Feed = ()

    def land(self, points: Floats) -> Floats:
        """Where the (n, 2) sheet points land, as (n, 2) page pixels."""
        whole = np.column_stack([points, np.ones(len(points))]) @ np.asarray(self.matrix).T
        return self.fed(whole[:, :2])

    def fed(self, pixels: Floats) -> Floats:
        """The (n, 2) pixels after the uneven feed."""
        if not self.feed:
            return pixels
        before, after, sway = np.asarray(self.feed).T
        y = pixels[:, 1]
        return np.column_stack([pixels[:, 0] + np.interp(y, before, sway), _interp_beyond(y, before, after)])

    def source_grid(self, width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For each pixel of the page, the sheet point that it shows: two (height, width) arrays x and y."""
        rows = np.arange(height, dtype=np.float64)
        sway = np.zeros(height)
        if self.feed:
            before, after, sways = np.asarray(self.feed).T
            rows = _interp_beyond(rows, after, before)
            sway = np.interp(rows, before, sways)
        (a, b, c), (d, e, f), _ = np.linalg.inv(np.asarray(self.matrix))
        columns = np.arange(width, dtype=np.float64)[None, :] - sway[:, None]
        x = a * columns + (b * rows + c)[:, None]
        y = d * columns + (e * rows + f)[:, None]
        return x.astype(np.float32), y.astype(np.float32)

    def then(self, step: Floats) -> Placement:
        """With one more 3x3 step after the matrix, before the feed."""
        return replace(self, matrix=as_matrix(step @ np.asarray(self.matrix)))

    def at(self, dpi_x: float, dpi_y: float) -> Placement:
        """The map in pixels of a scan at `dpi_x` by `dpi_y` dots per inch, of one that was in points."""
        x, y = dpi_x / POINTS_PER_INCH, dpi_y / POINTS_PER_INCH
        feed = tuple((before * y, after * y, sway * x) for before, after, sway in self.feed)
        return Placement(as_matrix(np.diag([x, y, 1.0]) @ np.asarray(self.matrix)), feed)

    def moved(self, dx: float, dy: float) -> Placement:
        """The page moved by whole pixels, the feed with it."""
        shift = np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1.0]])
        feed = tuple((before + dy, after + dy, sway) for before, after, sway in self.feed)
        return Placement(as_matrix(shift @ np.asarray(self.matrix)), feed)

    def with_rows(self, origin: NDArray[np.int64]) -> Placement:
        """The page made anew of its rows: row i of the new page is row `origin[i]` (rising) of the old one."""
        jumps = np.flatnonzero(np.diff(origin) != 1)
        knots = sorted({0, len(origin) - 1, *jumps.tolist(), *(jumps + 1).tolist()})
        old_y = origin[knots].astype(float)
        old_y += np.arange(len(knots)) * 1e-6  # a repeated row is one place twice: keep the knots rising
        line = tuple((float(y), float(k), 0.0) for y, k in zip(old_y, knots, strict=True))
        if not self.feed:
            return replace(self, feed=line)
        before, after, sway = np.asarray(self.feed).T
        ys = np.union1d(before, _interp_beyond(old_y, after, before))
        fed = _interp_beyond(ys, before, after)
        old, new, _ = np.asarray(line).T
        rows = zip(ys, _interp_beyond(fed, old, new), np.interp(ys, before, sway), strict=True)
        return replace(self, feed=tuple((float(y), float(after_y), float(dx)) for y, after_y, dx in rows))


STRAIGHT = Placement(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))


def as_matrix(values: Floats) -> Matrix:
    """A 3x3 array as plain numbers."""
    a, b, c = (tuple(float(v) for v in row) for row in values)
    return (a[0], a[1], a[2]), (b[0], b[1], b[2]), (c[0], c[1], c[2])


def about_centre(linear: Floats, width: float, height: float) -> Floats:
    """The 2x2 map as a 3x3 step that leaves the middle of a sheet of `width` x `height` points where it is."""
    centre = np.array([width / 2, height / 2])
    step = np.eye(3)
    step[:2, :2] = linear
    step[:2, 2] = centre - linear @ centre
    return step


def rotation(degrees: float) -> Floats:
    """2x2 rotation, clockwise on a page whose y points down."""
    angle = math.radians(degrees)
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def quarter_turn(degrees: int, width: float, height: float) -> Floats:
    """3x3 step that turns a sheet of `width` x `height` points clockwise by 0, 90, 180 or 270 degrees."""
    turns = {
        0: np.eye(3),
        90: np.array([[0.0, -1, height], [1, 0, 0], [0, 0, 1]]),
        180: np.array([[-1.0, 0, width], [0, -1, height], [0, 0, 1]]),
        270: np.array([[0.0, 1, 0], [-1, 0, width], [0, 0, 1]]),
    }
    return turns[degrees]


def _interp_beyond(at: Floats, before: Floats, after: Floats) -> Floats:
    """Linear interpolation that goes on with slope 1 beyond the first and last knot."""
    inside = np.interp(at, before, after)
    return np.asarray(inside + np.minimum(at - before[0], 0) + np.maximum(at - before[-1], 0))
