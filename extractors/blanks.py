"""The blank pages as the eye needs them.

Their print at working resolution, with landmarks to recognise and register pages by.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
import pypdfium2 as pdfium

from extractors.definition import FormDefinition
from extractors.geometry import PIXELS_PER_POINT, Box, Grey
from extractors.pdfium_turn import in_pdfium_turn

PRINT_LEVEL = 150  # grey value (0 black) below which the blank's print reaches the paper of a bilevel fax
FEATURES_PER_PAGE = 1000  # ORB landmarks of a page at half size that are kept
FEATURES_FOUND = 2000  # of which those are chosen, spread over the page
FEATURE_TILE = 140  # pixels at working resolution: the side of a tile for that
FEATURE_SCALE = 0.5  # ORB looks at the half-size page (100 dpi): half the cost, and fax speckle is averaged out
DESCRIPTOR_BITS = 256  # of an ORB landmark
ANCHOR_SIZE = (84, 44)  # pixels, width and height: about one printed word
ANCHOR_GRID = (9, 30)  # at most one anchor in each cell of this grid (columns, rows)


@dataclass(frozen=True, slots=True)
class Features:
    """ORB landmarks, any first part of which is spread over the page.

    `points` (N x 2, pixels at working resolution), `signs` (N x 256 float32): the bits of their descriptors as 1 and
    -1, so that a matrix product counts in how many bits two landmarks agree, much quicker than bit by bit.
    """

    points: np.ndarray
    signs: np.ndarray


@dataclass(frozen=True, slots=True)
class BlankPage:
    """One page of one blank on the working grid (200 dpi).

    `grey`: H x W uint8, 0 black. `ink`: H x W uint8, 255 where the blank is printed. `anchors`: N x 2 int, the top-left
    pixel of printed words that nobody writes over, each `ANCHOR_SIZE` large, by which the page is registered locally.
    """

    definition: FormDefinition
    page: int
    grey: Grey = field(repr=False)
    ink: Grey = field(repr=False)
    features: Features = field(repr=False)
    anchors: np.ndarray = field(repr=False)
    small_templates: tuple[Grey, ...] = field(repr=False)  # the anchors' print, at half size


def load_blank_pages(definitions: tuple[FormDefinition, ...]) -> tuple[BlankPage, ...]:
    """Every page of every form revision, rendered and measured."""
    return tuple(
        blank_page(definition, number, grey)
        for definition in definitions
        for number, grey in enumerate(_rendered(definition), start=1)
    )


def blank_page(definition: FormDefinition, number: int, grey: Grey) -> BlankPage:
    """Find the landmarks of one blank page (H x W uint8 at working resolution)."""
    printed = np.where(grey < PRINT_LEVEL, 0, 255).astype(np.uint8)
    ink = np.asarray(cv2.bitwise_not(printed), np.uint8)
    anchors = _anchors(ink, definition, number)
    return BlankPage(
        definition=definition,
        page=number,
        grey=grey,
        ink=ink,
        features=find_features(printed),
        anchors=anchors,
        small_templates=_cut(half_size(printed), anchors),
    )


def half_size(grey: Grey) -> Grey:
    """A page at `FEATURE_SCALE`, each pixel the mean of those it stands for."""
    half = cv2.resize(grey, None, fx=FEATURE_SCALE, fy=FEATURE_SCALE, interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.uint8)


def find_features(grey: Grey) -> Features:
    """ORB landmarks of a page at working resolution (Rublee et al., 2011)."""
    small = cv2.GaussianBlur(half_size(grey), (0, 0), 0.8)
    orb = cv2.ORB.create(nfeatures=FEATURES_FOUND, scaleFactor=1.25, nlevels=5, fastThreshold=25)
    keypoints, descriptors = orb.detectAndCompute(small, None)
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, DESCRIPTOR_BITS), np.float32))
    # pixels are counted by their middles: without the half pixel a page that stands on its head would lie one off
    points = (np.array([keypoint.pt for keypoint in keypoints], np.float32) + 0.5) / FEATURE_SCALE - 0.5
    kept = _spread(points, np.array([keypoint.response for keypoint in keypoints]))[:FEATURES_PER_PAGE]
    bits = np.unpackbits(np.asarray(descriptors, np.uint8)[kept], axis=1)
    return Features(points[kept], bits.astype(np.float32) * 2 - 1)


def _spread(points: np.ndarray, responses: np.ndarray) -> np.ndarray:
    """An order of landmarks in which any first part is spread over the page.

    The best of every tile come first, then the second best, and so on.
    """
    columns, rows = (points / FEATURE_TILE).astype(int).T
    tile = rows * 1000 + columns
    strongest_first = np.argsort(-responses, kind="stable")
    rank = np.zeros(len(points), int)
    seen: dict[int, int] = {}
    for index in strongest_first:
        rank[index] = seen[tile[index]] = seen.get(tile[index], -1) + 1
    return np.lexsort((-responses, rank))


@in_pdfium_turn
def _rendered(definition: FormDefinition) -> list[Grey]:
    document = pdfium.PdfDocument(definition.blank)
    try:
        return [
            np.array(page.render(scale=PIXELS_PER_POINT, grayscale=True).to_pil().convert("L")) for page in document
        ]
    finally:
        document.close()


def _anchors(ink: Grey, definition: FormDefinition, number: int) -> np.ndarray:
    """The best-structured printed place in each cell of a grid, away from where people write."""
    width, height = ANCHOR_SIZE
    structure = cv2.boxFilter(cv2.cornerMinEigenVal(ink, 5), -1, (width, height))
    for box in _writing_places(definition, number):
        x0, y0, x1, y1 = (round(v * PIXELS_PER_POINT) for v in box.grown(1).as_list())
        # an anchor centred this near would reach into the writing
        structure[max(0, y0 - height // 2) : y1 + height // 2, max(0, x0 - width // 2) : x1 + width // 2] = 0
    structure[: height // 2 + 1] = structure[-height // 2 - 1 :] = 0
    structure[:, : width // 2 + 1] = structure[:, -width // 2 - 1 :] = 0
    threshold = 0.15 * float(np.percentile(structure[structure > 0], 98)) if (structure > 0).any() else 0.0
    found = []
    columns, rows = ANCHOR_GRID
    xs = np.linspace(0, ink.shape[1], columns + 1).astype(int)
    ys = np.linspace(0, ink.shape[0], rows + 1).astype(int)
    for top, bottom in pairwise(ys):
        for left, right in pairwise(xs):
            cell = structure[top:bottom, left:right]
            y, x = np.unravel_index(int(cell.argmax()), cell.shape)
            if cell[y, x] > threshold:
                found.append((left + x - width // 2, top + y - height // 2))
    return np.array(found, np.int32).reshape(-1, 2)


def _cut(half: Grey, anchors: np.ndarray) -> tuple[Grey, ...]:
    width, height = (round(size * FEATURE_SCALE) for size in ANCHOR_SIZE)
    places = (anchors * FEATURE_SCALE).astype(int)
    return tuple(np.ascontiguousarray(half[y : y + height, x : x + width]) for x, y in places)


def _writing_places(definition: FormDefinition, number: int) -> list[Box]:
    places = []
    for entry in definition.fields_on(number):
        places += [option.box for option in entry.options] or [entry.box]
    return places
