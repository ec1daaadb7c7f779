"""Sheets of look-alike crops: dealt to one person, judged at one glance, each verdict at once a word on its field.

    waiting_looks -> deal -> judge       or put_back

What is confirmed becomes that person's reading of the field; of a comb, as soon as every cell in doubt is confirmed.
What is marked odd is in doubt, and stays with its form's item. A crop is on one sheet at a time; forms that somebody
else has in hand, that were escalated, or on which somebody has begun to write are left out.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from pipeline.deciding import definitions
from pipeline.errors import ClaimLost
from pipeline.review import claiming
from pipeline.review.again import decide_again
from pipeline.review.batches import of_batch
from pipeline.review.decide import DOUBTS, kept_draft
from pipeline.review.grouping import WHOLE, Look, ReadValue, Scope, doubtful_cells, looks, title
from pipeline.review.roles import Somebody
from pipeline.review.writing import BY_A_PERSON, write
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.group_models import GroupCrop, GroupSheet
from pipeline.store.models import FieldReading, Form, FormFinding, ReviewItem

AMONG = 1000
"""Waiting forms that are looked through for look-alikes, the most urgent; the others come up when these are done."""

ODD = "odd_one_out"
"""Why a reading is in doubt that somebody has marked among look-alikes."""

DIGITS_ON_A_SHEET, VALUES_ON_A_SHEET, BOXES_ON_A_SHEET = 96, 40, 72
"""Crops on one sheet, by what they show: as many as can be taken in at once."""


class Verdict(StrEnum):
    """What a person says of a crop."""

    CONFIRMED = "confirmed"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class WaitingLook:
    """A look at a field of a form that waits."""

    form: int
    item: int
    look: Look

    @property
    def key(self) -> tuple[int, str, int]:
        """What makes it one crop."""
        return self.form, self.look.field, self.look.cell


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a sheet.

    Crops confirmed, marked odd, and left out because somebody else was at their form by then; forms that passed.
    """

    confirmed: int
    odd: int
    left_out: int
    passed: int


def waiting_looks(
    session: Session, settings: Settings, somebody: Somebody, scope: Scope, batch: str = ""
) -> list[WaitingLook]:
    """What that person may be dealt now, the most urgent forms first; `batch`: only of it (`batches.of_batch`)."""
    items = {form: (item, form_id) for form, item, form_id in _free_forms(session, somebody, batch=batch)}
    held = _held_fields(session, items) if scope is Scope.HOLDING else None
    taken, found = _taken(session, items), []
    for form, read in _readings(session, items, only_doubtful=scope is not Scope.ALL):
        if read.field in settings.double_keyed or (held is not None and (form, read.field) not in held):
            continue
        item, form_id = items[form]
        for look in looks(definitions()[form_id].field(read.field), read, scope):
            one = WaitingLook(form, item, look)
            if not taken & {one.key, (form, read.field, WHOLE)}:
                found.append(one)
    order = {form: place for place, form in enumerate(items)}
    return sorted(found, key=lambda one: order[one.form])


def deal(
    session: Session,
    settings: Settings,
    somebody: Somebody,
    group: str,
    scope: Scope,
    lease: dt.timedelta,
    batch: str = "",
) -> int | None:
    """Put the next crops of a group on a sheet in that person's hand; its id, None when there are none.

    Whatever sheet they had is put back: nobody collects crops.
    """
    take_write_turn(session.connection())
    put_back_all(session, somebody.name)
    waiting = waiting_looks(session, settings, somebody, scope, batch)
    inside = [one for one in waiting if one.look.group == group]
    if not inside:
        return None
    now = dt.datetime.now(dt.UTC)
    sheet = GroupSheet(group=group, who=somebody.name, dealt_at=now, lease_until=now + lease)
    sheet.crops = [
        GroupCrop(form_pk=one.form, field=one.look.field, cell=one.look.cell, shows=one.look.shows)
        for one in inside[: _fitting(group)]
    ]
    session.add(sheet)
    session.flush()
    note_views(session, sheet, somebody.name)
    return sheet.id


def in_hand(session: Session, sheet_id: int, who: str) -> GroupSheet | None:
    """The sheet, while that person has it in hand."""
    now = dt.datetime.now(dt.UTC)
    mine = and_(GroupSheet.id == sheet_id, GroupSheet.who == who, GroupSheet.closed_at.is_(None))
    return session.scalar(select(GroupSheet).where(mine, GroupSheet.lease_until >= now))


