"""`faxforms rules …`: the rulebook, and what it said about a document."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from flows.naming import named_document
from flows.store import reading_session
from flows.terminal import out, print_json, print_table
from pipeline.deciding import definitions
from pipeline.errors import NotThere
from pipeline.explaining import FormExplained, RuleExplained, explain, explain_pages
from validators.judge import Verdict
from validators.rulebook.declared import declared_rules
from validators.rulebook.load import Rule, rulebook
from validators.transmission import PageFinding

app = typer.Typer(no_args_is_help=True, help="The dated rules, and why a form was decided as it was.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")]


@app.command("list")
def list_rules(
    on: Annotated[
        dt.datetime | None, typer.Option(help="Only those in force on this day.", formats=["%Y-%m-%d"])
    ] = None,
    form: Annotated[str | None, typer.Option(help="Only those about this family of forms, or form's id.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the rules, and those that forms bring along: what they check, when, on which forms, and what they propose.

    Example: faxforms rules list --on 2021-11-15 --form psf
    """
    rules = [
        rule
        for rule in _all_rules()
        if (on is None or rule.in_force(on.date())) and (form is None or not rule.forms or form in rule.forms)
    ]
    if as_json:
        print_json(_record(rule) for rule in rules)
        return
    print_table(
        f"{len(rules)} rules",
        ("rule", "checks", "from", "to", "forms", "decided by", "outcome", "reasons"),
        [
            (r.number, r.title, r.since, r.until, r.forms or "all", r.decided_by, r.outcome, tuple(r.reasons))
            for r in rules
        ],
    )


@app.command("show")
def show_rule(
    number: Annotated[str, typer.Argument(metavar="RULE", help="The rule's number, such as R24.")],
    as_json: AsJson = False,
) -> None:
    """Show one rule: its dates, forms, figures, source, and what it says to the operator and to the sender.

    A number that several forms use for rules of their own shows each of them.

    Example: faxforms rules show R24
    """
    found = [rule for rule in _all_rules() if rule.number == number.upper()]
    if not found:
        raise typer.BadParameter(f"no rule {number}; `faxforms rules list` shows those there are", param_hint="RULE")
    if as_json:
        print_json(map(_record, found))
        return
    for rule in found:
        _print_rule(rule)


@app.command("explain")
def explain_document(
    doc: Annotated[
        str,
        typer.Argument(
            metavar="DOC", help="The document's number, first digits of its SHA-256, or the name of its file."
        ),
    ],
    rule: Annotated[str | None, typer.Option(help="Only this rule, such as R24.")] = None,
    as_json: AsJson = False,
) -> None:
    """Explain how a document was decided: each rule on each form, with what values, and why it fired or did not.

    What is printed holds patient data.

    Example: faxforms rules explain 0004.tif --rule R26
    """
    with reading_session() as session:
        document = named_document(session, doc)
        forms = [explain(session, form) for form in document.forms]
        pages = [one for one in explain_pages(document) if rule is None or one.finding.rule == rule.upper()]
        if not forms and not pages:
            raise NotThere(f"document {document.id}: there is no form in it, and nothing to say of its pages")
    for form in forms:
        wanted = [one for one in form.rules if rule is None or one.rule.number == rule.upper()]
        if as_json:
            print_json(_explained_record(form, one) for one in wanted)
        else:
            _print_form(form, wanted)
    if as_json:
        print_json(map(_page_record, pages))
    elif pages:
        print_table(
            "Pages that are no form",
            ("rule", "first page", "says", "to the operator"),
            [(one.finding.rule, one.page, one.finding.reason, one.finding.message) for one in pages],
        )


def _all_rules() -> list[Rule]:
    """The rulebook's rules, and then those that forms bring along."""
    own = (rule for definition in definitions().values() for rule in declared_rules(definition).values())
    return [*rulebook().rules.values(), *own]


