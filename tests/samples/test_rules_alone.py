"""The rules on the sample faxes, sight out of the way: every form goes where its truth says, for its reasons."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from samples import judge
from samples.judge_readings import faultless_document

FAXES = Path(__file__).resolve().parents[2] / "samples" / "faxes"
TRUTH = [json.loads(line) for line in (FAXES / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_sample_goes_its_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge.main([str(FAXES)]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(("route", "reasons"), [("review", []), ("accept", ["anc_too_old"])])
def test_a_form_that_goes_elsewhere_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], route: str, reasons: list[str]
) -> None:
    """A truth changed in one form, which is accepted as it stands."""
    truth = next(line for line in TRUTH if [form["route"] for form in line["forms"]] == ["accept"])
    form = truth["forms"][0] | {"route": route, "reasons": reasons}
    name = Path(truth["file"]).name
    shutil.copy(next(FAXES.rglob(name)), tmp_path / name)
    shutil.copy(FAXES / "registry.json", tmp_path)
    (tmp_path / "manifest.csv").write_text(f"file,received\n{name},{truth['received']}\n")
    (tmp_path / "truth.jsonl").write_text(json.dumps(truth | {"file": name, "forms": [form]}) + "\n")
    assert judge.main([str(tmp_path)]) == 1
    assert f"wrong: {name} {form['form_id']}" in " ".join(capsys.readouterr().out.split())


def test_a_faultless_reading_says_what_is_written() -> None:
    truth = next(line for line in TRUTH if any(form["form_id"] == "psf_2021" for form in line["forms"]))
    read, written = faultless_document(truth), truth["forms"][0]["values"]
    readings = read.forms[0].readings
    month, day, year = written["patient_dob"].split("/")
    assert readings["patient_dob"].value == f"{year}-{month}-{day}"
    assert str(readings["prescriber_phone"].value).isdigit()
    assert readings["patient_last_name"].value == written["patient_last_name"]
    assert readings["ben_flag"].value is bool(written.get("ben_flag"))
    assert not any(reading.doubtful for reading in readings.values())
    assert [page.kind.value for page in read.pages] == [page["kind"] for page in truth["pages"]]
