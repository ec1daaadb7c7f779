"""The error tree of this floor.

FaxformsError
├── DatabaseAway    the database is locked or cannot be reached: nothing changes, and trying again can help
├── PrefectAway     Prefect's server does not answer: nothing changes, and trying again can help
└── ServiceRefused  the service cannot be started so, or does not run: nothing changes
"""

from __future__ import annotations

from extractors.errors import FaxformsError


class DatabaseAway(FaxformsError):
    """The database is locked or cannot be reached."""


class PrefectAway(FaxformsError):
    """Prefect's server does not answer."""


class ServiceRefused(FaxformsError):
    """A service that cannot be started so, or that does not run."""
