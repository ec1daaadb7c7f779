"""Registration: where on the sheet is the blank? First the whole page by landmarks, then each place by its print.

The coarse step is an affine from ORB landmarks (RANSAC). A fax is not affine: lines are lost or repeated, the feed
stretches unevenly, copies curve. So the coarse page is compared with the blank at its anchors (printed words nobody
writes over), and their displacements, cleaned of outliers and smoothed, bend the page onto the blank's grid (Mahajan et
al., arXiv 2505.18925).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from extractors.blanks import ANCHOR_SIZE, FEATURE_SCALE, FEATURES_PER_PAGE, BlankPage, Features, half_size
from extractors.geometry import INK_LEVEL, PIXELS_PER_POINT, Box, Grey
from extractors.reading import Affine

MINIMUM_INLIERS = 18  # landmarks that must agree on one affine
MOST_PAIRS = 400  # landmarks of page and blank that are compared by their places
FIRST_REACH = 16.0  # pixels at working resolution: a similarity cannot follow a stretched page
RANSAC_REACH = 6.0  # pixels at working resolution
SCALE_RANGE = (0.70, 1.30)  # of the page to its blank, each axis
FIRST_SEARCH = 12  # half-size pixels around the coarse place in which an anchor is looked for
MANY_LOST = 0.08  # share of anchors that are not near their place from which they are looked for farther away
FAR_SEARCH = 36  # half-size pixels
GOOD_FAR_ANCHOR = 0.60  # correlation from which an anchor found so far away is believed
HOPELESS = 0.6  # with more lost it is another form
FEWEST_GAINED = 3  # anchors found so for which a page is bent once more
MORE_BENDS = 3  # at most
FEWEST_ANCHORS = 6  # from which the page is bent at all
SECOND_SEARCH = 4  # half-size pixels, once the page has been bent
GOOD_ANCHOR = 0.45  # normalised correlation from which an anchor counts as seen
NODE_STEP = 51  # pixels between the nodes of the displacement field; odd, so that a node lies on a pixel
SMOOTHING = (260.0, 50.0)  # pixels across and along the feed: lost lines shift a narrow band over the whole width
NEIGHBOURS = 6  # anchors that are asked
OUTLIER = 7.0  # pixels from what the neighbours say
TO_HALF = np.array(
    [[FEATURE_SCALE, 0, (FEATURE_SCALE - 1) / 2], [0, FEATURE_SCALE, (FEATURE_SCALE - 1) / 2], [0, 0, 1]]
)
FADED = 0.5  # of an anchor's ink: with less in its place its print has faded, with more it is something else
LOOSE = 1.2  # pixels: if a tenth of the anchors lie farther off, the page is bent once more


@dataclass(frozen=True, slots=True)
class CoarseMatch:
    """An affine from the blank's pixels to the page's (2 x 3) and the number of landmarks that agree."""

    to_page: np.ndarray
    inliers: int


@dataclass(frozen=True, slots=True)
class AlignedPage:
    """A page bent onto its blank's grid.

    `grey`: H x W uint8 like `blank.grey`; outside the sheet it is white. `match`: share of anchors seen (0 to 1).
    `residual`: how far off (points) half of the anchors would lie if each were placed by the others alone, as fields
    are. `to_page`: the best affine blank -> page, pixels.
    """

    blank: BlankPage
    grey: Grey = field(repr=False)
    match: float
    residual: float
    to_page: np.ndarray = field(repr=False)
    seen: np.ndarray = field(repr=False)  # N bool: the blank's anchors that were found in their place
    contradicted: np.ndarray = field(repr=False)  # N bool: those in whose place something else stands
    nodes: np.ndarray = field(repr=False)  # M x 2: where on the page, in pixels, the nodes of the blank's grid lie

    def lies_true(self, box: Box) -> bool:
        """Whether the page can be trusted to lie right under a box (points): its nearest anchors are in their places.

        A page can fit well as a whole and still have slipped half an inch over a few lines.
        """
        middle = np.array([box.x0 + box.x1, box.y0 + box.y1], np.float32) * (PIXELS_PER_POINT / 2)
        away = (_centres(self.blank) - middle) / np.array(SMOOTHING, np.float32)
        nearest = np.argsort((away**2).sum(1))[:NEIGHBOURS]
        return int(self.contradicted[nearest].sum()) <= int(self.seen[nearest].sum())

    def where(self, places: np.ndarray) -> np.ndarray:
        """Where on the page as it came in places of the blank (N x 2, points) were found: N x 2, its pixels."""
        return _through(self.nodes, self.blank, np.asarray(places) * PIXELS_PER_POINT - 0.5)

    @property
    def to_blank(self) -> Affine:
        """The affine from the upright page's points to the blank's."""
        a, b, c, d, e, f = cv2.invertAffineTransform(self.to_page).ravel().tolist()
        return (a, b, c / PIXELS_PER_POINT, d, e, f / PIXELS_PER_POINT)


def match_coarse(page: Features, blank: Features, strongest: int = FEATURES_PER_PAGE) -> CoarseMatch | None:
    """The affine that takes the blank to the page, or None when too few landmarks agree or it is no way a page can lie.

    Only the `strongest` landmarks of each are compared: few tell which blank it is, many where exactly it lies.
    """
    if min(len(page.points), len(blank.points)) < MINIMUM_INLIERS:
        return None
    of_blank, of_page = _pairs(blank.signs[:strongest], page.signs[:strongest])
    if len(of_blank) < MINIMUM_INLIERS:
        return None
    source, target = blank.points[of_blank], page.points[of_page]
    # a similarity needs two landmarks to a try, not three: it is found among many wrong pairs; the affine then
    # stretches it
    similarity, near = cv2.estimateAffinePartial2D(source, target, ransacReprojThreshold=FIRST_REACH, maxIters=4000)
    if similarity is None or near.sum() < MINIMUM_INLIERS:
        return None
    near = near.ravel().astype(bool)
    to_page, inliers = cv2.estimateAffine2D(
        source[near], target[near], ransacReprojThreshold=RANSAC_REACH, maxIters=2000
    )
    if to_page is None or not is_plausible(to_page) or inliers.sum() < MINIMUM_INLIERS:
        return None
    return CoarseMatch(to_page, int(inliers.sum()))


def _pairs(blank: np.ndarray, page: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The landmarks that are each other's most like: their numbers among the blank's and the page's, the best first.

    By the least Hamming distance of the descriptors, both given as signs (N x 256).
    """
    alike = blank @ page.T
    most_like, back = alike.argmax(1), alike.argmax(0)
    mutual = np.flatnonzero(back[most_like] == np.arange(len(blank)))
    best = mutual[np.argsort(-alike[mutual, most_like[mutual]], kind="stable")][:MOST_PAIRS]
    return best, most_like[best]


