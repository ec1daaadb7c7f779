"""TIFF, the file of fax servers: one page a directory, each decoded by itself; a damaged one costs only itself."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from extractors.errors import DamagedFile, LimitExceeded, PageError
from extractors.geometry import Grey
from extractors.limits import Limits
from extractors.opening.aspect import believable, check_pixels, medium_of, points, square_size, squared
from extractors.opening.ccitt import FAX_COMPRESSIONS, leniently_decoded, lines_lost
from extractors.opening.opened import OpenedPage, unopened
from extractors.opening.picture import PICTURE_ERRORS, as_grey

# Tags of TIFF 6.0 and of TIFF-F (RFC 2306, section 3)
COMPRESSION, STRIP_OFFSETS, STRIP_BYTES = 259, 273, 279
TILE_OFFSETS, TILE_BYTES, ORIENTATION = 324, 325, 274
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
BAD_FAX_LINES, CLEAN_FAX_DATA = 326, 327

CENTIMETRES = 3  # value of RESOLUTION_UNIT
CM_PER_INCH = 2.54


@dataclass(frozen=True, slots=True)
class Chain:
    """Where the directories of a TIFF file stand; `broken` tells why the chain ends before the file says it does."""

    directories: tuple[int, ...]
    broken: str | None


def open_tiff(data: bytes, limits: Limits, only: int | None = None) -> Iterator[OpenedPage]:
    """The pages of a TIFF file, or only one of them.

    Where the chain of directories breaks off, a last page says so: pages are lost there.

    Raises:
        DamagedFile: not even the first directory is there.
        LimitExceeded: more pages than allowed.
    """
    chain = _directory_chain(data, limits)
    if not chain.directories:
        raise DamagedFile("open", f"no page in the TIFF file: {chain.broken or 'its chain of pages is empty'}")
    for number, offset in enumerate(chain.directories, 1):
        if only in (None, number):
            yield _page_or_its_error(data, number, offset, limits)
    lost = len(chain.directories) + 1
    if chain.broken and only in (None, lost):
        yield unopened(lost, f"open: {chain.broken}, pages after this point are lost")


def _directory_chain(data: bytes, limits: Limits) -> Chain:
    """Follows the offsets from directory to directory (TIFF 6.0, section 2; BigTIFF) without reading any tag."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\x00", b"\x00+")
    offset_at, offset_code, count_code, entry_bytes = (8, "Q", "Q", 20) if big else (4, "I", "H", 12)
    found: list[int] = []
    try:
        (offset,) = struct.unpack_from(order + offset_code, data, offset_at)
        while offset:
            if offset in found:
                return Chain(tuple(found), "the chain of pages runs in a circle")
            (entries,) = struct.unpack_from(order + count_code, data, offset)
            after = offset + struct.calcsize(order + count_code) + entries * entry_bytes
            (following,) = struct.unpack_from(order + offset_code, data, after)
            found.append(offset)
            if len(found) > limits.pages:
                raise LimitExceeded("open", f"more than {limits.pages} pages")
            offset = following
    except struct.error:
        return Chain(tuple(found), "the chain of pages ends early")
    return Chain(tuple(found), None)


def _page_or_its_error(data: bytes, number: int, offset: int, limits: Limits) -> OpenedPage:
    try:
        return _page(data, number, offset, limits)
    except PageError as error:
        return unopened(number, str(error))
    except Exception as error:  # noqa: BLE001 - on damaged pages Pillow and its plugins raise what they like
        return unopened(number, f"open: the page cannot be decoded ({type(error).__name__})")


def _page(data: bytes, number: int, offset: int, limits: Limits) -> OpenedPage:
    image = _at(data, number, offset)
    check_pixels(number, *image.size, limits)
    tags: ImageFileDirectory_v2 = image.tag_v2  # type: ignore[attr-defined]  # every TIFF image has it
    bilevel = image.mode == "1"
    grey, error = _decoded(image, tags, data, number)
    height, width = grey.shape
    resolution = believable(_resolution(tags), width, height)
    size = points(width, height, resolution)
    check_pixels(number, *square_size(size), limits)
    return OpenedPage(
        number=number,
        grey=squared(grey, size),
        size_points=size,
        resolution=resolution,
        medium=medium_of(bilevel, width, resolution[0]),
        bad_lines=_bad_lines(tags),
        error=error,
    )


def _at(data: bytes, number: int, offset: int) -> Image.Image:
    """The page at a directory's offset, not decoded yet: the file with its head pointing there."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\x00", b"\x00+")
    pointed = io.BytesIO(data)
    pointed.seek(8 if big else 4)
    pointed.write(struct.pack(order + ("Q" if big else "I"), offset))
    pointed.seek(0)
    try:
        return Image.open(pointed, formats=("TIFF",))
    except Image.DecompressionBombError as error:
        raise PageError(number, "open", "more pixels than can be decoded safely") from error
    except (UnidentifiedImageError, struct.error, *PICTURE_ERRORS) as error:
        raise PageError(number, "open", f"the page's directory cannot be read ({type(error).__name__})") from error


def _decoded(image: Image.Image, tags: ImageFileDirectory_v2, data: bytes, number: int) -> tuple[Grey, str | None]:
    """The page's pixels as sent, and what is wrong with them; what libtiff gives up on is decoded leniently."""
    short = _ends_early(tags, len(data))
    fax = tags.get(COMPRESSION) in FAX_COMPRESSIONS
    try:
        image.load()
    except (struct.error, *PICTURE_ERRORS) as error:
        grey = leniently_decoded(tags, data, image.size) if fax else None
        if grey is None:
            raise PageError(number, "open", f"the page cannot be decoded ({type(error).__name__})") from error
        return grey, "open: the page's data break off, its lower part is missing"
    grey = as_grey(image)
    if short:
        return grey, "open: the page's data break off, its lower part is missing"
    if not fax or not lines_lost(image, tags):
        return grey, None
    again = leniently_decoded(tags, data, image.size)
    if again is not None and not lines_lost(Image.fromarray(again).convert("1"), tags):
        return again, None
    return grey, "open: the page's data are damaged, lines are lost"


def _ends_early(tags: ImageFileDirectory_v2, length: int) -> bool:
    offsets = tags.get(STRIP_OFFSETS) or tags.get(TILE_OFFSETS) or ()
    sizes = tags.get(STRIP_BYTES) or tags.get(TILE_BYTES) or ()
    return any(offset + size > length for offset, size in zip(offsets, sizes, strict=False))


def _resolution(tags: ImageFileDirectory_v2) -> tuple[float, float]:
    """Dots per inch across and down as the tags say, zero where they say nothing."""
    try:
        across, down = float(tags.get(X_RESOLUTION, 0)), float(tags.get(Y_RESOLUTION, 0))
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0, 0.0
    if tags.get(RESOLUTION_UNIT) == CENTIMETRES:
        across, down = across * CM_PER_INCH, down * CM_PER_INCH
    # Pillow turns a page by its orientation tag when it is decoded; from 5 on its axes change places
    return (down, across) if tags.get(ORIENTATION, 1) in (5, 6, 7, 8) else (across, down)


def _bad_lines(tags: ImageFileDirectory_v2) -> int | None:
    count = tags.get(BAD_FAX_LINES)
    if isinstance(count, int):
        return count
    return 0 if tags.get(CLEAN_FAX_DATA) == 0 else None
