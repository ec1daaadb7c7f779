"""Rules that a form brings along: each kind on both sides of its thresholds, and left open by a doubt.

The form is a lab requisition made here, of another world than the programme's; rules are written as in meaning.yaml.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from extractors.definition import Field, FieldKind, FormDefinition, Option, PageLayout, Programme, Required
from extractors.definition_rules import DeclaredRule
from extractors.geometry import Box
from validators.content import Content, Empty, FieldContent, InvalidDate, Known, Unknown
from validators.judge import Evaluation, Judgement, Verdict, judge
from validators.registry import RegistrySnapshot
from validators.routing import route
from validators.rulebook.declared import declared_rules, kinds, with_declared
from validators.rulebook.load import rulebook, sender_words

RECEIVED = dt.date(2026, 3, 16)
NOWHERE = Box(0.0, 0.0, 10.0, 10.0)
NOBODY = RegistrySnapshot.from_json({})
DOUBT = Unknown("low_confidence", "?", written=True)
NO_IDEA = Unknown("low_confidence")

FIELDS = {
    "account": FieldKind.TEXT,
    "hours": FieldKind.DIGITS,
    "collected_on": FieldKind.DATE,
    "ordered_on": FieldKind.DATE,
    "specimen": FieldKind.CHOICE,
    "fasting": FieldKind.CHECKBOX,
    "phone": FieldKind.TEXT,
    "email": FieldKind.TEXT,
    "physician_signature": FieldKind.SIGNATURE,
    "physician_date": FieldKind.DATE,
    "nurse_signature": FieldKind.SIGNATURE,
    "nurse_date": FieldKind.DATE,
}


def requisition(rules: str = "{}", **changes: Mapping[str, Any]) -> FormDefinition:
    """The form with such rules; `changes` are of its fields, by name."""
    options = (Option("serum", "Serum", NOWHERE), Option("urine", "Urine", NOWHERE))
    fields = []
    for name, kind in FIELDS.items():
        given_options = options if kind is FieldKind.CHOICE else ()
        label = name.replace("_", " ").capitalize()
        fields.append(Field(name, label, kind, 1, NOWHERE, "1", options=given_options, **changes.get(name, {})))
    return FormDefinition(
        form_id="lab_requisition_2026",
        title="Requisition",
        code="LR-1",
        revision="2026-01",
        in_use_from=dt.date(2026, 1, 1),
        in_use_to=None,
        fax_number="",
        pages=(PageLayout(1, 612, 792),),
        fields=tuple(fields),
        blank=Path("blank.pdf"),
        programme=Programme.NONE,
        rules={number: DeclaredRule.model_validate(rule) for number, rule in yaml.safe_load(rules).items()},
    )


def judged(definition: FormDefinition, received: dt.date = RECEIVED, **values: object) -> Judgement:
    """The judgement of that form with such values; None and what is not named is empty."""
    states = {name: _state(values.get(name)) for name in FIELDS}
    return judge(Content(definition, states), received, NOBODY)


def said(definition: FormDefinition, received: dt.date = RECEIVED, **values: object) -> str:
    """What its one rule says."""
    return evaluation(judged(definition, received, **values)).why


def evaluation(judgement: Judgement) -> Evaluation:
    """What became of its one rule."""
    return judgement.evaluated[-1]


def _state(value: object) -> FieldContent:
    if isinstance(value, Unknown):
        return value
    return Empty() if value is None else Known(value)  # type: ignore[arg-type]  # tests write typed values


def rule(check: str, **more: object) -> str:
    """The YAML of one rule."""
    return yaml.safe_dump({"LAB1": {"title": "A rule", **yaml.safe_load(check), **more}})


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"phone": "1", "hours": "2"}, ""),
        ({"phone": "1"}, "missing"),
        ({}, "missing, missing"),
        ({"phone": DOUBT, "hours": "2"}, ""),  # something surely stands there
        ({"phone": NO_IDEA, "hours": "2"}, "not known: phone"),
    ],
)
def test_required(values: dict[str, object], why: str) -> None:
    assert said(requisition(rule("required: {fields: [phone, hours]}")), **values) == why


@pytest.mark.parametrize(
    ("values", "at_least", "only"),
    [
        ({}, "missing", "missing"),
        ({"phone": "1"}, "", ""),
        ({"email": "a"}, "", ""),
        ({"phone": "1", "email": "a"}, "", "conflict"),
        ({"phone": DOUBT}, "", ""),
        ({"phone": NO_IDEA}, "not known: phone", "not known: phone"),
        ({"phone": NO_IDEA, "email": "a"}, "", "not known: phone"),
        ({"phone": NO_IDEA, "email": NO_IDEA}, "not known: phone, email", "not known: phone, email"),
    ],
)
def test_one_of(values: dict[str, object], at_least: str, only: str) -> None:
    assert said(requisition(rule("one_of: {fields: [phone, email]}")), **values) == at_least
    assert said(requisition(rule("one_of: {fields: [phone, email], only_one: yes}")), **values) == only


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (None, ""),
        ("AB123456", ""),
        (" AB123456 ", ""),
        ("AB12345", "wrong_format"),
        ("AB1234567", "wrong_format"),
        ("xAB123456", "wrong_format"),
        ("AB123456\n", ""),  # what surrounds it is not written
        ("CD", ""),
        ("CDx", "wrong_format"),
        (DOUBT, "not known: account"),
    ],
)
def test_pattern(account: object, why: str) -> None:
    form = requisition(rule("pattern: {field: account, matches: 'AB[0-9]{6}|CD'}"))
    assert said(form, account=account) == why


@pytest.mark.parametrize(
    ("hours", "why"),
    [
        (None, ""),
        ("-0.01", "out_of_range"),
        ("0", ""),
        ("48", ""),
        ("48.00", ""),
        ("48.01", "out_of_range"),
        ("1,000", "out_of_range"),
        ("4,8", "out_of_range"),  # no number: nothing is converted
        ("12 h", "out_of_range"),
        ("١٢", "out_of_range"),
        (DOUBT, "not known: hours"),
    ],
)
def test_range_of_numbers(hours: object, why: str) -> None:
    form = requisition(rule("range: {field: hours, from: 0, to: 48, unit: hours}"))
    assert said(form, hours=hours) == why


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (None, ""),
        (dt.date(2025, 12, 31), "out_of_range"),
        (dt.date(2026, 1, 1), ""),
        (dt.date(2026, 1, 31), ""),
        (dt.date(2026, 2, 1), "out_of_range"),
        (InvalidDate("02/30/2026"), ""),  # R17's
        (DOUBT, "not known: collected_on"),
    ],
)
def test_range_of_dates(day: object, why: str) -> None:
    form = requisition(rule("range: {field: collected_on, from: 2026-01-01, to: 2026-01-31}"))
    assert said(form, collected_on=day) == why


@given(st.integers(-50, 50), st.integers(-20, 20), st.integers(0, 20))
def test_a_range_begins_and_ends_where_it_says(hours: int, least: int, wide: int) -> None:
    for text, holds in (
        (f"{{field: hours, from: {least}}}", hours >= least),
        (f"{{field: hours, to: {least}}}", hours <= least),
        (f"{{field: hours, from: {least}, to: {least + wide}}}", least <= hours <= least + wide),
    ):
        assert said(requisition(rule(f"range: {text}")), hours=str(hours)) == ("" if holds else "out_of_range")


@given(st.integers(-40, 40), st.booleans(), st.none() | st.integers(0, 30))
def test_dates_in_order(days: int, strictly: bool, within: int | None) -> None:
    """`days` from the one to the other: every threshold on both sides, with a field and with the day of receipt."""
    earlier = RECEIVED - dt.timedelta(days)
    fits = days >= int(strictly) and (within is None or days <= within)
    more = {"strictly": strictly} | ({} if within is None else {"within_days": within})
    for later in ("received", "collected_on"):
        check = yaml.safe_dump({"date_order": {"earlier": "ordered_on", "later": later, **more}})
        why = said(requisition(rule(check)), ordered_on=earlier, collected_on=RECEIVED)
        assert why == ("" if fits else "date_invalid")


@pytest.mark.parametrize(
    ("ordered", "collected", "why"),
    [
        (None, DOUBT, ""),  # there is no order to keep
        (DOUBT, None, ""),
        (DOUBT, RECEIVED, "not known: ordered_on"),
        (DOUBT, DOUBT, "not known: ordered_on, collected_on"),
        (InvalidDate("13/01/2026"), RECEIVED, ""),
    ],
)
def test_dates_in_doubt(ordered: object, collected: object, why: str) -> None:
    form = requisition(rule("date_order: {earlier: ordered_on, later: collected_on}"))
    assert said(form, ordered_on=ordered, collected_on=collected) == why


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "missing"),
        ({"physician_signature": True}, "missing"),
        ({"physician_signature": True, "physician_date": RECEIVED}, ""),
        ({"physician_signature": True, "nurse_date": RECEIVED}, "missing"),
        ({"nurse_signature": True, "nurse_date": RECEIVED}, ""),
        ({"nurse_signature": True, "nurse_date": DOUBT}, ""),
        ({"nurse_signature": True, "nurse_date": NO_IDEA}, "not known: nurse_date"),
        ({"physician_signature": NO_IDEA}, "not known: physician_signature"),
        (
            {"physician_signature": NO_IDEA, "nurse_signature": True, "nurse_date": RECEIVED},
            "not known: physician_signature",
        ),
    ],
)
def test_signer(values: dict[str, object], why: str) -> None:
    lines = "[{signature: physician_signature, date: physician_date}, {signature: nurse_signature, date: nurse_date}]"
    assert said(requisition(rule(f"signer: {{lines: {lines}}}")), **values) == why


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"specimen": "urine"}, ""),
        ({}, ""),
        ({"specimen": "serum"}, "missing"),
        ({"specimen": "serum", "hours": "4"}, ""),
        ({"specimen": "urine", "fasting": True}, "missing"),  # one condition is enough
        ({"specimen": ("serum", "urine")}, ""),  # two ticks: R16
        ({"specimen": DOUBT}, "not known: specimen"),
        ({"specimen": DOUBT, "fasting": True}, "missing"),  # whatever the specimen is
        ({"specimen": DOUBT, "hours": "4"}, ""),  # likewise
        ({"specimen": "serum", "hours": NO_IDEA}, "not known: hours"),
        ({"specimen": "urine", "hours": NO_IDEA}, ""),
    ],
)
def test_conditions(values: dict[str, object], why: str) -> None:
    when = [{"field": "specimen", "in": ["serum"]}, {"field": "fasting"}]
    assert said(requisition(rule("required: {fields: [hours]}", when=when)), **values) == why


ALL_KINDS = """
A1: {title: Required, required: {fields: [phone]}, when: [{field: fasting, in: [true]}]}
A2: {title: One of, one_of: {fields: [phone, email], only_one: yes}}
A3: {title: Pattern, pattern: {field: account, matches: "AB[0-9]+"}, when: [{field: specimen, in: [serum]}]}
A4: {title: Range, range: {field: hours, from: 0, to: 48}}
A5: {title: Dates, date_order: {earlier: ordered_on, later: collected_on, within_days: 7}}
A6: {title: Signed, signer: {lines: [{signature: physician_signature, date: physician_date}]}}
"""
POSSIBLE: dict[str, list[object]] = {
    "account": [None, "AB1", "x"],
    "hours": [None, "48", "49"],
    "collected_on": [None, RECEIVED],
    "ordered_on": [None, RECEIVED, RECEIVED - dt.timedelta(8)],
    "specimen": [None, "serum", "urine"],
    "fasting": [None, True],
    "phone": [None, "1"],
    "email": [None, "a"],
    "physician_signature": [None, True],
    "physician_date": [None, RECEIVED],
}
"""Of every field something for which some rule fires, and something for which none does."""


@given(st.data())
def test_what_a_rule_says_in_doubt_holds_whatever_the_truth_is(data: st.DataObject) -> None:
    """A rule that passes though values are unknown passes for every value that they can have, blank among them."""
    form = requisition(ALL_KINDS)
    values = {name: data.draw(st.sampled_from(possible), name) for name, possible in POSSIBLE.items()}
    unknown = data.draw(st.lists(st.sampled_from(sorted(POSSIBLE)), min_size=1, max_size=2, unique=True))
    in_doubt = judged(form, **(values | dict.fromkeys(unknown, NO_IDEA)))
    for completed in itertools.product(*(POSSIBLE[name] for name in unknown)):
        truly = judged(form, **(values | dict(zip(unknown, completed, strict=True))))
        for doubtful, true in zip(in_doubt.evaluated, truly.evaluated, strict=True):
            if doubtful.rule in form.rules and doubtful.verdict is Verdict.PASSED:
                assert true.verdict is Verdict.PASSED
    if any(one.verdict is Verdict.UNDECIDED for one in in_doubt.evaluated):
        assert route(in_doubt.findings).route == "review"


def test_a_rule_holds_from_its_first_to_its_last_day() -> None:
    form = requisition(rule("required: {fields: [phone]}", **{"from": dt.date(2026, 2, 1), "to": dt.date(2026, 2, 28)}))
    days = [dt.date(2026, 1, 31), dt.date(2026, 2, 1), dt.date(2026, 2, 28), dt.date(2026, 3, 1)]
    not_yet, first, last, no_more = (said(form, day) for day in days)
    assert first == last == "missing"
    assert not_yet == no_more == "not in force on the day"


def test_a_finding_speaks_in_the_rules_own_words() -> None:
    form = requisition(
        rule(
            "pattern: {field: account, matches: 'AB[0-9]{6}'}",
            reason="account_unknown",
            outcome="other",
            operator="Look it up: {field}.",
            sender="Which account is it? {field}.",
        )
    )
    (finding,) = judged(form, account="x").findings
    assert (finding.rule, finding.reason, finding.field, finding.outcome) == (
        "LAB1",
        "account_unknown",
        "account",
        "other",
    )
    assert finding.message == "Look it up: Account."
    book = with_declared(rulebook(), form)
    assert sender_words("LAB1", "account_unknown", "Account", book) == "Which account is it? Account."


@pytest.mark.parametrize("kind", kinds())
def test_words_that_are_not_given_are_those_of_the_kind(kind: str) -> None:
    """Whole sentences without a place left open, also where a rule's title has braces."""
    check = yaml.safe_load(ALL_KINDS)
    (of_kind,) = [entry for entry in check.values() if kind in entry]
    form = requisition(yaml.safe_dump({"A1": of_kind | {"title": "Two letters, [A-Z]{2}"}}))
    for words in declared_rules(form)["A1"].reasons.values():
        for told in (words.operator, words.sender):
            assert told.format(field="F").endswith(".")
            assert "$" not in told
    assert kinds()[kind].asks


