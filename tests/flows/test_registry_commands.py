"""The commands of the registry, on an installation that knows the people of the sample faxes and has no fax yet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.flows.installation import FAXES, Installation
from validators.coverage import NO_AUTHORIZATION


@pytest.fixture
def registered(installation: Installation) -> Installation:
    """The registry of the sample faxes, imported."""
    installation.faxforms("registry", "import", FAXES / "registry.json", "--by", "A. Clerk")
    return installation


def test_status_says_what_is_on_record_and_what_it_is_not(registered: Installation) -> None:
    shown = registered.faxforms("status", "1", "--on", "2022-07-15").output
    assert NO_AUTHORIZATION in shown
    told = json.loads(registered.faxforms("status", "1", "--on", "2022-07-15", "--json").stdout)
    assert told["note"] == NO_AUTHORIZATION
    assert told["programme"] == "2021"
    assert [check["paused_from"] for check in told["dispense_check"] if check["rule"] == "R41"] == ["2021-11-19"]
    before = json.loads(registered.faxforms("status", "1", "--on", "2020-07-15", "--json").stdout)
    assert (before["programme"], before["dispense_check"]) == ("2015", [])


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2015-10-11", "began on 2015-10-12"),
        ("2025-02-24", "no longer expected from 2025-02-24"),
        ("2025-06-13", "ended on 2025-06-12"),
    ],
)
def test_status_and_due_list_say_when_nothing_is_asked_for(registered: Installation, day: str, said: str) -> None:
    for command in (("status", "1"), ("due",)):
        assert said in registered.faxforms(*command, "--on", day).output
    assert said not in registered.faxforms("status", "1", "--on", "2022-07-15").output


def test_a_patient_who_is_not_there_is_said_in_one_line(registered: Installation) -> None:
    assert registered.faxforms("status", "no-such-key", expect=1).stderr.count("\n") == 1
    registered.faxforms("status", "1", "--on", "tomorrow", expect=2)


def test_the_due_list_is_labelled_and_can_be_read_by_a_script(registered: Installation) -> None:
    assert NO_AUTHORIZATION in registered.faxforms("due", "--on", "2022-07-15").output
    lines = [
        json.loads(line) for line in registered.faxforms("due", "--on", "2022-07-15", "--json").stdout.splitlines()
    ]
    assert {line["rule"] for line in lines} == {"R14", "R29"}
    overdue = [line["overdue_days"] for line in lines]
    assert overdue == sorted(overdue, reverse=True)


def test_the_registry_that_goes_out_changes_nothing_when_it_comes_in(registered: Installation, tmp_path: Path) -> None:
    whole = registered.faxforms("registry", "export").stdout
    (tmp_path / "registry.json").write_text(whole, encoding="utf-8")
    registered.faxforms("registry", "export", "--format", "csv", "--out", tmp_path / "registry")
    registered.faxforms("registry", "export", "--format", "csv", expect=2)
    for source in ("registry.json", "registry"):
        told = registered.faxforms("registry", "import", tmp_path / source).output
        assert "unchanged" in told
        assert "added" not in told
    assert registered.faxforms("registry", "export").stdout == whole
    assert json.loads(registered.faxforms("registry", "export", "--on", "2022-07-15").stdout)["patients"]


def test_a_rationale_is_counted(registered: Installation) -> None:
    registered.faxforms("registry", "rationale", "1", "--on", "2022-07-01", "--by", "A. Clerk")
    told = json.loads(registered.faxforms("status", "1", "--on", "2022-07-15", "--json").stdout)
    assert [check["found"] for check in told["dispense_check"] if check["rule"] == "R44"] == ["1 of 3"]


def test_a_correction_needs_a_document_a_name_and_a_value(registered: Installation) -> None:
    by = ("--by", "A. Clerk", "--reason", "misread")
    assert registered.faxforms("correct", "1", "anc_value=2300", *by, expect=1).stderr.startswith("faxforms: ")
    registered.faxforms("correct", "1", "anc_value", *by, expect=2)
    registered.faxforms("correct", "1", "anc_value=2300", expect=2)
