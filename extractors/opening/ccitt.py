"""Fax coding (ITU-T T.4 and T.6) where libtiff gives up or keeps silent."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pikepdf
import pypdfium2 as pdfium
from PIL import Image, ImageChops
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from extractors.geometry import Grey
from extractors.pdfium_turn import in_pdfium_turn

COMPRESSION, PHOTOMETRIC, FILL_ORDER = 259, 262, 266
STRIP_OFFSETS, STRIP_BYTES, ROWS_PER_STRIP, T4_OPTIONS = 273, 279, 278, 292

MH, G3, G4 = 2, 3, 4  # values of COMPRESSION
FAX_COMPRESSIONS = (MH, G3, G4)

TWO_DIMENSIONAL = 1  # bit of T4_OPTIONS
LOW_BIT_FIRST = 2  # value of FILL_ORDER
BLACK_IS_ZERO = 1  # value of PHOTOMETRIC
SWAPPED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

FILLED = 4  # bit of T4_OPTIONS: lines end on whole bytes

LENGTH_SHARE = 0.01
"""An undamaged strip coded again comes out at its length, but for its end; a larger share is damage."""
LENGTH_SLACK = 8  # bytes: fill and end-of-page codes


def leniently_decoded(tags: ImageFileDirectory_v2, data: bytes, size: tuple[int, int]) -> Grey | None:
    """A fax page decoded by pdfium, which goes on after damaged lines; None where it cannot either."""
    width, height = size
    rows = min(int(tags.get(ROWS_PER_STRIP, height)), height)
    page = np.full((height, width), 255, np.uint8)
    offsets, sizes = tags.get(STRIP_OFFSETS, ()), tags.get(STRIP_BYTES, ())
    strips = zip(range(0, height, rows), offsets, sizes, strict=False) if rows > 0 else ()
    found = False
    for top, offset, length in strips:
        strip = _strip(data[offset : offset + length], tags, width, min(rows, height - top))
        if strip is not None:
            page[top : top + strip.shape[0]] = strip
            found = True
    return page if found else None


@in_pdfium_turn
def _strip(coded: bytes, tags: ImageFileDirectory_v2, width: int, height: int) -> Grey | None:
    if not coded:
        return None
    if tags.get(FILL_ORDER) == LOW_BIT_FIRST:
        coded = coded.translate(SWAPPED)
    kind = tags.get(COMPRESSION)
    two_dimensional = bool(int(tags.get(T4_OPTIONS, 0)) & TWO_DIMENSIONAL)
    parameters = pikepdf.Dictionary(
        K=-1 if kind == G4 else int(two_dimensional),
        Columns=width,
        Rows=height,
        EncodedByteAlign=kind == MH,
        BlackIs1=tags.get(PHOTOMETRIC) == BLACK_IS_ZERO,
    )
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(width, height))
        picture = pikepdf.Stream(
            pdf, coded, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=width, Height=height,
            ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=1,
            Filter=pikepdf.Name.CCITTFaxDecode, DecodeParms=parameters,
        )  # fmt: skip
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=picture))
        page.Contents = pikepdf.Stream(pdf, f"{width} 0 0 {height} 0 0 cm /P Do".encode())
        wrapped = io.BytesIO()
        pdf.save(wrapped)
    document = pdfium.PdfDocument(wrapped.getvalue())
    try:
        pictures = list(document[0].get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE]))
        return np.asarray(pictures[0].get_bitmap().to_pil().convert("L")).copy() if pictures else None
    except pdfium.PdfiumError:
        return None
    finally:
        document.close()


def lines_lost(image: Image.Image, tags: ImageFileDirectory_v2) -> bool:
    """Whether a decoded page lacks lines: no decoder says so, but coded again it has another length than what came in.

    T.6, and T.4 in one dimension without fill, leave an encoder no choice but at the end of a strip. Pages with filled
    lines (as received) have an end-of-line code to catch up at, and are left to the receiving machine's count.
    """
    options = int(tags.get(T4_OPTIONS, 0))
    kind = tags.get(COMPRESSION)
    if kind == MH or (kind == G3 and options & (TWO_DIMENSIONAL | FILLED)):
        return False
    rows = min(int(tags.get(ROWS_PER_STRIP, image.height)), image.height)
    coded = image if tags.get(PHOTOMETRIC) == BLACK_IS_ZERO else ImageChops.invert(image)
    return _lengths_differ(tags.get(STRIP_BYTES, ()), coded, rows, "group4" if kind == G4 else "group3")


def g4_lines_lost(grey: Grey, came: int, white_is_coded_black: bool) -> bool:
    """The same of a page in a PDF, coded in `came` bytes of G4."""
    image = Image.fromarray(grey if white_is_coded_black else 255 - grey).convert("1")
    return _lengths_differ((came,), image, image.height, "group4")


def _lengths_differ(came: Sequence[int], image: Image.Image, rows: int, coding: str) -> bool:
    """Whether strips of so many bytes have another length coded again; `image` has white where black is coded."""
    again = io.BytesIO()
    # Pillow codes white as black when told that black is zero; its way to the contrary takes half a second
    image.save(again, "TIFF", compression=coding, tiffinfo={ROWS_PER_STRIP: rows, PHOTOMETRIC: BLACK_IS_ZERO})
    with Image.open(again) as recoded:
        ours = recoded.tag_v2[STRIP_BYTES]  # type: ignore[attr-defined]  # every TIFF image has it
    return len(came) != len(ours) or any(
        abs(before - after) > LENGTH_SHARE * before + LENGTH_SLACK for before, after in zip(came, ours, strict=True)
    )
