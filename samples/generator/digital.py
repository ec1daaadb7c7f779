"""Forms completed on a computer: the fillable twin with its values set, signed by a picture or type, some flattened."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
from numpy.random import Generator

from extractors.definition import Field, FieldKind, FormDefinition
from samples.generator.faces import Faces
from samples.generator.fill import Value
from samples.generator.hand import Hand
from samples.generator.signatures import sign
from samples.generator.strokes import PIXELS_PER_POINT

TWINS = Path(__file__).parent.parent / "blanks"
FLATTENED = 0.15  # how often a program prints the values into the page
TYPED_SIGNATURE = 0.4  # how often somebody signs by typed words instead of a picture


def fill_digital(
    definition: FormDefinition, values: Mapping[str, Value], hand: Hand, faces: Faces, rng: Generator
) -> tuple[bytes, dict[str, str]]:
    """The completed PDF, and the kind of each signature by field."""
    flatten = bool(rng.random() < FLATTENED)
    signatures: dict[str, str] = {}
    with pikepdf.open(TWINS / f"{definition.form_id}_fillable.pdf") as document:
        widgets = {str(widget.T): widget for widget in document.Root.AcroForm.Fields}
        for place in definition.fields:
            if place.name not in values:
                continue
            if place.kind is FieldKind.SIGNATURE:
                page = document.pages[place.page - 1]
                signatures[place.name] = _sign(document, page, place, str(values[place.name]), hand, faces, rng)
            else:
                _set(widgets, place, values[place.name])
        document.Root.AcroForm.NeedAppearances = True  # else the next line leaves the old, empty looks
        document.generate_appearance_streams()
        if flatten:
            document.flatten_annotations()
            for page in document.pages:  # a signature's widget shows nothing and stays behind
                if "/Annots" in page:
                    del page["/Annots"]
        made = BytesIO()
        document.save(made, deterministic_id=True)
    return made.getvalue(), signatures


def _set(widgets: Mapping[str, pikepdf.Object], place: Field, value: Value) -> None:
    if place.kind in (FieldKind.CHECKBOX, FieldKind.CHOICE):
        chosen = [value] if isinstance(value, str) else [] if isinstance(value, bool) else list(value)
        names = [place.name] if value is True else [f"{place.name}_{option}" for option in chosen]
        for name in names:
            widgets[name].V = widgets[name].AS = pikepdf.Name.Yes
        return
    widgets[place.name].V = pikepdf.String(str(value))


def _sign(
    document: pikepdf.Pdf, page: pikepdf.Page, place: Field, name: str, hand: Hand, faces: Faces, rng: Generator
) -> str:
    """Put a signature on top of the page's content; PDF counts y from the bottom."""
    top = float(page.mediabox[3])
    box = place.box
    resource = pikepdf.Name(f"/{place.name}")  # a name of its own choice would be another at every run
    if rng.random() < TYPED_SIGNATURE:
        font = page.add_resource(_script(document), pikepdf.Name.Font, resource)
        text = f"q BT {font} 12 Tf {box.x0 + 6:.2f} {top - box.y1 + 4:.2f} Td ({_escaped(name)}) Tj ET Q"
        page.contents_add(text.encode("latin-1"))
        return "text"
    sheet = np.full((round(top * PIXELS_PER_POINT), round(float(page.mediabox[2]) * PIXELS_PER_POINT)), 255, np.uint8)
    kind = sign(sheet, name, box, hand, faces, rng)
    wide = box.grown(0, 4)
    x0, y0, x1, y1 = (round(edge * PIXELS_PER_POINT) for edge in wide.as_list())
    cut = sheet[y0:y1, x0:x1]
    dark = pikepdf.Stream(document, bytes(cut.size), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
    mask = pikepdf.Stream(document, (255 - cut).tobytes(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
    for stream in (dark, mask):  # a black picture seen through the ink
        stream.Width, stream.Height, stream.BitsPerComponent = cut.shape[1], cut.shape[0], 8
        stream.ColorSpace = pikepdf.Name.DeviceGray
    dark.SMask = document.make_indirect(mask)
    picture = page.add_resource(document.make_indirect(dark), pikepdf.Name.XObject, resource)
    place_it = f"q {wide.width:.2f} 0 0 {wide.height:.2f} {wide.x0:.2f} {top - wide.y1:.2f} cm {picture} Do Q"
    page.contents_add(place_it.encode())
    return kind


def _script(document: pikepdf.Pdf) -> pikepdf.Object:
    return document.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name("/Times-Italic"))
    )


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
