"""Where a blank is written on: squares to tick, combs, spaces in frames and tables, and lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from extractors.geometry import Box
from extractors.learning.cells import find_cells
from extractors.learning.sheet import Sheet, Word, hull, inside, overlap
from extractors.printed import centre, holds

SQUARE_SIDES = (5.0, 20.0)  # points: no check box is smaller or larger
UNEVEN = 1.6  # points by which a square's sides may differ
COMB_WIDTH = (7.0, 30.0)  # points: of a comb's cell
COMB_HEIGHT = (8.0, 40.0)
ALIKE = 0.2  # share by which widths of one comb's cells may differ
JOINED = 1.75  # points between two cells of one comb
GAPS = (0.4, 2.0)  # cell widths that a printed separator may take
SEPARATORS = frozenset("/-–.1Il7")  # the last four are how a slash is read on a scan
DATE_PIECES = (2, 2, 4)
DATE_SLASHES = (2, 5)  # cells of a date comb, from 0, that hold a printed slash
LEAST_SPACE = (14.0, 9.0)  # points, width and height, that a person needs to write
TEXT_ROOM = 9.0  # points free below a caption
LONGEST_CAPTION = 14  # words: with more of them it is a text in a frame
SHORTEST_LINE = 18.0  # points
DARK = 0.6  # brightness below which nobody writes on a shade
COVERED = 0.5  # share of a cell that a shade covers
TOUCHING = 0.75  # points between two pieces of one rule
NEAR = 1.5  # points between a rule and the cell that it belongs to


class Shape(StrEnum):
    """What a place looks like."""

    SQUARE = "square"
    COMB = "comb"
    SPACE = "space"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Place:
    """One place to write on: `box` as printed (the square, the comb, the cell, the line), in points.

    `cell_edges` are a comb's uprights. `holder` is the cell that it stands in, `caption` the words inside it that are
    about it. `doubts` say what may be wrong with it.
    """

    shape: Shape
    page: int
    box: Box
    cell_edges: tuple[float, ...] = ()
    holder: Box | None = None
    caption: tuple[Word, ...] = ()
    is_date: bool = False
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """All places of a page, and the cells that hold only words: labels of rows and columns."""

    sheet: Sheet
    places: tuple[Place, ...]
    cells: tuple[Box, ...]


def find_places(sheet: Sheet) -> Layout:
    """Find every place to write on, from top to bottom and left to right."""
    cells = find_cells(sheet)
    combs = _combs(sheet, cells)
    loose = [cell for cell in cells if not any(inside(cell, comb.box) for comb in combs)]
    squares = [
        Place(Shape.SQUARE, sheet.number, cell)
        for cell in loose
        if _is_square(cell) and not any(overlap(word.box, cell) > COVERED for word in sheet.words)
    ]
    small = [place.box for place in (*combs, *squares)]
    holders = [cell for cell in find_cells(_without(sheet, small)) if not any(inside(cell, box) for box in small)]
    places = [replace(place, holder=_holder(place.box, holders)) for place in (*combs, *squares)]
    # a cell that holds a part of a form is no place itself
    leaves = [cell for cell in holders if not any(inside(other, cell) for other in (*small, *holders) if other != cell)]
    places += [space for cell in leaves if (space := _space(sheet, cell)) is not None]
    places += _lines(sheet, [*cells, *holders], [place.box for place in places])
    places.sort(key=lambda place: (round(place.box.y0 / 4), place.box.x0))
    return Layout(sheet, tuple(places), tuple(holders))


def _without(sheet: Sheet, small: Sequence[Box]) -> Sheet:
    """The page without the rules of its combs and squares: a cell that is hardly larger than its comb is one still."""

    def own(rule: Box) -> bool:
        return any(inside(rule, box, 1.5) for box in small)

    across, down = ([rule for rule in rules if not own(rule)] for rules in (sheet.across, sheet.down))
    return replace(sheet, across=tuple(across), down=tuple(down))


def _is_square(cell: Box) -> bool:
    low, high = SQUARE_SIDES
    return low <= cell.width <= high and low <= cell.height <= high and abs(cell.width - cell.height) <= UNEVEN


def _words_in(sheet: Sheet, cell: Box) -> list[Word]:
    return [word for word in sheet.words if overlap(word.box, cell) > 0.6 and _middle_in(word.box, cell)]


def _middle_in(box: Box, cell: Box) -> bool:
    return holds(cell, *centre(box))


def _holder(box: Box, cells: Sequence[Box]) -> Box | None:
    around = [cell for cell in cells if inside(box, cell)]
    return min(around, key=lambda cell: cell.width * cell.height, default=None)


# Combs


def _combs(sheet: Sheet, cells: Sequence[Box]) -> list[Place]:
    """Rows of like small cells; pieces with a printed slash between them are one comb."""
    small = [
        cell
        for cell in cells
        if COMB_WIDTH[0] <= cell.width <= COMB_WIDTH[1]
        and COMB_HEIGHT[0] <= cell.height <= COMB_HEIGHT[1]
        and all(word.text in SEPARATORS for word in _words_in(sheet, cell))
        and not _shaded(sheet, cell)
    ]
    pieces: list[list[Box]] = []
    for cell in sorted(small, key=lambda cell: (cell.x0, cell.y0)):
        piece = next((piece for piece in pieces if _continues(piece[-1], cell)), None)
        if piece is None:
            pieces.append([cell])
        else:
            piece.append(cell)
    combs: list[list[list[Box]]] = []
    for piece in sorted((piece for piece in pieces if len(piece) > 1), key=lambda piece: piece[0].x0):
        comb = next((comb for comb in combs if _parted(sheet, comb[-1][-1], piece[0])), None)
        if comb is None:
            combs.append([piece])
        else:
            comb.append(piece)
    return [_comb(sheet, comb) for comb in _dates_whole(combs)]


def _continues(last: Box, cell: Box) -> bool:
    return (
        _level(last, cell)
        and abs(cell.x0 - last.x1) <= JOINED
        and abs(cell.width - last.width) <= ALIKE * max(cell.width, last.width)
    )


def _level(one: Box, other: Box) -> bool:
    return abs(one.y0 - other.y0) <= JOINED and abs(one.y1 - other.y1) <= JOINED


def _parted(sheet: Sheet, last: Box, first: Box) -> bool:
    """Whether a printed separator stands between two pieces."""
    gap = Box(last.x1, last.y0, first.x0, last.y1)
    return _apart(last, first) and any(w.text in SEPARATORS and _middle_in(w.box, gap) for w in sheet.words)


def _apart(last: Box, first: Box) -> bool:
    """Whether there is room for a separator between two pieces."""
    return _level(last, first) and GAPS[0] * last.width <= first.x0 - last.x1 <= GAPS[1] * last.width


def _dates_whole(combs: Sequence[list[list[Box]]]) -> list[list[list[Box]]]:
    """The combs, those that together are a date's as one: a scan loses the slashes between them."""
    whole: list[list[list[Box]]] = []
    for comb in combs:  # from left to right
        before = [other for other in whole if _apart(other[-1][-1], comb[0][0])]
        chain = next((other for other in before if _sizes(other + comb) == DATE_PIECES[: len(other + comb)]), None)
        if chain is None:
            whole.append([*comb])
        else:
            chain += comb
    dates = [comb for comb in whole if _sizes(comb) == DATE_PIECES]
    kept = [comb for comb in combs if not any(piece in date for date in dates for piece in comb)]
    return sorted([*dates, *kept], key=lambda comb: comb[0][0].x0)


