"""What a fax server writes beside a fax: JSON, or lines `key: value` as HylaFAX's `faxinfo` prints them.

Whatever a sidecar says is kept as it says it. Beside that stand, under names that are the same for every server:
`received` (day), `time` (of receipt), `caller`, `pages` (as sent), `error` (of the transmission).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ENDINGS = (".json", ".txt", ".info")
"""Of sidecars: `NAME.json` or `NAME.tif.json` beside `NAME.tif`. No fax has such a name."""

LONGEST = 100_000
"""Bytes: no fax server says more of a call."""

TIMES = ("received", "received_at", "time", "date")
"""Keys that may give the day or time of receipt: ISO 8601, or HylaFAX's `2022:07:15 10:20:51`."""

NAMES = {
    "caller": ("caller", "caller_id", "callerid", "callid1", "from", "sender", "tsi", "remote_id"),
    "pages": ("pages", "page_count", "npages"),
    "error": ("error", "error_msg", "error_message", "reason"),
}
"""Our name to the keys under which servers tell it, as `_key` writes them."""

UNREADABLE = {"sidecar_error": "expected a JSON object, or lines of key: value"}

LINE = re.compile(r"^\s*([A-Za-z][\w .-]{0,40}?)\s*:\s+(\S.*?)\s*$")
HYLAFAX_TIME = re.compile(r"^(\d{4}):(\d\d):(\d\d)(?: (.*))?$")


def sidecars_of(path: Path) -> Iterator[Path]:
    """Where a sidecar of the file may lie, whether there is one or not."""
    for ending in ENDINGS:
        yield from (path.with_suffix(ending), path.with_name(path.name + ending))


def read_sidecar(path: Path) -> dict[str, Any] | None:
    """What the file's sidecar says; None when there is none.

    A sidecar that cannot be used is noted and does not keep the fax out: its date is then the file's time.
    """
    for sidecar in sidecars_of(path):
        if sidecar != path and sidecar.is_file():
            return _told(sidecar)
    return None


def day_in(details: Mapping[str, Any] | None) -> dt.date | None:
    """The day that a sidecar gives, in the time zone that it gives it in; None when it gives none that can be read."""
    moment = _moment(details or {})
    return moment and moment.date()


def _told(sidecar: Path) -> dict[str, Any]:
    try:
        with sidecar.open("rb") as file:
            text = file.read(LONGEST).decode("utf-8", "replace")
        said = json.loads(text) if sidecar.suffix == ".json" else _lines(text)
    except (OSError, ValueError):
        return dict(UNREADABLE)
    return _named(said) if isinstance(said, dict) and said else dict(UNREADABLE)


def _lines(text: str) -> dict[str, Any]:
    """Lines of `key: value`; others, such as the file's name at the head, say nothing."""
    return {match[1]: match[2] for match in map(LINE.match, text.splitlines()) if match}


def _named(said: dict[str, Any]) -> dict[str, Any]:
    """What was said, and beside it the same under our names."""
    by_key = {_key(name): value for name, value in said.items()}
    ours: dict[str, Any] = {}
    for name, keys in NAMES.items():
        value = next((by_key[key] for key in keys if by_key.get(key) not in (None, "")), None)
        if value is not None:
            ours[name] = _number(value) if name == "pages" else value
    if (moment := _moment(said)) is not None:
        ours["received"] = moment.date().isoformat()
        if _has_time(said):
            ours["time"] = moment.isoformat()
    return {**ours, **said}


def _moment(said: Mapping[str, Any]) -> dt.datetime | None:
    by_key = {_key(name): value for name, value in said.items()}
    for key in TIMES:
        if key in by_key:
            try:
                return dt.datetime.fromisoformat(HYLAFAX_TIME.sub(_iso, str(by_key[key]).strip()))
            except ValueError:
                continue
    return None


def _has_time(said: Mapping[str, Any]) -> bool:
    return any(":" in str(value) for name, value in said.items() if _key(name) in TIMES)


def _iso(match: re.Match[str]) -> str:
    return f"{match[1]}-{match[2]}-{match[3]}" + (f"T{match[4]}" if match[4] else "")


def _key(name: str) -> str:
    """`Error Correct`, `error-correct` and `ERROR_CORRECT` are one key."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value
