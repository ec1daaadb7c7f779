"""A search for patients' data where none may be: logs, Prefect's database with artifacts, metrics, names of files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

BY_CHANCE = re.compile(
    rb"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?"
)
"""Prefect's ids and moments, in which any digits stand sooner or later."""

AT_A_TIME, OVERLAP = 64_000_000, 200
"""Bytes that are searched at a time, and of which the next ones begin with the last."""


def found_in(places: Mapping[str, Iterable[bytes]], secrets: Collection[str]) -> list[tuple[str, str]]:
    """Which secret stands in which place: a word of its own, no part of a longer word or number."""
    wanted = re.compile(rb"(?<![\w.])(?:" + b"|".join(re.escape(s.encode()) for s in sorted(secrets)) + rb")(?!\w)")
    return sorted(
        {
            (place, match.decode())
            for place, parts in places.items()
            for part in parts
            for match in wanted.findall(BY_CHANCE.sub(b" ", part))
        }
    )


def of_installation(data: Path, metrics: str) -> dict[str, Iterable[bytes]]:
    """Everything of an installation that may hold no patient data, by the kind of place.

    The database, originals, notices and exports may; their file names may not.
    """
    service = data / "service"
    logs = [path for path in service.rglob("*") if path.is_file() and ".log" in path.name]
    prefect = [path for path in (service / "prefect").rglob("*") if path.is_file() and path not in logs]
    return {
        "logs": _contents(logs),
        "Prefect's database, with artifacts": _contents(prefect),
        "metrics": [metrics.encode()],
        "names of files": ["\n".join(str(path.relative_to(data)) for path in data.rglob("*")).encode()],
    }


def _contents(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            kept = b""
            while part := file.read(AT_A_TIME):
                yield kept + part
                kept = part[-OVERLAP:]
