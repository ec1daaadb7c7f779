"""Columns whose bytes are encrypted: nobody who reads or writes the column has to think of it."""

from __future__ import annotations

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from pipeline.encryption.keys import NO_KEYS, Keyring
from pipeline.encryption.sealing import open_bytes, seal_bytes


def give_keys(dialect: Dialect, keys: Keyring) -> None:
    """Let the engine of that dialect (each engine has its own) seal and open with these keys."""
    dialect.faxforms_keys = keys  # type: ignore[attr-defined]  # the only thing that a column type gets to see


class SealedBytes(TypeDecorator[bytes]):
    """Bytes, sealed in the database where the engine has keys; what was written before there were any stays readable.

    KeyMissing or SealBroken when they cannot be opened.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Seal with the current key."""
        current = _keys(dialect).current
        return value if value is None or current is None else seal_bytes(value, current)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Open with whichever key sealed it."""
        return None if value is None else open_bytes(value, _keys(dialect))


def _keys(dialect: Dialect) -> Keyring:
    keys: Keyring = getattr(dialect, "faxforms_keys", NO_KEYS)
    return keys
