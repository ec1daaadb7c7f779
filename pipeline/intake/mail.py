"""Mailboxes of fax-to-mail services: a maildir, or one file in mbox format, into which mails are delivered.

A mail is acknowledged once all its attachments are safe: in a maildir by moving it from `new` to `cur`, marked as seen,
so that a mail program shows what was taken in. An mbox belongs to whoever delivers; what was taken in there is known by
the ledger. A mail without a document is marked as flagged: a person should look at it.
"""

from __future__ import annotations

import email.errors
import io
import mailbox
import os
from collections.abc import Callable
from pathlib import Path

from pipeline import logs
from pipeline.errors import SourceConflict
from pipeline.intake.attachments import CHANNEL, attachments_of
from pipeline.intake.drop import STORE_IS_FULL
from pipeline.intake.entering import Origin, take_in_stream
from pipeline.intake.settling import Settling, Stamp
from pipeline.store.opening import Store

SEEN, FLAGGED = "S", "F"


class MaildirDrop:
    """A maildir: mails in `new` are whole, for they are renamed into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._settling = Settling(0.0)

    @property
    def waits(self) -> bool:
        """Whether mails are there that were not looked at yet."""
        return self._settling.waits

    def look(self, store: Store) -> int:
        """Take in the attachments of new mails, the oldest first; how many. One that cannot be read holds up no other.

        Raises:
            OSError, sqlalchemy.exc.OperationalError: nothing can be taken in now.
        """
        taken_in = 0
        new = {Path(entry.path): _stamp(entry.stat()) for entry in os.scandir(self.folder / "new") if entry.is_file()}
        for path in self._settling.complete(new):
            try:
                number = _take_in(store, path.read_bytes(), path.stat().st_mtime)
                self._acknowledge(path, flags=SEEN if number else FLAGGED)
            except (OSError, SourceConflict, email.errors.MessageError) as error:
                if isinstance(error, OSError) and error.errno in STORE_IS_FULL:
                    raise
                pause = self._settling.put_off(path)
                logs.logger().warning("not taken in", step="take_in", error=type(error).__name__, seconds=pause)
            else:
                self._settling.done(path)
                taken_in += number
        return taken_in

    def _acknowledge(self, path: Path, flags: str) -> None:
        # as the maildir convention has it (cr.yp.to/proto/maildir.html): a colon, "2," and the flags
        path.rename(self.folder / "cur" / f"{path.name.partition(':')[0]}:2,{flags}")


class MboxDrop:
    """One file of mails, one after the other; looked through whenever it has changed and stands still again."""

    def __init__(self, path: Path, settle: float) -> None:
        self.path = path.resolve()
        self._settling = Settling(settle)
        self._done: Stamp | None = None

    @property
    def waits(self) -> bool:
        """Whether mails came that were not looked at yet."""
        return self._settling.waits

    def look(self, store: Store) -> int:
        """Take in the attachments of all its mails; how many, those that are known counted again.

        Raises:
            OSError, sqlalchemy.exc.OperationalError: nothing can be taken in now.
        """
        stamp = _stamp(self.path.stat())
        if stamp == self._done or not self._settling.complete({self.path: stamp}):
            return 0
        taken_in, flawless = 0, True
        arrived = self.path.stat().st_mtime
        for raw in self._mails():
            try:
                taken_in += _take_in(store, raw, arrived, lambda: _stamp(self.path.stat()) == stamp)
            except SourceConflict:  # something is being delivered: everything once more
                return taken_in
            except email.errors.MessageError as error:
                flawless = False
                logs.logger().warning("not taken in", step="take_in", error=type(error).__name__)
        if flawless:
            self._done = stamp
            self._settling.done(self.path)
        else:
            self._settling.put_off(self.path)
        return taken_in

    def _mails(self) -> list[bytes]:
        """Under the mailbox's lock, which whoever delivers takes too: no mail is read half."""
        if not self.path.stat().st_size:
            return []
        box = mailbox.mbox(self.path, create=False)
        try:
            box.lock()
            return [box.get_bytes(key) for key in box.iterkeys()]
        except mailbox.ExternalClashError as error:
            raise BlockingIOError("the mailbox is locked") from error
        finally:
            box.close()


def _take_in(store: Store, raw: bytes, arrived: float, whole: Callable[[], bool] | None = None) -> int:
    """Take in every document of a mail; how many."""
    number = 0
    for one in attachments_of(raw, arrived):
        origin = Origin(one.file, one.received, CHANNEL, one.details, one.source_id)
        take_in_stream(store, io.BytesIO(one.data), origin, whole)
        number += 1
    if not number:
        logs.logger().warning("mail without a document", step="take_in", channel=CHANNEL)
    return number


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_size, status.st_mtime_ns)
