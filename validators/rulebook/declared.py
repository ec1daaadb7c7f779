"""The rules that a form brings along as data (`extractors.definition_rules`), as rules of the rulebook.

A check that finds nothing amiss passes, whatever its conditions. One that does is asked whether its conditions hold:
where they do, it says what it found; where nobody knows, that is a doubt. So a value that is unknown never counts as
blank, nor as filled, neither in a check nor in a condition.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Template
from typing import TypeVar

import yaml
from pydantic import ValidationError

from extractors.definition import FormDefinition
from extractors.definition_rules import (
    RECEIVED,
    Check,
    DateOrder,
    DeclaredRule,
    OneOf,
    Pattern,
    Range,
    RequiredFields,
    Signer,
    whole_text,
)
from validators.case import Case, RuleFunction, RuleFunctions
from validators.content import Content, InvalidAnc, InvalidDate, UnknownValue
from validators.findings import Doubt, Flag, Outcome, RuleResult
from validators.rulebook.load import DecidedBy, Rule, Rulebook, Words

_Said = TypeVar("_Said")

GROUP = "form"
"""Instead of the letter of a group: the rule is its form's own."""

_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
"""A number as people write it, with thousands commas or without."""


def with_declared(book: Rulebook, definition: FormDefinition) -> Rulebook:
    """The rulebook with the rules that a form brings along, after all others."""
    return replace(book, rules={**book.rules, **declared_rules(definition)}) if definition.rules else book


def declared_rules(definition: FormDefinition) -> Mapping[str, Rule]:
    """The rules that a form brings along, as the rulebook has rules, by number."""
    return {number: _rule(number, rule, definition) for number, rule in definition.rules.items()}


def declared_functions(definition: FormDefinition) -> RuleFunctions:
    """The functions of a form's own rules, by number."""
    return {number: _function(rule) for number, rule in definition.rules.items()}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of check, as `declared.yaml` tells it: the words are templates, to be filled for each rule."""

    name: str
    asks: str
    example: str
    outcome: Outcome
    reasons: Mapping[str, tuple[str, str]]


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of check, by its key."""
    data = yaml.safe_load(Path(__file__).with_name("declared.yaml").read_text(encoding="utf-8"))
    return {
        name: Kind(
            name,
            entry["asks"],
            entry["example"],
            Outcome(entry["outcome"]),
            {slug: (words["operator"], words["sender"]) for slug, words in entry["reasons"].items()},
        )
        for name, entry in data.items()
    }


def _rule(number: str, rule: DeclaredRule, definition: FormDefinition) -> Rule:
    kind = kinds()[rule.kind]
    outcome = Outcome(rule.outcome) if rule.outcome else kind.outcome
    told = {key: _braced(text) for key, text in _told_of(rule, definition).items()}
    return Rule(
        number=number,
        group=GROUP,
        title=rule.title,
        since=rule.since,
        until=rule.until,
        forms=(definition.form_id,),
        decided_by=DecidedBy.FORM,
        outcome=outcome,
        reasons={
            rule.reason or slug: Words(
                outcome,
                rule.operator or Template(operator).substitute(told),
                rule.sender or Template(sender).substitute(told),
            )
            for slug, (operator, sender) in kind.reasons.items()
        },
        mentions=(),
        source=rule.source,
        any_programme=True,
    )


def _told_of(rule: DeclaredRule, definition: FormDefinition) -> Mapping[str, str]:
    """What the words of a kind may tell of a rule."""
    labels = {field.name: field.label for field in definition.fields} | {RECEIVED: "day of receipt"}
    check = rule.check
    names: tuple[str, ...] = ()
    if isinstance(check, RequiredFields | OneOf):
        names = check.fields
    elif isinstance(check, DateOrder):
        names = (check.earlier, check.later)
    limits = _limits(check) if isinstance(check, Range) else ""
    return {"title": rule.title, "limits": limits, "fields": ", ".join(labels[name] for name in names)}


def _limits(check: Range) -> str:
    if check.least is None:
        told = f"at most {check.most}"
    elif check.most is None:
        told = f"at least {check.least}"
    else:
        told = f"from {check.least} to {check.most}"
    return f"{told} {check.unit}".strip()


def _braced(text: str) -> str:
    """Text that stays as it is when words are formatted."""
    return text.replace("{", "{{").replace("}", "}}")


def _function(rule: DeclaredRule) -> RuleFunction:
    def declared(case: Case) -> Iterator[RuleResult]:
        said = list(results(rule.check, case))
        if not said:
            return
        under = _conditions_hold(rule, case.content)
        if isinstance(under, Doubt):
            yield under
        elif under:
            yield from (_renamed(one, rule.reason) for one in said)

    return declared


def _renamed(said: RuleResult, reason: str | None) -> RuleResult:
    return replace(said, reason=reason) if isinstance(said, Flag) and reason else said


