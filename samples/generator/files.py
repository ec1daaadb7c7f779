"""Pages to files as fax servers and scanners leave them: TIFF (G3 1-D and 2-D, G4), PDF around fax pages or JPEGs."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import pikepdf
from PIL import Image, TiffImagePlugin

from samples.generator.channel import Sent

ROWS_PER_STRIP, FILL_ORDER, PHOTOMETRIC, T4_OPTIONS = 278, 266, 262, 292  # TIFF tags
STRIP_OFFSETS, STRIP_BYTES = 273, 279
LSB_FIRST, WHITE_IS_ZERO, TWO_DIMENSIONAL, BYTE_ALIGNED = 2, 0, 1, 4  # and their values


def tiff(
    pages: Sequence[Sent], group: int, options: int = 0, lsb_first: bool = False, white_is_zero: bool = False
) -> bytes:
    """A multi-page TIFF, `group` 3 (T.4) or 4 (T.6); `options` are the T4Options of group 3."""
    pictures = [_bilevel(page) for page in pages]
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    if group == 3:
        tags[T4_OPTIONS] = options
    if lsb_first:
        tags[FILL_ORDER] = LSB_FIRST
    if white_is_zero:
        tags[PHOTOMETRIC] = WHITE_IS_ZERO
    made = BytesIO()
    pictures[0].save(
        made,
        "TIFF",
        compression=f"group{group}",
        dpi=pages[0].dpi,
        tiffinfo=tags,
        save_all=True,
        append_images=pictures[1:],
    )
    return made.getvalue()


def fax_pdf(pages: Sequence[Sent]) -> bytes:
    """A PDF whose pages are G4 pictures, in points as large as the fax page was."""
    document = pikepdf.new()
    for page in pages:
        height, width = page.image.shape
        parameters = pikepdf.Dictionary(K=-1, Columns=width, Rows=height, BlackIs1=True)
        stream = _picture(document, _g4(page), page, bits=1)
        stream.Filter, stream.DecodeParms = pikepdf.Name.CCITTFaxDecode, parameters
        _add_page(document, stream, page)
    return _saved(document)


def scan_pdf(pages: Sequence[Sent], quality: int) -> bytes:
    """A PDF whose pages are grey JPEGs of that quality (1 to 95)."""
    document = pikepdf.new()
    for page in pages:
        jpeg = BytesIO()
        Image.fromarray(page.image).save(jpeg, "JPEG", quality=quality)
        stream = _picture(document, jpeg.getvalue(), page, bits=8)
        stream.Filter = pikepdf.Name.DCTDecode
        _add_page(document, stream, page)
    return _saved(document)


def _bilevel(page: Sent) -> Image.Image:
    return Image.fromarray(page.image).convert("1", dither=Image.Dither.NONE)


def _g4(page: Sent) -> bytes:
    """The page as one strip of T.6 code, taken out of a TIFF."""
    made = BytesIO()
    _bilevel(page).save(made, "TIFF", compression="group4", tiffinfo={ROWS_PER_STRIP: page.image.shape[0]})
    with TiffImagePlugin.TiffImageFile(BytesIO(made.getvalue())) as picture:
        start, length = picture.tag_v2[STRIP_OFFSETS][0], picture.tag_v2[STRIP_BYTES][0]
    return made.getvalue()[start : start + length]


def _picture(document: pikepdf.Pdf, data: bytes, page: Sent, bits: int) -> pikepdf.Stream:
    height, width = page.image.shape
    return pikepdf.Stream(
        document,
        data,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=width,
        Height=height,
        ColorSpace=pikepdf.Name.DeviceGray,
        BitsPerComponent=bits,
    )


def _add_page(document: pikepdf.Pdf, picture: pikepdf.Stream, page: Sent) -> None:
    height, width = page.image.shape
    wide, tall = width / page.dpi[0] * 72, height / page.dpi[1] * 72
    content = f"q {wide:.4f} 0 0 {tall:.4f} 0 0 cm /Im0 Do Q".encode()
    sheet = pikepdf.Dictionary(
        Type=pikepdf.Name.Page,
        MediaBox=[0, 0, round(wide, 4), round(tall, 4)],
        Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=document.make_indirect(picture))),
        Contents=document.make_stream(content),
    )
    document.pages.append(pikepdf.Page(document.make_indirect(sheet)))


def _saved(document: pikepdf.Pdf) -> bytes:
    made = BytesIO()
    document.save(made, deterministic_id=True)
    return made.getvalue()
