"""The sheets of a blank that was scanned: rules and shades and lines of words by OpenCV, words by PP-OCR."""

from __future__ import annotations

import io
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from extractors.cleaning import clean
from extractors.decoding import Decoded, decode
from extractors.engines.ppocr import ppocr
from extractors.formats import FREE
from extractors.geometry import PIXELS_PER_POINT, Box, Grey
from extractors.learning.sheet import Sheet, Word
from extractors.learning.wording import spelled

INK = 150  # grey level below which a pixel of a cleaned scan is print
FAINT = 210  # likewise where the print is thin
SHORTEST_RULE = 7.4  # points: a side of the smallest check box, less what a scan loses of it
LONG_STROKE = 18.0  # points: longer than a letter of a title is high
MEET = 5  # pixels between the end of a rule and the one that it ends at
RIM = 22  # pixels at the page's edges where the scanner draws its own lines; 8 points
EDGE = 3  # pixels that a filled area's fringe is wide
THICKEST_RULE = 3.0  # points
BROKEN = 9  # pixels that a rule may be interrupted for
LONG_RULE = 72.0  # points: rules from which the page's slant is told
STEEPEST = 8.0  # degrees
SOLID = 6.0  # points: what is black for as far, both ways, is a filled area
LEAST_SHADE = 20.0  # points: its longer side at least
FILLED = 0.7  # share of it that is ink, beside the white words in it
SPECK = 6  # pixels: dirt is no larger
LETTER_GAP = 11  # pixels between letters, and words, of one line; 4 points
LETTER_HEIGHT = (8, 90)  # pixels
DOT = 6  # pixels: the dot of an i, and how far it stands over its letter
MARGIN = 3  # pixels around a line that is read
LEGIBLE = 0.2  # the engine's belief in a line from which it is words
READABLE = 0.6  # its belief in a line's middling letter, likewise
SURE = 0.6  # its belief in a line below which it is looked at once more, with soft edges and more paper around it
SPELLED = 0.9  # its belief in a line whose words stand as they were read
SOFT, PAPER = 0.8, 8  # pixels
STAR_GAP = 0.15  # of a line's height, before the star of what is required
SLASH = (0.7, -0.8)  # of its height that it is wide, at most; how its columns go with its rows, at most
STAR_REACH = 14  # pixels behind a line's last letter
STAR = (0.65, 0.65, 4)  # share of a line's height that it is wide, and deep, at most; its least ink, in pixels
CAP_HEIGHT, X_HEIGHT, DESCENT = 0.718, 0.523, 0.207  # of a font's size: Helvetica's, of which others differ little
TALL = frozenset(string.ascii_uppercase + string.digits + "bdfhijklt()[]|/*?!&%#@'\"")
DEEP = frozenset("gjpqy()[]|,;Q@")
MARKS = str.maketrans({"|": "", "_": ""})


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """A scanned page made straight: its sheet, its picture (H x W uint8), and the affine that straightened it."""

    sheet: Sheet
    picture: Grey = field(repr=False)
    straightened: np.ndarray = field(repr=False)


def scanned_page(number: int, grey: Grey) -> ScannedPage:
    """Look at a page (H x W uint8 at working resolution, upright but for a slant).

    Raises:
        EngineError: PP-OCR is not installed.
    """
    picture, straightened = _straight(clean(grey))
    ink = (picture < INK).astype(np.uint8)
    solid = _solid(ink)
    shades = [_points(box) for box in _boxes(solid)]
    thin = _without_rim(np.where(solid > 0, 0, ink).astype(np.uint8))
    across, down = _that_meet(_rules(thin, across=True), _rules(thin, across=False))
    level, upright = [_rule(box, across=True) for box in across], [_rule(box, across=False) for box in down]
    sheet = Sheet(
        number=number,
        width=picture.shape[1] / PIXELS_PER_POINT,
        height=picture.shape[0] / PIXELS_PER_POINT,
        words=tuple(_words(picture, solid, across, down)),
        across=tuple(_reaching(rule, upright) for rule in level),
        down=tuple(_turned(_reaching(_turned(rule), [_turned(other) for other in level])) for rule in upright),
        shades=tuple((shade, 0.0) for shade in shades),
    )
    return ScannedPage(sheet, picture, straightened)


