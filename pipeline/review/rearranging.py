"""A person says what the pages of a fax are and which belong together; the forms that result are read and judged anew.

    placements_of -> (a person changes them) -> arrange

Only what waits can be arranged: pages of no form, and of forms that wait and that nobody else has in hand. A page that
stays the same page of the same form keeps its readings, what people wrote included; the others are read as what they
are said to be. A form that lost or gained a page is closed (`REARRANGED`, kept as it was), the new ones wait. Every
page has one place before and after.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from extractors.limits import Limits
from extractors.read import read_as
from extractors.reading import DocumentReading, FormReading, PageKind, PageReading, Reading
from pipeline import originals
from pipeline.deciding import REARRANGED_HOLD, decide_form, definitions
from pipeline.errors import ClaimLost, DecisionRefused
from pipeline.readers import ReaderPool
from pipeline.review import claiming, decide, queue
from pipeline.review.decide import Hand
from pipeline.review.roles import Somebody
from pipeline.settings import Settings
from pipeline.store import audit, repository
from pipeline.store.engine import read_only, take_write_turn
from pipeline.store.models import REARRANGED, Document, Form, FormRoute, Page, ReviewItem, ReviewState
from pipeline.store.opening import Store


class Kind(StrEnum):
    """What a person says that a page is."""

    FORM = "form"
    ADDITIONAL = "additional"  # belongs to a form, and is none of its pages: a laboratory's printout
    BLANK = "blank"
    COVER = "cover"
    OTHER = "other"  # no form, and nothing is to be done about it
    UNDECIDED = "undecided"  # waits on


@dataclass(frozen=True, slots=True)
class Placement:
    """A page's place; `group` is the number under which the pages of one form are put together."""

    kind: Kind
    form_id: str | None = None
    form_page: int | None = None
    group: int | None = None


ReadAs = Callable[[Mapping[int, tuple[str, int]], bytes, Limits], DocumentReading]
"""Reads pages as what they are said to be (`extractors.read.read_as`)."""


def read_in_process(assigned: Mapping[int, tuple[str, int]], data: bytes, limits: Limits) -> DocumentReading:
    """Like `extractors.read.read_as`, in a process of its own; a document that cannot be read is `failed`."""
    with ReaderPool(workers=1, limits=limits, reader=functools.partial(read_as, dict(assigned))) as readers:
        return readers.submit(data).result()


def placements_of(session: Session, document: Document, somebody: Somebody) -> dict[int, Placement]:
    """By page what stands now, of the pages that this person may arrange."""
    movable = {form.position for form in _movable(session, document, somebody)}
    waits = any(item.form_pk is None and item.state != ReviewState.DONE for item in document.review_items)
    return {page.page: _placement(page, waits) for page in document.pages if page.form in {None, *movable}}


def arrange(
    store: Store, hand: Hand, placements: Mapping[int, Placement], read: ReadAs = read_in_process
) -> int | None:  # fmt: skip
    """Put pages in their places; the item to go on with, in that person's hand, or None where nothing of it is left.

    Raises:
        DecisionRefused: a place that cannot be, or a page that is not theirs to arrange.
        ClaimLost: the item is no longer in that person's hand at that version.
    """
    groups = _groups(placements)
    with Session(read_only(store.engine)) as session:
        held = session.get(ReviewItem, hand.item)
        if held is None or (held.claimed_by, held.version) != (hand.somebody.name, hand.version):
            raise ClaimLost(f"review item {hand.item}: somebody else took it over, or it was decided")
        document = held.document
        changed = _to_read(document, placements)
        data = originals.fetch(store.originals, document.sha256) if changed else b""
    fresh = read(changed, data, store.settings.limits) if changed else None
    if fresh is not None and {page.page for page in fresh.pages} != set(changed):
        raise DecisionRefused(f"the pages cannot be read: {fresh.error or 'not all of them'}")
    with Session(store.engine) as session, session.begin():
        take_write_turn(session.connection())
        item = claiming.holds(session, hand.item, hand.somebody.name, hand.version)
        new = _arranged(session, store, item, hand.somebody, placements, groups, fresh)
        return _go_on(session, item, hand.somebody, new, store.settings.review_lease)


