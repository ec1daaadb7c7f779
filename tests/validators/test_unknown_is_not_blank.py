"""Unknown is neither blank nor filled: a search, over forms changed at random, for one that passes and should not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from extractors.definition import Field, FieldKind
from extractors.definition_files import load_definitions
from validators.content import Content, Unknown
from validators.findings import SEVERITY_OF_OUTCOME, Finding
from validators.judge import Judgement, Verdict, judge
from validators.registry import RegistrySnapshot
from validators.routing import RoutingSettings, route
from validators.rulebook.load import rulebook

Fill = Callable[..., Content]
ChangedForm = tuple[str, dt.date, dict[str, Any]]
"""A form's id, the day it came, and what is changed on one in order (conftest.py, `read`)."""

DEFINITIONS = {definition.form_id: definition for definition in load_definitions()}
IN_ORDER = yaml.safe_load((Path(__file__).parent / "forms_in_order.yaml").read_text(encoding="utf-8"))
CRITICAL = rulebook().doubts.critical
EDGES = ("2015-10-12", "2021-08-16", "2021-11-14", "2021-11-15", "2022-06-15", "2017-06-15", "2025-02-24", "2025-06-12")
RECEIVED = st.one_of(
    st.none(),  # the day on which the form in order came
    st.none(),
    st.sampled_from(EDGES).map(dt.date.fromisoformat),
    st.dates(dt.date(2015, 1, 1), dt.date(2025, 12, 31)),
)
ALLOWING = RoutingSettings(accept_prescriber_only_in_order=True)

ANC = st.sampled_from([99, 100, 499, 500, 999, 1000, 1499, 1500, 30000, 30001]) | st.integers(0, 99999)
WORDS = st.sampled_from(["Holt", "Mira", "Sand, Hugo", "Ada Quill", "1.85 K/uL", "ada.quill@example.org", "x"])
NUMBERS = st.sampled_from(["10001", "1000000012", "1000000020", "1000000013", "FQ1234563", "2005550100", "7"])


def values(field: Field) -> st.SearchStrategy[Any]:
    """What people write in such a field, and what they should not."""
    options = [option.name for option in field.options]
    if field.kind is FieldKind.CHOICE:
        return st.sampled_from(options) | st.permutations(options).map(lambda two: tuple(two[:2]))
    if field.kind in {FieldKind.CHECKBOX, FieldKind.SIGNATURE}:
        return st.just(True)
    if field.kind is FieldKind.DATE:
        return st.dates(dt.date(1930, 1, 1), dt.date(2025, 12, 31)).map(str) | st.just("02/30/2022")
    return ANC.map(str) if field.name.startswith("anc_value") else NUMBERS | WORDS


@st.composite
def changed_forms(draw: st.DrawFn) -> ChangedForm:
    """A form in order with something changed: other values, empty fields, doubts, a lost page, another day."""
    form_id = draw(st.sampled_from(sorted(DEFINITIONS)))
    fields = DEFINITIONS[form_id].fields
    some = st.lists(st.sampled_from(fields), max_size=2, unique_by=lambda field: field.name)
    changes: dict[str, Any] = {field.name: draw(st.none() | values(field)) for field in draw(some)}
    changes["doubtful"] = {field.name for field in draw(some)}
    changes["struck"] = {field.name for field in draw(some)}
    if draw(st.integers(0, 9)) == 0:
        changes["missing_pages"] = (len(DEFINITIONS[form_id].pages),)
    return form_id, draw(RECEIVED) or dt.date.fromisoformat(IN_ORDER[form_id]["received"]), changes


def judged_twice(content: Content, received: dt.date, registry: RegistrySnapshot) -> tuple[Judgement, set[str]]:
    """The judgement, and where it sends the form with the setting off and on."""
    judgement = judge(content, received, registry)
    return judgement, {route(judgement.findings, setting).route for setting in (RoutingSettings(), ALLOWING)}


