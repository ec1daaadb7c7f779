"""Keys: from a file and the environment, the last one current; never shown."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from pipeline.encryption.keys import add_key, read_keyring
from pipeline.errors import KeysUnusable


def test_new_keys_go_to_the_end_of_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "etc" / "keys"
    first, second = add_key(file), add_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    ring = read_keyring(file)
    assert ring.keys == (first, second)
    assert ring.current == second
    assert ring.find(first.id) == first
    assert ring.find(b"another!") is None


def test_keys_of_the_environment_follow_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# made in spring\n{base64.b64encode(b'a' * 32).decode()}  # the first\n\n")
    ring = read_keyring(file, base64.b64encode(b"b" * 32).decode())
    assert [key.secret for key in ring.keys] == [b"a" * 32, b"b" * 32]
    assert read_keyring(None).current is None


@pytest.mark.parametrize("text", ["c2hvcnQ=", "no base64", "ß"])
def test_what_is_no_key_is_refused_and_not_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    with pytest.raises(KeysUnusable) as refused:
        read_keyring(file)
    assert text not in str(refused.value)
    with pytest.raises(KeysUnusable, match="twice"):
        read_keyring(None, " ".join([base64.b64encode(b"a" * 32).decode()] * 2))
    with pytest.raises(KeysUnusable, match="cannot be read"):
        read_keyring(tmp_path / "nothing")


def test_a_key_does_not_show_itself(tmp_path: Path) -> None:
    key = add_key(tmp_path / "keys")
    assert str(key.secret) not in repr(read_keyring(tmp_path / "keys"))
    assert key.name not in key.secret.hex()