def _arranged(
    session: Session,
    store: Store,
    item: ReviewItem,
    somebody: Somebody,
    placements: Mapping[int, Placement],
    groups: Sequence[Group],
    fresh: DocumentReading | None,
) -> list[Form]:
    """Everything in its new place; the forms that result."""
    document = item.document
    if placements.keys() != placements_of(session, document, somebody).keys():
        raise DecisionRefused("a page is not yours to arrange: its form was decided, or somebody has it in hand")
    before = _told(document)
    old = _movable(session, document, somebody)
    kept = {group.number: form for group in groups for form in old if group.is_form(form)}
    anew = {page.page for page in fresh.pages} if fresh else set()
    readings, drafts = _known_readings(document, fresh), _drafts(session, old)
    for form in old:
        if form not in kept.values():
            close_form(session, store.settings, form, somebody.name)
    _place_pages(document, placements, fresh)
    new = []
    for group in groups:
        position = kept[group.number].position if group.number in kept else len(document.forms)
        for page in document.pages:
            if page.page in (*group.pages.values(), *group.additional):
                page.form = position
        if group.number in kept:
            continue
        session.flush()
        form_reading, carried = group.reading(readings, anew)
        decided = decide_form(
            session, store.settings, document, position, form_reading, weighed=carried, held_for=REARRANGED_HOLD
        )  # fmt: skip
        _keep_drafts(session, decided, {of: draft for of, draft in drafts.items() if of[0] not in anew})
        new.append(decided)
    if not any(place.kind is Kind.UNDECIDED for place in placements.values()):
        _close_pages_items(session, item)
    after = _told(document)
    audit.write_line(
        session, "pages rearranged", who=somebody.name, document_id=document.id, before=before, after=after
    )  # fmt: skip
    return new


def _go_on(
    session: Session, item: ReviewItem, somebody: Somebody, new: Sequence[Form], lease: dt.timedelta
) -> int | None:  # fmt: skip
    """The same item where it still waits, else that of the first new form which the person may decide."""
    session.flush()
    session.refresh(item)
    if item.state != ReviewState.DONE:
        return item.id
    ids = [form.id for form in new]
    waiting = select(ReviewItem.id).where(ReviewItem.form_pk.in_(ids), ReviewItem.state != ReviewState.DONE)
    for item_id in session.scalars(waiting.order_by(ReviewItem.id)):
        if claiming.claim(session, item_id, somebody, lease) is not None:
            return item_id
    return None


# Groups of pages


@dataclass(frozen=True, slots=True)
class Group:
    """The pages of one form: page of the form to page of the document, and those that belong to it beside."""

    number: int
    form_id: str
    pages: Mapping[int, int]
    additional: tuple[int, ...]

    def is_form(self, form: Form) -> bool:
        """Whether the form has just these pages already."""
        return form.form_id == self.form_id and form.pages == [self.pages[number] for number in sorted(self.pages)]

    def reading(
        self, readings: Mapping[int, Mapping[str, Reading]], anew: Collection[int]
    ) -> tuple[FormReading, frozenset[str]]:
        """What was read on its pages, and the fields of those pages that were not read anew."""
        ordered = [self.pages[number] for number in sorted(self.pages)]
        layouts = definitions()[self.form_id].pages
        missing = tuple(layout.number for layout in layouts if layout.number not in self.pages)
        merged = {name: reading for page in ordered for name, reading in readings[page].items()}
        carried = {name for name, reading in merged.items() if reading.page not in anew}
        return FormReading(self.form_id, tuple(ordered), missing, merged), frozenset(carried)


def _groups(placements: Mapping[int, Placement]) -> list[Group]:
    """The forms that result, in the order of their first pages."""
    numbers = {place.group for place in placements.values() if place.kind in (Kind.FORM, Kind.ADDITIONAL)}
    groups = [_group(number, placements) for number in numbers]
    return sorted(groups, key=lambda group: min(group.pages.values()))


def _group(number: int | None, placements: Mapping[int, Placement]) -> Group:
    of_it = {page: place for page, place in placements.items() if place.group == number}
    forms = {page: place for page, place in of_it.items() if place.kind is Kind.FORM}
    additional = tuple(page for page, place in of_it.items() if place.kind is Kind.ADDITIONAL)
    if number is None or not forms:
        raise DecisionRefused(f"page {min(of_it)}: say to which form it belongs")
    form_ids = {place.form_id for place in forms.values()}
    if len(form_ids) > 1:
        raise DecisionRefused(f"form {number}: pages {_listed(forms)} are of different forms and cannot be one")
    form_id = form_ids.pop() or ""
    pages = {place.form_page or 0: page for page, place in forms.items()}
    if form_id not in definitions() or not pages.keys() <= {page.number for page in definitions()[form_id].pages}:
        raise DecisionRefused(f"form {number}: there is no such form or page")
    if len(pages) < len(forms):
        raise DecisionRefused(
            f"form {number}: two of its pages {_listed(forms)} are the same: give one a form of its own"
        )
    return Group(number, form_id, pages, additional)


def _listed(pages: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(pages)))


# Before and after


def _placement(page: Page, waits: bool) -> Placement:
    group = None if page.form is None else page.form + 1
    if page.kind == PageKind.FORM:
        return Placement(Kind.FORM, page.form_id, page.form_page, group)
    if page.kind in (PageKind.BLANK, PageKind.COVER):
        return Placement(Kind(page.kind))
    if group is not None:
        return Placement(Kind.ADDITIONAL, group=group)
    return Placement(Kind.UNDECIDED if waits else Kind.OTHER)


