"""A page that every kind of file carries in these tests: drawn here, so that each pixel is known."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from extractors.geometry import Grey


def drawn_page(width: int, height: int) -> Grey:
    """A bilevel page (0 and 255) with strokes of one pixel and more, words, a frame and specks; not symmetrical."""
    page = np.full((height, width), 255, np.uint8)
    cv2.rectangle(page, (width // 10, height // 10), (width * 8 // 10, height * 6 // 10), 0, 2)
    for line in range(12):
        at = (width // 8, height // 8 + line * height // 28)
        cv2.putText(page, f"Line {line} of the page 0123456789", at, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 1 + line % 3)
    cv2.line(page, (width // 3, 5), (width * 2 // 3, height - 5), 0, 1)
    specks = np.random.default_rng(7).integers(0, (height, width), (300, 2))
    page[specks[:, 0], specks[:, 1]] = 0
    return np.where(page < 128, 0, 255).astype(np.uint8)  # the letters come with soft edges


def as_png(page: Grey, dpi: tuple[float, float] = (200, 200)) -> bytes:
    """A page as a PNG file."""
    return saved(Image.fromarray(page), "PNG", dpi=dpi)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as a file of that kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
