"""The rulebook: every rule's dates, words, sources and thresholds, from `rules.yaml` and `doubts.yaml`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from validators.findings import Outcome

FOLDER = Path(__file__).parent


class DecidedBy(StrEnum):
    """What has to be at hand to decide a rule."""

    FORM = "form"  # one form, the date received and the registry
    DOCUMENT = "document"  # the pages of a transmission that are no form
    STORE = "store"  # the forms that came before
    ARCHIVE = "archive"  # what an archive's index says of the form
    STATUS = "status"  # what is on record about a patient: the status read-out
    NOBODY = "nobody"  # context: the rule decides nothing by itself


@dataclass(frozen=True, slots=True)
class Words:
    """What a finding proposes, and what it says to the person at the desk and to the sender."""

    outcome: Outcome
    operator: str
    sender: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue.

    `since` and `until` are the first and the last day (None: always); `forms` the families of forms it is about, or a
    form's id (empty: all); `outcome` what it proposes; `reasons` the slugs it can give, each with its words (those of a
    context rule are for people to look up); `mentions` the patterns in a page's text by which a document's rule knows
    it; `any_programme`: it holds for forms of other programmes too.
    """

    number: str
    group: str
    title: str
    since: dt.date | None
    until: dt.date | None
    forms: tuple[str, ...]
    decided_by: DecidedBy
    outcome: Outcome
    reasons: Mapping[str, Words]
    mentions: tuple[str, ...]
    source: str
    any_programme: bool = False

    def in_force(self, on: dt.date) -> bool:
        """Whether the rule holds on that day."""
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The figures of the rules; units and rule numbers stand beside them in `rules.yaml`."""

    programme_start: dt.date
    no_longer_expected_from: dt.date
    programme_end: dt.date
    modified_from: dt.date
    early_enrollment_from: dt.date
    reenrollment_until: dt.date
    baseline_days: int
    missed_labs_days: int
    psf_covers_days: int
    dispense_rationales_a_year: int
    discharge_supply_days: int
    discharge_relaxed_from: dt.date
    discharge_relaxed_days_every_2_weeks: int
    discharge_relaxed_days_monthly: int
    current_days_weekly: int
    current_days_every_2_weeks: int
    current_days_monthly: int
    anc_least_plausible: int
    anc_most_plausible: int
    anc_low_general: int
    anc_low_ben: int
    anc_severe: int
    anc_normal_general: int
    anc_normal_ben: int
    inpatient_report_days: int
    same_name: float
    same_name_in_doubt: float
    misread_digits: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A threshold as the rulebook tells it to people: of which rules, in which unit, from which source."""

    name: str
    value: dt.date | float
    unit: str
    rules: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class EnrolledPerson:
    """Whose name a form brings in: its fields, and the fields that repeat it."""

    fields: tuple[str, ...]
    repeated_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DoubtPolicy:
    """Which doubtful values hold a form; see `doubts.yaml`."""

    critical: frozenset[str]
    identity: Mapping[str, tuple[str, ...]]
    enrolls: Mapping[str, EnrolledPerson]
    ignored: frozenset[str]

    def is_identity(self, name: str) -> bool:
        """Whether the field only serves to say who is meant."""
        return any(name in names for names in self.identity.values())


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules in the order of their numbers, the figures, and what to do about doubts."""

    rules: Mapping[str, Rule]
    doubt_words: Mapping[str, Words]
    thresholds: Thresholds
    figures: tuple[Figure, ...]
    doubts: DoubtPolicy

    def figures_of(self, rule: str) -> tuple[Figure, ...]:
        """The thresholds that a rule looks at."""
        return tuple(figure for figure in self.figures if rule in figure.rules)


@cache
def rulebook() -> Rulebook:
    """The rulebook as shipped, read once."""
    data = _yaml("rules.yaml")
    rules = [_rule(number, entry) for number, entry in data["rules"].items()]
    figures = [_figure(name, entry) for name, entry in data["thresholds"].items()]
    return Rulebook(
        rules={rule.number: rule for rule in rules},
        doubt_words={reason: _words(entry, Outcome.INCOMPLETE) for reason, entry in data["doubts"].items()},
        thresholds=Thresholds(**{figure.name: figure.value for figure in figures}),  # type: ignore[arg-type]  # YAML
        figures=tuple(figures),
        doubts=_doubt_policy(_yaml("doubts.yaml")),
    )


def sender_words(rule: str, reason: str, label: str = "", book: Rulebook | None = None) -> str:
    """What to tell the sender about a finding of that rule with that reason; empty where there is nothing to say.

    `label`: the words printed beside the field that the finding is about. `book`: the form's, where it brings rules of
    its own (`declared.with_declared`).
    """
    slug, book = reason.partition(":")[0], book or rulebook()
    words = book.rules[rule].reasons.get(slug) or book.doubt_words.get(slug)
    return words.sender.format(field=label) if words else ""


def _rule(number: str, entry: Mapping[str, Any]) -> Rule:
    decides = entry["kind"] == "decides"
    outcome = Outcome(entry["outcome"])
    return Rule(
        number=number,
        group=entry["group"],
        title=entry["title"],
        since=entry.get("from"),
        until=entry.get("to"),
        forms=tuple(entry.get("forms", ())),
        decided_by=DecidedBy(entry.get("decided_by", "form")) if decides else DecidedBy.NOBODY,
        outcome=outcome,
        reasons={reason: _words(words, outcome) for reason, words in entry["reasons"].items()},
        mentions=tuple(entry.get("mentions", ())),
        source=entry["source"],
        any_programme=entry.get("any_programme", False),
    )


def _figure(name: str, entry: Mapping[str, Any]) -> Figure:
    return Figure(name, entry["value"], entry["unit"], tuple(entry["rules"]), entry["source"])


def _words(entry: Mapping[str, str], outcome: Outcome) -> Words:
    return Words(Outcome(entry.get("outcome", outcome)), entry["operator"], entry.get("sender", ""))


def _doubt_policy(data: Mapping[str, Any]) -> DoubtPolicy:
    return DoubtPolicy(
        critical=frozenset(data["critical"]),
        identity={person: tuple(names) for person, names in data["identity"].items()},
        enrolls={
            form: EnrolledPerson(tuple(entry["fields"]), tuple(entry["repeated_in"]))
            for form, entry in data["enrolls"].items()
        },
        ignored=frozenset(data["ignored"]),
    )


def _yaml(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
