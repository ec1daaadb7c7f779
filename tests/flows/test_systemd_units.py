"""The systemd units of a server: systemd takes them, and they name commands and files that are there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.flows.installation import REPOSITORY
from tests.flows.test_documents_are_current import commands

UNITS = REPOSITORY / "deploy" / "systemd"
PROGRAMS = "/opt/faxforms/bin"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing: apt install systemd")
def test_systemd_takes_every_unit(tmp_path: Path) -> None:
    """With programs in the place where the units look for them."""
    units, programs = tmp_path / "units", tmp_path / "bin"
    units.mkdir()
    programs.mkdir()
    for name in ("faxforms", "prefect"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    for file in (*UNITS.glob("*.service"), *UNITS.glob("*.target"), *UNITS.glob("*.timer")):
        (units / file.name).write_text(file.read_text(encoding="utf-8").replace(PROGRAMS, str(programs)))
    told = verified(units)
    assert told.returncode == 0, told.stderr
    assert "faxforms" not in told.stderr

    broken = units / "faxforms-station.service"
    broken.write_text(broken.read_text(encoding="utf-8").replace("Restart=always", "Restart=sometimes"))
    assert "sometimes" in verified(units).stderr  # it is really these files that are looked at


def verified(units: Path) -> subprocess.CompletedProcess[str]:
    files = [str(file) for file in sorted(units.iterdir()) if "@" not in file.name]
    instance = str(units / "faxforms-worker@intake.service")
    command = ["systemd-analyze", "verify", "--man=no", *files, instance]
    environment = {"SYSTEMD_UNIT_PATH": f"{units}:", "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)


def test_units_name_commands_that_there_are() -> None:
    known = set(commands())
    started = [
        line for file in UNITS.glob("*.service") for line in re.findall(r"^ExecStart=(.*)$", file.read_text(), re.M)
    ]
    ours = [line.removeprefix(f"{PROGRAMS}/faxforms ") for line in started if line.startswith(f"{PROGRAMS}/faxforms ")]
    assert len(ours) == len(started) - 1  # one is Prefect's own
    for line in ours:
        words = line.split()
        assert words[0] in known or " ".join(words[:2]) in known, line


def test_the_target_wants_every_service_but_those_of_some_servers() -> None:
    wanted = set(re.findall(r"faxforms-[\w@]+\.service", (UNITS / "faxforms.target").read_text()))
    of_some = {"faxforms-backup.service", "faxforms-receive.service", "faxforms-worker@.service"}
    there = {file.name for file in UNITS.glob("*.service")} - of_some
    assert wanted == there | {f"faxforms-worker@{queue}.service" for queue in ("intake", "migration", "other")}
