"""The fault test: programs killed at random moments under load, and more. `python -m tests.faults.kill --count 200`.

Every file that was fed must be in the ledger exactly once, its bytes safe, every page in one place, the audit trail
whole. Faults: kill -9 of any process (watcher, worker, reader, station, PostgreSQL and its backends; under
`faxforms up` also Prefect's server, its workers and their runs), the disk full, the database away for a minute, the
folder unmounted and back, the clock jumping. Needs Linux; mounts need root, and the clock a C
compiler, else they are left out.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from pipeline.settings import Settings
from pipeline.store.engine import read_only
from pipeline.store.models import Document
from pipeline.store.opening import Store, open_store
from tests.faults.programs import Postgres, Programs, faxforms, free_port
from tests.faults.traffic import FAXES, Fax, small_faxes
from tests.faults.verdict import DECIDED, Fed, Verdict, judge, say

LOAD = 12
"""Files that lie in the folder or wait in the ledger while there are kills: something is always under way."""

RECOVERS_WITHIN = 30.0, 120.0
"""Seconds after which the next kill comes though nothing was decided since the last; under `up`, where a server, a
worker and a run must start before anything is."""

AWAY = 60.0
"""Seconds that the database is away."""

PATIENCE = 1800.0
"""Seconds for all that was fed to be decided once the faults are over."""

JUMPS = (7200, -93600, 34560000, 0)
"""Seconds by which the clock is wrong, one after the other: two hours, yesterday, next year, and right again."""


@dataclass(slots=True)
class Scene:
    """An installation under load: its programs, what was fed, what was done to it; `only`: roles that may be killed."""

    folder: Path
    seed: int
    postgres: Postgres | None = None
    under_up: bool = False
    only: frozenset[str] = frozenset()
    environment: dict[str, str] = field(default_factory=dict)
    fed: Fed = field(default_factory=Fed)
    done: Counter[str] = field(default_factory=Counter)
    rng: random.Random = field(init=False)
    faxes: Iterator[Fax] = field(init=False)
    store: Store = field(init=False)
    programs: Programs = field(init=False)
    decided: int = 0

    def __post_init__(self) -> None:
        """Make the folders, the database with its registry, and the faxes."""
        self.rng = random.Random(self.seed)  # noqa: S311 - no secret
        self.faxes = small_faxes(self.seed)
        self.incoming.mkdir(parents=True, exist_ok=True)
        ours = {
            "FAXFORMS_DATA_DIR": str(self.data),
            "FAXFORMS_DATABASE_URL": self.postgres.url if self.postgres else "",
            "FAXFORMS_LOG_LEVEL": "info",
            "FAXFORMS_LOG_FORMAT": "json",
            "FAXFORMS_WATCH__SETTLE_SECONDS": "1",
            "FAXFORMS_WATCH__RESCAN_SECONDS": "2",
            "FAXFORMS_SERVICE__PREFECT_PORT": str(free_port()),
            "FAXFORMS_SERVICE__STATION_PORT": str(free_port()),
        }
        self.environment = ours | self.environment
        registry = faxforms("registry", "import", str(FAXES / "registry.json"))
        subprocess.run(registry, env={**os.environ, **ours}, check=True, stdout=subprocess.DEVNULL)
        settings = Settings(data_dir=self.data, database_url=ours["FAXFORMS_DATABASE_URL"])
        self.store = open_store(settings)
        self.programs = Programs(self._commands(), self.environment, self.folder / "logs")
        self.programs.revive()

    @property
    def data(self) -> Path:
        """Of the installation."""
        return self.folder / "data"

    @property
    def incoming(self) -> Path:
        """The watched folder."""
        return self.folder / "incoming"

    def _commands(self) -> dict[str, list[str]]:
        if self.under_up:
            return {"up": faxforms("up", str(self.incoming))}
        idle = self.folder / "idle"
        idle.mkdir(exist_ok=True)
        return {
            "watcher": faxforms("watch", str(self.incoming)),
            "worker": faxforms("watch", str(idle), "--process"),  # takes in nothing, and reads what waits
            "station": faxforms("review", "serve", "--port", self.environment["FAXFORMS_SERVICE__STATION_PORT"]),
        }

    def victims(self) -> dict[str, list[int]]:
        """Every process that may be killed, by what it is."""
        found = self.programs.roles()
        if not self.under_up:
            worker = self.programs.pid("worker")
            found["worker"] = [worker] if worker else []
            found["watcher"] = [pid for pid in found.get("watcher", []) if pid != worker]
        if self.postgres and self.postgres.pid:
            found["postgresql"] = [self.postgres.pid]
            found["postgresql backend"] = self.postgres.backends()
        return {role: pids for role, pids in found.items() if pids and (not self.only or role in self.only)}

    def revive(self) -> None:
        """As a supervisor does."""
        if self.postgres:
            self.postgres.revive()
        self.programs.revive()

    def feed(self, upto: int = LOAD) -> None:
        """Drop files until so many are under way; half of them are written in place, with a pause in the midst."""
        for _ in range(upto - self.backlog()):
            self.drop(next(self.faxes), self.incoming)

    def drop(self, fax: Fax, folder: Path) -> None:
        """As fax servers do: renamed into place, or written there bit by bit."""
        path = folder / fax.name
        if self.rng.random() < 0.5:
            part = path.with_name(f"{path.name}.part")
            part.write_bytes(fax.data)
            part.rename(path)
        else:
            with path.open("wb") as file:
                file.write(fax.data[: len(fax.data) // 2])
                file.flush()
                time.sleep(0.05)
                file.write(fax.data[len(fax.data) // 2 :])
        self.fed.note(fax)

    def backlog(self) -> int:
        """Files that are not decided; while the database is away as many as before."""
        with contextlib.suppress(SQLAlchemyError), Session(read_only(self.store.engine)) as session:
            decided = select(func.count()).select_from(Document).where(Document.state.in_(DECIDED))
            self.decided = session.scalar(decided) or 0
        return len(set(self.fed.files.values())) - self.decided

    def work_a_bit(self, patience: float | None = None) -> None:
        """Until something was decided, that is to say all programs are at work again; not for ever."""
        self.backlog()
        before, until = self.decided, time.monotonic() + (patience or RECOVERS_WITHIN[self.under_up])
        while self.decided == before and time.monotonic() < until:
            self.feed()
            self.revive()
            time.sleep(0.3)

    def drain(self) -> None:
        """No more faults: work through all that was fed."""
        until = time.monotonic() + PATIENCE
        while (self.backlog() or any(self.incoming.glob("*.*"))) and time.monotonic() < until:
            self.revive()
            time.sleep(0.5)
        time.sleep(3)  # a file that brought nothing new is still to be acknowledged

    def verdict(self) -> Verdict:
        """End it, and compare."""
        self.programs.stop()
        verdict = judge(self.store, self.fed, [self.incoming])
        self.store.engine.dispose()
        return verdict


def kills(scene: Scene, count: int, every: float) -> None:
    """Kill -9 a random process of a random kind at random moments, and start again what died."""
    scene.work_a_bit(PATIENCE)
    while scene.done.total() < count:
        scene.work_a_bit()
        time.sleep(scene.rng.uniform(0.0, 2 * every))
        found = scene.victims()
        role = scene.rng.choice(sorted(found)) if found else None
        if role is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(scene.rng.choice(found[role]), signal.SIGKILL)
                scene.done[role] += 1
                if scene.under_up or scene.done.total() % 20 == 0:
                    say(f"{scene.done.total()} kills, {len(scene.fed.files)} files fed, {scene.backlog()} under way")
        scene.revive()


def disk_full(scene: Scene) -> None:
    """Fill the disk on which database and originals lie, go on feeding, make room again; three times."""
    filler = scene.data / "filler"
    for _ in range(3):
        scene.feed()
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 100_000)
        with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
            while True:
                file.write(b"\0")
        for _ in range(10):
            scene.drop(next(scene.faxes), scene.incoming)
            time.sleep(1)
            scene.programs.revive()
        filler.unlink()
        scene.done["disk full"] += 1
        time.sleep(5)


def database_away(scene: Scene) -> None:
    """Stop PostgreSQL for a minute, and go on feeding."""
    assert scene.postgres is not None
    scene.feed()
    time.sleep(3)
    scene.postgres.kill()
    scene.done[f"away for {AWAY:g} s"] += 1
    until = time.monotonic() + AWAY
    while time.monotonic() < until:
        if len(scene.fed.files) < 3 * LOAD:
            scene.drop(next(scene.faxes), scene.incoming)
        scene.programs.revive()
        time.sleep(1)


def folder_away(scene: Scene) -> None:
    """Unmount the watched folder while faxes come behind it, and mount it again; five times."""
    behind = scene.folder / "behind"
    behind.mkdir()
    for _ in range(5):
        _mount("--bind", str(behind), str(scene.incoming))
        for _ in range(4):
            scene.drop(next(scene.faxes), behind)
            time.sleep(scene.rng.uniform(0.2, 1.5))
        subprocess.run(["umount", "--lazy", str(scene.incoming)], check=True)
        scene.done["unmounted and back"] += 1
        for _ in range(3):
            scene.drop(next(scene.faxes), behind)
            time.sleep(1)
    _mount("--bind", str(behind), str(scene.incoming))


def clock_jump(scene: Scene) -> None:
    """Set the clock of all programs forward and back while they work."""
    for jump in JUMPS * 2:
        scene.feed()
        (scene.folder / "clock").write_text(str(jump))
        scene.done["jumps"] += 1
        time.sleep(8)


def main() -> None:
    """Go through all scenes and print the table; exit code 1 when a file was lost or counted twice."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # nothing that we started stays behind
    console = Console(width=None if sys.stdout.isatty() else 140)
    folder = arguments.out or Path(tempfile.mkdtemp(prefix="faxforms-faults-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    rows: list[tuple[str, Scene, Verdict]] = []
    for number, (name, run) in enumerate(_scenes(arguments, folder)):
        if arguments.only and arguments.only not in name:
            continue
        say(name)
        scene, verdict = run(arguments.seed + number)
        rows.append((name, scene, verdict))
        say(f"{'holds' if verdict.holds else 'DOES NOT HOLD'}: {dict(scene.done)}")
        for problem in (*verdict.lost[:5], *verdict.twice[:5], *map(str, verdict.accounts.wrong[:5])):
            say(f"  {problem}")
    console.print(_table(rows, arguments.seed))
    sys.exit(0 if all(verdict.holds for _, _, verdict in rows) else 1)


Run = Callable[[int], tuple[Scene, Verdict]]


def _scenes(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Run]]:
    def with_postgres(name: str, fault: Callable[[Scene], None], under_up: bool = False) -> Run:
        def run(seed: int) -> tuple[Scene, Verdict]:
            place = folder / name
            place.mkdir(parents=True)
            folder.chmod(0o755)  # PostgreSQL runs as somebody else
            postgres = Postgres(place / "postgresql")
            try:
                return _run(Scene(place, seed, postgres, under_up, frozenset(arguments.victims)), fault)
            finally:
                postgres.stop()

        return run

    def plain(name: str, fault: Callable[[Scene], None], **environment: str) -> Run:
        return lambda seed: _run(Scene(folder / name, seed, environment=environment), fault)

    up = min(arguments.up, arguments.count)
    if arguments.count > up:
        yield "kill -9", with_postgres("kills", lambda scene: kills(scene, arguments.count - up, arguments.every))
    if up:
        yield (
            "kill -9 under faxforms up",
            with_postgres("up", lambda scene: kills(scene, up, 4 * arguments.every), True),
        )
    yield "database away", with_postgres("away", database_away)
    if os.geteuid() == 0:
        yield "folder unmounted and back", lambda seed: _and_unmount(folder / "unmounted", seed)
        yield "disk full", lambda seed: _on_small_disk(folder / "full", seed)
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler:
        yield "clock jump", plain("clock jump", clock_jump, **_wrong_clock(folder / "clock jump", compiler))


def _run(scene: Scene, fault: Callable[[Scene], None]) -> tuple[Scene, Verdict]:
    try:
        fault(scene)
        scene.drain()
    finally:
        scene.programs.stop()
    return scene, scene.verdict()


def _and_unmount(folder: Path, seed: int) -> tuple[Scene, Verdict]:
    try:
        return _run(Scene(folder, seed), folder_away)
    finally:
        subprocess.run(["umount", "--lazy", str(folder / "incoming")], check=False)


def _on_small_disk(folder: Path, seed: int) -> tuple[Scene, Verdict]:
    data = folder / "data"
    data.mkdir(parents=True)
    _mount("-t", "tmpfs", "-o", "size=40m", "tmpfs", str(data))
    try:
        return _run(Scene(folder, seed), disk_full)
    finally:
        subprocess.run(["umount", "--lazy", str(data)], check=True)


def _wrong_clock(folder: Path, compiler: str) -> dict[str, str]:
    """An environment under which programs take the clock from a file (see clock.c)."""
    folder.mkdir(parents=True)
    library, offset = folder / "clock.so", folder / "clock"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
    offset.write_text("0")
    return {"LD_PRELOAD": str(library), "CLOCK_OFFSET_FILE": str(offset)}


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def _table(rows: list[tuple[str, Scene, Verdict]], seed: int) -> Table:
    table = Table(title=f"Every file in the ledger exactly once? Seed {seed}", title_justify="left")
    for heading in ("fault", "times", "files", "documents", "pages", "held", "lost", "twice", "holds"):
        table.add_column(heading, justify="left" if heading in ("fault", "times") else "right")
    for name, scene, verdict in rows:
        times = ", ".join(f"{what} {number}" for what, number in sorted(scene.done.items()))
        counts = (verdict.files, verdict.documents, verdict.accounts.pages_in, verdict.held)
        wrong = len(verdict.lost) + verdict.undecided, len(verdict.twice)
        table.add_row(name, times, *map(str, (*counts, *wrong)), "yes" if verdict.holds else "NO")
    return table


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="kills, all together")
    parser.add_argument("--up", type=int, default=30, help="so many of them under `faxforms up`")
    parser.add_argument(
        "--every", type=float, default=2.0, help="mean seconds from work to kill; under `up` four times"
    )
    parser.add_argument(
        "--victims", nargs="+", default=[], help="only these roles: watcher, worker, reader, station, server, run, …"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only the scenes whose name has these words")
    parser.add_argument("--out", type=Path, help="a new folder for everything; else one below the temporary folder")
    return parser.parse_args()


if __name__ == "__main__":
    main()
