"""Archives of any size out of few filled forms: each is sent several times more, over lines of its own.

    <folder>/ink/1, ink/2      what the generator made: documents with their truth, and a registry
    <folder>/archive/          a round of all documents after the other, each in a folder, a zip and a tar archive
    <folder>/archive/index.csv

Ink costs as much as reading it, so the generator fills some forms, and every copy of them is moved by a few dots and
has specks of its own: bytes and pixels differ, what is written does not. Where a form was accepted its copies are
duplicates, else they wait beside it.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pikepdf
from numpy.random import Generator

from extractors.limits import Limits
from extractors.opening.document import open_pages
from pipeline.exports.atomic import written_whole
from samples.generator import files
from samples.generator.channel import Sent
from samples.generator.placement import STRAIGHT

SEEDS = (6001, 6002)
"""Of two runs of the generator at the same time, one for each core."""

KINDS = ("", ".zip", ".tar")
COLUMNS = ("file", "form_type", "document_date")
PAGES_AT_MOST = 4  # of a document: what a folder of a clinic holds
MOVED, SPECKS = 6, 160  # dots that a copy is moved by at most, and those that turn black or white on a page


@dataclass(frozen=True, slots=True)
class Filled:
    """A document that the generator made, with its line of the truth."""

    path: Path
    truth: dict[str, Any]

    @property
    def pages(self) -> int:
        """How many it has."""
        return len(self.truth["pages"])


def make_ink(folder: Path, documents: int) -> None:
    """Have the generator fill so many forms; a run that was made whole stays, one that broke off is made again."""
    count = str(-(-documents // len(SEEDS)))
    todo = {seed: folder / str(number) for number, seed in enumerate(SEEDS, 1)}
    todo = {seed: out for seed, out in todo.items() if not out.exists()}
    parts = {out: out.with_name(f".{out.name}.part") for out in todo.values()}
    for part in parts.values():
        shutil.rmtree(part, ignore_errors=True)
    words = [sys.executable, "-m", "samples.generator", "--count", count]
    running = [
        subprocess.Popen([*words, "--seed", str(seed), "--out", str(parts[out])], stderr=subprocess.DEVNULL)
        for seed, out in todo.items()
    ]
    ends = [one.wait() for one in running]
    if any(ends):
        sys.exit("the generator failed")
    for out, part in parts.items():
        part.rename(out)


def read_ink(folder: Path) -> list[Filled]:
    """The documents of all runs in turn, without those that have too many pages."""
    runs = []
    for run in sorted(path.parent for path in folder.glob("*/truth.jsonl")):
        lines = (run / "truth.jsonl").read_text(encoding="utf-8").splitlines()
        runs.append([Filled(run / truth["file"], truth) for truth in map(json.loads, lines)])
    in_turn = [document for turn in zip(*runs, strict=False) for document in turn]
    return [document for document in in_turn if document.pages <= PAGES_AT_MOST]


def add_round(folder: Path, ink: Sequence[Filled], number: int) -> int:
    """Add every document once more to an archive, over line `number`, and at last to its index; the pages added.

    A round that the index has is whole and stays; one that broke off is made again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / "index.csv"
    lines = index.read_text(encoding="utf-8") if index.exists() else ",".join(COLUMNS) + "\n"
    if f"\n{_round(number)}" not in lines:
        rows = []
        for kind, part in zip(KINDS, (ink[start :: len(KINDS)] for start in range(len(KINDS))), strict=True):
            batch = Batch(folder, f"{_round(number)}{kind}")
            for document in part:
                name = batch.add(_name(document, number), sent_again(document, number))
                forms = [form["form_id"] for form in document.truth["forms"]] or [""]
                rows += [(name, form, document.truth["received"]) for form in forms]
            batch.close()
        with written_whole(index) as file:
            file.write(lines)
            csv.writer(file, lineterminator="\n").writerows(rows)
    return sum(document.pages for document in ink)


def sent_again(document: Filled, copy: int) -> bytes:
    """The document as it came (round 0), or over another line; a file completed on a computer is saved once more."""
    data = document.path.read_bytes()
    if copy == 0:
        return data
    if document.truth["medium"] == "digital":
        with pikepdf.open(BytesIO(data)) as pdf:
            pdf.docinfo["/Producer"] = f"copy {copy}"
            saved = BytesIO()
            pdf.save(saved)
            return saved.getvalue()
    rng = np.random.default_rng([copy, *document.path.name.encode()])
    return files.tiff([_page(opened.grey, opened.size_points, rng) for opened in open_pages(data, Limits())], 4)


class Batch:
    """Some files of an archive, together in a folder, a zip or a tar archive, as its name says."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name, self._path = name, folder / name
        self._zip = zipfile.ZipFile(self._path, "w") if name.endswith(".zip") else None
        self._tar = tarfile.open(self._path, "w") if name.endswith(".tar") else None  # noqa: SIM115 - see `close`

    def add(self, name: str, data: bytes) -> str:
        """Put a file in; its name as an index tells it."""
        if self._zip is not None:
            self._zip.writestr(name, data)
            return f"{self._name}!/{name}"
        if self._tar is not None:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            self._tar.addfile(member, BytesIO(data))
            return f"{self._name}!/{name}"
        self._path.mkdir(exist_ok=True)
        (self._path / name).write_bytes(data)
        return f"{self._name}/{name}"

    def close(self) -> None:
        """Write what is still to be written."""
        for archive in (self._zip, self._tar):
            if archive is not None:
                archive.close()


def _round(number: int) -> str:
    return f"round-{number:02}"


def _name(document: Filled, number: int) -> str:
    """Of another kind where the document is sent again: that comes as TIFF."""
    sent = number > 0 and document.truth["medium"] != "digital"
    stem = f"{document.path.parents[1].name}-{document.path.stem}"
    return f"{stem}{'.tif' if sent else document.path.suffix}"


def _page(grey: Any, size_points: tuple[float, float], rng: Generator) -> Sent:
    """A page moved by some dots, with specks."""
    height, width = grey.shape
    moved = np.float32([[1, 0, rng.integers(-MOVED, MOVED + 1)], [0, 1, rng.integers(-MOVED, MOVED + 1)]])
    image = cv2.warpAffine(grey, moved, (width, height), flags=cv2.INTER_NEAREST, borderValue=255)
    image = np.where(image < 128, np.uint8(0), np.uint8(255))
    rows, columns = rng.integers(height, size=SPECKS), rng.integers(width, size=SPECKS)
    image[rows, columns] ^= 255
    return Sent(image, (width / size_points[0] * 72, height / size_points[1] * 72), (), STRAIGHT)
