"""A picture of a reconciliation report, for the docs: `python -m samples.migration_report docs/images`.

The sample faxes stand for an archive, half of them in a zip file: one is there twice, of one the index tells another
form, and a second zip file is damaged. They are migrated into a store of their own, and a browser (Chromium) shows the
report.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from samples.station_screens import CHROMIUM, FAXES

WIDTH = 1120
ELSEWHERE = "(path) => { document.body.innerHTML = document.body.innerHTML.replace(path, '/srv') }"
"""A picture tells nothing of the machine on which it was made."""

COLUMNS = ("file", "form_type", "document_date")


def main(target: Path) -> None:
    """Write the picture to that folder."""
    with tempfile.TemporaryDirectory() as folder:
        archive, report = Path(folder) / "archive", Path(folder) / "report"
        fill(archive)
        environment = {**os.environ, "FAXFORMS_DATA_DIR": f"{folder}/data", "FAXFORMS_MIGRATION_CHUNK": "8"}
        for words in (
            ("registry", "import", str(FAXES / "registry.json")),
            ("migrate", str(archive), "--index", str(archive / "index.csv"), "--inline"),
            ("migration", "report", "1", "--out", str(report), "--machine-hour", "0.10", "--person-hour", "40"),
        ):
            subprocess.run([sys.executable, "-m", "flows", *words], env=environment, check=True)  # noqa: S603 - of ours
        picture = target / "migration-report.png"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM)
            page = browser.new_page(viewport={"width": WIDTH, "height": 800})
            page.goto((report / "reconciliation.html").as_uri())
            page.evaluate(ELSEWHERE, folder)
            page.screenshot(path=picture, full_page=True)
            browser.close()
        Image.open(picture).convert("RGB").quantize(64).save(picture, optimize=True)


def fill(archive: Path) -> None:
    """Lay out the archive with its index."""
    archive.mkdir(parents=True)
    truths = [json.loads(line) for line in (FAXES / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = []
    with zipfile.ZipFile(archive / "2022.zip", "w") as packed:
        for number, truth in enumerate(truths):
            path = FAXES / truth["file"]
            if number % 2:
                packed.write(path, path.name)
            else:
                shutil.copyfile(path, archive / path.name)
            name = f"2022.zip!/{path.name}" if number % 2 else path.name
            forms = [form["form_id"] for form in truth["forms"]] or [""]
            if number == 0:
                forms[0] = "prescriber_enrollment_2021" if forms[0] != "prescriber_enrollment_2021" else "psf_2021"
                shutil.copyfile(path, archive / f"again-{path.name}")
            rows += [(name, form, truth["received"]) for form in forms]
    (archive / "old.zip").write_bytes(b"PK\x03\x04 and no more of it")
    with (archive / "index.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
