"""Decoding under a format: what the ink says comes back, nothing else does, and beliefs are probabilities."""

from __future__ import annotations

import itertools
import re
import string
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors import formats
from extractors.decoding import decode, probabilities
from extractors.engines import LogProbs
from extractors.formats import FREE, Format, digits, many, one, plain

ALPHABET = string.digits + string.ascii_letters + " /-.,()@|'+_"

# every format, with texts that it must give back as they are
WRITTEN = [
    (formats.DATE_COMB, st.from_regex(r"[0-9]{8}", fullmatch=True)),
    (formats.DATE, st.from_regex(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{4}|[0-9]{2})", fullmatch=True)),
    (formats.PHONE, st.from_regex(r"(1-)?(\([0-9]{3}\)|[0-9]{3}-)[0-9]{3}-[0-9]{4}", fullmatch=True)),
    (formats.NPI, st.from_regex(r"[0-9]{10}", fullmatch=True)),
    (formats.ZIP, st.from_regex(r"[0-9]{5}(-[0-9]{4})?", fullmatch=True)),
    (formats.DEA, st.from_regex(r"[A-Z]{2}[0-9]{7}", fullmatch=True)),
    (formats.NPI_OR_DEA, st.from_regex(r"[0-9]{10}|[A-Z]{2}[0-9]{7}", fullmatch=True)),
    (formats.ANC, st.from_regex(r"[0-9]{1,5}|[0-9]\.[0-9]{1,2}|[0-9],[0-9]{3}|[0-9]\.[0-9]{2}K/uL", fullmatch=True)),
    (formats.NAME, st.from_regex(r"(Mc[DGN]|[A-Z])[a-z]{1,8}(, | |-)[A-Z][a-z]{1,8}", fullmatch=True)),
    (formats.EMAIL, st.from_regex(r"[a-z]{2,6}\.[a-z0-9]{2,8}@[a-z]{2,8}\.[a-z]{2,4}", fullmatch=True)),
    (FREE, st.from_regex(r"[A-Za-z0-9.,]{1,9}( [A-Za-z0-9.,]{1,9})?", fullmatch=True)),
]


def steps_of(text: str, sure: float = 0.97, alphabet: str = ALPHABET) -> LogProbs:
    """What an engine would say of a clearly written text: a step for each character, a blank after each."""
    columns = len(alphabet) + 1
    rows = []
    for character in text:
        for column in (alphabet.index(character), columns - 1):
            row = np.full(columns, (1 - sure) / (columns - 1))
            row[column] = sure
            rows.append(row)
    return np.log(np.array(rows)).astype(np.float32)


def noise(steps: int, columns: int, seed: int) -> LogProbs:
    """Rows of random beliefs, some sharp, some vague."""
    rng = np.random.default_rng(seed)
    return np.log(rng.dirichlet(np.full(columns, 0.2), size=steps) + 1e-12).astype(np.float32)


@pytest.mark.parametrize(("expected", "texts"), WRITTEN, ids=[expected.name for expected, _ in WRITTEN])
def test_clear_writing_comes_back_as_written(expected: Format, texts: st.SearchStrategy[str]) -> None:
    @given(texts)
    def holds(text: str) -> None:
        decoded = decode(steps_of(text), ALPHABET, expected)
        assert decoded.text == text
        assert decoded.runner_up != text
        assert 0 < decoded.probability <= 1

    holds()


PATTERNS = [
    (formats.DATE_COMB, r"\d{8}"),
    (formats.DATE, r"\d\d?[/.-]\d\d?[/.-](\d\d|\d{4})|\d{8}"),
    (formats.PHONE, r"(\+?1[-./]?)?(\d{3}|\(\d{3}\))[-./]?\d{3}[-./]?\d{4}"),
    (formats.DEA, r"[A-Z][A-Z9]\d{7}"),
    (formats.EMAIL, r"[^@ ]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"),
    (digits(2, 5), r"\d{2,5}"),
]


@pytest.mark.parametrize(("expected", "pattern"), PATTERNS, ids=[expected.name for expected, _ in PATTERNS])
def test_noise_never_leaves_the_format(expected: Format, pattern: str) -> None:
    @given(st.integers(0, 2**32 - 1), st.integers(30, 40))
    def holds(seed: int, steps: int) -> None:
        decoded = decode(noise(steps, len(ALPHABET) + 1, seed), ALPHABET, expected)
        assert re.fullmatch(pattern, decoded.text)
        assert re.fullmatch(pattern, decoded.runner_up or decoded.text)
        assert 0 <= decoded.probability <= 1
        assert decoded.margin >= 0

    holds()


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_beliefs_in_all_texts_add_up_to_one(seed: int, steps: int) -> None:
    """Of two letters and four steps there are few enough texts to ask for each: their chances and nothing's make 1."""
    said = noise(steps, 3, seed)
    nothing = float(np.exp(said[:, -1].sum()))
    total = nothing
    for length in range(1, steps + 1):
        for text in itertools.product("ab", repeat=length):
            total += decode(said, "ab", _exactly("".join(text))).probability
    assert total == pytest.approx(1, abs=1e-4)


@given(st.integers(0, 2**32 - 1))
def test_no_other_text_is_more_probable(seed: int) -> None:
    """Against every text of two letters in four steps: what is chosen is the most probable but for distant texts."""
    said = noise(4, 3, seed)
    chosen = decode(said, "ab", Format("letters", many(one(plain("ab"))), nothing=""))
    texts = ("".join(text) for length in range(1, 5) for text in itertools.product("ab", repeat=length))
    others = {text: decode(said, "ab", _exactly(text)).probability for text in texts}
    assert chosen.probability == pytest.approx(others[chosen.text], rel=1e-3, abs=1e-6)
    # the best path's text or one that differs in one letter: at worst a few times less probable than the very best
    assert chosen.probability >= 0.2 * max(others.values())


def test_look_alikes_are_the_digits_that_they_stand_for() -> None:
    assert decode(steps_of("l4O8S2Z7Ig"), ALPHABET, formats.NPI).text == "1408522719"
    assert decode(steps_of("8Ml2E4S67"[:2] + "12345O7"), ALPHABET, formats.DEA).text == "BM1234507"


def test_look_alikes_add_up() -> None:
    """Neither 0 nor O alone is believed more than 8; together they are."""
    row = np.full(len(ALPHABET) + 1, 1e-6)
    row[[ALPHABET.index(c) for c in "0O8"]] = 0.3, 0.3, 0.39
    decoded = decode(np.log(row)[None].astype(np.float32), ALPHABET, digits(1))
    assert (decoded.text, decoded.runner_up) == ("0", "8")
    assert decoded.probability == pytest.approx(0.6, rel=0.01)
    assert decoded.margin == pytest.approx(np.log(0.6 / 0.39), rel=0.01)


def test_a_value_is_not_changed_to_please_a_calendar_or_a_check_digit() -> None:
    assert decode(steps_of("02312022"), ALPHABET, formats.DATE_COMB).text == "02312022"
    assert decode(steps_of("13/45/2022"), ALPHABET, formats.DATE).text == "13/45/2022"
    assert decode(steps_of("1234567890"), ALPHABET, formats.NPI).text == "1234567890"


@pytest.mark.parametrize(
    ("seen", "expected", "text"),
    [
        ("wilson, carol", formats.NAME, "Wilson, Carol"),  # w and c differ from W and C in size alone
        ("LOPE2", formats.NAME, "LOPEZ"),
        ("ann o'neil", formats.NAME, "ann O'neil"),  # a small a is no capital
        ("mary.jones@clinic example", formats.EMAIL, "mary.jones@clinic.example"),
        ("4|13|1981", formats.DATE, "4/13/1981"),
        ("1 2 3 4 5", formats.ZIP, "12345"),
    ],
)
def test_what_an_engine_takes_for_something_else(seen: str, expected: Format, text: str) -> None:
    assert decode(steps_of(seen), ALPHABET, expected).text == text


def test_a_clear_accent_stays_and_a_doubtful_one_goes() -> None:
    alphabet = "JosSé"
    assert decode(steps_of("José", 0.99, alphabet), alphabet, formats.NAME).text == "José"
    doubtful = np.exp(steps_of("José", 0.99, alphabet + "e"))
    doubtful[6, [4, 5]] = 0.6, 0.38
    assert decode(np.log(doubtful), alphabet + "e", formats.NAME).text == "Jose"


@given(st.from_regex(r"[0-9]{1,8}", fullmatch=True))
def test_the_decoded_text_is_the_likeliest_of_all_that_are_weighed(text: str) -> None:
    steps, expected = steps_of(text, 0.8), digits(1, 8)
    decoded = decode(steps, ALPHABET, expected)
    chances = probabilities(steps, ALPHABET, expected, [decoded.text, *decoded.others, "12A", ""])
    assert chances[0] == pytest.approx(decoded.probability, rel=1e-6)
    assert (chances <= chances[0] + 1e-9).all()
    assert list(chances[-2:]) == [0.0, 0.0]  # neither a letter nor nothing has the format


def test_too_few_steps_for_the_format_give_nothing() -> None:
    decoded = decode(steps_of("12"), ALPHABET, formats.NPI)
    assert (decoded.text, decoded.probability) == ("", 0.0)


def test_a_long_line_of_noise_costs_little_memory() -> None:
    steps = noise(120, len(ALPHABET) + 1, 7)
    tracemalloc.start()
    try:
        decoded = decode(steps, ALPHABET, FREE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(decoded.text) > 80
    assert peak < 30_000_000, "130 MB where all steps are weighed at once; a page that is no form once cost 600"


def _exactly(text: str) -> Format:
    return Format(text, formats.seq(*(one(plain(character)) for character in text)), nothing="")
