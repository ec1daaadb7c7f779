"""Words, tables and progress for a person at the terminal; JSON lines for a script."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH_WITHOUT_TERMINAL = 160
"""Columns of what goes to a file or pipe: wide enough that tables need not break words."""

out = Console(width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL)
"""Answers go here (stdout)."""

err = Console(stderr=True)
"""Progress and errors go here, so that stdout can be piped."""


def print_table(title: str, headings: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table; numbers stand to the right."""
    table = Table()
    body = [[_shown(cell) for cell in row] for row in rows]
    for column, heading in enumerate(headings):
        numeric = bool(body) and all(row[column].replace("-", "").isdigit() or not row[column] for row in body)
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in body:
        table.add_row(*row)
    out.print(title, markup=False, highlight=False)
    out.print(table)


def print_json(records: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line."""
    for record in records:
        out.print(json.dumps(record, ensure_ascii=False, default=str), markup=False, highlight=False, soft_wrap=True)


def print_error(message: str) -> None:
    """Say on stderr what went wrong."""
    err.print(f"faxforms: {message}", markup=False, highlight=False, soft_wrap=True)


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, (list, tuple)):
        return ", ".join(map(str, cell))
    return str(cell)
