"""The ways of reading a file that are compared: each gets ready and returns the function that reads one file.

The plain way is what one would write in an afternoon, done fairly: pictures as they are in the TIFF, PDFs rendered at
200 dpi, pages brought to square pixels (without that Tesseract reads standard-resolution faxes worse), one Tesseract
run over the whole page, the fields by regular expressions over its text. It reads neither check boxes nor signatures,
knows no doubt and does not turn pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

Reader = Callable[[Path], int]
"""Reads one file and returns the number of its pages."""

PLAIN_DPI = 200

PLAIN_FIELDS = {
    "patient_dob": re.compile(r"date of birth.{0,40}?(\d{1,2}\s*/\s*\d{1,2}\s*/\s*\d{2,4})", re.I | re.S),
    "patient_first_name": re.compile(r"first name\W*([A-Z][A-Za-z'-]+)", re.I),
    "patient_last_name": re.compile(r"last name\W*([A-Z][A-Za-z'-]+)", re.I),
    "patient_zip": re.compile(r"zip(?: code)?\W*(\d{5})", re.I),
    "prescriber_npi": re.compile(r"\(?NPI\)?\D{0,30}((?:\d\s*){10})", re.I),
    "prescriber_phone": re.compile(r"phone\W*(\(?\d{3}\)?[\s.-]*\d{3}[\s.-]*\d{4})", re.I),
    "prescriber_email": re.compile(r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)"),
    "anc_draw_date": re.compile(r"draw date.{0,40}?(\d{1,2}\s*/\s*\d{1,2}\s*/\s*\d{2,4})", re.I | re.S),
    "anc_value": re.compile(r"ANC\s*\(per.{0,4}\)\W*((?:\d\s*){3,5})", re.I),
    "signature_date": re.compile(r"date signed.{0,40}?(\d{1,2}\s*/\s*\d{1,2}\s*/\s*\d{2,4})", re.I | re.S),
}


def get_ready_ours() -> Reader:
    """Our reader, in this process, as `faxforms ingest` runs it in its workers (nothing is stored)."""
    from extractors.read import read_document

    def read(file: Path) -> int:
        return len(read_document(file.read_bytes()).pages)

    return read


def get_ready_plain() -> Reader:
    """Full-page Tesseract and regular expressions."""
    import pypdfium2
    import pytesseract

    def pictures(file: Path) -> Iterator[Image.Image]:
        if file.suffix.lower() == ".pdf":
            with pypdfium2.PdfDocument(file) as pdf:
                for page in pdf:
                    yield page.render(scale=PLAIN_DPI / 72, grayscale=True).to_pil()
        else:
            with Image.open(file) as picture:
                for number in range(getattr(picture, "n_frames", 1)):
                    picture.seek(number)
                    yield _square(picture)

    def read(file: Path) -> int:
        pages = 0
        for picture in pictures(file):
            text = pytesseract.image_to_string(picture)
            _plain_fields(text)
            pages += 1
        return pages

    return read


def _plain_fields(text: str) -> dict[str, str]:
    return {name: found[1] for name, pattern in PLAIN_FIELDS.items() if (found := pattern.search(text))}


def _square(picture: Image.Image) -> Image.Image:
    """Return the picture in grey with square pixels: a fax has 204 pixels an inch across and 98 or 196 down."""
    across, down = (float(pixels_an_inch) for pixels_an_inch in picture.info.get("dpi", (1, 1)))
    grey = picture.convert("L")
    if not across or not down or 0.95 < across / down < 1.05:
        return grey
    return grey.resize((grey.width, round(grey.height * across / down)), Image.Resampling.BILINEAR)


WAYS: dict[str, Callable[[], Reader]] = {"faxforms": get_ready_ours, "plain": get_ready_plain}
