"""Where a form goes: accepted, or to a person with every reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from validators.findings import Finding, Outcome, Severity


@dataclass(frozen=True, slots=True)
class RoutingSettings:
    """What the owner may change about routing.

    `accept_prescriber_only_in_order`: let forms of the prescriber-only class pass that show all they have to (group D).
    """

    accept_prescriber_only_in_order: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """The way of a form; `outcome` is the first that applies of reject, prescriber-only, incomplete, other, accept."""

    route: Literal["accept", "review"]
    reasons: tuple[str, ...]
    outcome: Outcome


def route(findings: Sequence[Finding], settings: RoutingSettings | None = None) -> Route:
    """Accept a form that nothing holds; else review, with its reasons in the order of their outcomes.

    A reject goes to a person as well: the export knows no third way.
    """
    settings = settings or RoutingSettings()
    holding = sorted((f for f in findings if _holds(f, settings)), key=lambda finding: finding.outcome.precedence)
    if not holding:
        return Route("accept", (), Outcome.ACCEPT)
    return Route("review", tuple(dict.fromkeys(finding.reason for finding in holding)), holding[0].outcome)


def _holds(finding: Finding, settings: RoutingSettings) -> bool:
    if finding.severity is Severity.INFO:
        return False
    return not (finding.in_order and settings.accept_prescriber_only_in_order)
