"""The keys of an installation: 32 random bytes each, base64, one a line; the last seals, all of them open.

A key is known by its fingerprint, which stands in the header of everything that it sealed. So keys need no names, and a
key that is missing can be told from data that is damaged.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import KeysUnusable

KEY_BYTES = 32  # AES-256
ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Key:
    """A key; it never shows itself."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        """The fingerprint: says which key it is, and nothing of the key."""
        return hashlib.sha256(b"faxforms key\n" + self.secret).digest()[:ID_BYTES]

    @property
    def name(self) -> str:
        """The fingerprint as people read it (hex)."""
        return self.id.hex()


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys of an installation, the oldest first; without any, nothing is sealed."""

    keys: tuple[Key, ...] = ()

    @property
    def current(self) -> Key | None:
        """The key that seals from now on."""
        return self.keys[-1] if self.keys else None

    def find(self, key_id: bytes) -> Key | None:
        """The key of that fingerprint."""
        return next((key for key in self.keys if key.id == key_id), None)


NO_KEYS = Keyring()


def read_keyring(file: Path | None, text: str = "") -> Keyring:
    """The keys in the file, followed by those in the text (from the environment).

    Raises:
        KeysUnusable: the file cannot be read, or a line is no key. Nothing of the line is told.
    """
    lines = text.split()
    if file is not None:
        try:
            lines = [*_lines(file.read_text(encoding="ascii")), *lines]
        except (OSError, UnicodeDecodeError) as error:
            raise KeysUnusable(f"keys: the key file cannot be read ({type(error).__name__})") from None
    keys = tuple(_key(number, line) for number, line in enumerate(lines, 1))
    if len({key.id for key in keys}) != len(keys):
        raise KeysUnusable("keys: the same key is there twice: which is the current one?")
    return Keyring(keys)


def add_key(file: Path) -> Key:
    """Put a new key at the end of the file, which only its owner can read; from now on it seals.

    The file is written beside its place and renamed: a crash leaves the old keys or all of them.
    """
    key = Key(secrets.token_bytes(KEY_BYTES))
    before = file.read_text(encoding="ascii") if file.exists() else ""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as new:
        new.write(before + ("" if before.endswith("\n") or not before else "\n"))
        new.write(base64.b64encode(key.secret).decode("ascii") + "\n")
        new.flush()
        os.fsync(new.fileno())
    beside.replace(file)
    return key


def _lines(text: str) -> list[str]:
    """The lines that hold something; what follows a # is for people."""
    return [line for whole in text.splitlines() if (line := whole.partition("#")[0].strip())]


def _key(number: int, line: str) -> Key:
    try:
        secret = base64.b64decode(line, validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise KeysUnusable(f"keys: key {number} is not {KEY_BYTES} bytes in base64: make one with `faxforms keys new`")
    return Key(secret)
