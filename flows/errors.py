"""The error tree of this floor.

FaxformsError
└── DatabaseAway    the database is locked or cannot be reached: nothing changes, and trying again can help
"""

from __future__ import annotations

from extractors.errors import FaxformsError


class DatabaseAway(FaxformsError):
    """The database is locked or cannot be reached."""
