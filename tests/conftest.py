"""What all tests share: a search takes the time it takes, on however busy a machine (speed is for the benchmarks)."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
