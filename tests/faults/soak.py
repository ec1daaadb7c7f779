"""A soak: hours of traffic in short, under `faxforms up`. `python -m tests.faults.soak --minutes 45`.

Bursts of 200 sample faxes, one in twenty damaged, one in ten in a file that bears a patient's name. The next burst
comes when the backlog of the last is nearly drained, so that the machine works all the time at what it carries. At the
end every file must be in the ledger once, every page in its place, and no name, date of birth, NPI or phone number of
the samples in logs, metrics, names of files, or Prefect's database with its artifacts.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pipeline.settings import Settings
from pipeline.store.engine import read_only
from pipeline.store.models import Document
from pipeline.store.opening import Store, open_store
from tests.faults.programs import Programs, faxforms, free_port
from tests.faults.telling import found_in, of_installation
from tests.faults.traffic import FAXES, Fax, sample_faxes, secrets
from tests.faults.verdict import DECIDED, Fed, judge, say

BURST, NEXT_BELOW = 200, 40
"""Faxes of a burst, and the backlog below which the next one comes."""

WARM = 5
"""Minutes that do not count for memory: programs come up and load what they need."""

MAY_GROW, MAY_GROW_MB = 1.10, 30.0
"""Memory is flat when its median over the last third is within so much of that over the first third."""


@dataclass(slots=True)
class Minutes:
    """What was seen, minute by minute."""

    backlog: list[int] = field(default_factory=list)
    decided: list[int] = field(default_factory=list)
    memory: dict[str, list[float]] = field(default_factory=dict)

    def note(self, backlog: int, decided: int, memory: dict[str, float]) -> None:
        """One more minute."""
        self.backlog.append(backlog)
        self.decided.append(decided)
        for role, mb in memory.items():
            self.memory.setdefault(role, []).append(mb)

    def growth(self) -> dict[str, tuple[float, float]]:
        """Of every role the median MB in the first and in the last third of the warm minutes."""
        thirds = {}
        for role, values in self.memory.items():
            warm = values[WARM:]
            if len(warm) >= 3:
                third = len(warm) // 3
                thirds[role] = statistics.median(warm[:third]), statistics.median(warm[-third:])
        return thirds


def main() -> None:
    """Soak, tell every minute what is seen, judge; exit code 1 when something is not as it must be."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # nothing that we started stays behind
    folder = arguments.out or Path(tempfile.mkdtemp(prefix="faxforms-soak-"))
    data, incoming = folder / "data", folder / "incoming"
    incoming.mkdir(parents=True)
    environment = _environment(data)
    say(f"soak of {arguments.minutes:g} minutes, seed {arguments.seed}, in {folder}")
    subprocess.run(faxforms("registry", "import", str(FAXES / "registry.json")), env=environment, check=True)
    programs = Programs({"up": faxforms("up", str(incoming))}, environment, folder)
    programs.revive()
    store = open_store(Settings(data_dir=data))
    fed, minutes = Fed(), Minutes()
    started = time.monotonic()
    try:
        _soak(store, programs, incoming, sample_faxes(arguments.seed), fed, minutes, 60 * arguments.minutes)
        _drain(store, programs, incoming, fed, minutes, 60 * arguments.drain)
        metrics = subprocess.run(
            faxforms("metrics"), env=environment, check=True, capture_output=True, text=True
        ).stdout
    finally:
        programs.stop()
    sys.exit(_tell(store, data, incoming, fed, minutes, metrics, (time.monotonic() - started) / 60))


def _soak(
    store: Store, programs: Programs, incoming: Path, faxes: Iterator[Fax], fed: Fed, minutes: Minutes, seconds: float
) -> None:
    """Feed and look, until the time is over."""
    started = time.monotonic()
    while (elapsed := time.monotonic() - started) < seconds:
        if _backlog(store, fed) < NEXT_BELOW:
            for _ in range(BURST):
                _drop(incoming, next(faxes), fed)
        if elapsed >= 60 * (len(minutes.decided) + 1):
            _note_minute(store, programs, fed, minutes)
        time.sleep(1)


