"""`python -m flows.supervised SIGNAL COMMAND…`: a program that ends with its supervisor, however that ends.

A supervisor that is killed cannot stop what it started: its programs would go on, hold their ports, and stand in the
way of the next start. It imports nothing that takes time, and the program takes its place.
"""

from __future__ import annotations

import os
import signal
import sys

from flows.worker_death import end_with_parent

if __name__ == "__main__":
    end_with_parent(signal.Signals[sys.argv[1]])
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - it takes our place, and gets our signals
