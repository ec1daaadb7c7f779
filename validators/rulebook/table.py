"""The rulebook as a page for people: the greater part of docs/rules.md (`python -m validators.rulebook.table`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import groupby

from validators.rulebook.declared import Kind, kinds
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
    "J": "Archives",
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


DECLARED = """## Rules that a form brings along

A form can bring rules of its own, without code: `rules` in its `meaning.yaml`, by number. They are asked after all
others, and say what they say by the same slugs and words; `faxforms rules list`, `show` and `explain` show them. What a
rule in Python can decide and these cannot (the registry, what came before), stays there.

```yaml
rules:
  LAB1:
    title: An account number is two letters and six digits
    pattern: {field: account_number, matches: "[A-Z]{2}[0-9]{6}"}
  LAB2:
    title: The specimen was collected in the week before receipt
    date_order: {earlier: collected_on, later: received, within_days: 7}
    when:
      - {field: specimen_type, in: [serum, plasma]}
    from: 2026-01-01
    reason: specimen_too_old
    outcome: other
    operator: "Collected more than a week before receipt, or after it: {field}."
    sender: "The specimen was too old when it came. Please collect another."
    source: Laboratory handbook, section 3
```

A rule has a number (one to four letters and a number; R is taken), a `title`, and one check. All else may be left out:
`when` (asked as soon as one of the conditions holds; as in `required_when`), `from` and `to` (by the day of receipt),
`reason` (the slug), `outcome`, words for the `operator` and the `sender` (in which `{field}` stands for the label of
the field at fault), `source`. What is written wrongly is refused when the form is loaded, by file and key. A value in
doubt decides nothing, as in every rule: the form goes to a person. A field that is just required, always or on a
condition, needs no rule: `required` and `required_when` of the field (R15, R16) say so, and `critical: yes` that a
doubt about it holds the form. With `programme: none` the rules of the Clozapine REMS are not asked, but those for any
form (R15 to R19) are.

| check | asks | example | outcome | reasons |
|---|---|---|---|---|
"""


def rules_table() -> str:
    """All rules in Markdown, one table a group, and the kinds of rules that forms bring along."""
    groups = groupby(rulebook().rules.values(), key=lambda rule: rule.group)
    tables = (_group(group, rules) for group, rules in groups)
    return "\n".join((OPENING, *tables, DECLARED + "".join(map(_kind, kinds().values()))))


def _group(group: str, rules: Iterable[Rule]) -> str:
    title = f"## {group}. {GROUPS[group]}\n\n"
    return title + f"| {' | '.join(COLUMNS)} |\n" + "|---" * len(COLUMNS) + "|\n" + "".join(map(_row, rules))


def _kind(kind: Kind) -> str:
    reasons = ", ".join(f"`{slug}`" for slug in kind.reasons)
    return f"| {' | '.join((kind.name, kind.asks, f'`{kind.example}`', kind.outcome, reasons))} |\n"


def _row(rule: Rule) -> str:
    reasons = ", ".join(f"`{slug}` ({words.outcome})" for slug, words in rule.reasons.items())
    days = f"{rule.since or ''} to {rule.until or ''}" if rule.since or rule.until else "always"
    forms = ", ".join(rule.forms) or "all"
    figures = ", ".join(f"`{figure.name}` {figure.value}" for figure in rulebook().figures_of(rule.number))
    cells = (rule.number, rule.title, days, forms, rule.decided_by, figures, reasons, rule.source)
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    sys.stdout.write(rules_table())
