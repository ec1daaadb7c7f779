"""The ways of reading a file that are compared: each gets ready for some files and returns what takes one of them.

Ours goes the whole way, from the file to the decision stored in SQLite. The plain way is what one would write in an
afternoon, done fairly: pictures as they are in the TIFF, PDFs rendered at 200 dpi, pages brought to square pixels
(without that Tesseract reads standard-resolution faxes worse), one Tesseract run over the whole page, the fields by
regular expressions over its text. It reads neither check boxes nor signatures, knows no doubt, does not turn pages and
stores nothing. Tesseract runs as a program of its own by pytesseract (plain), or in this process by tesserocr, which
saves starting it and handing over the picture.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
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


def get_ready_ours(files: Sequence[Path]) -> Reader:
    """Our whole way in this process: taken in, read, judged, routed and stored, in a database of its own."""
    from sqlalchemy.orm import Session

    from extractors.read import read_document
    from pipeline import process
    from pipeline.intake.folder import find_arrivals
    from pipeline.registry.files import import_file
    from pipeline.settings import Settings
    from pipeline.store.opening import open_store

    data = tempfile.TemporaryDirectory()
    store = open_store(Settings(data_dir=Path(data.name)))
    manifest, registry = _beside(files[0], "manifest.csv"), _beside(files[0], "registry.json")
    if registry:
        with Session(store.engine) as session, session.begin():
            import_file(session, registry)
    arrivals = {arrival.path: arrival for arrival in find_arrivals(files, manifest)}

    def read(file: Path) -> int:
        assert data  # the folder lives as long as this function
        outcome = process.process(store, process.take_in(store, arrivals[file.resolve()]), read_document)
        return outcome.pages if outcome else 0

    return read


def get_ready_plain(_files: Sequence[Path]) -> Reader:
    """Full-page Tesseract, a program started for every page, and regular expressions."""
    import pytesseract

    return _plain_reader(pytesseract.image_to_string)


def get_ready_in_process(_files: Sequence[Path]) -> Reader:
    """Full-page Tesseract in this process, and regular expressions."""
    import tesserocr

    engine = tesserocr.PyTessBaseAPI(path=_tessdata(), lang="eng")

    def text_of(picture: Image.Image) -> str:
        engine.SetImage(picture)
        engine.SetSourceResolution(PLAIN_DPI)
        return str(engine.GetUTF8Text())

    return _plain_reader(text_of)


def _plain_reader(text_of: Callable[[Image.Image], str]) -> Reader:
    def read(file: Path) -> int:
        pages = 0
        for picture in _pictures(file):
            _plain_fields(text_of(picture))
            pages += 1
        return pages

    return read


def _pictures(file: Path) -> Iterator[Image.Image]:
    import pypdfium2

    if file.suffix.lower() == ".pdf":
        with pypdfium2.PdfDocument(file) as pdf:
            for page in pdf:
                yield page.render(scale=PLAIN_DPI / 72, grayscale=True).to_pil()
    else:
        with Image.open(file) as picture:
            for number in range(getattr(picture, "n_frames", 1)):
                picture.seek(number)
                yield _square(picture)


def _plain_fields(text: str) -> dict[str, str]:
    return {name: found[1] for name, pattern in PLAIN_FIELDS.items() if (found := pattern.search(text))}


def _square(picture: Image.Image) -> Image.Image:
    """Return the picture in grey with square pixels: a fax has 204 pixels an inch across and 98 or 196 down."""
    across, down = (float(pixels_an_inch) for pixels_an_inch in picture.info.get("dpi", (1, 1)))
    grey = picture.convert("L")
    if not across or not down or 0.95 < across / down < 1.05:
        return grey
    return grey.resize((grey.width, round(grey.height * across / down)), Image.Resampling.BILINEAR)


def _beside(file: Path, name: str) -> Path | None:
    """What a corpus keeps with its faxes (`samples/README.md`): in their folder or the one above."""
    return next((place for folder in file.resolve().parents[:2] if (place := folder / name).is_file()), None)


def _tessdata() -> str:
    """Where the installed Tesseract keeps its languages; the engine in tesserocr looks elsewhere."""
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=True).stdout
    found = re.search(r'"(.+)"', listed)
    if found is None:
        raise RuntimeError("tesseract --list-langs does not say where its languages are")
    return found[1]


WAYS: dict[str, Callable[[Sequence[Path]], Reader]] = {
    "faxforms": get_ready_ours,
    "tesseract in process": get_ready_in_process,
    "plain": get_ready_plain,
}
