"""A supervised program ends with its supervisor, however that ends."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

import psutil
import pytest

from tests.flows.installation import REPOSITORY

SUPERVISOR = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "flows.supervised", sys.argv[1], "/bin/sh", "-c", "sleep 600"])
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_a_program_ends_when_its_supervisor_is_killed(how: str) -> None:
    started = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, how], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    child = psutil.Process(int(started.stdout.readline()))
    with suppress(psutil.TimeoutExpired):
        child.wait(1)
    assert child.is_running()
    started.kill()
    started.wait()
    psutil.wait_procs([child], timeout=60)
    assert not child.is_running()
    started.stdout.close()