def blank_of(pages: Sequence[ScannedPage]) -> bytes:
    """A blank made of scanned pages: the straight pictures, with the words behind them to be found by."""
    pdf = io.BytesIO()
    canvas = Canvas(pdf, invariant=1)
    for page in pages:
        width, height = page.sheet.width, page.sheet.height
        canvas.setPageSize((width, height))
        for word in page.sheet.words:
            text = canvas.beginText(word.box.x0, height - word.box.y1)
            text.setTextRenderMode(3)  # not to be seen (ISO 32000-1, table 106)
            text.setFont("Helvetica", max(4.0, word.box.height * 0.9))
            text.textOut(word.text.encode("latin-1", "replace").decode("latin-1") + " ")
            canvas.drawText(text)
        canvas.drawImage(ImageReader(Image.fromarray(_cleaned(page.picture))), 0, 0, width, height)
        canvas.showPage()
    canvas.save()
    return pdf.getvalue()


def _cleaned(picture: Grey) -> Grey:
    """The page without specks."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((picture < INK).astype(np.uint8), connectivity=8)
    specks = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] <= SPECK)
    dirt = np.isin(labels, specks[specks > 0]) if count > 1 else np.zeros(picture.shape, bool)
    return np.where(dirt | (picture > 235), 255, picture).astype(np.uint8)


# Slant


def _straight(picture: Grey) -> tuple[Grey, np.ndarray]:
    """The page turned and sheared so that its long rules are level and upright."""
    level, upright = _slants(picture)
    height, width = picture.shape
    # x along a level rule, y along an upright one: where the straight page's axes lie on the scan
    axes = np.array([[1.0, -np.tan(upright)], [np.tan(level), 1.0]])
    middle = np.array([width / 2, height / 2])
    back = np.column_stack([axes, middle - axes @ middle])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    straight = cv2.warpAffine(picture, back, (width, height), flags=flags, borderValue=255)
    return np.asarray(straight, np.uint8), cv2.invertAffineTransform(back)


def _slants(picture: Grey) -> tuple[float, float]:
    """By how much level rules fall to the right, and upright ones lean to the left (radians)."""
    ink = _without_rim((picture < INK).astype(np.uint8) * 255)
    least = round(LONG_RULE * PIXELS_PER_POINT)
    found = cv2.HoughLinesP(ink, 1, np.pi / 1800, threshold=least // 2, minLineLength=least, maxLineGap=4)
    if found is None:
        return 0.0, 0.0
    x0, y0, x1, y1 = found.reshape(-1, 4).astype(float).T
    angles, lengths = np.arctan2(y1 - y0, x1 - x0), np.hypot(x1 - x0, y1 - y0)
    steepest = np.radians(STEEPEST)
    level = np.abs(angles) < steepest
    from_upright = (angles % np.pi) - np.pi / 2
    upright = np.abs(from_upright) < steepest
    leaning = _middling(from_upright[upright], lengths[upright]) if upright.any() else None
    falling = _middling(angles[level], lengths[level]) if level.any() else 0.0
    return falling, falling if leaning is None else leaning


def _without_rim(ink: np.ndarray) -> np.ndarray:
    """The page's ink but for what lies at its edges."""
    inner = np.zeros_like(ink)
    inner[RIM:-RIM, RIM:-RIM] = ink[RIM:-RIM, RIM:-RIM]
    return inner


def _middling(values: np.ndarray, weights: np.ndarray) -> float:
    """The weighted median."""
    order = np.argsort(values)
    reached = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return float(values[order][reached])


# Rules and shades


def _solid(ink: np.ndarray) -> np.ndarray:
    """Filled areas, such as the bars that sections are headed by."""
    side = round(SOLID * PIXELS_PER_POINT)
    # white words in a bar are holes: closed, for their strokes are thin
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    whole = np.zeros_like(ink)
    for x0, y0, x1, y1 in _boxes(opened):
        inked = ink[y0:y1, x0:x1].mean()
        if max(x1 - x0, y1 - y0) < LEAST_SHADE * PIXELS_PER_POINT or inked < FILLED:
            continue  # the rules of combs and tables, where they lie close together
        whole[max(0, y0 - EDGE) : y1 + EDGE, max(0, x0 - EDGE) : x1 + EDGE] = 1
    return whole


def _rules(ink: np.ndarray, *, across: bool) -> list[tuple[int, int, int, int]]:
    """Straight strokes as long as a check box's side, in pixels; pieces along one line as one."""
    length, thick = round(SHORTEST_RULE * PIXELS_PER_POINT), round(THICKEST_RULE * PIXELS_PER_POINT)
    # a thin rule goes on in the row, or column, of pixels beside its own
    wider = cv2.dilate(ink, np.ones((3, 1) if across else (1, 3), np.uint8))
    opened = cv2.morphologyEx(wider, cv2.MORPH_OPEN, np.ones((1, length) if across else (length, 1), np.uint8))
    joined = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((1, BROKEN) if across else (BROKEN, 1), np.uint8))
    return [box for box in _boxes(joined) if (box[3] - box[1] if across else box[2] - box[0]) <= thick + 2]


