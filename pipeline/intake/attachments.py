"""What a mail of a fax-to-mail service brings: its attachments, each with what the mail says of it."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime
from typing import Any

CHANNEL = "mail"

SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
"""Attachments that sign the mail, and are no document."""

LONGEST_ID = 300
"""Characters of a Message-ID that are kept; a longer one is known by its hash."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail. `source_id` is the mail's Message-ID with the number of the part."""

    data: bytes = field(repr=False)
    file: str = field(repr=False)
    received: dt.date
    source_id: str = field(repr=False)
    details: dict[str, Any] = field(repr=False)


def attachments_of(raw: bytes, arrived: float) -> Iterator[Attachment]:
    """The documents in a mail, in their order; `arrived` is when it came, where the mail does not tell.

    Text is no document, whether it is the mail's own or an attachment. What else is attached is one, also where it
    cannot be read: then a person sees it.
    """
    # not the policy for new mails: it raises errors over headers that fax services write in their own way
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    name, received = _message_id(message, raw), _day(message, arrived)
    for number, part in enumerate(message.walk()):
        if _is_document(part):
            data = part.get_payload(decode=True)
            if isinstance(data, bytes):
                file = _file(part, number)
                yield Attachment(data, file, received, f"{name}#{number}", _details(message))


def _is_document(part: Message | EmailMessage) -> bool:
    kind = part.get_content_type()
    is_container = part.is_multipart() or part.get_content_maintype() in ("multipart", "message")
    return not is_container and part.get_content_maintype() != "text" and kind not in SIGNATURES


def _message_id(message: Message, raw: bytes) -> str:
    """As the mail names itself; by its bytes where it does not."""
    told = str(message.get("Message-ID", "")).strip()
    if told and len(told) <= LONGEST_ID:
        return told
    return "sha256:" + hashlib.sha256(told.encode("utf-8", "replace") or raw).hexdigest()


def _day(message: Message, arrived: float) -> dt.date:
    """The day on which it was sent, in the sender's time zone: a fax service sends as soon as it has the fax."""
    try:
        return parsedate_to_datetime(str(message["Date"])).date()
    except (TypeError, ValueError):
        return dt.datetime.fromtimestamp(arrived).astimezone().date()


def _file(part: Message, number: int) -> str:
    ending = mimetypes.guess_extension(part.get_content_type()) or ""
    name = _plain(part.get_filename()) or f"part-{number}{ending}"
    return name.replace("\\", "/").rpartition("/")[2]


def _details(message: Message) -> dict[str, Any]:
    told = {name: _plain(message.get(name)) for name in ("From", "Subject", "Date", "Message-ID")}
    return {name.lower(): value for name, value in told.items() if value}


def _plain(header: object) -> str:
    """A header's text, decoded as far as it can be."""
    try:
        return str(email.header.make_header(email.header.decode_header(str(header or "")))).strip()
    except (LookupError, ValueError):
        return str(header)
