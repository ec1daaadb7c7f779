"""A notice on one letter page, as PDF: large type, black on white, so that it is read after any fax machine.

By ReportLab (BSD licence), with its Bitstream Vera faces embedded: wide letters with open forms, made for few pixels.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from PIL import Image as Picture
from reportlab.lib.colors import black
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, HRFlowable, Image, Paragraph, Spacer, Table, TableStyle

from extractors.geometry import PIXELS_PER_POINT
from pipeline.errors import NoticeTextError
from pipeline.notice.notice import Notice, Point

MARGIN = 50.0  # points: fax machines lose up to 4 mm at an edge, and print a header over the top one
COLUMN = letter[0] - 2 * MARGIN
HEIGHT = letter[1] - 2 * MARGIN
LARGEST = 1.4
"""How much larger than on the form a picture is drawn at most."""

CALL_US = "Please call us, we will go through all of them with you."
BY_HAND = "_" * 22
"""The line on which a name or number is written by hand."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large things are drawn (points).

    `picture`: the greatest height of pictures; they stand `below` their words, else beside them.
    """

    body: float
    picture: float
    gap: float
    below: bool = False


SIZES = (
    Size(13.5, 75, 12, below=True),
    Size(12.5, 56, 9),
    Size(12.5, 38, 7),
    Size(11.5, 30, 6),
    Size(11, 26, 4),
)
"""Tried in this order until all fits on the page; below 11 points a standard fax (98 lines an inch) is hard to read."""

SMALLEST_PICTURES = SIZES[-2]
"""The size at which pictures are left out first."""


def page(notice: Notice, pictures: Mapping[str, bytes]) -> bytes:
    """The PDF; the same words and pictures give the same bytes.

    `pictures`: PNG by field name. Where not all of them fit, the first points have theirs; points that do not fit at
    the smallest size either are cut off at the end, and the page says how many there are.

    Raises:
        NoticeTextError: what has to stand there does not fit, with one point alone.
    """
    return _pdf(notice, _fitting(notice, pictures))


def _fitting(notice: Notice, pictures: Mapping[str, bytes]) -> list[Flowable]:
    """Everything on the page at the first size at which it fits, else as much of it as fits at the smallest."""
    points = len(notice.points)
    for size in SIZES:
        if _fits(_flowables(notice, pictures, size, points, points)):
            return _flowables(notice, pictures, size, points, points)
    for size in (SMALLEST_PICTURES, SIZES[-1]):
        if _fits(_flowables(notice, pictures, size, points, 0)):
            with_picture = _most(points, partial(_flowables, notice, pictures, size, points))
            return _flowables(notice, pictures, size, points, with_picture)
    shown = _most(points, lambda count: _flowables(notice, pictures, SIZES[-1], count, 0))
    return _flowables(notice, pictures, SIZES[-1], max(shown, 1), 0)


def _most(upper: int, build: Callable[[int], list[Flowable]]) -> int:
    """The largest count, 0 to `upper`, with which the page that `build` makes fits; with more it never does."""
    return bisect_right(range(1, upper + 1), 0, key=lambda count: 0 if _fits(build(count)) else 1)


def _flowables(
    notice: Notice, pictures: Mapping[str, bytes], size: Size, shown: int, with_picture: int
) -> list[Flowable]:
    """Everything on the page, from top to bottom: the first `shown` points, the first `with_picture` with pictures."""
    styles = _Styles.of(size)
    parts: list[Flowable] = [
        _text(notice.sender, styles.sender),
        _text(notice.contact, styles.contact),
        HRFlowable(width="100%", thickness=2.5, color=black, spaceBefore=4, spaceAfter=8),
        _text(notice.title, styles.title),
        _address(notice, styles),
        HRFlowable(width="100%", thickness=1, color=black, spaceBefore=5, spaceAfter=8),
        _text(notice.opening, styles.body),
    ]
    for number, point in enumerate(notice.points[:shown], start=1):
        png = pictures.get(point.picture) if number <= with_picture else None
        parts += [Spacer(1, size.gap), _point(point, number, png, styles, size)]
    if left_out := len(notice.points) - shown:
        parts += [Spacer(1, size.gap), _text(f"… and {left_out} more. {CALL_US}", styles.strong)]
    parts += [
        Spacer(1, size.gap + 4),
        _boxed([_text(notice.what_to_do, styles.strong), _text(notice.questions, styles.body)]),
        Spacer(1, 5),
        _text(notice.confidential, styles.small),
    ]
    return parts


def _address(notice: Notice, styles: _Styles) -> Flowable:
    """Whom it goes to, and which form it is about: two columns of label and words."""
    to = (("To", notice.to or BY_HAND), ("Fax", notice.fax or BY_HAND), ("Date", notice.date))
    about = (
        ("Document", notice.reference),
        ("Received", notice.received),
        ("Form", notice.form),
        ("Patient", f"{notice.patient} (initials)" if notice.patient else ""),
    )
    return _side_by_side(_labelled(to, styles), _labelled(about, styles), share=0.46)


def _labelled(rows: Sequence[tuple[str, str]], styles: _Styles) -> list[Flowable]:
    return [_text(words, styles.body, head=f"{label}: ") for label, words in rows if words]


def _point(point: Point, number: int, png: bytes | None, styles: _Styles, size: Size) -> Flowable:
    """Number, place and words; beside or below them the picture of the place."""
    head = f"{point.place}: " if point.place else ""
    text = _text(point.says, styles.body, head=f"{number}. {head}")
    if png is None:
        return text
    if size.below:
        return _below(text, _framed(png, COLUMN - 30, size.picture))
    return _side_by_side(text, _framed(png, COLUMN * 0.44 - 8, size.picture), share=0.56)


def _framed(png: bytes, width: float, height: float) -> Flowable:
    """A picture in a thin frame, not wider and not higher than that (points)."""
    with Picture.open(io.BytesIO(png)) as picture:
        scale = min(LARGEST / PIXELS_PER_POINT, width / picture.width, height / picture.height)
        image = Image(io.BytesIO(png), picture.width * scale, picture.height * scale)
    style = TableStyle([*_no_padding(2), ("BOX", (0, 0), (-1, -1), 0.8, black)])
    return Table([[image]], style=style, hAlign="RIGHT")


def _below(upper: Flowable, lower: Flowable) -> Flowable:
    style = TableStyle([*_no_padding(0), ("TOPPADDING", (0, 1), (0, 1), 4)])
    return Table([[upper], [lower]], colWidths=[COLUMN], style=style)


def _side_by_side(left: Any, right: Any, share: float = 0.5) -> Flowable:
    """Two things in one row; `share` of the width goes to the left one."""
    style = TableStyle([*_no_padding(0), ("VALIGN", (0, 0), (-1, -1), "TOP"), ("RIGHTPADDING", (0, 0), (0, -1), 8)])
    return Table([[left, right]], colWidths=[COLUMN * share, COLUMN * (1 - share)], style=style)


def _boxed(parts: list[Flowable]) -> Flowable:
    style = TableStyle([*_no_padding(7), ("BOX", (0, 0), (-1, -1), 2, black)])
    return Table([[parts]], colWidths=[COLUMN], style=style)


def _no_padding(points: float) -> Iterator[tuple[Any, ...]]:
    for side in ("LEFT", "RIGHT", "TOP", "BOTTOM"):
        yield (f"{side}PADDING", (0, 0), (-1, -1), points)


def _text(words: str, style: ParagraphStyle, head: str = "") -> Paragraph:
    return Paragraph((f"<b>{escape(head)}</b>" if head else "") + escape(words), style)


@dataclass(frozen=True, slots=True)
class _Styles:
    """The type of the page."""

    sender: ParagraphStyle
    contact: ParagraphStyle
    title: ParagraphStyle
    body: ParagraphStyle
    strong: ParagraphStyle
    small: ParagraphStyle

    @staticmethod
    def of(size: Size) -> _Styles:
        register_fonts()
        body = ParagraphStyle("body", fontName="Vera", fontSize=size.body, leading=size.body * 1.25, textColor=black)

        def like(**changed: Any) -> ParagraphStyle:
            return ParagraphStyle("like", parent=body, **changed)

        return _Styles(
            sender=like(fontName="Vera-Bold", fontSize=15, leading=19),
            contact=like(fontName="Vera-Bold", fontSize=12, leading=16),
            title=like(fontName="Vera-Bold", fontSize=18, leading=22, spaceAfter=7),
            body=body,
            strong=like(fontName="Vera-Bold", spaceAfter=3),
            small=like(fontSize=11, leading=13.5),
        )


def register_fonts() -> None:
    """Make the fonts known to reportlab, which ships them; an error where they are missing."""
    if "Vera-Bold" in pdfmetrics.getRegisteredFontNames():
        return
    folder = Path(reportlab.__file__).parent / "fonts"
    pdfmetrics.registerFont(TTFont("Vera", folder / "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("Vera-Bold", folder / "VeraBd.ttf"))
    pdfmetrics.registerFontFamily("Vera", normal="Vera", bold="Vera-Bold", italic="Vera", boldItalic="Vera-Bold")


def _fits(parts: Sequence[Flowable]) -> bool:
    canvas = Canvas(io.BytesIO(), pagesize=letter)
    left = list(parts)
    _frame().addFromList(left, canvas)
    return not left


def _frame() -> Frame:
    return Frame(MARGIN, MARGIN, COLUMN, HEIGHT, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)


def _pdf(notice: Notice, parts: list[Flowable]) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=letter, invariant=True)  # no time of making in it: the same words, the same bytes
    canvas.setTitle(f"Notice about document {notice.reference}")
    _frame().addFromList(parts, canvas)
    if parts:
        raise NoticeTextError("notice text: it is too long for one page")
    canvas.showPage()
    canvas.save()
    return file.getvalue()
