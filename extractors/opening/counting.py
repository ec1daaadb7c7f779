"""How many pages a file has, counted by others than those who read it: what came in is checked against this count."""

from __future__ import annotations

import io
import warnings

import pypdfium2
from PIL import Image

from extractors.opening.document import PDF_HEAD


def count_pages(data: bytes) -> int | None:
    """Pages of a PDF (pdfium), TIFF, PNG or JPEG (Pillow); None where nobody can tell."""
    try:
        return _count(data)
    except Exception:  # noqa: BLE001 - damaged files raise whatever they like, and nobody can tell then
        return None


def _count(data: bytes) -> int:
    with warnings.catch_warnings(action="ignore"):  # Pillow tells of every damaged tag
        if b"%PDF-" in data[:PDF_HEAD]:
            document = pypdfium2.PdfDocument(data)
            try:
                return len(document)
            finally:
                document.close()
        with Image.open(io.BytesIO(data)) as picture:
            # other formats' further frames are no pages: a phone's JPEG has its preview, a PNG may move
            return int(getattr(picture, "n_frames", 1)) if picture.format == "TIFF" else 1