def _print_rule(rule: Rule) -> None:
    for name, told in _about(rule).items():
        out.print(f"{name:12}{told}", markup=False, highlight=False, soft_wrap=True)
    print_table(
        "What it says",
        ("reason", "outcome", "to the operator", "to the sender"),
        [(reason, words.outcome, words.operator, words.sender) for reason, words in rule.reasons.items()],
    )
    figures = rulebook().figures_of(rule.number)
    if figures:
        print_table(
            "Figures", ("figure", "value", "unit", "source"), [(f.name, f.value, f.unit, f.source) for f in figures]
        )


def _about(rule: Rule) -> dict[str, str]:
    return {
        rule.number: rule.title,
        "in force": f"{rule.since or 'always'} to {rule.until or 'always'}" if rule.since or rule.until else "always",
        "forms": ", ".join(rule.forms) or "all",
        "decided by": rule.decided_by.value,
        "outcome": rule.outcome.value,
        "source": rule.source,
    }


def _record(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.number,
        "group": rule.group,
        "title": rule.title,
        "from": rule.since,
        "to": rule.until,
        "forms": rule.forms,
        "decided_by": rule.decided_by,
        "outcome": rule.outcome,
        "reasons": {
            reason: {"outcome": words.outcome, "operator": words.operator, "sender": words.sender}
            for reason, words in rule.reasons.items()
        },
        "figures": {
            figure.name: {"value": str(figure.value), "unit": figure.unit, "source": figure.source}
            for figure in rulebook().figures_of(rule.number)
        },
        "source": rule.source,
    }


def _explained_record(form: FormExplained, one: RuleExplained) -> dict[str, object]:
    return {
        "form_id": form.form_id,
        "pages": form.pages,
        "rule": one.rule.number,
        "verdict": one.verdict,
        "why": one.why,
        "words": one.words,
        "values": one.values,
        "figures": _figures(one.rule),
        "today": one.today,
    }


def _page_record(one: PageFinding) -> dict[str, object]:
    finding = one.finding
    return {
        "page": one.page,
        "rule": finding.rule,
        "verdict": Verdict.FIRED,
        "why": finding.reason,
        "words": [finding.message],
    }


def _print_form(form: FormExplained, rules: Iterable[RuleExplained]) -> None:
    """The facts, a table of the rules that were asked, and in one line each why others were not."""
    out.print(f"{form.form_id}, pages {', '.join(map(str, form.pages))}: {form.route} {', '.join(form.reasons)}")
    for name, told in form.facts.items():
        out.print(f"{name:12}{told}", markup=False, highlight=False, soft_wrap=True)
    asked, not_asked = [], defaultdict(list)
    for one in rules:
        if one.verdict is Verdict.NOT_APPLICABLE:
            not_asked[one.why].append(one.rule.number)
        else:
            asked.append((one.rule.number, one.rule.title, _verdict(one), _told(one.values), _told(_figures(one.rule))))
    if asked:
        print_table("Rules", ("rule", "checks", "verdict", "looked at", "figures"), asked)
    for why, numbers in not_asked.items():
        out.print(f"not asked, {why}: {', '.join(numbers)}", markup=False, highlight=False, soft_wrap=True)


def _verdict(one: RuleExplained) -> str:
    """What became of the rule, in its own words where it said something that no earlier rule had said."""
    told = f"{one.verdict}: {one.why}" if one.why else one.verdict.value
    lines = [told, *one.words] if one.today is None else [told, *one.words, f"today: {one.today}"]
    return "\n".join(lines)


def _told(values: Mapping[str, str]) -> str:
    """Each value in a line of its own, and all empty fields in one."""
    lines = [f"{name} = {value}" for name, value in values.items() if value != "empty"]
    empty = [name for name, value in values.items() if value == "empty"]
    return "\n".join([*lines, f"empty: {', '.join(empty)}"] if empty else lines)


def _figures(rule: Rule) -> dict[str, str]:
    return {figure.name: f"{figure.value} {figure.unit}" for figure in rulebook().figures_of(rule.number)}