def _sizes(comb: Sequence[Sequence[Box]]) -> tuple[int, ...]:
    return tuple(len(piece) for piece in comb)


def _comb(sheet: Sheet, pieces: Sequence[Sequence[Box]]) -> Place:
    cells = [cell for piece in pieces for cell in piece]
    box, sizes = hull(cells), _sizes(pieces)
    edges = [edge for piece in pieces for edge in (*(cell.x0 for cell in piece), piece[-1].x1)]
    comb = Place(Shape.COMB, sheet.number, box, _once(edges))
    if sizes == DATE_PIECES:  # the slashes' gaps are its cells as well
        return replace(comb, is_date=True)
    if len(sizes) > 1:
        told = "-".join(map(str, sizes))
        return replace(comb, cell_edges=(), doubts=(f"its cells stand in groups of {told}; it is read as one line",))
    slashed = tuple(n for n, cell in enumerate(cells) if any(w.text in SEPARATORS for w in _words_in(sheet, cell)))
    return replace(comb, is_date=slashed == DATE_SLASHES and len(cells) == sum(DATE_PIECES) + 2)


def _once(edges: Sequence[float]) -> tuple[float, ...]:
    """Edges from left to right, that of two cells side by side once."""
    kept: list[float] = []
    for edge in sorted(edges):
        if kept and edge - kept[-1] <= JOINED:
            kept[-1] = (kept[-1] + edge) / 2
        else:
            kept.append(edge)
    return tuple(kept)


