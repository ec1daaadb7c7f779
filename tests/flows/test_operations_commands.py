"""`retention`, `hold`, `backup`, `restore` and `doctor` as one types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.flows.installation import Batch, Installation


@pytest.fixture
def copied(ingested: tuple[Installation, Batch], installation: Installation, tmp_path: Path) -> Installation:
    """A copy of the installation that took in some faxes, to be changed."""
    ingested[0].faxforms("backup", tmp_path / "backup")
    installation.faxforms("restore", tmp_path / "backup")
    return installation


def test_retention_and_holds(copied: Installation) -> None:
    installation = copied
    shown = [json.loads(line) for line in installation.faxforms("retention", "show", "--json").stdout.splitlines()]
    assert {one["class"] for one in shown} >= {"accepted", "no_form"}
    assert all(one["years"] is None and one["may_go"] == 0 for one in shown)
    assert "0 documents" in installation.faxforms("retention", "run").stdout
    installation.faxforms("hold", "set", "1", "--reason", "a subpoena", "--by", "counsel")
    (hold,) = (json.loads(line) for line in installation.faxforms("hold", "list", "--json").stdout.splitlines())
    assert (hold["document"], hold["reason"], hold["set_by"]) == (1, "a subpoena", "counsel")
    assert "reason" in installation.faxforms("hold", "release", "1", expect=1).stderr
    installation.faxforms("hold", "release", "1", "--reason", "settled")
    assert installation.faxforms("hold", "list", "--json").stdout == ""
    assert "counsel" in installation.faxforms("hold", "list", "--all").stdout


def test_a_backup_is_restored_elsewhere(ingested: tuple[Installation, Batch], tmp_path: Path) -> None:
    installation, _ = ingested
    told = installation.faxforms("backup", tmp_path / "backup", "--keep", "3").stdout
    name = told.split()[1].rstrip(":")
    assert f"snapshot {name} is whole" in installation.faxforms("restore", tmp_path / "backup", "--verify").stdout
    other = Installation(tmp_path / "other")
    restored = other.faxforms("restore", tmp_path / "backup", "--snapshot", name).stdout
    assert "4 documents" in restored
    assert "every original is as it came in" in restored
    assert other.faxforms("export").stdout == installation.faxforms("export").stdout
    other.faxforms("audit", "verify")
    assert "not empty" in other.faxforms("restore", tmp_path / "backup", expect=1).stderr


def test_the_doctor_ends_with_what_it_found(installation: Installation) -> None:
    findings = [json.loads(line) for line in installation.faxforms("doctor", "--json", expect=1).stdout.splitlines()]
    assert [one["what"] for one in findings if one["health"] == "broken"] == ["database"]
    installation.faxforms("db", "upgrade")
    assert "as a whole: warning" in installation.faxforms("doctor").stdout  # there is no key
