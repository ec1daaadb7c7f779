"""Recognition: which form, which revision, which page of it, and where on the sheet; or none that is known.

The blanks whose landmarks fit are registered, and the one whose printed words are found best is taken. A page that fits
badly, or whose printed form code is another one, is unknown: it is not read. Where no code can be read and some of the
print is not in its place, it may be a revision nobody knows: it is read, and a person looks at every field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from extractors.blanks import BlankPage, Features, find_features
from extractors.form_code import CodeCheck, check_code
from extractors.geometry import Grey
from extractors.registration import AlignedPage, CoarseMatch, align, match_coarse

QUICK_LANDMARKS = 300  # of a page tell which blanks it can be
ENOUGH_INLIERS = 40  # of those place it well enough for its printed words to be found
RIVAL = 0.5  # a blank with this share of the best one's landmarks is registered as well
CERTAIN_MATCH = 0.80  # share of printed words found from which a page is read though its form code can't be
WHOLE_MATCH = 0.98  # and from which it is beyond doubt without: a section moved by a line leaves up to 0.97 of them
POSSIBLE_MATCH = 0.50  # below, the page is unknown whatever its code says
LARGEST_RESIDUAL = 1.5  # points


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a page is: `page` when it is a known form's, else None with the `nearest` form and how well that fitted.

    `residual`: how far off the nearest form's print lies, in points. `sure`: the page is that form's revision beyond
    doubt, by its code or because all of its print is in place.
    """

    page: AlignedPage | None
    rotated: int
    match: float
    nearest: str | None = None
    sure: bool = True
    residual: float | None = None


def recognise(grey: Grey, blanks: tuple[BlankPage, ...]) -> Recognition:
    """Recognise a cleaned page (H x W uint8 at working resolution, turned as it came in)."""
    features = find_features(grey)
    candidates = _candidates(features, blanks)
    if not candidates:
        return Recognition(None, 0, 0.0)
    aligned = [(align(grey, blank, coarse), coarse) for blank, coarse in candidates]
    aligned.sort(key=lambda pair: pair[0].match, reverse=True)
    best, coarse = aligned[0]
    rotated = quarter_turns(coarse.to_page)
    chosen = _chosen([page for page, _ in aligned])
    if chosen is not None:
        page, is_sure = chosen
        return Recognition(page, rotated, page.match, sure=is_sure)
    residual = best.residual if np.isfinite(best.residual) else None
    return Recognition(None, rotated, best.match, nearest=best.blank.definition.form_id, residual=residual)


def _chosen(aligned: Sequence[AlignedPage]) -> tuple[AlignedPage, bool] | None:
    """The revision whose code the page bears, else the best fit where that is near enough without; the best first.

    Revisions of one form can fit about as well as each other: then their codes decide.
    """
    possible = [page for page in aligned if page.match >= POSSIBLE_MATCH and page.residual <= LARGEST_RESIDUAL]
    unread: AlignedPage | None = None
    for number, page in enumerate(possible):
        code = check_code(page)
        if code is CodeCheck.SAME:
            return page, True
        if code is CodeCheck.UNREAD and number == 0 and page is aligned[0] and page.match >= CERTAIN_MATCH:
            unread = page
    return None if unread is None else (unread, unread.match >= WHOLE_MATCH)


def quarter_turns(to_page: np.ndarray) -> int:
    """How far the page stood turned, in degrees clockwise: 0, 90, 180 or 270."""
    angle = np.degrees(np.arctan2(to_page[1, 0], to_page[0, 0]))
    return round(float(angle) / 90.0) % 4 * 90


def _candidates(features: Features, blanks: tuple[BlankPage, ...]) -> list[tuple[BlankPage, CoarseMatch]]:
    """The blanks that the page can be, each with its coarse place."""
    for landmarks in (QUICK_LANDMARKS, len(features.points)):
        found = [(blank, match_coarse(features, blank.features, landmarks)) for blank in blanks]
        fitting = [(blank, coarse) for blank, coarse in found if coarse is not None]
        if fitting:
            break
    most = max((coarse.inliers for _, coarse in fitting), default=0)
    return [
        (blank, coarse if coarse.inliers >= ENOUGH_INLIERS else match_coarse(features, blank.features) or coarse)
        for blank, coarse in fitting
        if coarse.inliers >= RIVAL * most
    ]
