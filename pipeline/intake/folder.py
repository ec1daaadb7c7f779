"""Files and folders named on the command line: which documents they hold, and when each was received.

The date received comes from the manifest (CSV with the columns `file,received`, paths relative to the manifest), else
from the sidecar that a fax server wrote beside the file (`sidecar.py`), else from the file's time.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import ManifestError
from pipeline.intake.entering import Origin
from pipeline.intake.sidecar import ENDINGS, day_in, read_sidecar

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
    source_id: str | None = field(default=None, repr=False)

    @property
    def origin(self) -> Origin:
        """Where it comes from, as the ledger keeps it."""
        return Origin(self.file, self.received, self.channel, self.details, self.source_id)


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
            yield arrival_of(path, _name(path, manifest.parent), received)
    for path, name in (wanted or {}).items():
        if path not in listed:
            yield arrival_of(path, name)


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
                if found.is_file() and is_document(found, path):
                    yield found, path
        elif path.is_file():
            yield path, path.parent
        else:
            raise ManifestError("intake: a path that was named does not exist")


def is_document(path: Path, folder: Path) -> bool:
    """Whether a file found in a folder is a document, and not a hidden file, an unfinished one or a sidecar."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.suffix.lower() not in {*UNFINISHED, *ENDINGS, ".csv"}


def arrival_of(path: Path, name: str, received: dt.date | None = None, source_id: str | None = None) -> Arrival:
    """The file with what its sidecar says; the day of receipt as above where none is given."""
    details = read_sidecar(path)
    if received is None:
        received = day_in(details) or dt.datetime.fromtimestamp(path.stat().st_mtime).astimezone().date()
    return Arrival(path, name, received, details=details, source_id=source_id)


def _name(path: Path, root: Path) -> str:
    """The file as told from a folder, with slashes on every system; as it stands when it lies elsewhere."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.name
