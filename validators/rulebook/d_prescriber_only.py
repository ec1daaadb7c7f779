"""Group D: what only a certified prescriber may complete and sign.

Whose ink it is cannot be read from a fax, so every form with such content goes to a person; the finding says whether
what can be shown is in order, and what is not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from validators.case import Case, RuleFunctions
from validators.content import Known, UnknownValue
from validators.findings import Doubt, Flag, RuleResult

IN_ORDER = "All that such a form has to show is in order."


def r20_ben(case: Case) -> Iterator[RuleResult]:
    """BEN designated."""
    if case.content.ticked("ben_flag"):
        yield prescriber_only(case, "ben_flag")


def r21_hospice(case: Case) -> Iterator[RuleResult]:
    """Hospice designated."""
    if case.content.ticked("hospice_flag"):
        yield prescriber_only(case, "hospice_flag")


def r22_rationale_low_anc(case: Case) -> Iterator[RuleResult]:
    """Treatment rationale for a low ANC."""
    if case.content.ticked("rationale_low_anc"):
        yield prescriber_only(case, "rationale_low_anc")


def r23_other_rationales(case: Case) -> Iterator[RuleResult]:
    """Treatment rationale for missing labs, another one, or text in its place."""
    for name in ("rationale_missing_labs", "rationale_other", "rationale_text"):
        try:
            if case.content.is_written(name):
                yield prescriber_only(case, name)
        except UnknownValue:
            yield Doubt(name)


def r25_role_and_signature_agree(case: Case) -> Iterator[RuleResult]:
    """The role box names the one whose line is signed, and one line alone is signed."""
    content = case.content
    role = content.choice("submitter_role")
    signed = {line for line in ("prescriber", "designee") if content.ticked(f"{line}_signature")}
    if len(signed) == 2 or (role is not None and signed and role not in signed):
        yield Flag("conflict", "submitter_role")


def prescriber_only(case: Case, field: str) -> Flag:
    """The finding on content of this class: what is not shown of "completed and signed by a certified prescriber"."""
    lacking = _not_shown(case)
    about = f"Not shown: {'; '.join(lacking)}." if lacking else IN_ORDER
    return Flag("prescriber_only", field, about=about, in_order=not lacking)


def _not_shown(case: Case) -> list[str]:
    """What a form of this class has to show and does not, in words; a doubt shows nothing."""
    content = case.content
    lacking = []
    if content.state("submitter_role") != Known("prescriber"):
        lacking.append("that the prescriber completed it (role box)")
    if content.state("prescriber_signature") != Known(True):
        lacking.append("the prescriber's signature")
    signed_on = content.state("signature_date")
    if not (isinstance(signed_on, Known) and isinstance(signed_on.value, dt.date)):
        lacking.append("the date of the prescriber's signature")
    if not case.prescriber_certified:
        lacking.append("that the prescriber is certified")
    return lacking


RULES: RuleFunctions = {
    "R20": r20_ben,
    "R21": r21_hospice,
    "R22": r22_rationale_low_anc,
    "R23": r23_other_rationales,
    "R25": r25_role_and_signature_agree,
}
