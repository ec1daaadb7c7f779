"""The rulebook as a page for people: the greater part of docs/rules.md (`python -m validators.rulebook.table`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import groupby

from validators.rulebook.load import Rule, rulebook

GROUPS = {
    "A": "Time and channel",
    "B": "Which form does what",
    "C": "Complete, consistent, readable",
    "D": "What only a certified prescriber may do",
    "E": "ANC, designation, frequency",
    "F": "Enrollment of prescribers, designees, pharmacies",
    "G": "Dispensing",
    "H": "Whole transmissions",
    "I": "Only in the first programme",
}

COLUMNS = ("rule", "checks", "from, to", "forms", "decided by", "figures", "reasons", "source")

OPENING = """# The rules

Written by `python -m validators.rulebook.table` from `validators/rulebook/rules.yaml`; change the rules there.

A rule is applied by the day a form was received. One that is decided by nobody is context for the person at the desk.
`faxforms rules show R24` tells a rule's words for the operator and for the sender, and its figures;
`faxforms rules explain DOC` with what values each rule decided the forms of a document.
A value that was read in doubt decides nothing: the rules that need it are left undecided and the form goes to a person
(`low_confidence`, `unreadable`). Which doubts hold a form stands in `validators/rulebook/doubts.yaml`, how people are
identified in `identification.yaml`. The route is the first that applies of reject, prescriber only, incomplete, other,
accept.
"""


def rules_table() -> str:
    """All rules in Markdown, one table a group."""
    groups = groupby(rulebook().rules.values(), key=lambda rule: rule.group)
    return "\n".join((OPENING, *(_group(group, rules) for group, rules in groups)))


def _group(group: str, rules: Iterable[Rule]) -> str:
    title = f"## {group}. {GROUPS[group]}\n\n"
    return title + f"| {' | '.join(COLUMNS)} |\n" + "|---" * len(COLUMNS) + "|\n" + "".join(map(_row, rules))


def _row(rule: Rule) -> str:
    reasons = ", ".join(f"`{slug}` ({words.outcome})" for slug, words in rule.reasons.items())
    days = f"{rule.since or ''} to {rule.until or ''}" if rule.since or rule.until else "always"
    forms = ", ".join(rule.forms) or "all"
    figures = ", ".join(f"`{figure.name}` {figure.value}" for figure in rulebook().figures_of(rule.number))
    cells = (rule.number, rule.title, days, forms, rule.decided_by, figures, reasons, rule.source)
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    sys.stdout.write(rules_table())
