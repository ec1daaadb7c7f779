"""Sealed bytes: they come back whole or not at all, and no word of them stands on the disk."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.encryption import sealing
from pipeline.encryption.keys import Key, Keyring
from pipeline.errors import KeyMissing, SealBroken

OLD, NEW = Key(b"o" * 32), Key(b"n" * 32)


@given(data=st.binary(max_size=200), pieces=st.integers(1, 7), segment=st.integers(1, 50))
def test_what_was_sealed_comes_back(data: bytes, pieces: int, segment: int) -> None:
    with pytest.MonkeyPatch.context() as smaller:
        smaller.setattr(sealing, "SEGMENT", segment)
        file = io.BytesIO()
        writer = sealing.SealingWriter(file, NEW)
        for start in range(0, len(data), pieces):
            writer.write(data[start : start + pieces])
        writer.close()
        file.seek(0)
        assert b"".join(sealing.opened(file, Keyring((OLD, NEW)))) == data


def test_the_same_bytes_are_never_sealed_alike() -> None:
    assert sealing.seal_bytes(b"Zoe", NEW) != sealing.seal_bytes(b"Zoe", NEW)
    assert b"Zoe" not in sealing.seal_bytes(b"Zoe", NEW)


@given(place=st.integers(0, 150), flip=st.integers(1, 255))
def test_a_changed_byte_is_noticed_wherever_it_is(place: int, flip: int) -> None:
    with pytest.MonkeyPatch.context() as smaller:
        smaller.setattr(sealing, "SEGMENT", 20)
        sealed = bytearray(sealing.seal_bytes(b"a fax about a patient" * 3, NEW))
        sealed[place % len(sealed)] ^= flip
        if sealed.startswith(sealing.MAGIC):  # else it is not a sealed file any more, and the hash of its name fails
            with pytest.raises((SealBroken, KeyMissing)):
                sealing.open_bytes(bytes(sealed), Keyring((NEW,)))


@pytest.mark.parametrize("change", [lambda s: s[:-36], lambda s: s[:32] + s[68:104] + s[32:68] + s[104:]])
def test_segments_cannot_be_cut_off_or_swapped(change, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(sealing, "SEGMENT", 20)
    sealed = sealing.seal_bytes(b"x" * 80, NEW)
    assert len(sealed) == 32 + 4 * 36
    with pytest.raises(SealBroken, match="segment"):
        sealing.open_bytes(change(sealed), Keyring((NEW,)))


def test_a_missing_key_is_named_and_older_files_stay_readable() -> None:
    sealed = sealing.seal_bytes(b"a fax", NEW)
    with pytest.raises(KeyMissing, match=NEW.name):
        sealing.open_bytes(sealed, Keyring((OLD,)))
    assert sealing.open_bytes(b"not sealed", Keyring((OLD,))) == b"not sealed"
    assert sealing.open_bytes(b"", Keyring((OLD,))) == b""
