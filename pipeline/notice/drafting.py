"""Findings -> the words of a notice, in the rulebook's words, as far as the form could be read with confidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from extractors.definition import FormDefinition
from pipeline.deciding import definitions
from pipeline.errors import NothingToTell, WordsMissing
from pipeline.notice.notice import Draft, Notice, Point
from pipeline.notice.places import label, place, places
from pipeline.notice.standing import Addressee, standing
from pipeline.store import repository
from pipeline.store.models import Document, Form, FormFinding, ReviewItem
from validators.content import Content, Known, Unknown, from_readings
from validators.findings import Outcome, Severity
from validators.rulebook.declared import with_declared
from validators.rulebook.load import Rulebook, rulebook, sender_words

MOST_SINGLE = 6
"""Points that are told one by one; with more of them, those with the same words are told together."""

REFERENCE_DIGITS = 8
"""Digits of the document's SHA-256 that name it on the telephone; `faxforms show` finds it by them."""

DOUBT, UNREADABLE = "low_confidence", "unreadable"
"""The reader's doubt, which the desk settles, and what the sender is told when the desk cannot read it either."""

BY_HAND = "The program finds nothing to tell the sender: write what you ask of them, or decide otherwise."
"""What the operator is told where a notice has no points yet."""

PAGES = "R49"
"""The rule on pages and files that cannot be read."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding for the sender; `rule` and `slug` are the key of its words, `field` may be a page (`page_2`)."""

    rule: str
    slug: str
    field: str | None
    outcome: Outcome


def draft_form(
    document: Document,
    form: Form,
    on: dt.date,
    findings: Sequence[FormFinding] | None = None,
    *,
    by_hand: bool = False,
) -> Draft:
    """The notice about a form that is held or rejected, dated `on`.

    `findings`: what is found on it by now, where that is not stored yet. `by_hand`: where there is nothing to tell it
    has no points, for a person to write them.

    Raises:
        NothingToTell: no finding of the form concerns the sender.
        WordsMissing: a finding that does has no words for the sender in the rulebook.
    """
    definition = definitions()[form.form_id]
    content = from_readings(repository.load_form(form), definition)
    book = with_declared(rulebook(), definition)
    told, for_the_desk = _told(form.findings if findings is None else findings, book)
    if not told and not by_hand:
        raise NothingToTell(f"notice: document {document.id}: nothing on form {form.position + 1} concerns the sender")
    to, to_remark = _name(content, _addressee(content))
    fax, fax_remark = _fax(content, _addressee(content))
    patient, patient_remark = _initials(content)
    notice = _notice(
        document,
        on,
        told[0].outcome if told else Outcome.OTHER,
        to=to,
        fax=fax,
        patient=patient,
        form=definition.title,
        points=_points(told, definition, book),
    )
    remarks = ("" if told else BY_HAND, to_remark, fax_remark, patient_remark, *for_the_desk)
    return Draft(notice, tuple(remark for remark in remarks if remark))


def draft_pages(document: Document, item: ReviewItem, on: dt.date, *, by_hand: bool = False) -> Draft:
    """The notice about pages that belong to no form, or a document that could not be read; it knows no addressee.

    `by_hand`: as for a form.
    """
    told = [
        Told(PAGES, reason, None, Outcome.OTHER) for reason in item.reasons if reason in rulebook().rules[PAGES].reasons
    ]
    if not told and not by_hand:
        raise NothingToTell(f"notice: document {document.id}: nothing that waits of it concerns the sender")
    form = f"page {item.page}" if item.page is not None else "the whole fax"
    points = tuple(Point(place="", says=_words(one, "", rulebook())) for one in told)
    notice = _notice(document, on, Outcome.OTHER, to="", fax="", patient="", form=form, points=points)
    remarks = ("" if told else BY_HAND, "No form was recognised, so nobody is named: fill in whom it goes to.")
    return Draft(notice, tuple(remark for remark in remarks if remark))


def _notice(
    document: Document,
    on: dt.date,
    outcome: Outcome,
    *,
    to: str,
    fax: str,
    patient: str,
    form: str,
    points: tuple[Point, ...],
) -> Notice:
    words, reference = standing(), document.sha256[:REFERENCE_DIGITS].upper()
    contact, around = words.contact(on), words.outcomes[outcome]
    numbers = {"phone": contact.phone, "fax": contact.fax, "reference": reference}
    return Notice(
        sender=words.sender,
        contact=f"Phone {contact.phone}, fax {contact.fax}",
        title=around.title,
        to=to,
        fax=fax,
        date=_day(on),
        reference=reference,
        received=_day(document.received),
        form=form,
        patient=patient,
        opening=around.opening,
        points=points,
        what_to_do=around.what_to_do.format(**numbers),
        questions=words.questions.format(**numbers),
        confidential=words.confidential,
    )