def is_plausible(to_page: np.ndarray) -> bool:
    """Whether an affine is a turn, a scale within range and little shear, and no mirror."""
    linear = to_page[:, :2]
    if np.linalg.det(linear) <= 0:
        return False
    scales = np.linalg.norm(linear, axis=0)
    shear = abs(float(linear[:, 0] @ linear[:, 1]) / float(scales[0] * scales[1]))
    return bool((scales > SCALE_RANGE[0]).all() and (scales < SCALE_RANGE[1]).all() and shear < 0.08)


def align(page: Grey, blank: BlankPage, coarse: CoarseMatch) -> AlignedPage:
    """Bend the page (H x W uint8 at working resolution, turned as it came in) onto the blank's grid."""
    first = _first_shifts(page, blank, coarse)
    to_page = _improved(coarse.to_page, blank, first)
    grid, reach, every = node_grid(blank), _smoothing(to_page), np.arange(len(blank.anchors))
    shifts = _relative(first, blank, coarse.to_page, to_page)
    nodes = cv2.transform((grid + _smooth_field(blank, shifts, grid, reach))[None], to_page)[0].astype(np.float32)
    aligned = _bent(page, blank, nodes)
    second = _anchor_shifts(half_size(aligned), blank, every, SECOND_SEARCH)
    for _ in range(MORE_BENDS):
        gained = _look_farther(half_size(aligned), blank, second)
        if not gained and not _is_loose(second):
            break
        nodes = nodes + (_smooth_field(blank, second, grid, reach) @ to_page[:, :2].T).astype(np.float32)
        aligned = _bent(page, blank, nodes)
        second = _anchor_shifts(half_size(aligned), blank, every, SECOND_SEARCH)
    seen = second[:, 2] >= GOOD_ANCHOR
    return AlignedPage(
        blank=blank,
        grey=aligned,
        match=float(seen.mean()) if len(second) else 0.0,
        residual=_residual(blank, second, nodes, to_page, reach),
        to_page=to_page,
        seen=seen,
        contradicted=_contradicted(aligned, blank, seen),
        nodes=nodes,
    )


