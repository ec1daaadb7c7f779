"""`faxforms up`, for real: a fax dropped is decided, what is killed comes back, and at the end nothing is left.

One start of everything, 20 s of a quiet machine's time; patience is generous, for a busy one takes minutes.
"""

from __future__ import annotations

import json
import mailbox
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from email.message import EmailMessage
from pathlib import Path

import httpx
import psutil
import pytest

from flows.service import FOLDER
from flows.supervisor import standings
from tests.faults.programs import free_port
from tests.flows.installation import FAXES, REPOSITORY, copy_faxes

PATIENCE = 900.0
"""Seconds for one thing to happen."""

PROGRAMS = ("prefect-server", "worker-intake", "worker-other", "watch", "receive", "station")


def wait_until(done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < until, f"waited in vain: {what}"
        time.sleep(0.3)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Everything that one machine needs, started; the registry of the samples is known."""
    folder = tmp_path_factory.mktemp("up")
    (folder / "incoming").mkdir()
    mailbox.Maildir(folder / "Maildir", create=True)
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("FAXFORMS_", "PREFECT_"))}
    environment |= {
        "PYTHONPATH": str(REPOSITORY),
        "FAXFORMS_DATA_DIR": str(folder / "data"),
        "FAXFORMS_WORKERS": "1",
        "FAXFORMS_SERVICE__PREFECT_PORT": str(free_port()),
        "FAXFORMS_SERVICE__STATION_PORT": str(free_port()),
        "FAXFORMS_SERVICE__UPLOAD_PORT": str(free_port()),
        "FAXFORMS_WATCH__MAILDIRS": json.dumps([str(folder / "Maildir")]),
        "FAXFORMS_SERVICE__MIGRATION_RUNS": "0",
        "FAXFORMS_WATCH__RESCAN_SECONDS": "1",
        "FAXFORMS_WATCH__SETTLE_SECONDS": "1",
        "FAXFORMS_LOG_LEVEL": "info",
    }
    faxforms(environment, "registry", "import", str(FAXES / "registry.json"))
    command = [sys.executable, "-m", "flows", "up", str(folder / "incoming")]
    with (folder / "up.log").open("w") as log:
        started = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    running = Running(folder, environment, started)
    try:
        yield running
    finally:
        running.end()
        for process in running.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()


class Running:
    """A service that was started, and what can be seen of it from outside."""

    def __init__(self, folder: Path, environment: dict[str, str], started: subprocess.Popen[bytes]) -> None:
        self.folder, self.environment, self.started = folder, environment, started

    def end(self) -> None:
        """Ask it to end, and wait."""
        if self.started.poll() is None:
            self.started.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.started.wait(120)

    def pids(self) -> dict[str, int]:
        """The process of every program that runs."""
        told = standings(self.folder / "data" / FOLDER)
        return {one.name: one.pid for one in told if one.state == "RUNNING" and one.pid is not None}

    def run_anew(self, before: dict[str, int]) -> bool:
        """Whether the same programs run, in other processes; the supervisor takes a moment to notice that one died."""
        now = self.pids()
        return set(now) == set(before) and not set(now.values()) & set(before.values())

    def processes(self) -> list[psutil.Process]:
        """Every process that works on this installation, told by its environment."""
        mine, found = self.environment["FAXFORMS_DATA_DIR"], []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("FAXFORMS_DATA_DIR") == mine:
                    found.append(process)
        return found

    def documents(self) -> list[tuple[str, str | None]]:
        """State and lease of every document."""
        with closing(sqlite3.connect(self.folder / "data" / "faxforms.db", timeout=30)) as database:
            return database.execute("SELECT state, lease_owner FROM documents ORDER BY id").fetchall()

    def fax(self, number: int) -> Path:
        """A sample, each number another one."""
        batch = copy_faxes(self.folder / f"batch-{number}", number + 1)
        return sorted(path for path in batch.folder.iterdir() if path.suffix != ".csv")[number]

    def drop(self, name: str, number: int) -> None:
        """Put a fax into the watched folder, as a fax server does: beside its place, then renamed."""
        source, beside = self.fax(number), self.folder / f"beside-{number}"
        shutil.copyfile(source, beside)
        beside.rename(self.folder / "incoming" / f"{name}{source.suffix}")

    def mail(self, data: bytes) -> None:
        """Deliver a mail with that fax, as a fax-to-mail service does."""
        message = EmailMessage()
        message["Message-ID"] = "<1@fax.test>"
        message.add_attachment(data, maintype="image", subtype="tiff", filename="fax.tif")
        mailbox.Maildir(self.folder / "Maildir").add(message)

    def upload(self, data: bytes) -> int:
        """Upload that fax with a key made for it; the status code."""
        key = faxforms(self.environment, "receive", "admit", "gateway").strip()
        headers = {"X-API-Key": key, "Source-Id": "call-1"}
        url = self.at("FAXFORMS_SERVICE__UPLOAD_PORT", "/documents")
        return httpx.post(url, content=data, headers=headers, timeout=60).status_code

    def at(self, port: str, path: str) -> str:
        """An address of one of its servers, by the setting of its port."""
        return f"http://127.0.0.1:{self.environment[port]}{path}"

    def answers(self, port: str) -> bool:
        """Whether that server is ready: a program counts as running a while before it listens."""
        with suppress(httpx.TransportError):
            return httpx.get(self.at(port, "/health/ready"), timeout=60).text == "ready\n"
        return False

    def decided(self, number: int) -> Callable[[], bool]:
        """Whether so many documents are decided and nobody holds a lease on any."""
        ended = {"stored", "queued", "failed"}
        return lambda: [lease for state, lease in self.documents() if state in ended] == [None] * number


def faxforms(environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "flows", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout


def test_everything_works_comes_back_when_it_is_killed_and_leaves_nothing_behind(service: Running) -> None:
    service.drop("first", 0)
    wait_until(service.decided(1), "the first fax is decided")
    before = service.pids()
    assert set(before) == set(PROGRAMS)
    assert f"pid {before['watch']}," in faxforms(service.environment, "up", "--status")
    for port in ("FAXFORMS_SERVICE__STATION_PORT", "FAXFORMS_SERVICE__UPLOAD_PORT"):
        wait_until(lambda port=port: service.answers(port), f"{port} answers")

    for name in PROGRAMS:
        os.kill(before[name], signal.SIGKILL)
    wait_until(lambda: service.run_anew(before), "what was killed runs again, all of it")
    service.drop("second", 1)
    service.mail(b"by mail, no picture")
    wait_until(lambda: service.answers("FAXFORMS_SERVICE__UPLOAD_PORT"), "uploads are taken in again")
    assert service.upload(b"uploaded, no picture") == 201
    wait_until(service.decided(4), "what came after the kill is decided, whichever way it came")

    assert "runs already" in second_start(service)
    service.started.send_signal(signal.SIGTERM)
    assert service.started.wait(120) == 0
    wait_until(lambda: service.processes() == [], "no process is left")
    assert [lease for _, lease in service.documents()] == [None] * 4
    assert (
        "does not run"
        in subprocess.run(
            [sys.executable, "-m", "flows", "up", "--status"],
            env=service.environment,
            capture_output=True,
            text=True,
            check=False,
        ).stderr
    )


def second_start(service: Running) -> str:
    command = [sys.executable, "-m", "flows", "up"]
    return subprocess.run(command, env=service.environment, capture_output=True, text=True, check=False).stderr
