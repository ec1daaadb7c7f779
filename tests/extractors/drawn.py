"""Writing for tests: invented text in an OFL font of `samples/fonts`, black on white at the working resolution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from extractors.geometry import PIXELS_PER_POINT, Grey

FONTS = Path(__file__).parents[2] / "samples" / "fonts"


def drawn(
    text: str,
    size: float = 11,
    font: str = "OpenSans",
    room: tuple[int, int] = (500, 60),
    at: tuple[int, int] = (12, 10),
) -> Grey:
    """`text` (lines parted by line feeds) in a font of `size` points on paper of `room` (width, height) pixels."""
    paper = Image.new("L", room, 255)
    face = ImageFont.truetype(FONTS / font / f"{font}.ttf", round(size * PIXELS_PER_POINT))
    ImageDraw.Draw(paper).multiline_text(at, text, font=face, fill=0, spacing=12)
    return np.asarray(paper).copy()


def specked(paper: Grey, share: float = 0.002, seed: int = 0) -> Grey:
    """The same with black specks of one to four pixels, as a fax line's noise leaves them."""
    rng = np.random.default_rng(seed)
    dirty = paper.copy()
    for _ in range(round(paper.size * share)):
        y, x = rng.integers(paper.shape[0] - 1), rng.integers(paper.shape[1] - 1)
        dirty[y : y + rng.integers(1, 3), x : x + rng.integers(1, 3)] = 0
    return dirty
