"""Files and folders named on the command line: which documents they hold, and when each was received.

The date received comes from the manifest (CSV with the columns `file,received`, paths relative to the manifest), else
from the sidecar `NAME.json` that a fax server wrote beside the file, else from the file's time.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import ManifestError

SIDECAR_DATES = ("received", "received_at", "time", "date")
"""Keys under which a sidecar may give the day or time of receipt (ISO 8601)."""

UNFINISHED = (".part", ".tmp", ".crdownload", ".partial", ".filepart")
"""Endings of files that something still writes."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file to take in. `file` is how the exports name it, `details` what a fax server says of the call."""

    path: Path = field(repr=False)
    file: str = field(repr=False)
    received: dt.date
    channel: str = "folder"
    details: dict[str, Any] | None = field(default=None, repr=False)


def find_arrivals(paths: Sequence[Path], manifest: Path | None = None) -> Iterator[Arrival]:
    """The files to take in, in the order of arrival.

    A manifest gives the order and the dates of the files that it lists; with no paths, all that it lists are taken in.
    Other files follow in the order of their names. ManifestError when a path does not exist or the manifest cannot be
    used.
    """
    listed = _read_manifest(manifest) if manifest else {}
    wanted = {path.resolve(): _name(path, root) for path, root in _expand(paths)} if paths else None
    for path, received in listed.items():
        if wanted is None or path in wanted:
            assert manifest is not None  # noqa: S101 - `listed` came from it
            yield _arrival(path, _name(path, manifest.parent), received)
    for path, name in (wanted or {}).items():
        if path not in listed:
            yield _arrival(path, name, None)


def _read_manifest(manifest: Path) -> dict[Path, dt.date]:
    """Absolute path to date received, in the manifest's order."""
    listed: dict[Path, dt.date] = {}
    try:
        with manifest.open(newline="", encoding="utf-8-sig") as lines:
            for row in csv.DictReader(lines):
                listed[(manifest.parent / row["file"]).resolve()] = dt.date.fromisoformat(row["received"].strip())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"manifest: cannot be read ({type(error).__name__})") from None
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ManifestError(
            f"manifest: entry {len(listed) + 1}: expected the columns file and received (YYYY-MM-DD)"
        ) from None
    for number, path in enumerate(listed, 1):
        if not path.is_file():
            raise ManifestError(f"manifest: entry {number}: there is no such file")
    return listed


def _expand(paths: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Each file with the folder that its name is told from; folders are searched through, in the order of names."""
    for path in paths:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                if found.is_file() and _is_document(found, path):
                    yield found, path
        elif path.is_file():
            yield path, path.parent
        else:
            raise ManifestError("intake: a path that was named does not exist")


def _is_document(path: Path, folder: Path) -> bool:
    """Whether a file found in a folder is a document, and not a hidden file, an unfinished one or a sidecar."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.suffix.lower() not in {*UNFINISHED, ".json", ".csv"}


def _arrival(path: Path, name: str, received: dt.date | None) -> Arrival:
    details = _read_sidecar(path)
    if received is None:
        received = _date_in(details) or dt.datetime.fromtimestamp(path.stat().st_mtime).astimezone().date()
    return Arrival(path, name, received, details=details)


def _read_sidecar(path: Path) -> dict[str, Any] | None:
    """What `NAME.json` (for `NAME.tif`) or `NAME.tif.json` says; None when there is none.

    A sidecar that cannot be used is noted and does not keep the fax out: its date is then the file's time.
    """
    for sidecar in (path.with_suffix(".json"), path.with_name(path.name + ".json")):
        if sidecar != path and sidecar.is_file():
            try:
                details = json.loads(sidecar.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                details = None
            return details if isinstance(details, dict) else {"sidecar_error": "expected a JSON object"}
    return None


def _date_in(details: dict[str, Any] | None) -> dt.date | None:
    """The day that a sidecar gives, in the time zone that it gives it in; None when it gives none that can be read."""
    for key in SIDECAR_DATES:
        if details and key in details:
            try:
                return dt.datetime.fromisoformat(str(details[key])).date()
            except ValueError:
                continue
    return None


def _name(path: Path, root: Path) -> str:
    """The file as told from a folder, with slashes on every system; as it stands when it lies elsewhere."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.name
