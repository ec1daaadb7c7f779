"""Mails of fax services: a maildir and an mbox, delivered by the standard library as a mail program would."""

from __future__ import annotations

import datetime as dt
import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pipeline import originals
from pipeline.intake import mail
from pipeline.intake.attachments import attachments_of
from pipeline.intake.mail import MaildirDrop, MboxDrop
from pipeline.store.models import Document, Source
from pipeline.store.opening import Store

FAX, OTHER = b"II*\x00 a fax", b"%PDF-1.4 another"


def mail_with(*files: tuple[str, bytes], message_id: str | None = "<1@fax.example>") -> EmailMessage:
    """As fax-to-mail services write them: a text that says who called, and the fax."""
    message = EmailMessage()
    message["From"], message["Subject"] = "fax@fax.example", "Fax of +1 555 0100"
    message["Date"] = "Fri, 15 Jul 2022 23:59:00 -0500"
    if message_id:
        message["Message-ID"] = message_id
    message.set_content("A fax of 2 pages.")
    for name, data in files:
        subtype = "tiff" if name.endswith(".tif") else "octet-stream"
        message.add_attachment(data, "image" if subtype == "tiff" else "application", subtype, filename=name)
    return message


@pytest.fixture
def maildir(tmp_path: Path) -> mailbox.Maildir:
    return mailbox.Maildir(tmp_path / "Maildir")


@pytest.fixture
def drop(maildir: mailbox.Maildir, tmp_path: Path) -> MaildirDrop:
    assert maildir is not None
    return MaildirDrop(tmp_path / "Maildir")


def sources(store: Store) -> list[tuple[str, str, bytes]]:
    with Session(store.engine) as session:
        rows = session.execute(
            select(Source.source_id, Source.file, Document.sha256).join(Document).order_by(Source.id)
        )
        return [(name, file, originals.fetch(store.originals, sha256)) for name, file, sha256 in rows]


def flags(tmp_path: Path) -> list[str]:
    assert list((tmp_path / "Maildir" / "new").iterdir()) == []
    return sorted(path.name.rpartition(",")[2] for path in (tmp_path / "Maildir" / "cur").iterdir())


def test_every_attachment_of_a_new_mail_is_a_document_and_the_mail_is_seen(
    store: Store, maildir: mailbox.Maildir, drop: MaildirDrop, tmp_path: Path
) -> None:
    maildir.add(mail_with(("fax.tif", FAX), ("C:\\scans\\more.pdf", OTHER)))
    assert drop.look(store) == 2
    assert drop.look(store) == 0
    assert sources(store) == [
        ("<1@fax.example>#2", "fax.tif", FAX),
        ("<1@fax.example>#3", "more.pdf", OTHER),
    ]
    assert flags(tmp_path) == ["S"]
    with Session(store.engine) as session:
        source = session.scalars(select(Source)).first()
        assert source is not None
        assert (source.channel, source.received) == ("mail", dt.date(2022, 7, 15))
        assert source.details is not None
        assert source.details["subject"] == "Fax of +1 555 0100"


def test_killed_before_the_mail_is_acknowledged_nothing_is_there_twice(
    store: Store, maildir: mailbox.Maildir, drop: MaildirDrop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maildir.add(mail_with(("fax.tif", FAX)))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(MaildirDrop, "_acknowledge", killed)
        with pytest.raises(KeyboardInterrupt):
            drop.look(store)
    assert MaildirDrop(tmp_path / "Maildir").look(store) == 1
    assert len(sources(store)) == 1
    assert flags(tmp_path) == ["S"]


def test_a_mail_without_a_document_is_flagged_for_a_person(
    store: Store, maildir: mailbox.Maildir, drop: MaildirDrop, tmp_path: Path
) -> None:
    maildir.add(mail_with())
    maildir.add(b"no mail at all \xff\xfe")
    assert drop.look(store) == 0
    assert flags(tmp_path) == ["F", "F"]


def test_two_mails_of_one_id_with_other_faxes_are_both_taken_in(
    store: Store, maildir: mailbox.Maildir, drop: MaildirDrop
) -> None:
    maildir.add(mail_with(("fax.tif", FAX)))
    maildir.add(mail_with(("fax.tif", OTHER)))
    assert drop.look(store) == 2
    assert sorted(data for _, _, data in sources(store)) == sorted([FAX, OTHER])


def test_a_mail_waits_while_the_database_is_away(
    store: Store, maildir: mailbox.Maildir, drop: MaildirDrop, monkeypatch: pytest.MonkeyPatch
) -> None:
    maildir.add(mail_with(("fax.tif", FAX)))

    def away(*_: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    with monkeypatch.context() as patched:
        patched.setattr(mail, "take_in_stream", away)
        with pytest.raises(OperationalError):
            drop.look(store)
    assert drop.look(store) == 1


def test_an_mbox_is_taken_in_as_it_grows_and_known_by_the_ledger(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "fax.mbox"
    box = mailbox.mbox(path)
    box.add(mail_with(("fax.tif", FAX)))
    box.flush()
    drop = MboxDrop(path, settle=0.0)
    assert (drop.look(store), drop.look(store)) == (1, 0)
    box.add(mail_with(("more.pdf", OTHER), message_id="<2@fax.example>"))
    box.flush()
    drop.look(store)
    MboxDrop(path, settle=0.0).look(store)  # as a program that was started again
    assert [(name, data) for name, _, data in sources(store)] == [
        ("<1@fax.example>#2", FAX),
        ("<2@fax.example>#2", OTHER),
    ]


def test_an_mbox_that_is_locked_waits(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "fax.mbox"
    box = mailbox.mbox(path)
    box.add(mail_with(("fax.tif", FAX)))
    box.flush()
    (tmp_path / "fax.mbox.lock").touch()  # as procmail locks it while it delivers
    drop = MboxDrop(path, settle=0.0)
    with pytest.raises(BlockingIOError):
        drop.look(store)
    (tmp_path / "fax.mbox.lock").unlink()
    assert drop.look(store) == 1


def test_mails_in_every_odd_shape() -> None:
    unnamed = mail_with(("fax.tif", FAX), message_id=None)
    del unnamed["Date"]
    (one,) = attachments_of(unnamed.as_bytes(), arrived=1_600_000_000)
    assert one.source_id.startswith("sha256:")
    assert one.received == dt.datetime.fromtimestamp(1_600_000_000).astimezone().date()
    forwarded = EmailMessage()
    forwarded["Message-ID"] = "<x" + "y" * 400 + "@fax.example>"
    forwarded.set_content("see below")
    forwarded.add_attachment(mail_with(("fax.tif", FAX)))
    forwarded.add_attachment(b"signed", "application", "pgp-signature", filename="signature.asc")
    (inner,) = attachments_of(forwarded.as_bytes(), arrived=0)
    assert (inner.data, inner.file) == (FAX, "fax.tif")
    assert len(inner.source_id) < 100
    assert list(attachments_of(b"Subject: =?nonsense?Q?x?=\nContent-Type: image/tiff\n\n\xff", arrived=0))
