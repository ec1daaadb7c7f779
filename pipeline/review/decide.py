"""What a person decides of an item in hand, each in one transaction with its line in the audit trail.

accept       what they wrote and confirmed, judged by the same rules; refused while a finding blocks
reject       the form has no effect, with a reason
set aside    a page that is no form
escalate     to a supervisor, with a reason
postpone     for later; whoever comes to it goes on from what was written

Sending back to the sender is in `sending_back`. Whoever does not hold the item any more gets ClaimLost, and nothing
changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from pipeline.deciding import REARRANGED_HOLD, Person, judge_form, settle, weigh
from pipeline.errors import CorrectionRefused, DecisionRefused, NotHeld
from pipeline.review import claiming, keying, queue
from pipeline.review.again import decide_again
from pipeline.review.roles import Somebody
from pipeline.review.writing import ILLEGIBLE, change, parsed, write
from pipeline.settings import Settings
from pipeline.store import audit, repository
from pipeline.store.engine import take_write_turn
from pipeline.store.models import Form, FormFinding, FormRoute, ReviewItem
from pipeline.store.registry_models import Patient
from validators.findings import Outcome, Severity

AT_THE_STATION = "at the review station"
"""The reason that the trail gives for what was written there: it was compared with the picture."""

DOUBTS = frozenset({"low_confidence", "unreadable"})
"""Reasons that say that a value is not known: they go away when a person confirms or corrects it."""

DUPLICATE = "duplicate"
"""The reason of a form that repeats one that waits as well; no finding of a rule."""


@dataclass(frozen=True, slots=True)
class Hand:
    """An item in somebody's hand, at the version that they got."""

    item: int
    version: int
    somebody: Somebody