def _told(findings: Sequence[FormFinding], book: Rulebook) -> tuple[list[Told], list[str]]:
    """What the sender is told, the gravest first, and remarks on what is left to the desk.

    Where the reader's doubts are all there is, they are told as unreadable, to be used when the desk reads no more.
    """
    told, doubts, remarks = [], [], []
    for finding in findings:
        if finding.severity == Severity.INFO or finding.in_order:
            continue
        slug, _, missing = finding.reason.partition(":")
        one = Told(finding.rule, slug, finding.field or missing or None, Outcome(finding.outcome))
        if slug in standing().for_the_desk and not sender_words(one.rule, slug, book=book):
            remarks.append(f"Not told to the sender, settle it first: {finding.rule}, {finding.message}")
            doubts += [replace(one, slug=UNREADABLE)] if slug == DOUBT else []
        else:
            told.append(one)
    if doubts and not told:
        return doubts, [
            "The program was unsure of these places. Take out what you can read; if that is all, send nothing."
        ]
    return sorted(told, key=lambda one: one.outcome.precedence), remarks


def _points(told: Sequence[Told], definition: FormDefinition, book: Rulebook) -> tuple[Point, ...]:
    """A point a finding; when there are many, one for all that have the same words but for the field."""
    if len(told) > MOST_SINGLE:
        groups: dict[tuple[str, str], list[str | None]] = {}
        for one in told:
            groups.setdefault((one.rule, one.slug), []).append(one.field)
        grouped = [(Told(rule, slug, None, Outcome.OTHER), tuple(fields)) for (rule, slug), fields in groups.items()]
    else:
        grouped = [(one, (one.field,)) for one in told]
    points: dict[str, Point] = {}
    for one, fields in grouped:
        names = [name for name in fields if name]
        says = _words(one, ", ".join(label(definition, name) for name in names), book)
        where = place(definition, names[0], says) if len(names) == 1 else places(definition, names)
        points.setdefault(says, Point(where, says, names[0] if len(names) == 1 else ""))
    return tuple(points.values())


def _words(one: Told, field: str, book: Rulebook) -> str:
    if words := sender_words(one.rule, one.slug, field, book):
        return words
    raise WordsMissing(f"notice: rule {one.rule} has no words for the sender about {one.slug}")


def addressee_fields(content: Content) -> set[str]:
    """The fields that may name whom a notice about such a form goes to, and the fax number."""
    addressee = _addressee(content)
    return {*chain(*addressee.names), *addressee.faxes}


def _addressee(content: Content) -> Addressee:
    return standing().addressees.get(content.family, Addressee())


def _name(content: Content, addressee: Addressee) -> tuple[str, str]:
    """The addressee's name, else empty with a remark for the operator."""
    in_doubt = ""
    for fields in addressee.names:
        states = [content.state(name) for name in fields]
        if all(isinstance(state, Known) for state in states):
            return " ".join(str(content.tentative(name)) for name in fields), ""
        if any(isinstance(state, Unknown) for state in states):
            in_doubt = in_doubt or " ".join(str(content.tentative(name) or "?") for name in fields)
    if in_doubt:
        return (
            "",
            f"The addressee's name is in doubt, read as {in_doubt!r}: compare it with the form and fill it in.",
        )
    return "", "The form names no addressee: fill in whom it goes to."


def _fax(content: Content, addressee: Addressee) -> tuple[str, str]:
    """The fax number, else empty with a remark: a notice at a wrong number tells a stranger of a patient."""
    for name in addressee.faxes:
        match content.state(name):
            case Known(value):
                return _number(str(value)), ""
            case Unknown(tentative=value) if value is not None:
                number = _number(str(value))
                return "", f"The fax number is in doubt, read as {number}: compare it with the form and fill it in."
    return "", "The form gives no fax number: find it out and fill it in."


def _initials(content: Content) -> tuple[str, str]:
    """The patient's initials, empty on forms about no patient and, with a remark, where the name is in doubt."""
    name = content.name("patient")
    if name is None and not content.name_fields("patient"):
        return "", ""
    if name is None or not content.name_is_known("patient"):
        return "", "The patient's name is empty or in doubt: fill in the initials once you have read it."
    return " ".join(f"{part[0].upper()}." for part in (name.first, name.last) if part), ""


def _number(digits: str) -> str:
    """A telephone number as people write it; what is none stays as it was read."""
    plain = digits.removeprefix("1") if len(digits) == len("15555550100") else digits
    return f"{plain[:3]}-{plain[3:6]}-{plain[6:]}" if len(plain) == len("5555550100") and plain.isdigit() else digits


def _day(day: dt.date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
