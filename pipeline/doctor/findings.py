"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How bad it is: with WARNING work goes on, with BROKEN some of it cannot."""

    WELL = "well"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was found, and what to do where it is not well. No path, no patient's data."""

    what: str
    health: Health
    found: str
    advice: str = ""


def well(what: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(what, Health.WELL, found)


def warning(what: str, found: str, advice: str) -> Finding:
    """Work goes on, but somebody should look."""
    return Finding(what, Health.WARNING, found, advice)


def broken(what: str, found: str, advice: str) -> Finding:
    """Work cannot be done so."""
    return Finding(what, Health.BROKEN, found, advice)