@dataclass(frozen=True, slots=True)
class Entries:
    """What a person wrote or confirmed: field to text (`writing.parsed`), and the fields that they cannot read."""

    values: Mapping[str, str] = field(default_factory=dict)
    illegible: frozenset[str] = frozenset()

    def parsed(self, form: Form) -> dict[str, Any]:
        """As readings have it; CorrectionRefused where a field cannot say that."""
        values = {name: parsed(form, name, text) for name, text in self.values.items() if name not in self.illegible}
        unknown = self.illegible - {reading.field for reading in form.readings}
        if unknown:
            raise CorrectionRefused(f"form {form.id} has no field {min(unknown)} that was read")
        return values | dict.fromkeys(self.illegible, ILLEGIBLE)


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as the station shows it.

    `blocks`: the form cannot be accepted while it stands. `to_see`: it can, once the person has ticked that they
    have seen it.
    """

    rule: str
    reason: str
    field: str | None
    message: str
    blocks: bool
    to_see: bool


def preview(session: Session, form: Form, entries: Entries, somebody: Somebody) -> list[Found]:
    """What the rules would find with what was written; none of it goes to the database, so nobody is held up.

    Raises:
        CorrectionRefused: a field cannot say that.
    """
    with on_trial(session, form, entries, somebody) as (_, found):
        return shown(found, somebody)


@contextmanager
def on_trial(
    session: Session, form: Form, entries: Entries, somebody: Somebody
) -> Iterator[tuple[Form, list[FormFinding]]]:  # fmt: skip
    """The form as it would be with what was written, and what the rules find on it; none of it goes to the database.

    Raises:
        CorrectionRefused: a field cannot say that.
    """
    with Session(session.connection(), autoflush=False) as trial:
        tried = trial.get_one(Form, form.id)
        list(change(tried, entries.parsed(tried)))
        judged = weigh(trial, tried, Person(somebody.name))
        yield tried, [repository.finding_row(finding) for finding in judged.judgement.findings]


def shown(findings: Iterable[FormFinding], somebody: Somebody) -> list[Found]:
    """The findings for a person, what blocks first, then what is to be seen, then what is only told."""
    found = [
        Found(f.rule, f.reason, f.field, f.message, _blocks(f, somebody), _to_see(f))
        for f in findings
    ]  # fmt: skip
    return sorted(found, key=lambda one: (not one.blocks, not one.to_see))


def accept(
    session: Session,
    settings: Settings,
    hand: Hand,
    entries: Entries,
    *,
    seen: frozenset[str] = frozenset(),
    override: str = "",
    patient_key: str | None = None,
) -> FormRoute:
    """Accept the form with what was written; the route that stands afterwards.

    `seen`: the reasons that the person has seen and that do not keep them. `override`: why a supervisor accepts
    although a finding blocks. The route is `review` where something has come up meanwhile that nobody could have seen:
    a form that contradicts; then the item stays in hand. It is so too where a field that two people key was written by
    this one alone so far; then the item is put back for the second.

    Raises:
        DecisionRefused: a finding blocks, or one was not seen, and there is no override of a supervisor; or nobody has
            that `patient_key`.
        CorrectionRefused: a field cannot say that.
    """
    form = _form(session, hand)
    if patient_key is not None and not _is_known(session, patient_key):
        raise DecisionRefused("the registry has no such patient")
    held = form.route
    if not (override.strip() and hand.somebody.supervises):
        alone = keying.said_alone(session, settings, form, entries.parsed(form), hand.somebody.name)
        if alone:
            return _leave_to_a_second(session, settings, hand, form, entries, alone)
    write_entries(session, form, entries, hand.somebody)
    judged = judge_form(session, form, Person(hand.somebody.name, patient_key=patient_key))
    findings = shown(form.findings, hand.somebody)
    _refuse(findings, seen, override, hand.somebody)
    despite = {found.reason for found in findings} | {REARRANGED_HOLD} | (seen & {DUPLICATE})
    person = Person(hand.somebody.name, frozenset(despite), held.contradicts, patient_key)
    decided = settle(session, settings, form, judged, person)
    _note(session, hand, form, held, {"override": override} if override else {})
    return decided


def _leave_to_a_second(
    session: Session, settings: Settings, hand: Hand, form: Form, entries: Entries, alone: Collection[str]
) -> FormRoute:
    """Keep what was written but the fields that a second person has to key first, and put the item back for them."""
    rest = {name: text for name, text in entries.values.items() if name not in alone}
    write_entries(session, form, Entries(rest, entries.illegible - set(alone)), hand.somebody)
    keying.put_in_doubt(form, alone)
    session.flush()
    decided = decide_again(session, settings, form, hand.somebody.name)
    if decided.route == "review":
        item = session.get_one(ReviewItem, hand.item)
        claiming.release(session, item.id, hand.somebody.name, item.version, draft=None)
    return decided


def reject(session: Session, settings: Settings, hand: Hand, reason: str) -> None:
    """The form has no effect.

    Raises:
        DecisionRefused: no reason was given.
    """
    close(session, settings, hand, "reject", _given(reason))


def set_aside(session: Session, settings: Settings, hand: Hand) -> None:
    """What waits is no form."""
    close(session, settings, hand, "set_aside")


def escalate(session: Session, hand: Hand, reason: str) -> None:
    """Hand the item to a supervisor.

    Raises:
        DecisionRefused: no reason was given.
    """
    item = claiming.holds(session, hand.item, hand.somebody.name, hand.version)
    after = {"item": item.id, "reason": _given(reason)}
    audit.write_line(session, "review escalated", who=hand.somebody.name, document_id=item.document_id, after=after)
    claiming.release(session, item.id, hand.somebody.name, item.version, escalated=reason.strip())


def postpone(session: Session, hand: Hand, by: dt.timedelta) -> None:
    """Put the item back, to come up again later."""
    until = dt.datetime.now(dt.UTC) + by
    claiming.release(session, hand.item, hand.somebody.name, hand.version, postponed_until=until)


def keep_draft(session: Session, hand: Hand, entries: Entries) -> None:
    """Keep what was written before it is decided: a page that is closed, or a person who takes over, loses nothing.

    What else is kept with the same entries (the words of a notice about them) stays.
    """
    item = session.get(ReviewItem, hand.item)
    if item is not None and kept_draft(item) != entries:
        set_draft(session, hand, {"values": dict(entries.values), "illegible": sorted(entries.illegible)})


def set_draft(session: Session, hand: Hand, draft: Mapping[str, Any]) -> None:
    """Keep this with the item, as long as it is in that person's hand."""
    held = update(ReviewItem).filter_by(id=hand.item, claimed_by=hand.somebody.name, version=hand.version)
    session.execute(held.values(draft=dict(draft)).execution_options(synchronize_session=False))


