"""Rules that a form brings along: the `rules` of its `meaning.yaml`, checked against its fields when it is loaded.

A rule has one check of six kinds (`required`, `one_of`, `pattern`, `range`, `date_order`, `signer`), the conditions
under which it is asked (`when`), and what it says where it is not kept. What each check means for a filled form is
`validators.rulebook.declared`'s matter; here stands what may be written down. The keys are explained in
`definitions/README.md`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Strict, StringConstraints, TypeAdapter, model_validator
from pydantic import Field as Constrained
from pydantic_core import SchemaError

from extractors.definition import Condition, Field, FieldKind

RECEIVED = "received"
"""In a `date_order`, instead of a field: the day on which the form was received."""

LONGEST_PATTERN = 200

WRITTEN = (FieldKind.TEXT, FieldKind.DIGITS, FieldKind.FREE_TEXT)

Problem = tuple[str, str]
"""A key, and what is wrong there."""


class Record(BaseModel):
    """A mapping in a file: no key but those named here."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ConditionMeaning(Record):
    """`{field: treatment_status, in: [interrupted]}`, or `{field: rationale_other}`: as soon as that is filled."""

    field: str
    values: Annotated[tuple[bool | str, ...], Constrained(alias="in")] = ()

    @property
    def condition(self) -> Condition:
        """The same, as a definition has it."""
        return Condition(self.field, self.values)


def _compiles(pattern: str) -> str:
    """Patterns are matched by pydantic's engine, whose time grows with the text alone, whatever the pattern."""
    try:
        TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])  # whole by itself, and not only in brackets
        whole_text(pattern)
    except SchemaError as error:
        raise ValueError("is no regular expression (look-around and back references are not among them)") from error
    return pattern


def whole_text(pattern: str) -> TypeAdapter[str]:
    """What accepts a text that the pattern matches from its beginning to its end."""
    return TypeAdapter(Annotated[str, StringConstraints(pattern=rf"\A(?:{pattern})\z")])


Name = Annotated[str, StringConstraints(pattern=r"\A[a-z][a-z0-9_]*\z", max_length=60)]
Number = Annotated[str, StringConstraints(pattern=r"\A[A-Z]{1,4}[0-9]{1,3}\z")]
"""A rule's number: some letters and a number, such as LAB1. R and a number is taken, by the rulebook."""
Expression = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PATTERN), AfterValidator(_compiles)]
Bound = Annotated[dt.date, Strict()] | Decimal


class RequiredFields(Record):
    """All of these are filled."""

    fields: Annotated[tuple[str, ...], Constrained(min_length=1)]


class OneOf(Record):
    """One of these is filled at least; with `only_one`, none beside it."""

    fields: Annotated[tuple[str, ...], Constrained(min_length=2)]
    only_one: bool = False


class Pattern(Record):
    """What is written matches a regular expression as a whole."""

    field: str
    matches: Expression


class Range(Record):
    """A number or a date lies between two bounds, both included; `unit` is for people, nothing is converted."""

    field: str
    least: Annotated[Bound | None, Constrained(alias="from")] = None
    most: Annotated[Bound | None, Constrained(alias="to")] = None
    unit: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least is None and self.most is None:
            raise ValueError("has neither from nor to")
        if self.least is not None and self.most is not None:
            if isinstance(self.least, dt.date) != isinstance(self.most, dt.date):
                raise ValueError("from and to are not of one kind")
            if self.least > self.most:  # type: ignore[operator]  # of one kind, as the line before says
                raise ValueError("from lies beyond to")
        return self


class DateOrder(Record):
    """One date is not after another, or (`strictly`) before it, and at most `within_days` days earlier."""

    earlier: str
    later: str
    strictly: bool = False
    within_days: Annotated[int, Constrained(ge=0)] | None = None


class SignedLine(Record):
    """A signature line, and the field of the date that belongs to it."""

    signature: str
    date: str | None = None


class Signer(Record):
    """One of these lines is signed at least, and every signed one has its date."""

    lines: Annotated[tuple[SignedLine, ...], Constrained(min_length=1)]


Check = RequiredFields | OneOf | Pattern | Range | DateOrder | Signer
DeclaredOutcome = Literal["reject", "prescriber_only", "incomplete", "other"]