def put_back_all(session: Session, who: str) -> None:
    """Put back what a person has in hand; its crops go to whoever asks next."""
    mine = update(GroupSheet).where(GroupSheet.who == who, GroupSheet.closed_at.is_(None))
    session.execute(mine.values(closed_at=dt.datetime.now(dt.UTC)).execution_options(synchronize_session=False))


def note_views(session: Session, sheet: GroupSheet, who: str) -> None:
    """Somebody has seen a sheet: noted for each document of it, like any view of a patient's data."""
    for document in dict.fromkeys(crop.form.document_id for crop in sheet.crops):
        after = {"sheet": sheet.id, "what": "group"}
        audit.write_line(session, audit.VIEWED, who=who, document_id=document, after=after)


def note_surroundings(session: Session, crop: GroupCrop, who: str) -> None:
    """Somebody has seen a crop with what stands around it on its page."""
    after = {"sheet": crop.sheet_id, "what": f"field {crop.field}, with its surroundings"}
    audit.write_line(session, audit.VIEWED, who=who, document_id=crop.form.document_id, after=after)


def judge(session: Session, settings: Settings, somebody: Somebody, sheet_id: int, odd: Collection[int]) -> Judged:
    """Take a person's word on a sheet: the crops in `odd` are odd, all others are what they were read as.

    The forms are decided again in the same transaction.

    Raises:
        ClaimLost: it is not in that person's hand any more; nothing changes.
    """
    take_write_turn(session.connection())
    sheet = in_hand(session, sheet_id, somebody.name)
    if sheet is None:
        raise ClaimLost(f"sheet {sheet_id}: it lay too long, or was put back")
    free, by_form = {form for form, _, _ in _free_forms(session, somebody, sheet)}, defaultdict(list)
    for crop in sheet.crops:
        if crop.form_pk in free and _still_shows(crop):
            crop.verdict = Verdict.ODD if crop.id in odd else Verdict.CONFIRMED
            by_form[crop.form_pk].append(crop)
    sheet.closed_at = dt.datetime.now(dt.UTC)
    session.flush()
    passed = sum(_take_word(session, settings, sheet, crops) for crops in by_form.values())
    verdicts = [crop.verdict for crop in sheet.crops]
    confirmed, odd_ones, left_out = (verdicts.count(one) for one in (Verdict.CONFIRMED, Verdict.ODD, None))
    return Judged(confirmed, odd_ones, left_out, passed)


def _fitting(group: str) -> int:
    if group.startswith("digit-"):
        return DIGITS_ON_A_SHEET
    return VALUES_ON_A_SHEET if group.startswith("field:") else BOXES_ON_A_SHEET


# What becomes of one form


def _take_word(session: Session, settings: Settings, sheet: GroupSheet, crops: Sequence[GroupCrop]) -> bool:
    """Set the form's readings by the verdicts, and decide it again where one changed; whether it passed."""
    form = crops[0].form
    readings = {reading.field: reading for reading in form.readings}
    _note(session, sheet, form, crops)
    odd = {crop.field for crop in crops if crop.verdict == Verdict.ODD}
    for name in odd:
        readings[name].doubtful, readings[name].why = True, ODD
    fields = dict.fromkeys(crop.field for crop in crops if crop.field not in odd)
    sure = {name: readings[name].value for name in fields if _is_confirmed(session, form, readings[name])}
    if sure:
        because = f"among look-alikes, sheet {sheet.id}: {title(sheet.group)}"
        write(session, form, sure, sheet.who, because)
    if not sure and not odd:
        return False
    session.flush()
    return decide_again(session, settings, form, sheet.who).route == "accept"


def _is_confirmed(session: Session, form: Form, reading: FieldReading) -> bool:
    """Whether people have confirmed the whole field, or every cell of it that is in doubt."""
    field, read = definitions()[form.form_id].field(reading.field), _read_value(reading)
    said = select(GroupCrop.cell).filter_by(form_pk=form.id, field=reading.field, verdict=Verdict.CONFIRMED)
    confirmed = set(session.scalars(said))
    cells = doubtful_cells(field, read)
    return WHOLE in confirmed or (bool(cells) and confirmed.issuperset(cells))


