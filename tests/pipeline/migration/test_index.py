"""The archive's own index: what its rows may say, and what is told of those that cannot be used."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipeline.errors import ManifestError
from pipeline.migration.index import read_index


def write(folder: Path, text: str) -> Path:
    path = folder / "index.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_forms_are_known_by_id_family_and_title(tmp_path: Path) -> None:
    text = "file,form_type,document_date,patient_key\na.tif,psf_2021,2022-07-15,7\na.tif,PSF,,\n./b.tif,anc lab,,\n"
    index = read_index(write(tmp_path, text))
    assert [row.form_type for row in index["a.tif"]] == ["psf_2021", "psf"]
    assert index["a.tif"][0].document_date == dt.date(2022, 7, 15)
    assert index["a.tif"][0].patient_key == "7"
    assert index["b.tif"][0].form_type == "anc_lab"


@pytest.mark.parametrize(
    "row", ["a.tif,psf,15.07.2022", "a.tif,shopping list,", ",psf,"], ids=["date", "form", "no file"]
)
def test_unusable_rows_are_told_by_number_alone(tmp_path: Path, row: str) -> None:
    with pytest.raises(ManifestError, match=r"1 rows cannot be used \(2\)") as error:
        read_index(write(tmp_path, f"file,form_type,document_date\nb.tif,psf,\n{row}\n"))
    assert "shopping" not in str(error.value)


def test_a_file_that_is_no_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="a column named file"):
        read_index(write(tmp_path, "name,date\n"))