def _residual(blank: BlankPage, shifts: np.ndarray, nodes: np.ndarray, to_page: np.ndarray, reach: np.ndarray) -> float:
    """How far off, in points, half of the anchors would lie if each were placed by the others alone.

    After the bending every anchor lies right, since it was bent by itself; a field has no anchor of its own.
    """
    seen = shifts[:, 2] >= GOOD_ANCHOR
    if seen.sum() < FEWEST_ANCHORS:
        return float("inf")
    centres = _centres(blank)[seen]
    landed = _through(nodes, blank, centres) + shifts[seen, :2] @ to_page[:, :2].T
    moved = cv2.transform(landed[None], cv2.invertAffineTransform(to_page))[0] - centres
    expected = _smoothed(centres, moved, shifts[seen, 2] ** 2, centres, reach, without_own=True)
    return float(np.median(np.hypot(*(moved - expected).T))) / PIXELS_PER_POINT


def _contradicted(aligned: Grey, blank: BlankPage, seen: np.ndarray) -> np.ndarray:
    """Anchors (N bool) in whose place other things are printed; where the print has only faded, nothing is said."""
    width, height = ANCHOR_SIZE
    result = np.zeros(len(seen), bool)
    for index in np.flatnonzero(~seen):
        x, y = blank.anchors[index]
        place = np.s_[y : y + height, x : x + width]
        printed = np.count_nonzero(blank.ink[place])
        result[index] = np.count_nonzero(aligned[place] < INK_LEVEL) > FADED * printed
    return result


def _first_shifts(page: Grey, blank: BlankPage, coarse: CoarseMatch) -> np.ndarray:
    """The anchors' shifts (N x 3, blank pixels and correlation) on the half-size page, laid out by the coarse affine.

    Anchors that are not near their place are looked for farther away: part of a page can lie half an inch off where
    the feed slipped.
    """
    height, width = blank.grey.shape
    half = (TO_HALF @ np.vstack([coarse.to_page, [0, 0, 1]]) @ np.linalg.inv(TO_HALF))[:2]
    small = (round(width * FEATURE_SCALE), round(height * FEATURE_SCALE))
    resampling = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    roughly = np.asarray(cv2.warpAffine(half_size(page), half, small, flags=resampling, borderValue=255), np.uint8)
    found = _anchor_shifts(roughly, blank, np.arange(len(blank.anchors)), FIRST_SEARCH)
    lost = np.flatnonzero(found[:, 2] < GOOD_ANCHOR)
    if len(lost) > MANY_LOST * len(found):
        far = _anchor_shifts(roughly, blank, lost, FAR_SEARCH)
        far[far[:, 2] < GOOD_FAR_ANCHOR, 2] = 0.0
        found[lost] = far
    return found


def _look_farther(aligned: Grey, blank: BlankPage, shifts: np.ndarray) -> bool:
    """Look farther away for anchors that are lost on the bent page (half size); `shifts` gets those found, in place.

    The bending has carried on what anchors nearby said, so that others that lay out of reach before may be in it now.
    Says whether it is worth bending once more.
    """
    lost = np.flatnonzero(shifts[:, 2] < GOOD_ANCHOR)
    if not MANY_LOST * len(shifts) < len(lost) < HOPELESS * len(shifts):
        return False
    far = _anchor_shifts(aligned, blank, lost, FAR_SEARCH)
    found = far[:, 2] >= GOOD_FAR_ANCHOR
    shifts[lost[found]] = far[found]
    return int(found.sum()) >= FEWEST_GAINED


