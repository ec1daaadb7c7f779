"""What the walk-through of docs/adding-a-form.md needs: `python -m samples.teaching DIR`.

The requisition's blank, and in `DIR/trial` two filled faxes of it: one in order, and one that lacks hours of fasting.
`DIR/manifest.csv` tells when they came in.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from samples import requisition
from samples.learning import requisition_definition

RECEIVED = "2026-03-14"
WITHOUT_HOURS = {
    **requisition.VALUES,
    "account_number": "QF318204",
    "patient_name": "Reed, Ida",
    "patient_dob": "11/21/1975",
    "hours_glucose": "",
}


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    write_forms(parser.parse_args().folder)


def write_forms(folder: Path) -> None:
    """Write `requisition.pdf`, `trial/1.tif`, `trial/2.tif` and `manifest.csv`."""
    (folder / "trial").mkdir(parents=True, exist_ok=True)
    (folder / "requisition.pdf").write_bytes(requisition.blank())
    with TemporaryDirectory() as work:
        right = requisition_definition(Path(work))
        for number, values in enumerate((requisition.VALUES, WITHOUT_HOURS), start=1):
            (folder / "trial" / f"{number}.tif").write_bytes(requisition.filled(right, number, values))
    lines = [["file", "received"], *([f"trial/{number}.tif", RECEIVED] for number in (1, 2))]
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


if __name__ == "__main__":
    main()
