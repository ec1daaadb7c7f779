"""The pictures of docs/adding-a-form.md: `python -m samples.teaching_pictures docs/images`.

The requisition's blank with its fields drawn and numbered, and the definition editor with a fax on its table (in the
system's Chromium).
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import sync_playwright
from sqlalchemy.orm import Session

from extractors.definition_saving import save_definition
from extractors.learning.learn import Draft, header, learn, put_down
from extractors.learning.picture import draw_draft
from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.settings import Settings
from pipeline.store.opening import open_store
from samples import requisition
from samples.station_screens import CHROMIUM, HEIGHT, PASSWORD, WIDTH, log_in, served
from samples.teaching import write_forms

SHADES = 64
"""Colours of a picture: enough for print, and small."""


def main() -> None:
    """Draw them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    folder = parser.parse_args().folder
    draft = learn(requisition.blank(), requisition.FORM_ID)
    (png,) = draw_draft(draft)
    _save(png, folder / "teaching-draft.png")
    with TemporaryDirectory() as work:
        write_forms(Path(work))
        _save(_editor(draft, Path(work) / "trial" / "1.tif"), folder / "teaching-editor.png")


def _save(png: bytes, path: Path) -> None:
    Image.open(io.BytesIO(png)).convert("RGB").quantize(SHADES).save(path, optimize=True)


def _editor(draft: Draft, fax: Path) -> bytes:
    """The editor with the learnt form, one field chosen and the fax read."""
    with TemporaryDirectory() as folder:
        store = open_store(Settings(data_dir=Path(folder)))
        save_definition(store.settings.taught_forms, *put_down(draft), draft.blank, header(draft))
        with Session(store.engine) as session, session.begin():
            people.add_user(session, "kim", PASSWORD, Role.ADMINISTRATOR, by="kim", decides_prescriber_only=True)
        with served(store) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM)
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            log_in(page, address, "kim")
            page.wait_for_load_state()
            page.goto(f"{address}/forms/{requisition.FORM_ID}")
            page.locator("#trial [name=file]").set_input_files(fax)
            page.locator("#try").click()
            page.get_by_text("fields read").wait_for(timeout=120_000)
            page.locator('.row[data-key="kind_specimen"]').click()
            png = page.screenshot()
            browser.close()
        store.engine.dispose()
    return png


if __name__ == "__main__":
    main()
