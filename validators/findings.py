"""What the rules say about a form: findings, and what a finding proposes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What a rule that fires proposes (rules.md, "Outcomes"), in the order of precedence."""

    REJECT = "reject"  # the form can have no effect whatever is added to it
    PRESCRIBER_ONLY = "prescriber_only"  # content that only a certified prescriber may complete and sign
    INCOMPLETE = "incomplete"  # something needed is missing, ambiguous or invalid
    OTHER = "other"  # a person has to decide something else
    ACCEPT = "accept"  # only permits something
    CONTEXT = "context"  # decides nothing by itself

    @property
    def precedence(self) -> int:
        """0 for the outcome that comes first."""
        return list(Outcome).index(self)


class Severity(StrEnum):
    """Whether a finding holds the form."""

    REJECT = "reject"
    REVIEW = "review"
    INFO = "info"


SEVERITY_OF_OUTCOME = {
    Outcome.REJECT: Severity.REJECT,
    Outcome.PRESCRIBER_ONLY: Severity.REVIEW,
    Outcome.INCOMPLETE: Severity.REVIEW,
    Outcome.OTHER: Severity.REVIEW,
    Outcome.ACCEPT: Severity.INFO,
    Outcome.CONTEXT: Severity.INFO,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule has to say about one form.

    `reason` is a slug of the export contract (`missing:<field>`, `anc_too_old`, ...), `message` words for the person at
    the desk, without patient data. `in_order`: of the prescriber-only class, and all that such a form needs is shown.
    """

    rule: str
    reason: str
    outcome: Outcome
    severity: Severity
    field: str | None
    message: str
    in_order: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """What a rule yields: a reason from its entry in the rulebook, and the field it is about.

    `about` fills the words' `{about}` (a page number, a list of what is not shown), never a value from the form.
    """

    reason: str
    field: str | None = None
    about: str = ""
    in_order: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a rule yields when it cannot be decided because a field is unknown."""

    field: str


RuleResult = Flag | Doubt
