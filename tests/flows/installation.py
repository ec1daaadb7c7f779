"""An installation of its own for a test, and batches of sample faxes for it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app

REPOSITORY = Path(__file__).resolve().parents[2]
FAXES = REPOSITORY / "samples" / "faxes"


@dataclass(frozen=True)
class Installation:
    """A data folder of its own, and the command line working on it in this process."""

    folder: Path

    def faxforms(self, *words: str | Path, expect: int = 0) -> Result:
        """Run a command; the test fails when it ends with another exit code."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("FAXFORMS_DATA_DIR", str(self.folder))
            environment.setenv("FAXFORMS_WORKERS", "1")
            environment.delenv("FAXFORMS_DATABASE_URL", raising=False)
            result = CliRunner().invoke(app, [str(word) for word in words], terminal_width=200)
        assert result.exit_code == expect, f"{result.output}\n{result.exception!r}"
        return result


@dataclass(frozen=True)
class Batch:
    """A folder of faxes, and what is written on them."""

    folder: Path
    truth: tuple[dict[str, Any], ...]

    @property
    def manifest(self) -> Path:
        """When each came in."""
        return self.folder / "manifest.csv"


def copy_faxes(folder: Path, count: int) -> Batch:
    """Copy the shortest sample faxes, one of each medium in turn, to a folder with a manifest."""
    lines = (FAXES / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    truth = sorted(map(json.loads, lines), key=lambda line: (len(line["pages"]), line["file"]))
    media: dict[str, dict[str, Any]] = {}
    for line in truth:
        if line["forms"]:
            media.setdefault(line["medium"], line)
    chosen = list(media.values())[:count]
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["file,received"]
    for line in chosen:
        name = Path(line["file"]).name
        shutil.copyfile(_sample(line["file"]), folder / name)
        rows.append(f"{name},{line['received']}")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Batch(folder, tuple(chosen))


def _sample(file: str) -> Path:
    """The sample of that name, wherever in the folder it lies."""
    return next(FAXES.rglob(Path(file).name))
