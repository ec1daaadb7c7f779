"""Group H: revisions in use on the day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Says = Callable[..., str]


@pytest.mark.parametrize(
    ("form_id", "changes", "said"),
    [
        ("psf_2021", {"received": "2021-11-15"}, ""),
        ("psf_2021", {"received": "2021-11-14"}, "unknown_form"),
        ("psf_2021", {"received": "2021-11-14", "submission_type": "baseline"}, ""),
        ("psf_2021", {"received": "2021-08-16", "submission_type": "baseline"}, ""),
        ("psf_2021", {"received": "2021-08-15", "submission_type": "baseline"}, "unknown_form"),
        ("prescriber_enrollment_2021", {"received": "2021-08-16"}, ""),
        ("prescriber_enrollment_2021", {"received": "2021-08-15"}, "unknown_form"),
        ("anc_lab_2015", {"received": "2015-10-12"}, ""),
        ("anc_lab_2015", {"received": "2015-10-11"}, "unknown_form"),
    ],
)
def test_r49_revision_in_use(says: Says, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says("R49", form_id, **changes) == said
