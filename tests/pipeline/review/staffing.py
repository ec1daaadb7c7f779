"""Who works at the station in tests."""

from __future__ import annotations

from pipeline.review.roles import Role

PASSWORD = "correct horse battery"  # noqa: S105 - of databases that live for one test

STAFF = {
    "ann": Role.OPERATOR,
    "ben": Role.OPERATOR,
    "sue": Role.SUPERVISOR,
    "eve": Role.AUDITOR,
    "kim": Role.ADMINISTRATOR,
}