@settings(max_examples=400)
@given(form=changed_forms())
def test_no_form_is_accepted_with_a_critical_value_unknown(
    fill: Fill, registry: RegistrySnapshot, form: ChangedForm
) -> None:
    form_id, received, changes = form
    content = fill(form_id, **changes)
    judgement, routes = judged_twice(content, received, registry)
    event(" or ".join(sorted(routes)))
    unknown = {name for name, state in content.fields.items() if isinstance(state, Unknown)}
    if unknown & CRITICAL:
        assert routes == {"review"}
    assert not any(
        finding.reason == f"missing:{finding.field}" for finding in judgement.findings if finding.field in unknown
    )


@settings(max_examples=200)
@given(form=changed_forms(), critical=st.data())
def test_a_critical_doubt_holds_whatever_else_a_form_says(
    fill: Fill, registry: RegistrySnapshot, form: ChangedForm, critical: st.DataObject
) -> None:
    """The same search aimed at doubts: one of them at least is critical."""
    form_id, received, changes = form
    names = sorted(field.name for field in DEFINITIONS[form_id].fields if field.name in CRITICAL)
    changes["doubtful"] |= {critical.draw(st.sampled_from(names))}
    _, routes = judged_twice(fill(form_id, **changes), received, registry)
    assert routes == {"review"}


@settings(max_examples=200)
@given(form=changed_forms())
def test_an_accepted_form_passed_every_rule_in_force(fill: Fill, registry: RegistrySnapshot, form: ChangedForm) -> None:
    """A rule that a doubt leaves open holds the form, whatever the rule proposes."""
    form_id, received, changes = form
    judgement, routes = judged_twice(fill(form_id, **changes), received, registry)
    assert [one.rule for one in judgement.evaluated] == list(rulebook().rules)
    if "accept" in routes:
        assert all(one.verdict is not Verdict.UNDECIDED for one in judgement.evaluated)


@settings(max_examples=200)
@given(form=changed_forms(), data=st.data())
def test_another_finding_never_turns_review_into_accept(
    fill: Fill, registry: RegistrySnapshot, form: ChangedForm, data: st.DataObject
) -> None:
    form_id, received, changes = form
    findings = judge(fill(form_id, **changes), received, registry).findings
    another = data.draw(st.sampled_from(possible_findings()))
    for setting in (RoutingSettings(), ALLOWING):
        if route(findings, setting).route == "review":
            assert route((*findings, another), setting).route == "review"
            assert route((another, *findings), setting).route == "review"


def possible_findings() -> list[Finding]:
    """Everything that the rulebook can say."""
    return [
        Finding(rule.number, reason, words.outcome, SEVERITY_OF_OUTCOME[words.outcome], None, "", in_order=in_order)
        for rule in rulebook().rules.values()
        for reason, words in rule.reasons.items()
        for in_order in (False, True)
    ]


@pytest.mark.parametrize("form_id", sorted(DEFINITIONS))
def test_every_critical_doubt_with_every_other_field_empty(
    fill: Fill, registry: RegistrySnapshot, form_id: str
) -> None:
    """All pairs: what an empty field spares a form to show does not spare it the doubt."""
    received = dt.date.fromisoformat(IN_ORDER[form_id]["received"])
    names = [field.name for field in DEFINITIONS[form_id].fields]
    for critical in filter(CRITICAL.__contains__, names):
        for other in names:
            content = fill(form_id, doubtful={critical}, **{other: None})
            assert judged_twice(content, received, registry)[1] == {"review"}, (critical, other)


@pytest.mark.parametrize(
    ("form_id", "harmless"), [("psf_2021", "patient_phone"), ("pharmacy_inpatient_2021", "pharmacy_license")]
)
def test_a_doubt_that_decides_nothing_passes(
    fill: Fill, registry: RegistrySnapshot, form_id: str, harmless: str
) -> None:
    """The search is not one of forms that are held anyway."""
    received = dt.date.fromisoformat(IN_ORDER[form_id]["received"])
    assert judged_twice(fill(form_id, doubtful={harmless}), received, registry)[1] == {"accept"}
