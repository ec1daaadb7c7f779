"""Group H: revisions in use on the day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.validators.rulebook.cases import rule_table

Says = Callable[..., str]


@rule_table(
    [
        ("R49", "psf_2021", {"received": "2021-11-15"}, ""),
        ("R49", "psf_2021", {"received": "2021-11-14"}, "unknown_form"),
        ("R49", "psf_2021", {"received": "2021-11-14", "submission_type": "baseline"}, ""),
        ("R49", "psf_2021", {"received": "2021-08-16", "submission_type": "baseline"}, ""),
        ("R49", "psf_2021", {"received": "2021-08-15", "submission_type": "baseline"}, "unknown_form"),
        ("R49", "prescriber_enrollment_2021", {"received": "2021-08-16"}, ""),
        ("R49", "prescriber_enrollment_2021", {"received": "2021-08-15"}, "unknown_form"),
        ("R49", "anc_lab_2015", {"received": "2015-10-12"}, ""),
        ("R49", "anc_lab_2015", {"received": "2015-10-11"}, "unknown_form"),
    ],
)
def test_r49_revision_in_use(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said
