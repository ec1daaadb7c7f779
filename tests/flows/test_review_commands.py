"""`faxforms review …` on the command line."""

from __future__ import annotations

import pytest

from tests.flows.installation import Installation


def test_the_first_administrator(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAXFORMS_ADMIN_PASSWORD", "short")
    assert "12 characters" in installation.faxforms("review", "admin", "kim", expect=1).output
    monkeypatch.setenv("FAXFORMS_ADMIN_PASSWORD", "correct horse battery")
    assert "kim can log in now" in installation.faxforms("review", "admin", "kim").output
    assert "somebody of that name" in installation.faxforms("review", "admin", "kim", expect=1).output
