"""A small slice of the mutation fuzz; the whole of it is a command (`python -m tests.fuzz.mutate --help`)."""

from __future__ import annotations

from tests.fuzz.mutate import FUZZ_LIMITS, SAMPLES, fuzz, mutants, opened_only, sample_files


def test_damaged_samples_are_all_accounted_for() -> None:
    files = sample_files([SAMPLES / "faxes"])
    report = fuzz(files, range(150), seed=1, workers=1, reader=opened_only)
    assert report.lost == []
    assert report.crashed == []
    assert report.outcomes.total() == 150
    assert report.peak < FUZZ_LIMITS.memory


def test_a_mutant_is_known_by_its_number() -> None:
    files = sample_files([SAMPLES / "blanks"])
    (_, later), (_, alone) = list(mutants(files, [0, 1, 7], 3))[2], next(mutants(files, [7], 3))
    assert later == alone
    assert later != files[7 % len(files)].read_bytes()
