"""Which tests try which rule, as their marks say, and the page docs/rules.md that tells it.

python -m tests.validators.rulebook.rule_tests > docs/rules.md
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.validators.rulebook.cases import ARGUMENTS, RuleCase
from validators.rulebook.load import DecidedBy, Rule, rulebook
from validators.rulebook.table import rules_table

TESTS = Path(__file__).resolve().parents[1]

OPENING = """## How each rule is tried

Written by `python -m tests.validators.rulebook.rule_tests` from the marks of the tests: how many cases there are in
which the rule fires, does not, or is left open by a doubt. Each figure and each first and last day is moved by one, and
a case notices (`tests/validators/rulebook/test_edges.py`). *Tried*: on both sides. *Context*: the rule decides nothing.

| rule | fires | does not | left open | tests | status |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A test, or one case of it: whether its rule fires there (None: a doubt leaves it open)."""

    rule: str
    fires: bool | None
    module: str


@cache
def rule_tests() -> tuple[RuleTest, ...]:
    """Every test that is marked with a rule, of all modules of this floor."""
    return tuple(
        RuleTest(mark.args[0], mark.kwargs["fires"], module)
        for module, marks in _test_marks()
        for mark in _rule_marks(marks)
    )


def rule_cases() -> list[RuleCase]:
    """Every case of the rules' tables (`cases.rule_table`)."""
    return [
        case.values
        for _, marks in _test_marks()
        for mark in marks
        if mark.name == "parametrize" and mark.args[0] == ARGUMENTS
        for case in mark.args[1]
    ]


def page() -> str:
    """docs/rules.md: the rulebook, and how each of its rules is tried."""
    return rules_table() + "\n" + OPENING + "".join(_row(rule) for rule in rulebook().rules.values())


def status(rule: Rule) -> str:
    """How far a rule is tried."""
    if rule.decided_by is DecidedBy.NOBODY:
        return "context"
    sides = {test.fires for test in rule_tests() if test.rule == rule.number}
    return "tried" if {True, False} <= sides else "not tried"


def _row(rule: Rule) -> str:
    tests = [test for test in rule_tests() if test.rule == rule.number]
    counts = [sum(test.fires is side for test in tests) for side in (True, False, None)]
    modules = ", ".join(dict.fromkeys(f"`{test.module}`" for test in tests))
    return f"| {' | '.join((rule.number, *map(str, counts), modules, status(rule)))} |\n"


def _test_marks() -> Iterator[tuple[str, Iterable]]:
    """The marks of every test function, with its file as told from the repository."""
    for file in sorted(TESTS.rglob("test_*.py")):
        name = file.relative_to(TESTS.parents[1]).with_suffix("")
        module = importlib.import_module(".".join(name.parts))
        for function in vars(module).values():
            if getattr(function, "__module__", "") == module.__name__ and hasattr(function, "pytestmark"):
                yield f"{name.as_posix()}.py", function.pytestmark


def _rule_marks(marks: Iterable) -> Iterator:
    for mark in marks:
        if mark.name == "rule":
            yield mark
        elif mark.name == "parametrize":
            yield from (inner for case in mark.args[1] for inner in getattr(case, "marks", ()) if inner.name == "rule")


if __name__ == "__main__":
    sys.stdout.write(page())
