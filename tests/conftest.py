"""What all tests share: a search takes the time it takes, on however busy a machine (speed is for the benchmarks).

The same code is searched at the same places, so that a change is judged by what it does and not by the day's luck.
`pytest --hypothesis-profile=search` looks where nobody has looked yet; what it finds becomes an `@example`.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("search", deadline=None)
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")
