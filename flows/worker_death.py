"""A flow run ends with the Prefect worker that started it.

A worker that is killed, or stopped by its supervisor, leaves its flow run behind in a session of its own, where no
supervisor finds it: two programs would work where one is meant to, or one after everything was stopped. Linux can tell
a process that its parent is gone; on other systems such a run goes on until its minutes are over.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2): the signal that a process gets when its parent dies
INIT = 1  # who adopts orphans


def end_with_worker() -> None:
    """Have this process get SIGTERM when its worker dies: Prefect then breaks the run off, and claims are given back.

    Nothing happens where the flow was not started by a worker: there, whoever called it is this very process.
    """
    if os.environ.get("PREFECT__FLOW_RUN_ID") is not None:
        end_with_parent(signal.SIGTERM)


def end_with_parent(how: signal.Signals) -> None:
    """Have this process, and what takes its place (exec), get a signal when its parent dies."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)
    if os.getppid() == INIT:
        os.kill(os.getpid(), how)
