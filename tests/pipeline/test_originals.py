"""Originals: kept whole, found by content, checked when read back."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import originals
from pipeline.encryption.sealing import MAGIC, NO_KEY
from pipeline.errors import OriginalDamaged
from pipeline.originals import Vault
from pipeline.shelf import MARK, Folder


class BreaksOff(io.BytesIO):
    """A file on a disk that fails half way."""

    def read(self, _size: int | None = -1, /) -> bytes:
        """Five bytes, then the error."""
        chunk = super().read(5)
        if not chunk:
            raise OSError("the disk is gone")
        return chunk


def established(folder: Path) -> Vault:
    """A vault in that folder, which bears the mark."""
    shelf = Folder(folder)
    shelf.establish()
    return Vault(shelf)


@given(data=st.binary(max_size=300) | st.binary(max_size=60).map(MAGIC.__add__))
@example(MAGIC)
@example(MAGIC + NO_KEY)
@example(MAGIC[:5])
def test_what_was_kept_comes_back(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    vault = established(tmp_path_factory.mktemp("originals"))
    sha256, size = originals.keep(vault, io.BytesIO(data))
    assert (sha256, size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert originals.fetch(vault, sha256) == data


def test_the_name_is_the_content_and_nothing_else_is_left(tmp_path: Path) -> None:
    sha256, _ = originals.keep(established(tmp_path), io.BytesIO(b"a fax"))
    originals.keep(established(tmp_path), io.BytesIO(b"a fax"))
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != MARK]
    assert files == [tmp_path / sha256[:2] / sha256[2:4] / sha256]


def test_a_copy_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk"):
        originals.keep(established(tmp_path), BreaksOff(b"a fax"))
    assert [path.name for path in tmp_path.rglob("*")] == [MARK]


def test_changed_or_missing_originals_are_noticed_and_mended_by_the_same_fax(tmp_path: Path) -> None:
    sha256, _ = originals.keep(established(tmp_path), io.BytesIO(b"a fax"))
    originals.path_of(established(tmp_path), sha256).write_bytes(b"a fix")
    with pytest.raises(OriginalDamaged, match="no longer"):
        originals.fetch(established(tmp_path), sha256)
    originals.keep(established(tmp_path), io.BytesIO(b"a fax"))
    assert originals.fetch(established(tmp_path), sha256) == b"a fax"
    with pytest.raises(OriginalDamaged, match="not in the store"):
        originals.fetch(established(tmp_path), "0" * 64)