def _is_loose(shifts: np.ndarray) -> bool:
    """Whether a page, once bent, still lies off its anchors here and there."""
    seen = shifts[:, 2] >= GOOD_ANCHOR
    if not seen.any():
        return False
    far = np.quantile(np.hypot(shifts[seen, 0], shifts[seen, 1]), 0.9)
    return bool(far > LOOSE)


def _anchor_shifts(aligned: Grey, blank: BlankPage, which: np.ndarray, search: int) -> np.ndarray:
    """For the anchors `which` (N): shift x, shift y (blank pixels, sub-pixel) and correlation (N x 3).

    `aligned` is the laid-out page at half size, where a search of `search` half-size pixels costs a quarter.
    """
    found = np.zeros((len(which), 3), np.float32)
    padded = cv2.copyMakeBorder(aligned, search, search, search, search, cv2.BORDER_CONSTANT, value=255)
    places = (blank.anchors * FEATURE_SCALE).astype(int)
    for row, index in enumerate(which):
        template, (x, y) = blank.small_templates[index], places[index]
        height, width = template.shape
        window = padded[y : y + height + 2 * search, x : x + width + 2 * search]
        scores = cv2.matchTemplate(window, template, cv2.TM_CCOEFF_NORMED)
        _, best, _, (bx, by) = cv2.minMaxLoc(scores)
        if np.isfinite(best):
            found[row] = bx - search + _peak(scores[by], bx), by - search + _peak(scores[:, bx], by), best
    found[:, :2] /= FEATURE_SCALE
    return found


def _peak(values: np.ndarray, at: int) -> float:
    """Sub-pixel place of a maximum, by a parabola through its neighbours, relative to `at`."""
    if not 0 < at < len(values) - 1:
        return 0.0
    left, middle, right = (float(v) for v in values[at - 1 : at + 2])
    bend = left - 2 * middle + right
    return 0.5 * (left - right) / bend if bend < -1e-6 else 0.0


def _centres(blank: BlankPage) -> np.ndarray:
    return blank.anchors.astype(np.float32) + np.array(ANCHOR_SIZE, np.float32) / 2


def _improved(coarse: np.ndarray, blank: BlankPage, shifts: np.ndarray) -> np.ndarray:
    """The affine once more, from the anchors that were seen; the coarse one where they are too few."""
    seen = shifts[:, 2] >= GOOD_ANCHOR
    if seen.sum() < 12:
        return coarse
    centres = _centres(blank)[seen]
    target = cv2.transform((centres + shifts[seen, :2])[None], coarse)[0]
    improved, _ = cv2.estimateAffine2D(centres, target, ransacReprojThreshold=RANSAC_REACH, maxIters=1000)
    return improved if improved is not None and is_plausible(improved) else coarse


def _relative(shifts: np.ndarray, blank: BlankPage, coarse: np.ndarray, improved: np.ndarray) -> np.ndarray:
    """The shifts that remain, in the blank's pixels, when the improved affine stands in for the coarse one."""
    centres = _centres(blank)
    on_page = cv2.transform((centres + shifts[:, :2])[None], coarse)
    back = cv2.transform(on_page, cv2.invertAffineTransform(improved))[0]
    return np.column_stack([back - centres, shifts[:, 2]]).astype(np.float32)


def node_grid(blank: BlankPage) -> np.ndarray:
    """The nodes of a grid over the blank, NODE_STEP apart from its first pixel on, row by row: N x 2 float32."""
    height, width = blank.grey.shape
    xs = np.arange(0, width + NODE_STEP, NODE_STEP, dtype=np.float32)
    ys = np.arange(0, height + NODE_STEP, NODE_STEP, dtype=np.float32)
    return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)


def _columns(blank: BlankPage) -> int:
    """How many nodes a row of that grid has."""
    return len(range(0, blank.grey.shape[1] + NODE_STEP, NODE_STEP))


