"""Pages as pictures, upright, and where on them each field lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import cv2

from extractors.definition_drawing import png_of, rendered
from extractors.geometry import Box
from extractors.limits import Limits
from pipeline import originals
from pipeline.deciding import definitions
from pipeline.errors import NotThere
from pipeline.show import on_page, turned, upright
from pipeline.store.models import Page
from pipeline.store.opening import Store

KEPT = 300
"""Pictures kept in memory, some 200 kB each: those of the items that people have open, and of those that come next."""

_DRAWING = tuple(Lock() for _ in range(64))

AROUND = (12.0, 5.0)
"""Points shown beside, and above and below a field in its crop."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as PNG, with its size in pixels."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field lies on the picture of its page (pixels): its corners, and the region of its crop."""

    corners: tuple[tuple[float, float], ...]
    region: tuple[float, float, float, float]  # left, top, width, height

    @property
    def points(self) -> str:
        """As an SVG polygon has it."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.corners)

    @property
    def view_box(self) -> str:
        """As an SVG has it."""
        return " ".join(f"{number:.1f}" for number in self.region)


@dataclass(frozen=True, slots=True)
class Blank:
    """A page of a blank (points), and how it is laid over the picture of a filled page (pixels)."""

    form_id: str
    page: int
    width: float
    height: float
    matrix: tuple[float, ...]

    @property
    def transform(self) -> str:
        """As an SVG has it."""
        return f"matrix({' '.join(f'{number:.6g}' for number in self.matrix)})"


def picture_of(store: Store, page: Page) -> Picture:
    """The page as it came in, turned the right way up.

    Raises:
        NotThere, DocumentError, OriginalDamaged: nothing of it can be shown.
    """
    sha256, number = page.document.sha256, page.page
    with _DRAWING[hash((sha256, number)) % len(_DRAWING)]:  # of several who want a page one draws it, the others wait
        return _rendered(store.originals, sha256, number, page.rotated, store.settings.limits)


def place_of(box: Box, page: Page, picture: Picture) -> Place | None:
    """Where a box of the blank (points) lies on the picture; None on a page that was not laid on its blank."""
    if page.to_blank is None:
        return None
    size = (picture.width, picture.height)
    corners, around = (
        tuple(turned(corner, size, page.rotated) for corner in on_page(one, page.to_blank))
        for one in (box, box.grown(*AROUND))
    )
    left, top = min(x for x, _ in around), min(y for _, y in around)
    right, bottom = max(x for x, _ in around), max(y for _, y in around)
    return Place(corners, (left, top, right - left, bottom - top))


def blank_of(page: Page, picture: Picture) -> Blank | None:
    """The blank that a page is a filled copy of, laid over its picture; None where no form is known for it."""
    definition = definitions().get(page.form_id or "")
    layout = next((one for one in definition.pages if one.number == page.form_page), None) if definition else None
    if definition is None or layout is None:
        return None
    width, height = picture.width, picture.height
    corners: list[tuple[float, float]] = [(0, 0), (width, 0), (width, height), (0, height)]
    if page.to_blank is not None:
        laid = on_page(Box(0, 0, layout.width, layout.height), page.to_blank)
        corners = [turned(corner, (width, height), page.rotated) for corner in laid]
    (left, top), across, _, down = corners
    matrix = (
        (across[0] - left) / layout.width, (across[1] - top) / layout.width,
        (down[0] - left) / layout.height, (down[1] - top) / layout.height, left, top,
    )  # fmt: skip
    return Blank(definition.form_id, layout.number, layout.width, layout.height, matrix)


@lru_cache(maxsize=KEPT)
def blank_picture(form_id: str, page: int) -> bytes:
    """A page of a form's blank as PNG.

    Raises:
        NotThere: there is no such form or page.
    """
    definition = definitions().get(form_id)
    if definition is None or page not in {layout.number for layout in definition.pages}:
        raise NotThere("there is no such form or page")
    return png_of(rendered(definition.blank, page).convert("L"))


@lru_cache(maxsize=KEPT)
def _rendered(vault: originals.Vault, sha256: str, number: int, rotated: int, limits: Limits) -> Picture:
    page = upright(originals.fetch(vault, sha256), number, rotated, limits)
    # by OpenCV, which meanwhile lets other threads work, and quickly: a tenth smaller would take twice as long
    how = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)
    _, png = cv2.imencode(".png", page, how)
    return Picture(png.tobytes(), page.shape[1], page.shape[0])
