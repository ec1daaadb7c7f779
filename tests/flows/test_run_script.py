"""`./run` and `.ci/run`: the shell takes them as they are, and they say what they can do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
RUN = REPOSITORY / "run"


@pytest.mark.parametrize(("shell", "script"), [("sh", "run"), ("bash", ".ci/run")])
def test_the_shell_can_parse_it(shell: str, script: str) -> None:
    subprocess.run([shell, "-n", REPOSITORY / script], check=True)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed here")
@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_shellcheck_finds_nothing(script: str) -> None:
    subprocess.run(["shellcheck", REPOSITORY / script], check=True)


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_it_can_be_started(script: str) -> None:
    assert (REPOSITORY / script).stat().st_mode & 0o111


def test_without_a_command_it_says_what_it_can_do(tmp_path: Path) -> None:
    answer = subprocess.run([RUN], cwd=tmp_path, capture_output=True, text=True, check=True)
    for command in ("demo", "test", "bench"):
        assert f"  {command} " in answer.stdout


def test_an_unknown_command_is_refused(tmp_path: Path) -> None:
    answer = subprocess.run([RUN, "demmo"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "Usage" in answer.stderr


def test_constraints_pin_versions_and_name_no_host() -> None:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all("==" in pin and "://" not in pin and not pin.startswith("-") for pin in pins)
    assert not any(pin.startswith(("torch", "nvidia")) for pin in pins)
