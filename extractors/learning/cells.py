"""The cells of a page: every area that printed rules enclose, whoever drew them (rectangles, tables, single lines)."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from extractors.geometry import Box
from extractors.learning.sheet import Sheet

DOTS_A_POINT = 4
CLOSING = 0.75  # points by which a rule is taken to be longer than it is drawn: corners do not always meet
SMALLEST = 4.0  # points: the side of a cell
RECTANGULAR = 0.93  # share of its bounding box that a cell's outline encloses
SNAP = 1.25  # points within which an edge is that of a printed rule


def find_cells(sheet: Sheet) -> list[Box]:
    """The enclosed areas of a page, by their rules' middles; one with others in it is there as well."""
    free = np.full((round(sheet.height * DOTS_A_POINT), round(sheet.width * DOTS_A_POINT)), 255, np.uint8)
    for rule in (*sheet.across, *sheet.down):
        _draw(free, rule)
    # by their sides alone: through a corner no area goes on
    count, labels, stats, _ = cv2.connectedComponentsWithStats(free, connectivity=4)
    height, width = free.shape
    cells = []
    for number in range(1, count):
        x, y, wide, high = (int(v) for v in stats[number][:4])
        if x == 0 or y == 0 or x + wide == width or y + high == height:
            continue
        if min(wide, high) < SMALLEST * DOTS_A_POINT:
            continue
        area = (labels[y : y + high, x : x + wide] == number).astype(np.uint8)
        if _filled(area) >= RECTANGULAR * wide * high:
            cells.append(_cell(x, y, wide, high, sheet))
    return sorted(cells, key=lambda cell: (round(cell.y0), cell.x0))


def _draw(free: np.ndarray, rule: Box) -> None:
    grown = rule.grown(CLOSING, 0) if rule.width >= rule.height else rule.grown(0, CLOSING)
    x0, y0, x1, y1 = (round(edge * DOTS_A_POINT) for edge in grown.as_list())
    cv2.rectangle(free, (x0, y0), (x1, y1), 0, cv2.FILLED)


def _filled(area: np.ndarray) -> float:
    """How many dots an area's outline encloses, holes included."""
    contours, _ = cv2.findContours(area, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    drawn = np.zeros_like(area)
    cv2.drawContours(drawn, contours, -1, 1, cv2.FILLED)
    return float(drawn.sum())


def _cell(x: int, y: int, wide: int, high: int, sheet: Sheet) -> Box:
    left, top, right, bottom = (edge / DOTS_A_POINT for edge in (x - 0.5, y - 0.5, x + wide + 0.5, y + high + 0.5))
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    upright = [_middle(rule.x0, rule.x1) for rule in sheet.down if rule.y0 - SNAP <= middle_y <= rule.y1 + SNAP]
    level = [_middle(rule.y0, rule.y1) for rule in sheet.across if rule.x0 - SNAP <= middle_x <= rule.x1 + SNAP]
    return Box(_snapped(left, upright), _snapped(top, level), _snapped(right, upright), _snapped(bottom, level))


def _middle(one: float, other: float) -> float:
    return (one + other) / 2


def _snapped(edge: float, rules: Sequence[float]) -> float:
    nearest = min(rules, key=lambda rule: abs(rule - edge), default=edge)
    return nearest if abs(nearest - edge) <= SNAP else edge
