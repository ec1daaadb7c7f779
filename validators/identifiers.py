"""Check digits of the identifiers on the forms: NPI (rule R39) and DEA number (rule R40)."""

from __future__ import annotations

import re

NPI_PREFIX_SUM = 24
"""What the prefix 80840 adds to the Luhn sum of an NPI (45 CFR 162.408; the "short form" of the check)."""

_NPI = re.compile(r"[12]\d{9}")
_DEA = re.compile(r"[A-Z][A-Z9]\d{7}(-\S+)?")


def npi_is_valid(text: str) -> bool:
    """Whether `text` is an NPI: ten digits, the first 1 or 2, the last the check digit of the nine before it."""
    return _NPI.fullmatch(text) is not None and text[9] == npi_check_digit(text[:9])


def npi_check_digit(nine: str) -> str:
    """The Luhn check digit of an NPI's first nine digits, counted as if 80840 stood in front.

    Raises:
        ValueError: `nine` is not nine digits.
    """
    if re.fullmatch(r"\d{9}", nine) is None:
        raise ValueError("an NPI has nine digits before its check digit")
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in nine[0::2])
    single = sum(int(digit) for digit in nine[1::2])
    return str(-(doubled + single + NPI_PREFIX_SUM) % 10)


def dea_is_valid(text: str) -> bool:
    """Whether `text` is a DEA number: two letters (the second may be 9), seven digits, the last a check digit.

    A suffix after a dash may follow. That the second letter differs from a surname is no fault: names change.
    """
    number = text.strip().upper()
    return _DEA.fullmatch(number) is not None and number[8] == dea_check_digit(number[2:8])


def dea_check_digit(six: str) -> str:
    """The check digit of a DEA number's first six digits: the last digit of (d1 + d3 + d5) + 2 (d2 + d4 + d6).

    Raises:
        ValueError: `six` is not six digits.
    """
    if re.fullmatch(r"\d{6}", six) is None:
        raise ValueError("a DEA number has six digits before its check digit")
    odd, even = (sum(int(digit) for digit in six[start::2]) for start in (0, 1))
    return str((odd + 2 * even) % 10)


def looks_like_npi(text: str) -> bool:
    """Whether a field that takes either number holds digits alone, hence was meant as an NPI."""
    return text.strip().isdigit()
