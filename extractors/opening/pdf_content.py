"""What a PDF page says about itself without being drawn: its frame, pictures, form fields, annotations and words."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pdfplumber
import pikepdf
import pypdfium2 as pdfium

from extractors.geometry import Box
from extractors.limits import Limits
from extractors.opening.aspect import check_pixels
from extractors.opening.opened import FileValue, Word

LETTER = (0.0, 0.0, 612.0, 792.0)
"""The page where a file gives none, as every PDF reader assumes."""

NESTING = 12  # form XObjects within form XObjects; deeper is a trap

UNSEEN = ("/Link", "/Popup", "/Widget")  # annotations that put nothing of their own on the page
HIDDEN = 1 << 1 | 1 << 5  # annotation flags Hidden and NoView (PDF 1.7, table 165)

WORD_GAP = 3.0  # points of white within a word at most
LINE_STEP = 1.5  # points between the tops of characters of one line
HYPHENS = (0x02, 0xFFFE)  # how pdfium marks a hyphen at the end of a line

PUSH_BUTTON = 1 << 16  # field flag (PDF 1.7, table 226)


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The visible part of a page in PDF coordinates (points, y upward) and how it is turned for reading.

    `rotate`: degrees clockwise, 0, 90, 180 or 270.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    rotate: int

    @property
    def unturned_size(self) -> tuple[float, float]:
        """Width and height in points before turning."""
        return self.x1 - self.x0, self.y1 - self.y0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points as read."""
        width, height = self.unturned_size
        return (height, width) if self.rotate % 180 else (width, height)

    def box(self, rect: Sequence[float]) -> Box:
        """A rectangle in PDF coordinates as a box on the upright page, from its top-left corner."""
        left, right = sorted((float(rect[0]), float(rect[2])))
        low, high = sorted((float(rect[1]), float(rect[3])))
        match self.rotate:
            case 90:
                return Box(low - self.y0, left - self.x0, high - self.y0, right - self.x0)
            case 180:
                return Box(self.x1 - right, low - self.y0, self.x1 - left, high - self.y0)
            case 270:
                return Box(self.y1 - high, self.x1 - right, self.y1 - low, self.x1 - left)
        return Box(left - self.x0, self.y1 - high, right - self.x0, self.y1 - low)


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What the file says of a picture: `plain` without mask, `bilevel` one bit a pixel, `g4` if it is so coded."""

    plain: bool
    bilevel: bool
    g4: G4Coding | None


@dataclass(frozen=True, slots=True)
class G4Coding:
    """A G4 stream: its length in bytes, and whether it codes white as black."""

    length: int
    inverted: bool


def page_frame(page: pikepdf.Page) -> PageFrame:
    """The page's crop box within its media box, and its rotation."""
    media = _rectangle(page, "/MediaBox") or LETTER
    crop = _rectangle(page, "/CropBox") or media
    x0, y0, x1, y1 = max(media[0], crop[0]), max(media[1], crop[1]), min(media[2], crop[2]), min(media[3], crop[3])
    if x1 <= x0 or y1 <= y0:
        x0, y0, x1, y1 = media
    return PageFrame(x0, y0, x1, y1, _rotation(page))


def _rectangle(page: pikepdf.Page, name: str) -> tuple[float, float, float, float] | None:
    entry = _inherited(page.obj, name)
    try:
        values = [float(side) for side in entry]  # type: ignore[union-attr]  # None ends in the except clause
    except (TypeError, ValueError):
        return None
    if len(values) != 4:
        return None
    x0, x1 = sorted((values[0], values[2]))
    y0, y1 = sorted((values[1], values[3]))
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def _rotation(page: pikepdf.Page) -> int:
    try:
        turned = int(_inherited(page.obj, "/Rotate") or 0)
    except (TypeError, ValueError):
        return 0
    return turned % 360 if turned % 90 == 0 else 0


def _inherited(thing: pikepdf.Object | None, name: str) -> pikepdf.Object | None:
    """An entry of a page or form field, or of the nearest of its parents that has it."""
    for _ in range(NESTING):
        if not isinstance(thing, pikepdf.Dictionary):
            return None
        if name in thing:
            return thing[name]
        thing = thing.get("/Parent")
    return None


def check_pictures(page: pikepdf.Page, number: int, limits: Limits) -> None:
    """Refuses a page with a picture of more pixels than allowed, also one drawn tiny or in an annotation.

    Raises:
        PageError: there is such a picture.
    """
    for picture in _pictures(page):
        check_pixels(number, max(1, int(picture.get("/Width", 1))), max(1, int(picture.get("/Height", 1))), limits)