def _drain(store: Store, programs: Programs, incoming: Path, fed: Fed, minutes: Minutes, seconds: float) -> None:
    """Nothing comes any more; all that came is worked through."""
    started, told = time.monotonic(), 0
    while _backlog(store, fed) or any(incoming.glob("*.*")):
        if time.monotonic() - started > seconds:
            return
        if time.monotonic() - started >= 60 * (told + 1):
            told += 1
            _note_minute(store, programs, fed, minutes)
        time.sleep(1)


def _drop(incoming: Path, fax: Fax, fed: Fed) -> None:
    part = incoming / f"{fax.name}.part"
    part.write_bytes(fax.data)
    part.rename(incoming / fax.name)
    fed.note(fax)


def _decided(store: Store) -> int:
    while True:
        with contextlib.suppress(OperationalError), Session(read_only(store.engine)) as session:
            return session.scalar(select(func.count()).select_from(Document).where(Document.state.in_(DECIDED))) or 0


def _backlog(store: Store, fed: Fed) -> int:
    """Files that were dropped and are not decided; every one of them has bytes of its own."""
    return len(fed.files) - _decided(store)


def _note_minute(store: Store, programs: Programs, fed: Fed, minutes: Minutes) -> None:
    decided = _decided(store)
    memory = _memory_by_role(programs)
    before = minutes.decided[-1] if minutes.decided else 0
    minutes.note(len(fed.files) - decided, decided, memory)
    told = ", ".join(f"{role} {mb:.0f}" for role, mb in sorted(memory.items()))
    load = os.getloadavg()[0]
    say(
        f"minute {len(minutes.decided):3}: fed {len(fed.files)}, decided {decided}, "
        f"backlog {len(fed.files) - decided}, {(decided - before) / 60:.2f} faxes/s, load {load:.0f}; MB: {told}"
    )


def _memory_by_role(programs: Programs) -> dict[str, float]:
    """MB of all processes of a role, each page that several share counted in parts (PSS)."""
    memory = {}
    for role, pids in programs.roles().items():
        memory[role] = 0.0
        for pid in pids:
            with contextlib.suppress(psutil.Error):
                memory[role] += psutil.Process(pid).memory_full_info().pss / 1_000_000
    return memory


def _tell(store: Store, data: Path, incoming: Path, fed: Fed, minutes: Minutes, metrics: str, took: float) -> int:
    """Print the summary; the exit code."""
    verdict = judge(store, fed, [incoming])
    accounts = verdict.accounts
    say(f"{verdict.files} files, {verdict.documents} documents in {took:.0f} minutes")
    say(f"lost {len(verdict.lost)}, twice {len(verdict.twice)}, undecided {verdict.undecided}, held {verdict.held}")
    say(f"pages in {accounts.pages_in}: " + ", ".join(f"{place} {n}" for place, n in sorted(accounts.pages.items())))
    for problem in (*verdict.lost[:10], *verdict.twice[:10], *map(str, accounts.wrong[:10])):
        say(f"  {problem}")
    say(f"ledger, audit trail and pages {'add up' if verdict.holds else 'DO NOT ADD UP'}")
    growing = False
    for role, (first, last) in sorted(minutes.growth().items()):
        grows = last > max(first * MAY_GROW, first + MAY_GROW_MB)
        growing |= grows
        say(
            f"memory of {role}: {first:.0f} MB in the first third, {last:.0f} MB in the last{' GROWS' if grows else ''}"
        )
    wanted = secrets()
    told = found_in(of_installation(data, metrics), wanted)
    say(f"of {len(wanted)} names, dates of birth, NPIs and phone numbers found where none may be: {len(told)}")
    for place, secret in told[:20]:
        say(f"  {place}: {secret}")
    return 0 if verdict.holds and not growing and not told else 1


def _environment(data: Path) -> dict[str, str]:
    ours = {
        "FAXFORMS_DATA_DIR": str(data),
        "FAXFORMS_LOG_LEVEL": "debug",
        "FAXFORMS_LOG_FORMAT": "json",
        "FAXFORMS_SERVICE__PREFECT_PORT": str(free_port()),
        "FAXFORMS_SERVICE__STATION_PORT": str(free_port()),
    }
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("FAXFORMS_", "PREFECT_"))},
        **ours,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=45.0, help="how long faxes come")
    parser.add_argument("--drain", type=float, default=30.0, help="minutes at the most until all are decided")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a new folder for everything; else one below the temporary folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
