"""PDF files for tests, built with pikepdf: pages that are one picture, and pages filled in on a computer."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pikepdf
from drawn_pages import saved
from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import Image

from extractors.geometry import Grey

LETTER = (612.0, 792.0)


def g4(page: Grey) -> bytes:
    """A bilevel page as one bare G4 stream, black coded as black."""
    inverted = Image.fromarray(255 - page).convert("1")  # Pillow codes white as black
    file = saved(inverted, "TIFF", compression="group4", tiffinfo={262: 1, 278: page.shape[0]})
    with Image.open(io.BytesIO(file)) as coded:
        return file[coded.tag_v2[273][0] :][: coded.tag_v2[279][0]]


def jbig2(page: Grey) -> bytes:
    """A page as an embedded JBIG2 stream of one MMR-coded generic region (ITU-T T.88, 7.4.8 and 7.4.6)."""
    height, width = page.shape
    about_page = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", width, height, 0, 0, 0, 1) + g4(page)
    segments = [(0, 48, about_page), (1, 38, region)]
    return b"".join(struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data for number, kind, data in segments)


def picture(pdf: Pdf, page: Grey, coding: str, **entries: object) -> Stream:
    """A page as an image XObject: `G4`, `JBIG2`, `JPEG`, `flate` (8 bits) or `bits` (1 bit, flate)."""
    height, width = page.shape
    options = {
        "Type": Name.XObject,
        "Subtype": Name.Image,
        "Width": width,
        "Height": height,
        "ColorSpace": Name.DeviceGray,
    }
    match coding:
        case "G4":
            data, bits, name = g4(page), 1, Name.CCITTFaxDecode
            options["DecodeParms"] = Dictionary(K=-1, Columns=width, Rows=height)
        case "JBIG2":
            data, bits, name = jbig2(page), 1, Name.JBIG2Decode
        case "JPEG":
            data, bits, name = saved(Image.fromarray(page), "JPEG", quality=95), 8, Name.DCTDecode
        case "bits":
            data, bits, name = zlib.compress(np.packbits(page > 0, axis=1).tobytes()), 1, Name.FlateDecode
        case _:
            data, bits, name = zlib.compress(page.tobytes()), 8, Name.FlateDecode
    options |= {"BitsPerComponent": bits, "Filter": name} | entries
    return Stream(pdf, data, **{key: value for key, value in options.items() if value is not None})


def picture_file(
    *pages: Grey,
    coding: str = "G4",
    size: tuple[float, float] = LETTER,
    origin: tuple[float, float] = (0.0, 0.0),
    matrix: str | None = None,
    rotate: int = 0,
    more: str = "",
    **entries: object,
) -> bytes:
    """A PDF whose pages are pictures that fill them; `matrix` places them otherwise, `more` is drawn on top."""
    with pikepdf.new() as pdf:
        pictures = {id(page): pdf.make_indirect(picture(pdf, page, coding, **entries)) for page in pages}
        for page in pages:
            added = pdf.add_blank_page(page_size=size)
            x, y = origin
            added.obj["/MediaBox"] = Array([x, y, x + size[0], y + size[1]])
            added.obj["/Rotate"] = rotate
            added.obj["/Resources"] = Dictionary(
                XObject=Dictionary(P=pictures[id(page)]),
                Font=Dictionary(F=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)),
            )
            place = matrix or f"{size[0]} 0 0 {size[1]} {x} {y}"
            added.obj["/Contents"] = Stream(pdf, f"q {place} cm /P Do Q {more}".encode())
        return pdf_bytes(pdf)


def digital_file(pages: int = 1, size: tuple[float, float] = LETTER, rotate: int = 0, origin: float = 0.0) -> bytes:
    """A PDF with two words, a filled text field, a ticked and an unticked box, a stamp, a note and a hidden note."""
    with pikepdf.new() as pdf:
        fields = Array()
        for _ in range(pages):
            page = pdf.add_blank_page(page_size=size)
            page.obj["/MediaBox"] = Array([origin, origin, origin + size[0], origin + size[1]])
            page.obj["/Rotate"] = rotate
            font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
            page.obj["/Resources"] = Dictionary(Font=Dictionary(F=font))
            text = f"BT /F 12 Tf {origin + 72} {origin + 700} Td (Last name) Tj ET"
            page.obj["/Contents"] = Stream(pdf, text.encode())
            annotations = [pdf.make_indirect(entry) for entry in _annotations(pdf, origin)]
            page.obj["/Annots"] = Array(annotations)
            fields.extend(annotations[:3])
        pdf.Root["/AcroForm"] = Dictionary(Fields=fields)
        return pdf_bytes(pdf)


def _annotations(pdf: Pdf, origin: float) -> list[Dictionary]:
    def placed(x0: float, y0: float, x1: float, y1: float) -> Array:
        return Array([origin + x0, origin + y0, origin + x1, origin + y1])

    black = Stream(pdf, b"0 g 0 0 9 9 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
    states = Dictionary(
        N=Dictionary({"/1": black, "/Off": Stream(pdf, b"", Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))})
    )
    widget = {"Type": Name.Annot, "Subtype": Name.Widget, "F": 4}
    tick = {**widget, "FT": Name.Btn, "AP": states}
    note = {"Type": Name.Annot, "Subtype": Name.FreeText, "DA": "/Helv 10 Tf"}
    return [
        Dictionary(**widget, FT=Name.Tx, T="last_name", V="Doe ", Rect=placed(150, 690, 300, 710)),
        Dictionary(**tick, T="ben_flag", V=Name("/1"), AS=Name("/1"), Rect=placed(72, 600, 81, 609)),
        Dictionary(**tick, T="hospice_flag", AS=Name.Off, Rect=placed(72, 580, 81, 589)),
        Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=placed(100, 100, 200, 150), AP=Dictionary(N=black)),
        Dictionary(**note, Contents="signed", Rect=placed(100, 200, 200, 220)),
        Dictionary(**note, Contents="hidden", F=2, Rect=placed(0, 0, 50, 50)),
    ]


def pdf_bytes(pdf: Pdf, **options: object) -> bytes:
    """A PDF as a file."""
    file = io.BytesIO()
    pdf.save(file, **options)
    return file.getvalue()