class DeclaredRule(Record):
    """One rule of a form: exactly one check, when it is asked, and its words.

    `since` and `until` are the first and last day, by the day of receipt. Words that are not given are those of
    `validators/rulebook/declared.yaml`; `{field}` in them stands for the label of the field that is at fault.
    """

    title: Annotated[str, StringConstraints(min_length=1)]
    required: RequiredFields | None = None
    one_of: OneOf | None = None
    pattern: Pattern | None = None
    range: Range | None = None
    date_order: DateOrder | None = None
    signer: Signer | None = None
    when: tuple[ConditionMeaning, ...] = ()
    since: Annotated[dt.date | None, Constrained(alias="from")] = None
    until: Annotated[dt.date | None, Constrained(alias="to")] = None
    reason: Name | None = None
    outcome: DeclaredOutcome | None = None
    operator: str | None = None
    sender: str | None = None
    source: str = "The form's own rule"

    @property
    def kind(self) -> str:
        """The key of its check."""
        return next(name for name in KINDS if getattr(self, name) is not None)

    @property
    def check(self) -> Check:
        """Its check."""
        check: Check = getattr(self, self.kind)
        return check

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(getattr(self, name) is not None for name in KINDS) != 1:
            raise ValueError(f"has to have exactly one of {', '.join(KINDS)}")
        if self.since and self.until and self.since > self.until:
            raise ValueError("from lies beyond to")
        for name in ("operator", "sender"):
            _check_words(name, getattr(self, name))
        return self


KINDS = ("required", "one_of", "pattern", "range", "date_order", "signer")


def problems(rules: Mapping[str, DeclaredRule], fields: Mapping[str, Field]) -> Iterator[Problem]:
    """Where rules speak of what the form has not: the key inside the file, and what is wrong there."""
    for number, rule in rules.items():
        key = f"rules.{number}"
        if number[0] == "R" and number[1:].isdigit():
            yield key, "R and a number is taken, by the rulebook"
        for place, message in _check_problems(rule.check, fields):
            yield f"{key}.{rule.kind}.{place}", message
        for condition in rule.when:
            if problem := condition_problem(condition.condition, fields):
                yield f"{key}.when", problem


def condition_problem(condition: Condition, fields: Mapping[str, Field]) -> str | None:
    """What is wrong with a condition: it speaks of a field or a value that there is not."""
    other = fields.get(condition.field)
    if other is None:
        return f"no field {condition.field!r}"
    unknown = set(condition.values) - _values(other)
    return f"{other.name} is never {', '.join(sorted(map(str, unknown)))}" if unknown else None


def _check_problems(check: Check, fields: Mapping[str, Field]) -> Iterator[Problem]:
    match check:
        case RequiredFields(fields=names) | OneOf(fields=names):
            for name in names:
                yield from _is_field("fields", name, fields, ())
            if len(set(names)) < len(names):
                yield "fields", "a field stands there twice"
        case Pattern(field=name):
            yield from _is_field("field", name, fields, WRITTEN)
        case Range(field=name, least=least, most=most):
            bound = least if least is not None else most
            kinds = (FieldKind.DATE,) if isinstance(bound, dt.date) else WRITTEN
            yield from _is_field("field", name, fields, kinds)
        case DateOrder(earlier=earlier, later=later):
            for key, name in (("earlier", earlier), ("later", later)):
                if name != RECEIVED:
                    yield from _is_field(key, name, fields, (FieldKind.DATE,))
            if earlier == later:
                yield "later", "is the same as earlier"
        case Signer(lines=lines):
            for line in lines:
                yield from _is_field("lines", line.signature, fields, (FieldKind.SIGNATURE,))
                if line.date is not None:
                    yield from _is_field("lines", line.date, fields, (FieldKind.DATE,))


def _is_field(key: str, name: str, fields: Mapping[str, Field], kinds: tuple[FieldKind, ...]) -> Iterator[Problem]:
    """The field is there and, where the check reads it, of a kind that can be read so."""
    if name not in fields:
        yield key, f"no field {name!r}"
    elif kinds and fields[name].kind not in kinds:
        yield key, f"{name} is of kind {fields[name].kind}, not {' or '.join(kinds)}"


def _values(field: Field) -> set[str | bool]:
    """What a condition may ask of a field: its options, or ticked and not ticked; of text only that it is filled."""
    if field.kind in (FieldKind.CHECKBOX, FieldKind.SIGNATURE):
        return {True, False}
    return {option.name for option in field.options}


def _check_words(name: str, words: str | None) -> None:
    try:
        places = {(place, spec, how) for _, place, spec, how in Formatter().parse(words or "") if place is not None}
    except ValueError as error:
        raise ValueError(f"{name}: a brace stands alone; write it twice") from error
    if places - {("field", "", None)}:
        raise ValueError(f"{name}: only {{field}} may stand in braces")