def _smoothing(to_page: np.ndarray) -> np.ndarray:
    """How far anchors speak for their surroundings (x, y, blank pixels): a page sent sideways was fed along its x."""
    sideways = abs(to_page[1, 0]) > abs(to_page[0, 0])
    return np.array(SMOOTHING[::-1] if sideways else SMOOTHING, np.float32)


def _smooth_field(blank: BlankPage, shifts: np.ndarray, at: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """The shift at places `at` (M x 2, blank pixels) by those anchors that agree with their neighbours."""
    seen = shifts[:, 2] >= GOOD_ANCHOR
    centres, moved, weights = _centres(blank)[seen], shifts[seen, :2], shifts[seen, 2] ** 2
    if len(centres) < FEWEST_ANCHORS:
        return np.zeros_like(at)
    agree = _agreeing(centres, moved, reach)
    if agree.sum() < FEWEST_ANCHORS:
        return np.zeros_like(at)
    return _smoothed(centres[agree], moved[agree], weights[agree], at, reach).astype(np.float32)


def _agreeing(centres: np.ndarray, moved: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Which anchors (N bool) moved as the median of their nearest neighbours did; nearer in the feed's direction."""
    away = (centres[:, None, :] - centres[None]) / reach
    distance = (away**2).sum(-1)
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1)[:, :NEIGHBOURS]
    expected = np.median(moved[nearest], axis=1)
    agree: np.ndarray = np.hypot(*(moved - expected).T) < OUTLIER
    return agree


def _through(nodes: np.ndarray, blank: BlankPage, pixels: np.ndarray) -> np.ndarray:
    """Where on the page pixels of the blank (N x 2) lie: bilinear between the nodes' places, as `_bent` has it."""
    rows = nodes.reshape(-1, _columns(blank), 2)
    across = pixels / NODE_STEP
    left, top = np.clip(across.astype(int), 0, [rows.shape[1] - 2, rows.shape[0] - 2]).T
    right, down = (across - np.column_stack([left, top])).T[:, :, None]
    upper = rows[top, left] * (1 - right) + rows[top, left + 1] * right
    lower = rows[top + 1, left] * (1 - right) + rows[top + 1, left + 1] * right
    result: np.ndarray = upper * (1 - down) + lower * down
    return result


def _bent(page: Grey, blank: BlankPage, nodes: np.ndarray) -> Grey:
    """The page seen through the nodes' places on it (N x 2 float32, page pixels), bilinear between them."""
    height, width = blank.grey.shape
    columns = _columns(blank)
    rows = nodes.reshape(-1, columns, 2)
    # Not warpAffine: it rounds places to 1/32 of a node, which turns strokes into stairs. Pixel p of the enlarged grid
    # lies at node (p - NODE_STEP // 2) / NODE_STEP, because pixels are sampled at their middle.
    fine = cv2.resize(rows, (columns * NODE_STEP, len(rows) * NODE_STEP), interpolation=cv2.INTER_LINEAR)
    first = NODE_STEP // 2
    page_map = fine[first : first + height, first : first + width]
    # OpenCV's stubs do not know that a map of two channels takes no second one
    bent = cv2.remap(page, page_map, None, cv2.INTER_LINEAR, borderValue=255)  # type: ignore[call-overload]
    return np.asarray(bent, np.uint8)


def _smoothed(
    centres: np.ndarray,
    moved: np.ndarray,
    weights: np.ndarray,
    at: np.ndarray,
    reach: np.ndarray,
    *,
    without_own: bool = False,
) -> np.ndarray:
    """Kernel regression of the shifts at places `at` (M x 2), with a weak pull to no shift where no anchor is near.

    `without_own`: the places are the anchors themselves, and each is told by the others alone.
    """
    away = (at[:, None, :] - centres[None]) / reach
    kernel = weights * np.exp(-0.5 * (away**2).sum(-1))
    if without_own:
        np.fill_diagonal(kernel, 0.0)
    result: np.ndarray = (kernel @ moved) / (kernel.sum(1, keepdims=True) + 0.02)
    return result
