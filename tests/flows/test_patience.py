"""What breaks off because the database is away is tried again, and told when it stays away."""

from __future__ import annotations

import pytest

from flows.errors import DatabaseAway
from flows.patience import RETRY_AFTER, patiently


def test_it_is_tried_again_until_it_works_or_no_patience_is_left() -> None:
    waited: list[float] = []
    ends = iter([DatabaseAway("away"), DatabaseAway("away"), None])

    def work() -> str:
        error = next(ends)
        if error:
            raise error
        return "done"

    assert patiently(work, waited.append) == "done"
    assert waited == list(RETRY_AFTER[:2])

    def never() -> str:
        raise DatabaseAway("away")

    waited.clear()
    with pytest.raises(DatabaseAway):
        patiently(never, waited.append)
    assert waited == list(RETRY_AFTER)


def test_a_fault_of_the_work_is_not_tried_again() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        patiently(broken, lambda _: pytest.fail("it waited"))