def _still_shows(crop: GroupCrop) -> bool:
    """Whether the field says what was shown, and nobody has written it since."""
    reading = next(reading for reading in crop.form.readings if reading.field == crop.field)
    if reading.engine == BY_A_PERSON:
        return False
    field = definitions()[crop.form.form_id].field(crop.field)
    now = looks(field, _read_value(reading), Scope.ALL)
    return any((look.cell, look.shows) == (crop.cell, crop.shows) for look in now)


def _note(session: Session, sheet: GroupSheet, form: Form, crops: Iterable[GroupCrop]) -> None:
    """Who said what of which crop; the sheet is the evidence of what they saw."""
    said: dict[str, dict[str, str]] = {Verdict.CONFIRMED: {}, Verdict.ODD: {}}
    for crop in crops:
        place = crop.field if crop.cell == WHOLE else f"{crop.field}, cell {crop.cell}"
        said[str(crop.verdict)][place] = crop.shows
    after: dict[str, Any] = {"form": form.id, "sheet": sheet.id, "group": sheet.group, **said}
    audit.write_line(session, "verified in a group", who=sheet.who, document_id=form.document_id, after=after)


# What waits


def _free_forms(
    session: Session, somebody: Somebody, on: GroupSheet | None = None, batch: str = ""
) -> Iterator[tuple[int, int, str]]:  # fmt: skip
    """The forms (with item and kind) that nobody else has in hand; only those of a sheet (`on`), or of a batch."""
    now = dt.datetime.now(dt.UTC)
    items = (
        select(ReviewItem, Form.id, Form.form_id)
        .join(Form, Form.id == ReviewItem.form_pk)
        .where(claiming.is_free(now, somebody), claiming.may_decide(somebody), ReviewItem.escalated.is_(None))
        .order_by(ReviewItem.priority, ReviewItem.created_at, ReviewItem.id)
        .limit(AMONG)
    )
    if on is not None:
        items = items.where(ReviewItem.form_pk.in_({crop.form_pk for crop in on.crops}))
    if batch:
        items = items.where(of_batch(batch))
    for item, form, form_id in session.execute(items):
        draft = kept_draft(item)
        if not draft.values and not draft.illegible:
            yield form, item.id, form_id


def _held_fields(session: Session, forms: Collection[int]) -> set[tuple[int, str]]:
    """Form and field of the doubts that hold forms."""
    doubts = select(FormFinding.form_pk, FormFinding.field).where(
        FormFinding.form_pk.in_(forms), FormFinding.reason.in_(DOUBTS), FormFinding.field.is_not(None)
    )
    return {(form, field) for form, field in session.execute(doubts) if field is not None}


def _taken(session: Session, forms: Collection[int]) -> set[tuple[int, str, int]]:
    """Form, field and cell of what was confirmed; the whole field where something is on a sheet, or odd."""
    now = dt.datetime.now(dt.UTC)
    live = and_(GroupSheet.closed_at.is_(None), GroupSheet.lease_until >= now)
    crops = (
        select(GroupCrop.form_pk, GroupCrop.field, GroupCrop.cell, GroupCrop.verdict)
        .join(GroupSheet)
        .where(GroupCrop.form_pk.in_(forms), or_(GroupCrop.verdict.is_not(None), live))
    )
    taken = set()
    for form, field, cell, verdict in session.execute(crops):
        taken.add((form, field, cell if verdict == Verdict.CONFIRMED else WHOLE))
    return taken


def _readings(
    session: Session, forms: Mapping[int, Any], *, only_doubtful: bool
) -> Iterator[tuple[int, ReadValue]]:  # fmt: skip
    """The readings of those forms that no person has written."""
    columns = (
        FieldReading.form_pk, FieldReading.field, FieldReading.value, FieldReading.state, FieldReading.doubtful,
        FieldReading.why, FieldReading.second, FieldReading.alternatives,
    )  # fmt: skip
    rows = select(*columns).where(FieldReading.form_pk.in_(forms), FieldReading.engine != BY_A_PERSON)
    if only_doubtful:
        rows = rows.where(FieldReading.doubtful)
    for form, field, value, state, doubtful, why, second, alternatives in session.execute(
        rows.order_by(FieldReading.id)
    ):
        others = tuple((str(other), float(chance)) for other, chance in alternatives or ())
        yield form, ReadValue(field, value, state, doubtful, why, second, others)


def _read_value(row: FieldReading) -> ReadValue:
    others = tuple((str(value), float(chance)) for value, chance in row.alternatives or ())
    return ReadValue(row.field, row.value, row.state, row.doubtful, row.why, row.second, others)
