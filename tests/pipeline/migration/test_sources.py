"""What is found in folders and archives, and what is refused: nothing is unpacked to disk, no name leads anywhere."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import ManifestError
from pipeline.migration.sources import NotUsable, Refused, place_of, reading, walk

LARGEST = 10_000
SCAN = bytes(range(256)) * 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive's folder."""
    made = tmp_path / "archive"
    made.mkdir()
    return made


def found(folder: Path) -> dict[str, Refused | None]:
    return {file.name: file.refused for file, _ in walk(place_of(folder), LARGEST)}


def contents(folder: Path) -> dict[str, bytes]:
    """Read as a migration does: each file before the next one is asked for."""
    read = {}
    for file, open_file in walk(place_of(folder), LARGEST):
        with reading(open_file, LARGEST) as stream:
            read[file.name] = stream.read()
    return read


def test_folders_zips_and_tars_are_read_alike(folder: Path) -> None:
    (folder / "2016").mkdir()
    (folder / "2016" / "one.tif").write_bytes(SCAN)
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("a/two.tif", SCAN)
    with tarfile.open(folder / "old.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("three.tif")
        member.size = len(SCAN)
        tar.addfile(member, io.BytesIO(SCAN))
    assert contents(folder) == {"2016/one.tif": SCAN, "more.zip!/a/two.tif": SCAN, "old.tar.gz!/three.tif": SCAN}


def test_what_is_no_document_is_left_out(folder: Path) -> None:
    for name in ("index.csv", "sidecar.json", ".hidden.tif", "half.part", "one.tif"):
        (folder / name).write_bytes(SCAN)
    assert found(folder) == {"one.tif": None}


def test_a_name_that_climbs_out_is_only_a_name(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("../../climbed.tif", SCAN)
        archive.writestr("/absolute.tif", SCAN)
    assert set(contents(folder)) == {"a.zip!/../../climbed.tif", "a.zip!//absolute.tif"}
    assert not list(folder.parent.rglob("climbed.tif"))
    assert not Path("/absolute.tif").exists()


def bomb(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.tif", bytes(5_000_000))


def nested(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("inner.zip", SCAN)


def encrypted(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("one.tif", SCAN)
    data = bytearray((folder / "a.zip").read_bytes())
    data[data.index(b"PK\x03\x04") + 6] |= 1  # the flag of encryption, in both headers
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (folder / "a.zip").write_bytes(data)


def too_large(folder: Path) -> None:
    (folder / "one.tif").write_bytes(bytes(LARGEST + 1))


def no_zip(folder: Path) -> None:
    (folder / "a.zip").write_bytes(SCAN)


def cut_tar(folder: Path) -> None:
    with tarfile.open(folder / "whole.tar", "w") as tar:
        member = tarfile.TarInfo("one.tif")
        member.size = 5000
        tar.addfile(member, io.BytesIO(bytes(5000)))
    (folder / "a.tar").write_bytes((folder / "whole.tar").read_bytes()[:700])
    (folder / "whole.tar").unlink()


def device(folder: Path) -> None:
    with tarfile.open(folder / "a.tar", "w") as tar:
        member = tarfile.TarInfo("one.tif")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)


def link_outside(folder: Path) -> None:
    (folder.parent / "outside.tif").write_bytes(SCAN)
    (folder / "one.tif").symlink_to(folder.parent / "outside.tif")


def no_name(folder: Path) -> None:
    with tarfile.open(folder / "a.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("./."))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        pytest.param(bomb, Refused.BOMB, id="bomb"),
        pytest.param(nested, Refused.NESTED, id="archive in an archive"),
        pytest.param(encrypted, Refused.ENCRYPTED, id="encrypted"),
        pytest.param(too_large, Refused.TOO_LARGE, id="too large"),
        pytest.param(no_zip, Refused.BROKEN, id="no zip at all"),
        pytest.param(device, Refused.LINK, id="link in a tar"),
        pytest.param(link_outside, Refused.LINK, id="link out of the folder"),
        pytest.param(no_name, Refused.EMPTY_NAME, id="no name"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(
    folder: Path, make: Callable[[Path], None], why: Refused
) -> None:
    make(folder)
    assert list(found(folder).values()) == [why]


def test_a_tar_that_breaks_off_gives_what_came_before(folder: Path) -> None:
    cut_tar(folder)
    refused = []
    for file, open_file in walk(place_of(folder), LARGEST):
        try:
            with reading(open_file, LARGEST) as stream:
                stream.read()
        except NotUsable as error:
            refused.append(error.why)
        else:
            refused.append(file.refused)
    assert refused[0] is Refused.UNREADABLE
    assert refused[-1] is Refused.BROKEN


def test_a_size_that_lies_does_not_get_through(folder: Path) -> None:
    (folder / "one.tif").write_bytes(SCAN)
    ((_, open_file),) = walk(place_of(folder), LARGEST)
    with reading(open_file, len(SCAN) - 1) as stream, pytest.raises(NotUsable) as error:
        stream.read()
    assert error.value.why is Refused.BOMB


def test_a_damaged_member_costs_itself_alone(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("one.tif", SCAN)
        archive.writestr("two.tif", SCAN[::-1])
    data = (folder / "a.zip").read_bytes()
    (folder / "a.zip").write_bytes(data.replace(SCAN[:50], bytes(50), 1))
    outcomes = {}
    for file, open_file in walk(place_of(folder), LARGEST):
        try:
            with reading(open_file, LARGEST) as stream:
                outcomes[file.name] = stream.read() == SCAN[::-1]
        except NotUsable as error:
            outcomes[file.name] = error.why
    assert outcomes == {"a.zip!/one.tif": Refused.UNREADABLE, "a.zip!/two.tif": True}


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="does not exist"):
        place_of(tmp_path / "nowhere")
