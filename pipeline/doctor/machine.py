"""The machine: cores, memory, clock, and the versions of packages that only fit together in some."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import psutil
from packaging.requirements import Requirement
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.doctor.findings import Finding, broken, warning, well
from pipeline.settings import Settings
from pipeline.store.engine import read_only
from pipeline.store.models import Document
from pipeline.store.opening import Store

MEMORY_A_WORKER = 1_000_000_000
"""Bytes that a reading process takes at most on ordinary faxes, with its models."""

MOST_APART = 2.0
"""Seconds that clocks may differ: leases are minutes, so more says that a clock is not set by the network."""

MUST_FIT = ("prefect", "fastapi", "sqlalchemy")
"""Packages of which other versions were seen to break the service (pyproject.toml says how)."""


def cores_and_memory(settings: Settings) -> Iterator[Finding]:
    """Whether as many workers as the settings want can work here."""
    cores, workers = len(os.sched_getaffinity(0)), settings.workers
    found = f"{cores} cores, {workers} workers"
    if workers > cores:
        yield warning("cores", found, "set FAXFORMS_WORKERS to the number of cores: more only get in each other's way")
    else:
        yield well("cores", found)
    free = psutil.virtual_memory().available
    found = f"{free / 1e9:.1f} GB free for {workers} workers"
    if free < workers * MEMORY_A_WORKER:
        yield warning("memory", found, "a worker takes up to 1 GB: give the machine more, or take fewer workers")
    else:
        yield well("memory", found)


def clock(store: Store) -> Iterator[Finding]:
    """Whether this machine's time agrees with the file system's, the database's, and with what came in before."""
    now = dt.datetime.now(dt.UTC)
    with tempfile.NamedTemporaryFile(dir=store.settings.data_dir, prefix=".doctor-") as file:
        apart = {"the file system": Path(file.name).stat().st_mtime - now.timestamp()}
    with Session(read_only(store.engine)) as session:
        if store.engine.dialect.name == "postgresql":
            asked = dt.datetime.now(dt.UTC)
            apart["the database"] = ((session.scalar(select(func.clock_timestamp())) or asked) - asked).total_seconds()
        newest = session.scalar(select(func.max(Document.taken_in_at)))
    wrong = [f"{seconds:+.0f} s to {what}" for what, seconds in apart.items() if abs(seconds) > MOST_APART]
    if newest is not None and newest - now > dt.timedelta(seconds=MOST_APART):
        wrong.append("documents came in later than now")
    if wrong:
        yield broken(
            "clock", "; ".join(wrong), "set the clock by the network (NTP): leases and dates of receipt hang on it"
        )
    else:
        yield well("clock", f"agrees with {' and '.join(apart)}")


def versions() -> Iterator[Finding]:
    """Whether the packages are there in versions that work together."""
    try:
        wanted = [Requirement(line) for line in requires("faxforms") or ()]
    except PackageNotFoundError:
        yield warning("packages", "faxforms is not installed as a package", "install it: pip install faxforms")
        return
    wrong, found = [], []
    for one in wanted:
        if one.name.lower() in MUST_FIT and (one.marker is None or one.marker.evaluate({"extra": ""})):
            there = version(one.name)
            found.append(f"{one.name} {there}")
            if not one.specifier.contains(there, prereleases=True):
                wrong.append(f"{one.name} {there} is there, {one.specifier} is wanted")
    if wrong:
        yield broken("packages", "; ".join(wrong), "install with constraints.txt: other versions break the service")
    else:
        yield well("packages", ", ".join(sorted(found)))