def _that_meet(
    across: Sequence[tuple[int, int, int, int]], down: Sequence[tuple[int, int, int, int]]
) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int, int, int]]]:
    """Long rules, and of the short ones those that others meet at both ends: the rest are strokes of letters."""
    long = round(LONG_STROKE * PIXELS_PER_POINT)

    def met(x: int, y: int, others: Sequence[tuple[int, int, int, int]]) -> bool:
        return any(x0 - MEET <= x <= x1 + MEET and y0 - MEET <= y <= y1 + MEET for x0, y0, x1, y1 in others)

    level = [r for r in across if r[2] - r[0] >= long or (met(r[0], r[1], down) and met(r[2], r[3], down))]
    upright = [r for r in down if r[3] - r[1] >= long or (met(r[0], r[1], across) and met(r[2], r[3], across))]
    return level, upright


def _boxes(mask: np.ndarray) -> list[tuple[int, int, int, int]]:
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return [(int(x), int(y), int(x + wide), int(y + high)) for x, y, wide, high, _ in stats[1:]]


def _rule(box: tuple[int, int, int, int], *, across: bool) -> Box:
    """A rule in points, as thin as it is drawn in a PDF."""
    whole = _points(box)
    if across:
        middle = (whole.y0 + whole.y1) / 2 - 0.5 / PIXELS_PER_POINT
        return Box(whole.x0, middle, whole.x1, middle)
    middle = (whole.x0 + whole.x1) / 2 - 0.5 / PIXELS_PER_POINT
    return Box(middle, whole.y0, middle, whole.y1)


def _reaching(rule: Box, upright: Sequence[Box]) -> Box:
    """A level rule that reaches the upright ones nearest to its ends: a scan leaves gaps in a frame's corners."""
    reach = MEET / PIXELS_PER_POINT
    met = [other.x0 for other in upright if other.y0 - reach <= rule.y0 <= other.y1 + reach]
    ends = [min((x for x in met if abs(x - end) <= reach), key=lambda x: abs(x - end), default=end)
            for end in (rule.x0, rule.x1)]  # fmt: skip
    return Box(min(ends[0], rule.x0), rule.y0, max(ends[1], rule.x1), rule.y1)


def _turned(box: Box) -> Box:
    """Level for upright."""
    return Box(box.y0, box.x0, box.y1, box.x1)


def _points(box: tuple[int, int, int, int]) -> Box:
    x0, y0, x1, y1 = (edge / PIXELS_PER_POINT for edge in box)
    return Box(x0, y0, x1, y1)


# Words


def _words(
    picture: Grey,
    solid: np.ndarray,
    across: Sequence[tuple[int, int, int, int]],
    down: Sequence[tuple[int, int, int, int]],
) -> Iterator[Word]:
    """The words, those of filled areas too, with the height of their line; rules are taken out."""
    paper = np.where(solid > 0, 255 - picture, picture).astype(np.uint8)
    fringe = np.ones((4 * EDGE + 1, 4 * EDGE + 1), np.uint8)
    paper[(cv2.dilate(solid, fringe) > 0) & (cv2.erode(solid, fringe) == 0)] = 255
    for x0, y0, x1, y1 in (*across, *down):
        paper[max(0, y0 - 1) : y1 + 1, max(0, x0 - 1) : x1 + 1] = 255
    for run in _runs(paper):
        x0, y0, x1, y1 = _grown(run, paper)
        line, star = paper[y0 : y1 + 1, x0 : x1 + 1], _star_at(paper[y0 : y1 + 1, x0 : x1 + 1 + STAR_REACH])
        if star is not None:
            line = line[:, :star]
        if _is_slash(line):
            yield Word("/", _points(run))
            continue
        read = _read(line)
        legible = read.probability >= LEGIBLE or read.probability >= READABLE ** len(read.text)
        if star is not None and not read.text:
            yield from _spread("*", _points(run))
        elif legible and any(c.isalnum() or c == "*" for c in read.text):
            told = spelled(read.text) if read.probability < SPELLED else read.text
            yield from _spread(f"{told} *" if star is not None else told, _as_printed(read.text, _points(run)))


