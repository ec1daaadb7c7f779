"""What is reckoned on paper, against numbers that can be reckoned in the head."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.benchmarks.million import Parts, most_machines, on_paper

PARTS = Parts(
    taking_in=0.01,
    working=0.5,
    turn=0.04,
    pages_a_document=2.0,
    database=50_000,
    originals=70_000,
    peak_mb=500,
    start=0.0,
    chunk=500,
)


def test_machines_add_up_until_the_write_turn_is_full() -> None:
    """Two cores read 4 pages a second; the write turn lets 25 documents, 50 pages a second pass."""
    four, sixteen = (on_paper(PARTS, 864_000, machines, 2) for machines in (4, 16))
    assert (four.pages_a_second, four.turn_taken) == (pytest.approx(16), pytest.approx(0.32))
    assert (four.taking_in_days, four.days) == (pytest.approx(0.1), pytest.approx(0.1 + 0.625))
    assert (sixteen.pages_a_second, sixteen.turn_taken) == (pytest.approx(50), pytest.approx(1.0))
    assert most_machines(PARTS, 2) == pytest.approx(12.5)


def test_a_run_that_starts_keeps_all_cores_of_its_machine_waiting() -> None:
    """A chunk of 500 documents has 1,000 pages, 250 s on two cores; 50 s more are a sixth of 300."""
    assert on_paper(replace(PARTS, start=50.0), 1, 1, 2).pages_a_second == pytest.approx(1000 / 300)
