"""Which files are taken in, in which order, under which date."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest

from pipeline.errors import ManifestError
from pipeline.intake.folder import find_arrivals


def put(path: Path, day: str = "2020-01-31") -> Path:
    """A file that was last written on that day."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"fax")
    noon = dt.datetime.fromisoformat(f"{day}T12:00").timestamp()
    os.utime(path, (noon, noon))
    return path


def found(*paths: Path, manifest: Path | None = None) -> list[tuple[str, str]]:
    return [(arrival.file, arrival.received.isoformat()) for arrival in find_arrivals(paths, manifest)]


def test_the_manifest_gives_order_dates_and_names(tmp_path: Path) -> None:
    for name in ("b.tif", "a.tif", "c.tif"):
        put(tmp_path / "faxes" / name)
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,received\nfaxes/b.tif,2022-06-17\nfaxes/a.tif,2022-02-12\n")
    listed = [("faxes/b.tif", "2022-06-17"), ("faxes/a.tif", "2022-02-12")]
    assert found(manifest=manifest) == listed
    assert found(tmp_path / "faxes", manifest=manifest) == [*listed, ("c.tif", "2020-01-31")]
    assert found(tmp_path / "faxes" / "a.tif", manifest=manifest) == [("faxes/a.tif", "2022-02-12")]


def test_a_folder_is_taken_in_by_name_without_what_is_no_document(tmp_path: Path) -> None:
    for name in ("2.tif", "1.pdf", "deep/3.png", ".hidden.tif", "4.tif.part", "notes.csv", ".work/5.tif"):
        put(tmp_path / name)
    assert [file for file, _ in found(tmp_path)] == ["1.pdf", "2.tif", "deep/3.png"]


@pytest.mark.parametrize(
    ("sidecar", "received"),
    [
        ({"received": "2022-07-15", "caller": "+1 555 0100"}, "2022-07-15"),
        ({"received_at": "2022-07-15T23:59:00-05:00", "pages": 2}, "2022-07-15"),
        ({"caller": "+1 555 0100"}, "2020-01-31"),
        ({"received": "yesterday"}, "2020-01-31"),
    ],
)
def test_a_fax_servers_sidecar_gives_the_date_else_the_files_time(
    tmp_path: Path, sidecar: dict[str, object], received: str
) -> None:
    put(tmp_path / "0007.tif")
    (tmp_path / "0007.json").write_text(json.dumps(sidecar))
    (arrival,) = find_arrivals([tmp_path])
    assert arrival.received.isoformat() == received
    assert arrival.details is not None
    assert sidecar.items() <= arrival.details.items()


def test_a_broken_sidecar_does_not_keep_the_fax_out(tmp_path: Path) -> None:
    put(tmp_path / "0007.tif")
    (tmp_path / "0007.tif.json").write_text('{"received": ')
    (arrival,) = find_arrivals([tmp_path])
    assert arrival.details == {"sidecar_error": "expected a JSON object, or lines of key: value"}


@pytest.mark.parametrize(
    "text",
    ["name,received\na.tif,2022-01-01\n", "file,received\na.tif,1/2/22\n", "file,received\nnone.tif,2022-01-01\n"],
)
def test_a_manifest_that_cannot_be_used_is_refused_without_naming_files(tmp_path: Path, text: str) -> None:
    put(tmp_path / "a.tif")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(text)
    with pytest.raises(ManifestError) as error:
        list(find_arrivals([], manifest))
    assert ".tif" not in str(error.value)


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError):
        list(find_arrivals([tmp_path / "none"]))


def test_what_is_said_of_an_arrival_names_no_file(tmp_path: Path) -> None:
    put(tmp_path / "Jane Doe.tif")
    assert "Jane" not in repr(list(find_arrivals([tmp_path])))
