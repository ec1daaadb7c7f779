"""The format of what is sealed: AES-256-GCM in segments, so that a file of any size passes through little memory.

    magic         8 bytes: "FXSEAL1" and a newline
    key id        8 bytes: which key opens it (keys.Key.id)
    salt         16 random bytes: the file's own key is HKDF-SHA256 of key and salt, with the header as context
    segments     1 MiB of plain bytes each, the last one shorter: encrypted, with a tag of 16 bytes

A segment's nonce is its number and whether it is the last: segments cannot be dropped, swapped or cut off (STREAM:
Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015; a key of its own for every file, as in Tink's AES-GCM-HKDF). What
does not begin with the magic is not sealed, and is handed on as it stands: older files stay readable. Where nothing is
sealed, bytes that happen to begin so lie behind the magic and a key id of zeros, so that they come back as they were.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipeline.encryption.keys import ID_BYTES, KEY_BYTES, Key, Keyring
from pipeline.errors import KeyMissing, SealBroken

MAGIC = b"FXSEAL1\n"
SALT_BYTES, TAG_BYTES = 16, 16
HEADER_BYTES = len(MAGIC) + ID_BYTES + SALT_BYTES
SEGMENT = 1 << 20
"""Plain bytes in a segment."""

NO_KEY = bytes(ID_BYTES)
"""Stands in the place of a key id where what follows is plain."""


class SealingWriter:
    """Encrypts what is written to it into a file, which stays open; `close` writes the last segment.

    What was not closed is cut off, and does not open again.
    """

    def __init__(self, file: BinaryIO, key: Key) -> None:
        header = MAGIC + key.id + secrets.token_bytes(SALT_BYTES)
        self._file, self._cipher = file, _cipher(key, header)
        self._waiting, self._number = bytearray(), 0
        file.write(header)

    def write(self, data: bytes) -> None:
        """Take more plain bytes."""
        self._waiting += data
        while len(self._waiting) > SEGMENT:  # the last segment, full or not, is for `close`
            self._seal(bytes(self._waiting[:SEGMENT]), last=False)
            del self._waiting[:SEGMENT]

    def close(self) -> None:
        """Write what is left, marked as the end."""
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), plain, None))
        self._number += 1


class PlainWriter:
    """Writes what is not sealed into a file, so that nobody takes it for sealed; `close` writes what is left."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._beginning, self._begun = file, bytearray(), False

    def write(self, data: bytes) -> None:
        """Take more plain bytes."""
        if self._begun:
            self._file.write(data)
            return
        self._beginning += data
        if len(self._beginning) >= len(MAGIC):
            self._begin()

    def close(self) -> None:
        """Write what was too short to be told from the magic."""
        if not self._begun:
            self._begin()

    def _begin(self) -> None:
        self._file.write((MAGIC + NO_KEY if self._beginning.startswith(MAGIC) else b"") + self._beginning)
        self._begun = True


def opened(file: BinaryIO, keys: Keyring) -> Iterator[bytes]:
    """The plain bytes of a file, sealed or not, a segment at a time.

    Raises:
        KeyMissing: none of the keys sealed it; the message names the one that did.
        SealBroken: it was changed or cut off since.
    """
    header = file.read(HEADER_BYTES)
    if sealed_by(header) is None:
        yield header.removeprefix(MAGIC + NO_KEY)
        while plain := file.read(SEGMENT):
            yield plain
        return
    cipher = _cipher(_find(header, keys), header)
    number, segment = 0, file.read(SEGMENT + TAG_BYTES)
    while True:
        following = file.read(SEGMENT + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), segment, None)
        except InvalidTag:
            raise SealBroken(f"unseal: segment {number + 1} was changed, or the file is cut off") from None
        if not following:
            return
        number, segment = number + 1, following


def seal_bytes(plain: bytes, key: Key) -> bytes:
    """A small thing, sealed."""
    sealed = io.BytesIO()
    writer = SealingWriter(sealed, key)
    writer.write(plain)
    writer.close()
    return sealed.getvalue()


def open_bytes(data: bytes, keys: Keyring) -> bytes:
    """The plain bytes of a small thing, sealed or not; errors as `opened`."""
    return b"".join(opened(io.BytesIO(data), keys))


def sealed_by(beginning: bytes) -> bytes | None:
    """The id of the key that sealed what begins so; None of what is not sealed."""
    key_id = beginning[len(MAGIC) : len(MAGIC) + ID_BYTES]
    return key_id if beginning.startswith(MAGIC) and key_id != NO_KEY else None


def prefix_of(key: Key | None) -> bytes:
    """How everything begins that the key sealed."""
    return b"" if key is None else MAGIC + key.id


def _find(header: bytes, keys: Keyring) -> Key:
    key_id = sealed_by(header) or b""
    key = keys.find(key_id)
    if key is None:
        raise KeyMissing(f"unseal: key {key_id.hex()} sealed this, and it is not among the {len(keys.keys)} keys given")
    return key


def _cipher(key: Key, header: bytes) -> AESGCM:
    salt = header[-SALT_BYTES:]
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, info=header[:-SALT_BYTES]).derive(key.secret))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
