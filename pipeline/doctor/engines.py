"""What reads: Tesseract and its data, the networks and their checksums, a line read by each; the fonts of notices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import reportlab
from PIL import Image, ImageDraw, ImageFont

from extractors.decoding import decode
from extractors.engines import ppocr, recogniser, tesseract
from extractors.errors import EngineError
from extractors.formats import FREE
from extractors.geometry import Grey
from pipeline.doctor.findings import Finding, broken, warning, well
from pipeline.notice.layout import register_fonts

LINE = "05/14/2022"
"""What every engine must be able to read in clear print."""

NEEDED = ("eng", "osd")


def tesseract_works() -> Iterator[Finding]:
    """Whether Tesseract is there with the data that is needed, and reads."""
    try:
        missing = [language for language in NEEDED if language not in tesseract.languages()]
        if missing:
            packages = " ".join(f"tesseract-ocr-{language}" for language in missing)
            yield broken(
                "tesseract", f"its data is missing: {', '.join(missing)}", f"on Debian: apt install {packages}"
            )
            return
        said, _ = tesseract.read_line(_picture())
    except EngineError as error:
        yield broken("tesseract", str(error), "install it and try again")
        return
    yield _read(
        "tesseract", said.replace(" ", ""), f"version {tesseract.version()}, {', '.join(tesseract.languages())}"
    )


def networks_work() -> Iterator[Finding]:
    """Whether the networks are there, unchanged, and read."""
    changed = recogniser.changed()
    if changed:
        found = f"missing or changed: {', '.join(changed)}"
        yield broken("our networks", found, "install the program anew: what they read cannot be trusted")
    elif not recogniser.installed():
        yield warning("our networks", "not all of them are there", "numbers are read by others, and all are doubtful")
    else:
        for size in recogniser.Size:
            (line,) = recogniser.read_lines([_picture()], size)
            name = f"our networks{size.replace('_', ', ')}"
            yield _read(name, recogniser.greedy(line), "as they were delivered")
    try:
        (line,) = ppocr.ppocr().read([_picture()])
        yield _read("PP-OCR", decode(line, ppocr.ALPHABET, FREE).text, ppocr.MODEL)
    except EngineError as error:
        yield broken("PP-OCR", str(error), "install with constraints.txt")


def fonts() -> Iterator[Finding]:
    """Whether notices can be set."""
    try:
        register_fonts()
    except Exception as error:  # noqa: BLE001 - reportlab has errors of its own
        yield broken("fonts of notices", f"cannot be loaded ({type(error).__name__})", "install reportlab anew")
    else:
        yield well("fonts of notices", "there")


def _read(name: str, said: str, found: str) -> Finding:
    if said == LINE:
        return well(name, f"{found}; reads a line of print")
    return broken(name, f"{found}; reads {said!r} where {LINE!r} stands", "install the program anew")


def _picture() -> Grey:
    """A line of clear print, at about the working resolution."""
    font = ImageFont.truetype(str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"), 34)
    left, top, right, bottom = font.getbbox(LINE)
    picture = Image.new("L", (round(right - left) + 40, round(bottom - top) + 30), 255)
    ImageDraw.Draw(picture).text((20 - left, 15 - top), LINE, fill=0, font=font)
    return np.asarray(picture, dtype=np.uint8)
