"""PNG and JPEG, and what Pillow opens in general, as grey pages."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from extractors.errors import DamagedFile, PageError
from extractors.geometry import Grey
from extractors.limits import Limits
from extractors.opening.aspect import believable, check_pixels, medium_of, points, square_size, squared
from extractors.opening.opened import OpenedPage, unopened

ORIENTATION = 0x0112  # EXIF tag

PICTURE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    EOFError,
    OverflowError,
    MemoryError,
    RuntimeError,
    ZeroDivisionError,
)
"""What Pillow raises on damaged files, by its plugins and fuzzing."""


def open_picture(data: bytes, limits: Limits, only: int | None = None) -> Iterator[OpenedPage]:
    """The one page of a PNG or JPEG file; none where only another is wanted.

    Raises:
        DamagedFile: the head of the file cannot be read.
    """
    if only not in (None, 1):
        return
    try:
        image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError:
        yield unopened(1, "open: more pixels than can be decoded safely")
        return
    except (UnidentifiedImageError, *PICTURE_ERRORS) as error:
        raise DamagedFile("open", f"the picture's head cannot be read ({type(error).__name__})") from error
    try:
        yield _page(image, limits)
    except PageError as error:
        yield unopened(1, str(error))


def _page(image: Image.Image, limits: Limits) -> OpenedPage:
    check_pixels(1, *image.size, limits)
    given = image.info.get("dpi", (0.0, 0.0))
    bilevel = image.mode == "1"
    try:
        image.load()
        upright = ImageOps.exif_transpose(image)
    except PICTURE_ERRORS as cause:
        raise PageError(1, "open", f"the picture cannot be decoded ({type(cause).__name__})") from cause
    turned = image.getexif().get(ORIENTATION, 1) >= 5
    resolution = believable((given[1], given[0]) if turned else (given[0], given[1]), *upright.size)
    size = points(*upright.size, resolution)
    check_pixels(1, *square_size(size), limits)
    grey = squared(as_grey(upright), size)
    return OpenedPage(1, grey, size, resolution, medium_of(bilevel, upright.width, resolution[0]))


def as_grey(image: Image.Image) -> Grey:
    """Any picture as grey levels (H x W), what is transparent as white paper."""
    if image.mode.startswith("I"):  # 16 bits a pixel, also where Pillow keeps them in 32
        return (np.clip(np.asarray(image, np.int64), 0, 65535) // 257).astype(np.uint8)
    if image.mode == "F":
        levels = np.nan_to_num(np.asarray(image, np.float32))
        white = 1.0 if levels.max(initial=0.0) <= 1.0 else 255.0
        return np.asarray(np.clip(levels / white * 255.0, 0, 255), np.uint8)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        image = Image.alpha_composite(paper, rgba)
    return np.asarray(image.convert("L"), np.uint8)
