"""Check digits, against the worked examples of the sources and by their properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.identifiers import dea_check_digit, dea_is_valid, npi_check_digit, npi_is_valid

NINE = st.from_regex(r"[12][0-9]{8}", fullmatch=True)
SIX = st.from_regex(r"[0-9]{6}", fullmatch=True)


def _luhn(digits: str) -> int:
    """The Luhn sum written the long way, as a check of the short form."""
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled)


def test_the_sources_examples() -> None:
    assert npi_is_valid("1234567893")
    assert dea_is_valid("AB1234563")


@given(NINE)
def test_the_short_form_is_luhn_with_80840_in_front(nine: str) -> None:
    assert _luhn(f"80840{nine}{npi_check_digit(nine)}") % 10 == 0


@given(NINE, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(nine: str, place: int, shift: int) -> None:
    npi = nine + npi_check_digit(nine)
    wrong = npi[:place] + str((int(npi[place]) + shift) % 10) + npi[place + 1 :]
    assert npi_is_valid(npi)
    assert not npi_is_valid(wrong)


@given(SIX, st.integers(1, 9))
def test_a_wrong_dea_check_digit_is_found(six: str, shift: int) -> None:
    right = dea_check_digit(six)
    assert dea_is_valid(f"MX{six}{right}")
    assert not dea_is_valid(f"MX{six}{(int(right) + shift) % 10}")


@pytest.mark.parametrize("text", ["", "123456789", "12345678931", "3234567893", "123456789X", "1234 567893"])
def test_what_is_no_npi(text: str) -> None:
    assert not npi_is_valid(text)


@pytest.mark.parametrize("text", ["", "AB123456", "1B1234563", "ABC123456"])
def test_what_is_no_dea_number(text: str) -> None:
    assert not dea_is_valid(text)


def test_dea_numbers_of_businesses_and_with_a_suffix() -> None:
    assert dea_is_valid("A91234563")
    assert dea_is_valid("AB1234563-C12")


@pytest.mark.parametrize("text", ["", "12345678", "12345678x"])
def test_a_check_digit_takes_all_digits(text: str) -> None:
    with pytest.raises(ValueError, match="nine digits"):
        npi_check_digit(text)
    with pytest.raises(ValueError, match="six digits"):
        dea_check_digit(text)
