"""When a file is complete, told of times and looks that are given: no folder, no watcher, no waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.intake.settling import EMPTY_FOR, PUT_OFF_AT_MOST, PUT_OFF_FIRST, Settling, Stamp

FAX, OTHER = Path("0007.tif"), Path("0008.tif")
WRITTEN = Stamp(size=1000, changed=1)


class Clock:
    """A clock that stands until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settling(clock: Clock) -> Settling:
    return Settling(5.0, clock=clock)


def test_a_file_is_complete_once_it_stood_still(settling: Settling, clock: Clock) -> None:
    assert settling.complete({FAX: WRITTEN}) == []
    clock.now += 4.9
    assert settling.complete({FAX: WRITTEN}) == []
    clock.now += 0.1
    assert settling.complete({FAX: WRITTEN}) == [FAX]


@pytest.mark.parametrize("changed", [Stamp(2000, 1), Stamp(1000, 2), Stamp(1000, 1, ((50, 3),))])
def test_it_waits_anew_when_size_or_time_changed_or_its_sidecar_came(
    settling: Settling, clock: Clock, changed: Stamp
) -> None:
    settling.complete({FAX: WRITTEN})
    clock.now += 4.0
    settling.complete({FAX: changed})
    clock.now += 4.0
    assert settling.complete({FAX: changed}) == []
    clock.now += 1.0
    assert settling.complete({FAX: changed}) == [FAX]


def test_a_file_without_bytes_is_given_longer(settling: Settling, clock: Clock) -> None:
    empty = Stamp(0, 1)
    settling.complete({FAX: empty})
    clock.now += EMPTY_FOR - 1
    assert settling.complete({FAX: empty}) == []
    clock.now += 1
    assert settling.complete({FAX: empty}) == [FAX]


def test_a_file_renamed_into_place_is_complete_at_once_with_its_sidecar(settling: Settling, clock: Clock) -> None:
    with_sidecar = Stamp(1000, 1, ((50, 3),))
    assert settling.complete({FAX: with_sidecar, OTHER: WRITTEN}, renamed={FAX, OTHER}) == [FAX]
    clock.now += 5.0
    assert settling.complete({OTHER: WRITTEN}) == [OTHER]


def test_where_no_sidecars_come_it_is_complete_without(clock: Clock) -> None:
    settling = Settling(5.0, sidecars=False, clock=clock)
    assert settling.complete({FAX: WRITTEN, OTHER: WRITTEN}, renamed={FAX}) == [FAX]


def test_the_hint_may_come_after_the_look(settling: Settling) -> None:
    with_sidecar = Stamp(1000, 1, ((50, 3),))
    assert settling.complete({FAX: with_sidecar}) == []
    assert settling.complete({FAX: with_sidecar}, renamed={FAX}) == [FAX]


def test_files_come_in_the_order_in_which_they_were_written(settling: Settling, clock: Clock) -> None:
    seen = {FAX: Stamp(10, 7), OTHER: Stamp(10, 3), Path("0006.tif"): Stamp(10, 7)}
    settling.complete(seen)
    clock.now += 5.0
    assert settling.complete(seen) == [OTHER, Path("0006.tif"), FAX]


def test_a_file_that_cannot_be_taken_in_is_put_off_ever_longer_and_holds_up_no_other(
    settling: Settling, clock: Clock
) -> None:
    seen = {FAX: WRITTEN, OTHER: WRITTEN}
    settling.complete(seen)
    clock.now += 5.0
    assert settling.complete(seen) == [FAX, OTHER]
    assert settling.put_off(FAX) == PUT_OFF_FIRST
    assert settling.complete(seen) == [OTHER]
    clock.now += PUT_OFF_FIRST
    assert settling.complete(seen) == [FAX, OTHER]
    assert [settling.put_off(FAX) for _ in range(9)][-1] == PUT_OFF_AT_MOST


def test_what_went_is_forgotten_and_waits_anew_when_it_is_back(settling: Settling, clock: Clock) -> None:
    settling.complete({FAX: WRITTEN})
    settling.complete({})
    assert not settling.waits
    clock.now += 60.0
    assert settling.complete({FAX: WRITTEN}) == []
    assert settling.waits