# Spaces in frames


def _space(sheet: Sheet, cell: Box) -> Place | None:
    """A cell as a place to write in: an empty one, or one with a caption along its top or before its free part."""
    if cell.width < LEAST_SPACE[0] or cell.height < LEAST_SPACE[1]:
        return None
    words, shade = _words_in(sheet, cell), _shaded(sheet, cell)
    if not words:
        return None if shade else Place(Shape.SPACE, sheet.number, cell, holder=cell)
    text = hull(word.box for word in words)
    above, below = text.y0 - cell.y0, cell.y1 - text.y1
    if shade or len(words) > LONGEST_CAPTION:
        return None
    if below >= TEXT_ROOM and below > 1.5 * above:
        return Place(Shape.SPACE, sheet.number, cell, holder=cell, caption=tuple(words))
    if words[-1].text.endswith(":") and cell.x1 - text.x1 > max(text.width, 3 * TEXT_ROOM):
        doubt = ("the words and the space to write stand in one frame",)
        return Place(Shape.SPACE, sheet.number, cell, holder=cell, caption=tuple(words), doubts=doubt)
    return None


def _shaded(sheet: Sheet, cell: Box) -> bool:
    """Whether a filled area covers the cell."""
    return any(
        overlap(shade, cell) > COVERED and shade.width * shade.height > COVERED * cell.width * cell.height
        for shade, _ in sheet.shades
    )


# Lines


def _lines(sheet: Sheet, cells: Sequence[Box], taken: Sequence[Box]) -> list[Place]:
    """Rules that are no cell's edge and under which nothing is crossed out: to write on."""
    found: list[Place] = []
    for rule in _whole(sheet.across):
        if rule.width < SHORTEST_LINE or any(_is_edge(rule, cell) for cell in cells):
            continue
        above = Box(rule.x0, rule.y0 - LEAST_SPACE[1], rule.x1, rule.y0)
        if any(overlap(word.box, above) > 0.3 for word in sheet.words):
            continue  # an underlined word, or the rule under a heading
        if any(overlap(other, above) > 0.5 for other in taken):
            continue
        found.append(Place(Shape.LINE, sheet.number, rule))
    return found


def _whole(rules: Sequence[Box]) -> list[Box]:
    """Rules along one line that touch, as one."""
    merged: list[Box] = []
    for rule in sorted(rules, key=lambda rule: rule.x0):
        last = next((one for one in reversed(merged) if _touches(one, rule)), None)
        if last is None:
            merged.append(rule)
        else:
            merged[merged.index(last)] = hull((last, rule))
    return sorted(merged, key=lambda rule: (rule.y0, rule.x0))


def _touches(one: Box, other: Box) -> bool:
    return abs(one.y0 - other.y0) <= TOUCHING and one.x0 - TOUCHING <= other.x0 <= one.x1 + TOUCHING


def _is_edge(rule: Box, cell: Box) -> bool:
    common = min(rule.x1, cell.x1) - max(rule.x0, cell.x0)
    return common > 0 and min(abs(rule.y0 - cell.y0), abs(rule.y1 - cell.y1)) <= NEAR
