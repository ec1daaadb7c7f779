"""Invented prescribers, designees, patients and pharmacies, and the registry that knows them before the faxes come."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from numpy.random import Generator

FIRST_PROGRAMME = dt.date(2015, 10, 12)
MODIFIED_PROGRAMME = dt.date(2021, 11, 15)


@dataclass(frozen=True, slots=True)
class Prescriber:
    """A prescriber; the dates of certification in the two programmes, None where there is none."""

    npi: str
    first_name: str
    last_name: str
    email: str
    phone: str
    fax: str
    certified_on_2015: str | None
    certified_on_2021: str | None


@dataclass(frozen=True, slots=True)
class Designee:
    """Somebody who acts for the prescriber with that NPI."""

    first_name: str
    last_name: str
    email: str
    phone: str
    prescriber_npi: str
    enrolled_on_2021: str


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient and what the registry has of the treatment."""

    first_name: str
    last_name: str
    dob: str
    zip: str
    gender: str
    prescriber_npi: str
    enrolled_on_2015: str | None
    enrolled_on_2021: str | None
    ben: bool
    hospice: bool
    treatment_status: str
    monitoring_frequency: str


@dataclass(frozen=True, slots=True)
class Programme:
    """Everybody; the last two prescribers are certified in the first programme only, some patients enrolled so."""

    prescribers: tuple[Prescriber, ...]
    designees: tuple[Designee, ...]
    patients: tuple[Patient, ...]

    def registry(self) -> dict[str, list[dict[str, Any]]]:
        """The registry as `registry.json` has it."""
        return {
            "prescribers": [asdict(one) for one in self.prescribers],
            "designees": [asdict(one) for one in self.designees],
            "patients": [asdict(one) for one in self.patients],
            "pharmacies": [],
        }


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """What names, places and phrases are made of (`invented.yaml`)."""
    content: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("invented.yaml").read_text(encoding="utf-8"))
    return content


def draw_programme(rng: Generator, patients: int) -> Programme:
    """A programme with so many patients; a prescriber for about nine of them, one or two designees each."""
    count = max(8, patients // 9)
    prescribers = tuple(draw_prescriber(rng, certified=index < count - 2) for index in range(count))
    certified = prescribers[: count - 2]
    designees = tuple(
        draw_designee(rng, prescriber.npi) for prescriber in certified for _ in range(int(rng.integers(1, 3)))
    )
    return Programme(prescribers, designees, tuple(_patient(rng, pick(rng, certified).npi) for _ in range(patients)))


def draw_prescriber(rng: Generator, certified: bool) -> Prescriber:
    """A prescriber of the first programme, certified in the modified one or not."""
    first, last = name(rng)
    return Prescriber(
        npi(rng), first, last, email(first, last, "clinic"), phone(rng), phone(rng),
        str(FIRST_PROGRAMME + dt.timedelta(days=int(rng.integers(0, 18)))),
        str(MODIFIED_PROGRAMME + dt.timedelta(days=int(rng.integers(0, 12)))) if certified else None,
    )  # fmt: skip


def draw_designee(rng: Generator, prescriber_npi: str) -> Designee:
    """A designee of that prescriber."""
    first, last = name(rng)
    return Designee(first, last, email(first, last, "clinic"), phone(rng), prescriber_npi, "2021-12-01")


def _patient(rng: Generator, prescriber_npi: str) -> Patient:
    first, last = name(rng)
    born = dt.date(1940, 1, 1) + dt.timedelta(days=int(rng.integers(0, 62 * 365)))
    return Patient(
        first, last, str(born), zip_code(rng), str(pick(rng, ("male", "female"))), prescriber_npi, str(FIRST_PROGRAMME),
        str(dt.date(2021, 12, 1) + dt.timedelta(days=int(rng.integers(0, 20)))) if rng.random() < 0.8 else None,
        bool(rng.random() < 0.12), bool(rng.random() < 0.05), "active",
        str(rng.choice(["weekly", "every_2_weeks", "monthly"], p=[0.4, 0.3, 0.3])),
    )  # fmt: skip


def name(rng: Generator) -> tuple[str, str]:
    """First and last name."""
    return pick(rng, words()["first_names"]), pick(rng, words()["last_names"])


def email(first: str, last: str, host: str) -> str:
    """An address at a host of the reserved top-level domain `example` (RFC 2606)."""
    letters = "".join(character for character in last.lower() if character.isalpha())
    return f"{first.lower()}.{letters}@{host}.example"


def phone(rng: Generator) -> str:
    """A number of the fictitious exchange 555."""
    return f"({rng.integers(201, 990)}) 555-{rng.integers(0, 10000):04d}"


def zip_code(rng: Generator) -> str:
    """Five digits."""
    return f"{rng.integers(10000, 99999)}"


def npi(rng: Generator) -> str:
    """A National Provider Identifier whose check digit is right (rule R39: Luhn over 80840 and the first nine)."""
    nine = f"1{rng.integers(0, 100_000_000):08d}"
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in nine[::-2])
    return f"{nine}{-(24 + doubled + sum(int(digit) for digit in nine[-2::-2])) % 10}"


def dea(rng: Generator, last_name: str) -> str:
    """A DEA number whose check digit is right (rule R40)."""
    six = [int(digit) for digit in rng.integers(0, 10, 6)]
    check = (six[0] + six[2] + six[4] + 2 * (six[1] + six[3] + six[5])) % 10
    return f"{pick(rng, 'ABFM')}{last_name[0].upper()}{''.join(map(str, six))}{check}"


def pick(rng: Generator, choices: Any) -> Any:
    """One of the choices, each as likely."""
    return choices[int(rng.integers(len(choices)))]