def picture_facts(page: pikepdf.Page, size: tuple[int, int]) -> PictureFacts:
    """What the file says of the picture (or pictures) of that size in pixels; an inline picture is never plain."""
    found = [p for p in _pictures(page) if (int(p.get("/Width", 0)), int(p.get("/Height", 0))) == size]
    masked = any(mask in picture for picture in found for mask in ("/SMask", "/Mask", "/ImageMask"))
    bilevel = bool(found) and all(p.get("/BitsPerComponent", 0) == 1 for p in found)
    return PictureFacts(bool(found) and not masked, bilevel, _g4_coding(found[0]) if len(found) == 1 else None)


def _g4_coding(picture: pikepdf.Object) -> G4Coding | None:
    filters, parameters = picture.get("/Filter"), picture.get("/DecodeParms")
    if isinstance(filters, pikepdf.Array) and isinstance(parameters, pikepdf.Array) and len(filters) == 1:
        filters, parameters = filters[0], parameters[0]
    if filters != "/CCITTFaxDecode" or not isinstance(parameters, pikepdf.Dictionary) or parameters.get("/K", 0) >= 0:
        return None
    if "/Decode" in picture or picture.get("/ColorSpace") != "/DeviceGray":
        return None
    return G4Coding(len(picture.read_raw_bytes()), bool(parameters.get("/BlackIs1", False)))


def _pictures(page: pikepdf.Page) -> Iterator[pikepdf.Object]:
    """The image XObjects that the page, its form XObjects and its annotations can draw."""
    seen: set[tuple[int, int]] = set()
    waiting = [(_inherited(page.obj, "/Resources"), 0)]
    for annotation in _annotations(page):
        waiting += [(look.get("/Resources"), 1) for look in _appearances(annotation)]
    while waiting:
        resources, depth = waiting.pop()
        drawn = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
        if not isinstance(drawn, pikepdf.Dictionary) or depth > NESTING:
            continue
        for thing in drawn.values():
            if not isinstance(thing, pikepdf.Stream) or thing.objgen in seen:
                continue
            seen.add(thing.objgen)
            if thing.get("/Subtype") == "/Image":
                yield thing
            else:
                waiting.append((thing.get("/Resources"), depth + 1))


def _annotations(page: pikepdf.Page) -> list[pikepdf.Object]:
    listed = page.obj.get("/Annots")
    if not isinstance(listed, pikepdf.Array):
        return []
    return [entry for entry in listed if isinstance(entry, pikepdf.Dictionary)]


def _appearances(annotation: pikepdf.Object) -> Iterator[pikepdf.Object]:
    looks = annotation.get("/AP")
    normal = looks.get("/N") if isinstance(looks, pikepdf.Dictionary) else None
    if isinstance(normal, pikepdf.Stream):
        yield normal
    elif isinstance(normal, pikepdf.Dictionary):
        yield from (state for state in normal.values() if isinstance(state, pikepdf.Stream))


def annotation_boxes(page: pikepdf.Page, frame: PageFrame) -> tuple[Box, ...]:
    """Places of the stamps, texts and ink put on top of the page."""
    return tuple(frame.box(note["/Rect"]) for note in _annotations(page) if _is_seen(note))  # type: ignore[arg-type]  # four numbers


def _is_seen(annotation: pikepdf.Object) -> bool:
    rect = annotation.get("/Rect")
    if annotation.get("/Subtype") in UNSEEN or not isinstance(rect, pikepdf.Array) or len(rect) != 4:
        return False
    return not int(annotation.get("/F", 0)) & HIDDEN


def text_annotations(page: pikepdf.Page, frame: PageFrame) -> tuple[Word, ...]:
    """Texts typed on top of the page (FreeText annotations)."""
    notes = (note for note in _annotations(page) if note.get("/Subtype") == "/FreeText" and _is_seen(note))
    return tuple(Word(str(note.get("/Contents", "")).strip(), frame.box(note["/Rect"])) for note in notes)  # type: ignore[arg-type]  # four numbers


def form_values(page: pikepdf.Page, frame: PageFrame) -> tuple[FileValue, ...]:
    """The form fields (AcroForm widgets) of the page, filled or not; push buttons hold nothing and are left out."""
    found = []
    for widget in _annotations(page):
        rect, kind = widget.get("/Rect"), _inherited(widget, "/FT")
        if widget.get("/Subtype") != "/Widget" or not isinstance(rect, pikepdf.Array) or len(rect) != 4:
            continue
        if kind == "/Btn" and int(_inherited(widget, "/Ff") or 0) & PUSH_BUTTON:
            continue
        found.append(FileValue(_qualified_name(widget), _field_value(widget, kind), frame.box(rect)))  # type: ignore[arg-type]  # four numbers
    return tuple(found)


