"""What fax servers say beside a fax, in their several ways."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from pipeline.intake.sidecar import day_in, read_sidecar

# as `faxinfo` of HylaFAX prints it: hylafax.sourceforge.io/man/faxinfo.php
FAXINFO = """recvq/fax00012.tif (ftp.example.com):
      Sender: +1.415.967.9662
       Pages: 3
     Quality: Fine
        Size: North American Letter
    Received: 2022:07:15 23:59:51
 Time To Recv: 2:34
  Signal Rate: 14400 bit/s
   Error_msg: {E400} Remote hung up
"""


@pytest.mark.parametrize("name", ["fax00012.txt", "fax00012.tif.txt", "fax00012.info"])
def test_lines_of_hylafax(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FAXINFO)
    details = read_sidecar(tmp_path / "fax00012.tif")
    assert details is not None
    assert details["caller"] == "+1.415.967.9662"
    assert details["pages"] == 3
    assert details["received"] == "2022-07-15"
    assert details["time"] == "2022-07-15T23:59:51"
    assert details["error"] == "{E400} Remote hung up"
    assert details["Signal Rate"] == "14400 bit/s"
    assert day_in(details) == dt.date(2022, 7, 15)


def test_json_is_kept_as_it_is_and_told_under_our_names(tmp_path: Path) -> None:
    said = {"received_at": "2022-07-15T23:59:00-05:00", "CallerID": "+1 555 0100", "npages": "2", "error": ""}
    (tmp_path / "0007.json").write_text(json.dumps(said))
    details = read_sidecar(tmp_path / "0007.tif")
    ours = {"received": "2022-07-15", "time": "2022-07-15T23:59:00-05:00", "caller": "+1 555 0100", "pages": 2}
    assert details == ours | said


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", '{"received": '), ("a.json", "[1]"), ("a.txt", "no colon"), ("a.txt", "")]
)
def test_a_sidecar_that_cannot_be_used_is_noted(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_sidecar(tmp_path / "a.tif") == {"sidecar_error": "expected a JSON object, or lines of key: value"}


def test_no_sidecar_says_nothing(tmp_path: Path) -> None:
    assert read_sidecar(tmp_path / "a.tif") is None
    assert day_in({"received": "yesterday"}) is None
