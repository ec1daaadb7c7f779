"""The process supervisor: `supervisor` (supervisord.org), one configuration file and one socket of our own.

Why this one: it restarts what dies, ever more patiently (1, 2, 3 … s), ends whole process groups, shuts down in order
on SIGTERM and Ctrl-C, tells the state of every program, needs nothing but Python, and has been kept up since 2004.
honcho stops everything when one program ends. circus brings ZeroMQ and an event loop for what two pipes do here.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from flows.errors import ServiceRefused

NEVER_GIVE_UP = 1_000_000
"""Starts in a row that may fail: a database that is away for a night must not need a person in the morning."""

LOG_BYTES, LOGS_KEPT = 10_000_000, 5


@dataclass(frozen=True, slots=True)
class Program:
    """A program to keep running.

    `once`: it has done its work when it ends with 0. `stop` is the signal that ends it, and `patience` the seconds that
    it then has; `settled` the seconds after which its start counts as a success. Lower `order` starts first and stops
    last.
    """

    name: str
    command: Sequence[str]
    order: int
    once: bool = False
    stop: str = "TERM"
    patience: int = 10
    settled: int = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """How a program stands: supervisor's word for its state (RUNNING, BACKOFF, …), and since when or why."""

    name: str
    state: str
    said: str
    pid: int | None


def supervise(programs: Sequence[Program], folder: Path, environment: Mapping[str, str]) -> NoReturn:
    """Become the supervisor of the programs, in this process; their logs lie in `folder`.

    Raises:
        ServiceRefused: one runs there already.
    """
    if _answers(folder):
        raise ServiceRefused("up: the service runs already: see `faxforms up --status`")
    folder.mkdir(parents=True, exist_ok=True)
    socket(folder).unlink(missing_ok=True)  # of one that was killed
    file = folder / "supervisor.conf"
    with file.open("w", encoding="utf-8") as text:
        _configuration(programs, folder).write(text)
    os.environ.update(environment)
    command = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(file)]
    os.execv(sys.executable, command)  # noqa: S606 - it takes our place, so that signals reach it and no other


def standings(folder: Path) -> list[Standing]:
    """How every program stands.

    Raises:
        ServiceRefused: no service runs there.
    """
    try:
        told: Any = _asked(folder).supervisor.getAllProcessInfo()
    except (OSError, Fault):
        raise ServiceRefused("up: the service does not run") from None
    ordered = sorted(told, key=lambda one: one["name"])
    return [Standing(one["name"], one["statename"], one["description"], one["pid"] or None) for one in ordered]


def socket(folder: Path) -> Path:
    """Where the supervisor of that folder listens: not in it, for such a path may have 107 characters at the most."""
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"faxforms-{os.getuid()}-{name}.sock"


def _configuration(programs: Sequence[Program], folder: Path) -> RawConfigParser:
    """As http://supervisord.org/configuration.html has it; a percent sign is doubled there."""
    parser = RawConfigParser()
    parser["unix_http_server"] = {"file": str(socket(folder)), "chmod": "0700"}
    parser["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    parser["supervisord"] = {
        "logfile": _quoted(folder / "supervisor.log"),
        "logfile_maxbytes": str(LOG_BYTES),
        "pidfile": _quoted(folder / "supervisor.pid"),
        "childlogdir": _quoted(folder),
        "umask": "077",
    }
    for program in programs:
        parser[f"program:{program.name}"] = _section(program, folder)
    return parser


def _section(program: Program, folder: Path) -> dict[str, str]:
    return {
        "command": " ".join(f'"{_quoted(word)}"' for word in _ending_with_us(program)),
        "priority": str(program.order),
        "autorestart": "unexpected" if program.once else "true",
        "startsecs": "0" if program.once else str(program.settled),
        "startretries": str(NEVER_GIVE_UP),
        "stopsignal": program.stop,
        "stopwaitsecs": str(program.patience),
        "stopasgroup": "true",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": _quoted(folder / f"{program.name}.log"),
        "stdout_logfile_maxbytes": str(LOG_BYTES),
        "stdout_logfile_backups": str(LOGS_KEPT),
    }


def _ending_with_us(program: Program) -> list[str]:
    return [sys.executable, "-m", "flows.supervised", f"SIG{program.stop}", *program.command]


def _quoted(word: object) -> str:
    return str(word).replace("%", "%%")


def _asked(folder: Path) -> ServerProxy:
    return ServerProxy("http://localhost", transport=SupervisorTransport(None, None, f"unix://{socket(folder)}"))


def _answers(folder: Path) -> bool:
    try:
        standings(folder)
    except ServiceRefused:
        return False
    return True