def _qualified_name(widget: pikepdf.Object) -> str:
    parts: list[str] = []
    step: pikepdf.Object | None = widget
    for _ in range(NESTING):
        if not isinstance(step, pikepdf.Dictionary):
            break
        if "/T" in step:
            parts.insert(0, str(step["/T"]))
        step = step.get("/Parent")
    return ".".join(parts)


def _field_value(widget: pikepdf.Object, kind: pikepdf.Object | None) -> str | bool | None:
    value = _inherited(widget, "/V")
    if kind == "/Btn":
        # a widget's own appearance state counts; forms filled by scripts sometimes set only the field's value
        state = widget.get("/AS", value)
        return state is not None and str(state) not in ("/Off", "Off", "")
    if kind == "/Sig":
        return True if value is not None else None
    if isinstance(value, pikepdf.Stream):  # rich or very long text
        value = value.read_bytes().decode("utf-8", "replace")  # type: ignore[assignment]  # both end as str below
    if isinstance(value, pikepdf.Array):  # a list box with several choices
        return ", ".join(str(entry) for entry in value) or None
    text = "" if value is None else str(value).strip()
    return text or None


def words(source: pikepdf.Page, page: pdfium.PdfPage, frame: PageFrame) -> tuple[Word, ...]:
    """The words of the page's text layer, line by line; form fields and annotations are not part of it.

    pdfium finds them several times as fast as pdfplumber does, but knows a font's box only for text that runs upright
    in the file, so that pages turned for reading are left to pdfplumber. The two differ in the boxes' height alone.
    """
    return _words_of_turned(source, frame) if frame.rotate else _words_of_upright(page, frame)


def _words_of_upright(page: pdfium.PdfPage, frame: PageFrame) -> tuple[Word, ...]:
    """A word ends at white space, or where the next character of its line stands more than `WORD_GAP` away."""
    found: list[Word] = []
    for line in _lines(_characters(page, frame)):
        word: list[Word] = []
        for character in sorted(line, key=lambda character: character.box.x0):
            if word and (character.text.isspace() or character.box.x0 - word[-1].box.x1 > WORD_GAP):
                found.append(_joined(word))
                word = []
            if not character.text.isspace():
                word.append(character)
        if word:
            found.append(_joined(word))
    return tuple(found)


def _characters(page: pdfium.PdfPage, frame: PageFrame) -> list[Word]:
    """The characters that stand in the file, each in the box that its font gives it; none that pdfium only infers."""
    text = page.get_textpage()
    try:
        return [
            Word(_as_typed(code), frame.box(text.get_charbox(index, loose=True)))
            for index in range(text.count_chars())
            if not pdfium.raw.FPDFText_IsGenerated(text, index)
            and (code := pdfium.raw.FPDFText_GetUnicode(text, index))
        ]
    finally:
        text.close()


def _as_typed(code: int) -> str:
    """A character of pdfium's; it marks a hyphen at the end of a line, and tells halves of surrogate pairs."""
    return "-" if code in HYPHENS else chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd"


def _lines(characters: list[Word]) -> list[list[Word]]:
    """Characters whose tops lie within `LINE_STEP` of the one before."""
    lines: list[list[Word]] = []
    top = -math.inf
    for character in sorted(characters, key=lambda character: character.box.y0):
        if character.box.y0 - top > LINE_STEP:
            lines.append([])
        lines[-1].append(character)
        top = character.box.y0
    return lines


def _joined(word: list[Word]) -> Word:
    boxes = [character.box for character in word]
    around = Box(boxes[0].x0, min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))
    return Word("".join(character.text for character in word), around)


def _words_of_turned(page: pikepdf.Page, frame: PageFrame) -> tuple[Word, ...]:
    with pikepdf.new() as alone:
        alone.pages.append(page)
        only = alone.pages[0]
        width, height = frame.unturned_size
        only.obj["/MediaBox"] = only.obj["/CropBox"] = pikepdf.Array([0, 0, width, height])
        only.contents_add(f"1 0 0 1 {-frame.x0:.4f} {-frame.y0:.4f} cm ".encode(), prepend=True)
        if "/Annots" in only.obj:
            del only.obj["/Annots"]
        copy = io.BytesIO()
        alone.save(copy)
    with pdfplumber.open(copy) as document:
        found = document.pages[0].extract_words(keep_blank_chars=False)
    return tuple(Word(word["text"], Box(word["x0"], word["top"], word["x1"], word["bottom"])) for word in found)
