"""`faxforms watch`: files of fax servers and mails of fax services are taken in as they arrive."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from flows.reading_on import reading_what_waits
from flows.store import opened_store
from flows.terminal import err
from pipeline.intake.drop import FolderDrop
from pipeline.intake.mail import MaildirDrop, MboxDrop
from pipeline.intake.watching import Drop, take_in_what_is_there
from pipeline.intake.watching import watch as keep_watching


def watch(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="DIR…", help="Folders of fax servers, with all folders in them.")
    ] = None,
    maildir: Annotated[
        list[Path] | None, typer.Option(help="A maildir of a fax-to-mail service.", exists=True, file_okay=False)
    ] = None,
    mbox: Annotated[list[Path] | None, typer.Option(help="Likewise a file in mbox format.", dir_okay=False)] = None,
    process: Annotated[
        bool, typer.Option("--process", help="Read and judge it too, without Prefect; else the intake flow does.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="Take in what is there now, and end.")] = False,
) -> None:
    """Take in what arrives, for as long as the program runs: each file once it is complete.

    Its original is safe on disk and in the ledger before it is acknowledged: moved to the folder `taken-in`
    (FAXFORMS_WATCH__ACKNOWLEDGE, FAXFORMS_WATCH__TAKEN_IN). What cannot be taken in now is tried again: a folder that
    is away, a file that cannot be read, a database that is locked, a disk that is full. Of a mail every attachment is
    a document; a mail of a maildir is then marked as seen. What the settings name (FAXFORMS_WATCH__FOLDERS,
    FAXFORMS_WATCH__MAILDIRS, FAXFORMS_WATCH__MBOXES) is watched as well. SIGTERM and Ctrl-C end it.

    Example: faxforms watch /srv/fax/incoming --process
    """
    with opened_store() as store, _stopped_by_signal() as stop:
        how = store.settings.watch
        drops: list[Drop] = [
            *(FolderDrop(folder, how) for folder in _both(folders, how.folders)),
            *(MaildirDrop(folder) for folder in _both(maildir, how.maildirs)),
            *(MboxDrop(file, how.settle_seconds) for file in _both(mbox, how.mboxes)),
        ]
        if not drops:
            raise typer.BadParameter("name a folder or mailbox", param_hint="DIR")
        with reading_what_waits(stop) if process else nullcontext():
            if once:
                err.print(f"{take_in_what_is_there(store, drops, how, stop)} files taken in", highlight=False)
            else:
                keep_watching(store, drops, how, stop)


def _both(named: Iterable[Path] | None, set_up: Iterable[Path]) -> Iterable[Path]:
    """What the command line names and what the settings name, each once."""
    return dict.fromkeys(path.resolve() for path in (*(named or ()), *set_up))


@contextmanager
def _stopped_by_signal() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set: the file in hand is taken in, then everything ends."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