def _conditions_hold(rule: DeclaredRule, content: Content) -> bool | Doubt:
    """Whether one of its conditions holds, or there are none; a doubt where only an unknown value could tell."""
    doubt: Doubt | None = None
    for condition in rule.when:
        try:
            if content.holds(condition.condition):
                return True
        except UnknownValue as unknown:
            doubt = doubt or Doubt(unknown.field)
    return doubt or not rule.when


def results(check: Check, case: Case) -> Iterator[RuleResult]:
    """What a check finds amiss on a form, whether or not its rule is to be asked; nothing where all is well."""
    match check:
        case RequiredFields():
            return _required(check, case)
        case OneOf():
            return _one_of(check, case)
        case Pattern():
            return _pattern(check, case)
        case Range():
            return _range(check, case)
        case DateOrder():
            return _date_order(check, case)
        case Signer():
            return _signer(check, case)


def _required(check: RequiredFields, case: Case) -> Iterator[RuleResult]:
    for name in check.fields:
        written = _known(case.content.is_written, name)
        if isinstance(written, Doubt):
            yield written
        elif not written:
            yield Flag("missing", name)


def _one_of(check: OneOf, case: Case) -> Iterator[RuleResult]:
    states = {name: _known(case.content.is_written, name) for name in check.fields}
    filled = [name for name, written in states.items() if written is True]
    doubts = [state for state in states.values() if isinstance(state, Doubt)]
    if check.only_one and len(filled) > 1:
        yield Flag("conflict", filled[1])
    elif not filled and not doubts:
        yield Flag("missing", check.fields[0])
    elif check.only_one or not filled:
        yield from doubts


def _pattern(check: Pattern, case: Case) -> Iterator[RuleResult]:
    written = _known(_as_written(case.content), check.field)
    if isinstance(written, Doubt):
        yield written
    elif written is not None and not _matches(check.matches, written):
        yield Flag("wrong_format", check.field)


def _range(check: Range, case: Case) -> Iterator[RuleResult]:
    value = _known(case.content.value, check.field)
    if isinstance(value, Doubt):
        yield value
    elif value is not None and not isinstance(value, InvalidDate) and not _lies_between(value, check):
        yield Flag("out_of_range", check.field)


def _date_order(check: DateOrder, case: Case) -> Iterator[RuleResult]:
    def day(name: str) -> dt.date | None:
        return case.received if name == RECEIVED else case.content.date(name)

    earlier, later = _known(day, check.earlier), _known(day, check.later)
    known = [one for one in (earlier, later) if not isinstance(one, Doubt)]
    if None in known:
        return  # one of them is not given, or no date: whatever the other is, there is no order
    if isinstance(earlier, dt.date) and isinstance(later, dt.date):
        days = (later - earlier).days
        if days < int(check.strictly) or (check.within_days is not None and days > check.within_days):
            yield Flag("date_invalid", check.earlier if check.later == RECEIVED else check.later)
    yield from (one for one in (earlier, later) if isinstance(one, Doubt))


def _signer(check: Signer, case: Case) -> Iterator[RuleResult]:
    states = [(line, _known(case.content.ticked, line.signature)) for line in check.lines]
    signed = [line for line, is_signed in states if is_signed is True]
    doubts = [is_signed for _, is_signed in states if isinstance(is_signed, Doubt)]
    if not signed and not doubts:
        yield Flag("missing", check.lines[0].signature)
    for line in signed:
        dated = True if line.date is None else _known(case.content.is_written, line.date)
        if isinstance(dated, Doubt):
            yield dated
        elif not dated:
            yield Flag("missing", line.date)
    yield from doubts  # a line that may be signed may lack its date


def _known(look: Callable[[str], _Said], name: str) -> _Said | Doubt:
    try:
        return look(name)
    except UnknownValue as unknown:
        return Doubt(unknown.field)


def _as_written(content: Content) -> Callable[[str], str | None]:
    """Reads a field as text, None when it is empty."""

    def text(name: str) -> str | None:
        value = content.value(name)
        if isinstance(value, InvalidAnc | InvalidDate):
            return value.text
        return None if value is None else str(value).strip()

    return text


def _matches(pattern: str, text: str) -> bool:
    try:
        whole_text(pattern).validate_python(text)
    except ValidationError:
        return False
    return True


def _lies_between(value: object, check: Range) -> bool:
    """Whether it is a number or date within the bounds, themselves included."""
    found = value if isinstance(value, dt.date) else _number(value)
    if found is None:
        return False
    bounds: Iterable[tuple[object, bool]] = ((check.least, True), (check.most, False))
    return all(
        bound is None or (found >= bound if is_least else found <= bound)  # type: ignore[operator]  # checked on load
        for bound, is_least in bounds
    )


def _number(value: object) -> Decimal | None:
    text = value.text if isinstance(value, InvalidAnc) else str(value).strip()
    return Decimal(text.replace(",", "")) if _NUMBER.fullmatch(text) else None