def _movable(session: Session, document: Document, somebody: Somebody) -> list[Form]:
    """The forms that wait, and that are free or in this very person's hand."""
    free = select(ReviewItem.form_pk).where(
        ReviewItem.document_id == document.id, claiming.is_free(dt.datetime.now(dt.UTC), somebody)
    )
    ids = set(session.scalars(free))
    return [form for form in document.forms if form.route.route == "review" and form.id in ids]


def _to_read(document: Document, placements: Mapping[int, Placement]) -> dict[int, tuple[str, int]]:
    """The pages that are said to be others than they were read as."""
    pages = {page.page: page for page in document.pages}
    changed = {}
    for number, place in placements.items():
        page = pages.get(number)
        if page is None or place.kind is not Kind.FORM or place.form_id is None or place.form_page is None:
            continue
        if page.form is None or (page.form_id, page.form_page) != (place.form_id, place.form_page):
            changed[number] = (place.form_id, place.form_page)
    return changed


def _known_readings(document: Document, fresh: DocumentReading | None) -> dict[int, dict[str, Reading]]:
    """By page what is read on it: anew where it is another page than it was, else as it stands in its form."""
    readings: dict[int, dict[str, Reading]] = {page.page: {} for page in document.pages}
    forms = {form.position: form for form in document.forms}
    for page in document.pages:
        form = forms.get(page.form) if page.form is not None else None
        if form is None:
            continue
        crops = {row.field: row.crop for row in form.readings}
        for name, reading in repository.load_form(form).readings.items():
            if reading.page == page.page:
                readings[page.page][name] = replace(reading, crop=crops[name])
    for form_reading in fresh.forms if fresh else ():
        readings[form_reading.pages[0]] = dict(form_reading.readings)
    return readings


def _place_pages(document: Document, placements: Mapping[int, Placement], fresh: DocumentReading | None) -> None:
    read = {page.page: page for page in fresh.pages} if fresh else {}
    for page in document.pages:
        place = placements.get(page.page)
        if place is None:
            continue
        page.form = None
        if page.page in read:
            _set_read(page, read[page.page])
        elif place.kind is not Kind.FORM:
            page.kind = place.kind if place.kind in (Kind.BLANK, Kind.COVER) else PageKind.UNKNOWN
            page.form_id, page.form_page, page.to_blank = None, None, None


def _set_read(page: Page, read: PageReading) -> None:
    page.kind, page.form_id, page.form_page = PageKind.FORM, read.form_id, read.form_page
    page.rotated = read.rotated if read.to_blank is not None else page.rotated
    page.match, page.residual = read.match, read.residual
    page.to_blank = None if read.to_blank is None else list(read.to_blank)


def close_form(session: Session, settings: Settings, form: Form, who: str) -> None:
    """The form is no more: its pages go elsewhere. It is kept as it was, for the trail."""
    form.routes.append(
        FormRoute(
            route=REARRANGED,
            reasons=form.route.reasons,
            decided_by=who,
            decided_at=dt.datetime.now(dt.UTC),
            settings_id=repository.snapshot_settings(session, settings.that_decide()),
        )
    )
    session.flush()
    queue.close(session, form)


def _close_pages_items(session: Session, own: ReviewItem) -> None:
    """Nothing of the document's other pages waits any more."""
    for item in own.document.review_items:
        if item.state != ReviewState.DONE and item.form_pk is None and (item is own or item.page is not None):
            queue.close_item(session, item)


Drafts = Mapping[tuple[int, str], str | None]
"""Page and field to what somebody wrote and has not decided yet; None: illegible."""


def _drafts(session: Session, forms: Iterable[Form]) -> dict[tuple[int, str], str | None]:
    drafts: dict[tuple[int, str], str | None] = {}
    for form in forms:
        places = {reading.field: reading.page for reading in form.readings}
        for item in session.scalars(select(ReviewItem).filter_by(form_pk=form.id)):
            draft = decide.kept_draft(item)
            drafts |= {(places[name], name): text for name, text in draft.values.items()}
            drafts |= {(places[name], name): None for name in draft.illegible}
    return drafts


def _keep_drafts(session: Session, form: Form, drafts: Drafts) -> None:
    """What was written before stands in the item of the new form."""
    kept = {r.field: drafts[r.page, r.field] for r in form.readings if (r.page, r.field) in drafts}
    if kept:
        values = {name: text for name, text in kept.items() if text is not None}
        draft = {"values": values, "illegible": sorted(kept.keys() - values.keys())}
        session.execute(update(ReviewItem).filter_by(form_pk=form.id).values(draft=draft))


def _told(document: Document) -> dict[str, Any]:
    """What the trail says of the pages."""
    return {str(page.page): [page.kind, page.form, page.form_id, page.form_page] for page in document.pages}
