"""`faxforms watch` as a program of its own: a real folder, files that come while it runs, and a clean end."""

from __future__ import annotations

import json
import mailbox
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.store.models import Document, DocumentState, Source
from pipeline.store.opening import Store
from tests.flows.installation import FAXES, Installation, copy_faxes

PATIENCE = 120.0
QUICK = {"FAXFORMS_WATCH__SETTLE_SECONDS": "0.5", "FAXFORMS_WATCH__RESCAN_SECONDS": "0.5", "FAXFORMS_WORKERS": "1"}


@pytest.fixture
def watching(installation: Installation, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        (tmp_path / "incoming").mkdir(exist_ok=True)
        environment = {**os.environ, **QUICK, "FAXFORMS_DATA_DIR": str(installation.folder)}
        command = [sys.executable, "-m", "flows", "watch", str(tmp_path / "incoming"), *words]
        started.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.2)


def number_of(store: Store, table: type[Source | Document], **what: object) -> int:
    with Session(store.engine) as session:
        return session.scalar(select(func.count()).select_from(table).filter_by(**what)) or 0


def test_files_are_taken_in_as_they_come_and_after_a_kill(
    store: Store, tmp_path: Path, watching: Callable[..., subprocess.Popen[str]]
) -> None:
    first = watching()
    incoming = tmp_path / "incoming"
    (incoming / "1.tif").write_bytes(b"first")
    until(lambda: number_of(store, Source) == 1)
    first.kill()
    first.wait()
    (incoming / "2.tif").write_bytes(b"second")
    second = watching()
    until(lambda: number_of(store, Source) == 2 and not (incoming / "2.tif").exists())
    second.send_signal(signal.SIGTERM)
    assert second.wait(PATIENCE) == 0
    assert number_of(store, Document, state=DocumentState.RECEIVED) == 2  # reading is the intake flow's
    assert sorted(path.name for path in (incoming / "taken-in").iterdir()) == ["1.tif", "2.tif"]


def test_places_of_the_settings_are_watched_beside_those_of_the_command_line(
    tmp_path: Path, installation: Installation
) -> None:
    named, set_up, mails = tmp_path / "named", tmp_path / "set up", tmp_path / "Maildir"
    for folder in (named, set_up):
        folder.mkdir()
        (folder / "fax.tif").write_bytes(folder.name.encode())
    mailbox.Maildir(mails, create=True).add("Subject: nothing attached\n\n")
    with pytest.MonkeyPatch.context() as environment:
        settings = {"FAXFORMS_WATCH__FOLDERS": [str(set_up), str(named)], "FAXFORMS_WATCH__MAILDIRS": [str(mails)]}
        for name, value in (QUICK | {name: json.dumps(places) for name, places in settings.items()}).items():
            environment.setenv(name, value)
        told = installation.faxforms("watch", named, "--once").stderr
    assert "2 files taken in" in told
    assert [path.name[-1] for path in (mails / "cur").iterdir()] == ["F"]


def test_once_with_process_takes_in_what_is_there_reads_it_and_ends(
    store: Store, tmp_path: Path, installation: Installation
) -> None:
    batch = copy_faxes(tmp_path / "incoming", 1)
    batch.manifest.unlink()
    (batch.folder / "damaged.tif").write_bytes(b"II*\x00")
    installation.faxforms("registry", "import", FAXES / "registry.json")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in QUICK.items():
            environment.setenv(name, value)
        told = installation.faxforms("watch", batch.folder, "--once", "--process").stderr
    assert "2 files taken in" in told
    assert number_of(store, Document, state=DocumentState.FAILED) == 1
    assert number_of(store, Document, state=DocumentState.RECEIVED) == 0
    shutil.rmtree(batch.folder / "taken-in")
    assert list(batch.folder.iterdir()) == []