def _read(line: Grey) -> Decoded:
    """What a line says, and where that is not sure what it says at a second look."""
    engine = ppocr()

    def look(crop: Grey) -> Decoded:
        return decode(engine.read([crop])[0], engine.alphabet, FREE)

    first = look(line)
    if first.probability >= SURE:
        return first
    wider = cv2.copyMakeBorder(line, MARGIN, MARGIN, PAPER, PAPER, cv2.BORDER_CONSTANT, value=255)
    second = look(np.asarray(cv2.GaussianBlur(wider, (0, 0), SOFT), np.uint8))
    return max(first, second, key=lambda read: read.probability)


def _star_at(line: Grey) -> int | None:
    """The column before the star at a line's end, or None without one: a small mark that stands high, after a gap."""
    ink = line < FAINT
    rows, columns = np.flatnonzero((line < INK).any(1)), np.flatnonzero(ink.any(0))
    height = rows[-1] - rows[0] + 1
    gaps = np.flatnonzero(np.diff(columns) - 1 >= max(2, STAR_GAP * height))
    if not gaps.size:
        return None
    end, begin = int(columns[gaps[-1]]), int(columns[gaps[-1] + 1])
    mark = ink[:, begin:]
    wide, deep, least = columns[-1] - begin + 1, np.flatnonzero(mark.any(1))[-1] - rows[0] + 1, mark.sum()
    small = wide <= STAR[0] * height and deep <= STAR[1] * height and least >= STAR[2]
    return end + 1 + MARGIN if small else None


def _is_slash(line: Grey) -> bool:
    """Whether a line is one stroke that leans to the right: alone, the engine takes it for a letter or for nothing."""
    y, x = np.nonzero(line < FAINT)
    if np.ptp(x) > SLASH[0] * np.ptp(y) or np.ptp(x) == 0:
        return False
    return bool(np.corrcoef(x, y)[0, 1] < SLASH[1])


def _as_printed(text: str, ink: Box) -> Box:
    """A line's box as a PDF tells it, from its font's ascent to its descent, by the letters that its ink is of."""
    over = CAP_HEIGHT if TALL & set(text) else X_HEIGHT
    under = DESCENT if DEEP & set(text) else 0.0
    size = ink.height / (over + under)
    foot = ink.y1 + (DESCENT - under) * size
    return Box(ink.x0, foot - size, ink.x1, foot)


def _runs(paper: Grey) -> list[tuple[int, int, int, int]]:
    """Where print stands, in pixels: letters on one line that are not far apart."""
    ink = (paper < INK).astype(np.uint8)
    near = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, LETTER_GAP), np.uint8))
    smallest, largest = LETTER_HEIGHT
    pieces = [
        box for box in _boxes(near) if (box[2] - box[0]) * (box[3] - box[1]) > SPECK and box[3] - box[1] <= largest
    ]
    runs: list[list[int]] = []
    for piece in sorted(pieces, key=lambda box: (box[1] - box[3], box[0])):  # the tallest first: dots join letters
        joined = next((run for run in runs if _joins(run, piece)), None)
        if joined is None:
            runs.append(list(piece))
        else:
            joined[:2] = min(joined[0], piece[0]), min(joined[1], piece[1])
            joined[2:] = max(joined[2], piece[2]), max(joined[3], piece[3])
    return sorted(
        (x0, y0, x1, y1) for x0, y0, x1, y1 in runs if smallest <= y1 - y0 <= largest and x1 - x0 >= smallest // 2
    )


def _joins(run: Sequence[int], piece: Sequence[int]) -> bool:
    """Whether a piece of print belongs to a run: beside it on its line, or, as the dot of an i, just over it."""
    common = min(run[3], piece[3]) - max(run[1], piece[1])
    apart = max(piece[0] - run[2], run[0] - piece[2])
    height = piece[3] - piece[1]
    if apart <= LETTER_GAP:
        small = height <= DOT and apart <= 0 and common >= -DOT
        return small or common >= 0.5 * min(height, run[3] - run[1])
    return False


def _grown(run: tuple[int, int, int, int], paper: Grey) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = run
    return max(0, x0 - MARGIN), max(0, y0 - MARGIN), x1 + MARGIN, min(len(paper), y1 + MARGIN)


def _spread(text: str, box: Box) -> Iterator[Word]:
    """A line's words, each about where it stands by the number of letters before it."""
    spaced = re.sub(r"(?<=\w)\*", " *", text.translate(MARKS))
    letter = box.width / max(1, len(spaced))
    for word in re.finditer(r"\S+", spaced):
        yield Word(word[0], Box(box.x0 + word.start() * letter, box.y0, box.x0 + word.end() * letter, box.y1))
