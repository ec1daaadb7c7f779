"""PDF: a page that is one picture gives it as sent, all others are rendered with their form fields and annotations."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pikepdf
import pypdfium2 as pdfium

from extractors.errors import DamagedFile, EncryptedFile, LimitExceeded, PageError
from extractors.geometry import PIXELS_PER_POINT, POINTS_PER_INCH, WORKING_DPI, Grey
from extractors.limits import Limits
from extractors.opening.aspect import check_pixels, medium_of, square_size, squared
from extractors.opening.ccitt import g4_lines_lost
from extractors.opening.opened import Medium, OpenedPage, Word, unopened
from extractors.opening.pdf_content import (
    PageFrame,
    annotation_boxes,
    check_pictures,
    form_values,
    page_frame,
    picture_facts,
    text_annotations,
    words,
)
from extractors.opening.picture import as_grey
from extractors.pdfium_turn import in_pdfium_turn

READ_ERRORS = (
    pikepdf.PdfError,
    pdfium.PdfiumError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    RuntimeError,
    MemoryError,
    OverflowError,
)
"""What pikepdf and pdfium raise on damaged pages, by their documentation and fuzzing."""

PICTURE_PAGE = 0.8
"""A page of which pictures cover so much is a scan, also when a machine wrote its head line on it."""

INVISIBLE = 3
"""Text rendering mode of the text layer behind scans (PDF 1.7, table 106)."""

STRAIGHT = 1e-3  # points: entries of a picture's matrix below this are rounding


def open_pdf(data: bytes, limits: Limits, only: int | None = None) -> Iterator[OpenedPage]:
    """The pages of a PDF file, or only one of them.

    Raises:
        EncryptedFile: a password is needed.
        DamagedFile: no page can be found, not even by rebuilding the cross-reference table.
        LimitExceeded: more pages than allowed.
    """
    with _inspected(data) as pdf:
        count = len(pdf.pages)
        if count == 0:
            raise DamagedFile("open", "no page in the PDF file")
        renderer, found = _renderer(data, pdf)
        try:
            told = max(count, found, _promised_pages(pdf))
            if told > limits.pages:
                raise LimitExceeded("open", f"{told} pages, {limits.pages} are allowed")
            for number in range(1, count + 1):
                if only in (None, number):
                    yield _page_or_its_error(pdf, renderer, number, limits)
        finally:
            _close(renderer)
        for number in range(count + 1, told + 1):
            if only in (None, number):
                yield unopened(number, "open: the file says that it has more pages, this one is lost")


def _inspected(data: bytes) -> pikepdf.Pdf:
    try:
        return pikepdf.open(io.BytesIO(data))
    except pikepdf.PasswordError as error:
        raise EncryptedFile("open", "the PDF file needs a password") from error
    except READ_ERRORS as error:
        raise DamagedFile("open", f"the PDF file cannot be read or repaired ({type(error).__name__})") from error


@in_pdfium_turn
def _renderer(data: bytes, pdf: pikepdf.Pdf) -> tuple[pdfium.PdfDocument, int]:
    """The file opened for rendering, and how many pages pdfium finds in it as it came (0 where it cannot open it).

    pdfium repairs less than pikepdf, so a second try is with pikepdf's rewriting. But pikepdf drops a page that it
    cannot repair and counts anew; pdfium still has it in its count.
    """
    found = 0
    try:
        document = pdfium.PdfDocument(data)
        found = len(document)
        if found != len(pdf.pages):
            document.close()
            document = pdfium.PdfDocument(_rewritten(pdf))
    except READ_ERRORS:
        try:
            document = pdfium.PdfDocument(_rewritten(pdf))
        except READ_ERRORS as error:
            raise DamagedFile("open", f"the PDF file cannot be repaired ({type(error).__name__})") from error
    document.init_forms()
    return document, found


@in_pdfium_turn
def _close(renderer: pdfium.PdfDocument) -> None:
    renderer.close()


def _rewritten(pdf: pikepdf.Pdf) -> bytes:
    repaired = io.BytesIO()
    pdf.save(repaired, encryption=False)
    return repaired.getvalue()


def _promised_pages(pdf: pikepdf.Pdf) -> int:
    try:
        return int(pdf.Root.Pages.Count)
    except READ_ERRORS:
        return 0


@in_pdfium_turn
def _page_or_its_error(pdf: pikepdf.Pdf, renderer: pdfium.PdfDocument, number: int, limits: Limits) -> OpenedPage:
    try:
        return _page(pdf, renderer, number, limits)
    except PageError as error:
        return unopened(number, str(error))
    except Exception as error:  # noqa: BLE001 - on damaged pages the libraries raise what they like
        return unopened(number, f"open: the page cannot be decoded ({type(error).__name__})")


def _page(pdf: pikepdf.Pdf, renderer: pdfium.PdfDocument, number: int, limits: Limits) -> OpenedPage:
    source = pdf.pages[number - 1]
    frame = page_frame(source)
    check_pixels(number, *square_size(frame.size), limits)
    check_pictures(source, number, limits)
    page = renderer[number - 1]
    try:
        annotated = annotation_boxes(source, frame)
        values = form_values(source, frame)
        picture = None if annotated or values else _only_picture(source, page)
        if picture is not None:
            return _picture_page(source, picture, number, frame)
        return _rendered_page(source, page, number, frame)
    finally:
        page.close()


def _only_picture(source: pikepdf.Page, page: pdfium.PdfPage) -> pdfium.PdfImage | None:
    """The picture that is all there is to see on the page, upright or turned by quarters, without mask; else None."""
    visible = [thing for thing in page.get_objects(max_depth=1) if not _invisible(thing)]
    if len(visible) != 1 or not isinstance(visible[0], pdfium.PdfImage):
        return None
    a, b, c, d = (0.0 if abs(entry) < STRAIGHT else entry for entry in visible[0].get_matrix().get()[:4])
    straight = (b == c == 0 and a * d > 0) or (a == d == 0 and b * c < 0)
    plain = straight and picture_facts(source, visible[0].get_px_size()).plain
    return visible[0] if plain else None


def _invisible(thing: pdfium.PdfObject) -> bool:
    if thing.type != pdfium.raw.FPDF_PAGEOBJ_TEXT:
        return False
    return bool(pdfium.raw.FPDFTextObj_GetTextRenderMode(thing) == INVISIBLE)


def _picture_page(source: pikepdf.Page, picture: pdfium.PdfImage, number: int, frame: PageFrame) -> OpenedPage:
    """The picture's own pixels, brought to its size on the page and laid where it lies."""
    native = as_grey(picture.get_bitmap(render=False).to_pil())
    facts = picture_facts(source, picture.get_px_size())
    lost = facts.g4 is not None and g4_lines_lost(native, facts.g4.length, facts.g4.inverted)
    a, b, c, d = picture.get_matrix().get()[:4]
    upright = abs(a) > abs(b)
    quarters = (0 if a > 0 else 2) if upright else (1 if b > 0 else 3)  # counter-clockwise, as the matrix turns it
    placed = np.rot90(native, quarters)
    size = (abs(a), abs(d)) if upright else (abs(c), abs(b))
    left, _, _, top = picture.get_bounds()
    grey = _laid(squared(np.ascontiguousarray(placed), size), (left - frame.x0, frame.y1 - top), frame.unturned_size)
    resolution = tuple(pixels / side * POINTS_PER_INCH for pixels, side in zip(placed.shape[::-1], size, strict=True))
    scan_lines_lie = not upright
    if frame.rotate % 180:
        resolution, scan_lines_lie = resolution[::-1], not scan_lines_lie
    medium = medium_of(facts.bilevel, native.shape[1], resolution[1 if scan_lines_lie else 0])
    grey = np.ascontiguousarray(np.rot90(grey, -frame.rotate // 90))
    error = "open: the page's data are damaged, lines are lost" if lost else None
    return OpenedPage(number, grey, frame.size, (resolution[0], resolution[1]), medium, error=error)


def _laid(picture: Grey, corner: tuple[float, float], size: tuple[float, float]) -> Grey:
    """The picture on a white page of that size (points), its corner there; what hangs over the edge is cut off."""
    width, height = square_size(size)
    x, y = (round(side * PIXELS_PER_POINT) for side in corner)
    if (x, y) == (0, 0) and picture.shape == (height, width):
        return picture
    page = np.full((height, width), 255, np.uint8)
    part = picture[max(0, -y) : max(0, height - y), max(0, -x) : max(0, width - x)]
    x, y = max(0, x), max(0, y)
    page[y : y + part.shape[0], x : x + part.shape[1]] = part
    return page


def _rendered_page(source: pikepdf.Page, page: pdfium.PdfPage, number: int, frame: PageFrame) -> OpenedPage:
    """The page as a reader draws it, with form fields and annotations, and what the file says about its content."""
    pictures = list(page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE]))
    scanned = _picture_medium(source, pictures, frame)
    bitmap = page.render(scale=PIXELS_PER_POINT, grayscale=True, may_draw_forms=True, draw_annots=True)
    grey = squared(bitmap.to_numpy().reshape(bitmap.height, bitmap.width).copy(), frame.size)
    bitmap.close()
    digital = scanned is None
    text, error = _text(source, page, frame) if digital else ((), None)
    placed = [frame.box(picture.get_bounds()) for picture in pictures] if digital else []
    return OpenedPage(
        number=number,
        grey=grey,
        size_points=frame.size,
        resolution=(WORKING_DPI, WORKING_DPI),
        medium=scanned or Medium.DIGITAL,
        form_values=form_values(source, frame),
        words=text,
        stamps=(*placed, *annotation_boxes(source, frame)),
        error=error,
    )


def _text(source: pikepdf.Page, page: pdfium.PdfPage, frame: PageFrame) -> tuple[tuple[Word, ...], str | None]:
    """All that is typed on the page, and why it is not all: a page can be drawn although its text cannot be read."""
    try:
        return words(source, page, frame) + text_annotations(source, frame), None
    except Exception as error:  # noqa: BLE001 - pdfplumber and pdfminer raise what they like on damaged fonts and text
        return text_annotations(source, frame), f"open: the page's text cannot be read ({type(error).__name__})"


def _picture_medium(source: pikepdf.Page, pictures: list[pdfium.PdfImage], frame: PageFrame) -> Medium | None:
    """Fax or scan where pictures cover the page, else None."""
    boxes = [frame.box(picture.get_bounds()) for picture in pictures]
    covered = sum(box.width * box.height for box in boxes)
    if covered < PICTURE_PAGE * frame.size[0] * frame.size[1]:
        return None
    largest = max(pictures, key=lambda picture: picture.get_px_size()[0])
    width = largest.get_px_size()[0]
    return medium_of(
        picture_facts(source, largest.get_px_size()).bilevel, width, width / frame.size[0] * POINTS_PER_INCH
    )
