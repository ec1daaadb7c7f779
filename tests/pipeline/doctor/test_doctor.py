"""What the doctor finds: nothing where all is well, and each thing that is broken, in clear words."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from pathlib import Path

import pytesseract
import pytest
from papers import Deliver, psf
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from extractors.engines import recogniser, tesseract
from pipeline import originals
from pipeline.doctor import engines, keeping, machine
from pipeline.doctor.findings import Finding, Health
from pipeline.doctor.report import examine, worst
from pipeline.encryption.keys import add_key
from pipeline.settings import Settings
from pipeline.shelf import Folder
from pipeline.store.models import Document
from pipeline.store.opening import Store


def told(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings}


def test_a_sound_installation_is_well_and_left_as_it_was(store: Store, deliver: Deliver, tmp_path: Path) -> None:
    deliver(psf())
    add_key(tmp_path / "keys")
    settings = store.settings.model_copy(update={"encryption_key_file": tmp_path / "keys", "outbox": tmp_path / "out"})
    before = sorted(path for path in settings.data_dir.rglob("*") if path.is_file())
    findings = list(examine(settings))
    assert [finding for finding in findings if finding.health is Health.BROKEN] == []
    assert {"cores", "memory", "packages", "tesseract", "our networks", "PP-OCR", "fonts of notices"} <= told(
        findings
    ).keys()
    assert {"data folder", "outbox", "disk", "keys", "database", "locking", "originals", "clock"} <= told(
        findings
    ).keys()
    assert told(findings)["keys"].health is Health.WELL
    assert not any(str(tmp_path) in str(finding) or "Lane" in str(finding) for finding in findings)
    assert sorted(path for path in settings.data_dir.rglob("*") if path.is_file()) == before


def test_a_database_of_another_version_is_told_and_the_rest_is_looked_at(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    findings = told(list(examine(store.settings)))
    assert findings["database"].health is Health.BROKEN
    assert "db upgrade" in findings["database"].advice
    assert findings["tesseract"].health is Health.WELL
    assert worst(list(findings.values())) is Health.BROKEN


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://faxforms:secret@127.0.0.1:1/faxforms"
    (finding,) = keeping.database(Settings(data_dir=tmp_path, database_url=url))
    assert finding.health is Health.BROKEN
    assert "secret" not in str(finding)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_originals_that_are_away_or_damaged_are_told(store: Store, deliver: Deliver, tmp_path: Path) -> None:
    deliver(psf())
    with Session(store.engine) as session:
        place = originals.path_of(store.originals, session.get_one(Document, 1).sha256)
    whole = place.read_bytes()
    place.write_bytes(b"changed")
    assert told(list(examine(store.settings)))["originals"].health is Health.BROKEN
    place.write_bytes(whole)
    assert isinstance(store.originals.shelf, Folder)
    store.originals.shelf.path.rename(tmp_path / "elsewhere")
    assert "mounted" in told(list(examine(store.settings)))["originals"].found


def test_a_clock_that_is_behind_is_told(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    assert [finding.health for finding in machine.clock(store)] == [Health.WELL]
    with Session(store.engine) as session, session.begin():
        session.execute(update(Document).values(taken_in_at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)))
    (finding,) = machine.clock(store)
    assert (finding.health, finding.found) == (Health.BROKEN, "documents came in later than now")


def test_the_checksums_that_are_shipped_are_those_of_the_networks() -> None:
    assert recogniser.changed() == [], "after a training: sha256sum *.onnx > checksums.txt, in their folder"


def test_a_network_that_was_changed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "models"
    shutil.copytree(recogniser._MODELS, models)
    with (models / "line.onnx").open("ab") as file:
        file.write(b"\0")
    (models / "cell.onnx").unlink()
    monkeypatch.setattr(recogniser, "_MODELS", models)
    finding = told(list(engines.networks_work()))["our networks"]
    assert (finding.health, finding.found) == (Health.BROKEN, "missing or changed: cell.onnx, line.onnx")
    assert hashlib.sha256(b"").hexdigest() not in finding.found


def test_tesseract_missing_or_without_its_data_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(tesseract, "languages", lambda: ("eng",))
        (finding,) = engines.tesseract_works()
        assert "tesseract-ocr-osd" in finding.advice
    with monkeypatch.context() as patched:
        patched.setattr(pytesseract.pytesseract, "tesseract_cmd", "no-such-program")
        tesseract.languages.cache_clear()
        (finding,) = engines.tesseract_works()
        assert finding.health is Health.BROKEN
        assert "not installed" in finding.found


def test_folders_keys_and_workers_that_cannot_be_so_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = Settings(data_dir=tmp_path, outbox=tmp_path / "file" / "outbox", workers=1000, encryption_keys="no key")
    assert told(list(keeping.folders(settings)))["outbox"].health is Health.BROKEN
    assert told(list(keeping.keys(settings)))["keys"].health is Health.BROKEN
    found = told(list(machine.cores_and_memory(settings)))
    assert (found["cores"].health, found["memory"].health) == (Health.WARNING, Health.WARNING)
    add_key(tmp_path / "keys")
    (tmp_path / "keys").chmod(0o644)
    (finding,) = keeping.keys(Settings(encryption_key_file=tmp_path / "keys"))
    assert (finding.health, finding.advice) == (Health.WARNING, "chmod 600 it")
