"""Faxes to be fed: every file has a name of its own, so that each can be told from all others in the ledger."""

from __future__ import annotations

import io
import itertools
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tests.fuzz.mutations import DAMAGES

REPOSITORY = Path(__file__).resolve().parents[2]
FAXES = REPOSITORY / "samples" / "faxes"

REPEATED, DAMAGED, REAL = 0.03, 0.05, 0.10
"""Shares of small traffic: bytes that came before, damaged files, sample faxes; the rest are blank pages."""

PAGE = (1728, 1100)
"""Pixels of a blank page: a standard fax of a US letter."""


@dataclass(frozen=True, slots=True)
class Fax:
    """A file that a fax server drops."""

    name: str
    data: bytes


def small_faxes(seed: int) -> Iterator[Fax]:
    """Faxes that are read quickly, for faults in large numbers: mostly blank pages."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    samples = sorted(FAXES.rglob("*.tif"), key=lambda path: path.stat().st_size)[:6]
    before: list[bytes] = []
    for number in itertools.count(1):
        chance = rng.random()
        if chance < REPEATED and before:
            data = rng.choice(before)
        elif chance < REPEATED + DAMAGED:
            data = damaged(_unique(rng.choice(samples).read_bytes(), number), rng)
        elif chance < REPEATED + DAMAGED + REAL:
            data = _unique(rng.choice(samples).read_bytes(), number)
        else:
            data = blank_page(number)
        before.append(data)
        yield Fax(f"{number:06}.tif", data)


def sample_faxes(seed: int) -> Iterator[Fax]:
    """The sample faxes in turn, shuffled, one in twenty damaged; every tenth is named after its patient, as happens."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    lines = truth()
    number = 0
    while True:
        for line in rng.sample(lines, len(lines)):
            number += 1
            path = next(FAXES.rglob(Path(line["file"]).name))
            data = _unique(path.read_bytes(), number)
            if rng.random() < DAMAGED:
                data = damaged(data, rng)
            named = f" {_patient(line)}" if number % 10 == 0 else ""
            yield Fax(f"{number:06}{named}{path.suffix}", data)


def truth() -> list[dict[str, Any]]:
    """What is written on the samples."""
    return [json.loads(line) for line in (FAXES / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


def secrets() -> set[str]:
    """Every name, date of birth, NPI and phone number that is written on the samples: as written, and as stored."""
    told: set[str] = set()
    for line in truth():
        for form in line["forms"]:
            for field, value in form["values"].items():
                if isinstance(value, str) and re.search(r"name|dob|npi|phone|fax", field):
                    iso = re.sub(r"(\d\d)/(\d\d)/(\d{4})", r"\3-\1-\2", value)
                    told |= {value, iso, re.sub(r"\D", "", value), *re.findall(r"[A-Z][a-z'-]{3,}", value)}
    return {secret for secret in told if len(secret) >= SHORTEST_TOLD}


SHORTEST_TOLD = 4
"""Characters from which a value is looked for: shorter ones stand anywhere by chance."""


def blank_page(number: int) -> bytes:
    """A white page; its description makes its bytes others."""
    data = io.BytesIO()
    Image.new("1", PAGE, 1).save(data, "TIFF", compression="group4", description=f"fax {number}", dpi=(204, 98))
    return data.getvalue()


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The same with one of the damages of the fuzz test; never the same bytes."""
    changed = bytearray(data)
    rng.choice(DAMAGES)(changed, rng)
    return bytes(changed) + rng.randbytes(4)


def _unique(data: bytes, number: int) -> bytes:
    """Readers pass over what stands behind the end."""
    return data + (b"\n%% %d\n" % number if data.startswith(b"%PDF") else b"%08d" % number)


def _patient(line: dict[str, Any]) -> str:
    for form in line["forms"]:
        for field, value in form["values"].items():
            if field == "patient_last_name" and isinstance(value, str):
                return value.replace("/", "-")
    return "unnamed"