def kept_draft(item: ReviewItem) -> Entries:
    """What was written on an item so far."""
    draft = item.draft or {}
    return Entries(draft.get("values", {}), frozenset(draft.get("illegible", ())))


def note_view(session: Session, item: ReviewItem, who: str, what: str) -> None:
    """Somebody has seen a patient's data: noted like a change (45 CFR 164.312(b))."""
    audit.write_line(
        session, audit.VIEWED, who=who, document_id=item.document_id, after={"item": item.id, "what": what}
    )


def note_view_beside(session: Session, item: ReviewItem, other: Form, who: str) -> None:
    """Somebody has seen the form that lies beside an item's own, of another document."""
    after = {"item": item.id, "what": f"form {other.id} beside"}
    audit.write_line(session, audit.VIEWED, who=who, document_id=other.document_id, after=after)


def _blocks(finding: FormFinding, somebody: Somebody) -> bool:
    if finding.severity == Severity.INFO:
        return False
    if finding.outcome == Outcome.PRESCRIBER_ONLY:
        return not (finding.in_order and somebody.decides_prescriber_only)
    return finding.outcome in (Outcome.REJECT, Outcome.INCOMPLETE) or finding.reason in DOUBTS


def _to_see(finding: FormFinding) -> bool:
    """Whether a person is to decide it ("other"), and no writing on the form can."""
    return finding.outcome == Outcome.OTHER and finding.reason not in DOUBTS


def _refuse(findings: Iterable[Found], seen: frozenset[str], override: str, somebody: Somebody) -> None:
    stands = [found for found in findings if found.blocks or (found.to_see and found.reason not in seen)]
    if not stands:
        return
    if override.strip() and somebody.supervises:
        return
    raise DecisionRefused(f"not accepted: {len(stands)} finding(s) stand: {stands[0].message}")


def write_entries(session: Session, form: Form, entries: Entries, somebody: Somebody) -> None:
    """Set what a person wrote and confirmed on the form, with its line in the trail.

    Raises:
        CorrectionRefused: a field cannot say that.
    """
    values = entries.parsed(form)
    if values:
        write(session, form, values, somebody.name, AT_THE_STATION)


def _form(session: Session, hand: Hand) -> Form:
    take_write_turn(session.connection())
    item = claiming.holds(session, hand.item, hand.somebody.name, hand.version)
    if item.form_pk is None:
        raise NotHeld(f"review item {item.id} is no form")
    return session.get_one(Form, item.form_pk)


def _is_known(session: Session, patient_key: str) -> bool:
    patient = session.get(Patient, int(patient_key)) if patient_key.isdecimal() else None
    return patient is not None and patient.withdrawn_at is None


def close(session: Session, settings: Settings, hand: Hand, route: str, reason: str | None = None) -> None:
    """The item is done; a form gets the route, with the reason given, else with those that held it.

    Raises:
        ClaimLost: it is no longer in that person's hand at that version.
    """
    take_write_turn(session.connection())
    item = claiming.holds(session, hand.item, hand.somebody.name, hand.version)
    form = session.get(Form, item.form_pk) if item.form_pk is not None else None
    more = {} if reason is None else {"reason": reason}
    if form is None:
        after = {"item": item.id, "route": route} | more
        audit.write_line(session, "item decided", who=hand.somebody.name, document_id=item.document_id, after=after)
    else:
        held = form.route
        form.routes.append(
            FormRoute(
                route=route,
                reasons=held.reasons,
                decided_by=hand.somebody.name,
                decided_at=dt.datetime.now(dt.UTC),
                settings_id=repository.snapshot_settings(session, settings.that_decide()),
            )
        )
        _note(session, hand, form, held, more)
    queue.close_item(session, item)


def _note(session: Session, hand: Hand, form: Form, held: FormRoute, more: Mapping[str, Any]) -> None:
    told: dict[str, Any] = {"form": form.id, "item": hand.item}
    session.flush()
    audit.write_line(
        session,
        "form decided",
        who=hand.somebody.name,
        document_id=form.document_id,
        before=told | {"route": held.route, "reasons": held.reasons},
        after=told | {"route": form.route.route, "reasons": form.route.reasons} | dict(more),
    )


def _given(reason: str) -> str:
    if not reason.strip():
        raise DecisionRefused("a reason is needed")
    return reason.strip()
