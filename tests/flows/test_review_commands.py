"""`faxforms review …` on the command line."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.flows.installation import Installation


def test_the_first_administrator(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAXFORMS_ADMIN_PASSWORD", "short")
    assert "12 characters" in installation.faxforms("review", "admin", "kim", expect=1).output
    monkeypatch.setenv("FAXFORMS_ADMIN_PASSWORD", "correct horse battery")
    assert "kim can log in now" in installation.faxforms("review", "admin", "kim").output
    assert "somebody of that name" in installation.faxforms("review", "admin", "kim", expect=1).output


def test_the_trail_is_verified_and_exported(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAXFORMS_ADMIN_PASSWORD", "correct horse battery")
    assert "no line yet" in installation.faxforms("audit", "verify").output
    for name in ("kim", "lee"):
        installation.faxforms("review", "admin", name)
    assert "every line holds; the last is 2" in installation.faxforms("audit", "verify").output
    target = installation.folder / "trail.jsonl"
    installation.faxforms("audit", "export", "--out", target)
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [(line["action"], line["after"]["user"]) for line in lines] == [("user added", "kim"), ("user added", "lee")]
    assert lines[1]["previous"] == lines[0]["hash"]
    assert installation.faxforms("audit", "export").output.count("user added") == 2


def test_a_line_that_was_changed_is_found(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAXFORMS_ADMIN_PASSWORD", "correct horse battery")
    for name in ("kim", "lee"):
        installation.faxforms("review", "admin", name)
    with sqlite3.connect(installation.folder / "faxforms.db") as database:
        # whoever owns the file can drop the trigger that refuses this
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE audit SET who = 'nobody' WHERE id = 2")
    assert "line 2" in installation.faxforms("audit", "verify", expect=1).output