def test_missing_is_told_with_its_field_and_once() -> None:
    form = requisition(rule("required: {fields: [phone]}"), phone={"required": Required.YES})
    findings = judged(form).findings
    assert [(finding.rule, finding.reason) for finding in findings] == [("R15", "missing:phone")]


def test_a_form_of_another_world_is_asked_no_rule_of_the_programme() -> None:
    """Received long after the programme's end, about nobody that it knows, and accepted."""
    judgement = judged(requisition(), phone="1")
    asked = {one.rule for one in judgement.evaluated if one.verdict is not Verdict.NOT_APPLICABLE}
    assert asked == {"R15", "R16", "R17", "R18", "R19"}
    assert route(judgement.findings).route == "accept"


def test_a_doubt_in_a_critical_field_holds_the_form() -> None:
    for critical, where in ((False, "accept"), (True, "review")):
        for name in ("phone", "specimen", "physician_signature"):
            judgement = judged(requisition(**{name: {"critical": critical}}), **{name: NO_IDEA})
            assert route(judgement.findings).route == where


@pytest.mark.parametrize(
    ("values", "reasons"),
    [({}, []), ({"fasting": True}, ["missing:specimen"]), ({"fasting": True, "specimen": "serum"}, [])],
)
def test_a_choice_that_is_required_on_a_condition(values: dict[str, object], reasons: list[str]) -> None:
    """No shipped form has one; R16 says it as it says that of a choice that is always required."""
    when = DeclaredRule.model_validate(
        {"title": "x", "required": {"fields": ["specimen"]}, "when": [{"field": "fasting", "in": [True]}]}
    ).when
    form = requisition(specimen={"required_when": tuple(one.condition for one in when)})
    assert [finding.reason for finding in judged(form, **values).findings] == reasons
    assert judged(form, fasting=NO_IDEA).findings[0].reason == "low_confidence"
    assert judged(form, fasting=True, specimen=NO_IDEA).findings[0].reason == "low_confidence"
