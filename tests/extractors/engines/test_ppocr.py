"""PP-OCR as it is shipped: its answers are log-probabilities over our alphabet, and clear print is read."""

from __future__ import annotations

import numpy as np
import pytest

from extractors.decoding import decode
from extractors.engines.ppocr import ALPHABET, ppocr
from extractors.formats import FREE
from extractors.geometry import Grey
from extractors.text import one_line_of
from tests.extractors.drawn import drawn


def test_answers_are_log_probabilities_over_the_alphabet() -> None:
    (line,) = one_line_of(drawn("Jackson, Carol"))
    (said,) = ppocr().read([line])
    assert said.dtype == np.float32
    assert said.shape[1] == len(ALPHABET) + 1
    sums = np.exp(said).sum(axis=1)
    assert sums.max() <= 1 + 1e-4
    assert sums.min() > 0.9  # of clear print little belief goes to other scripts


def test_each_character_of_the_alphabet_is_its_own() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)


@pytest.mark.parametrize("text", ["Ruth Martin", "(218) 555-8406", "rx@a-b.example", "K/uL 1.85"])
@pytest.mark.parametrize("font", ["OpenSans", "CourierPrime", "PTSerif"])
def test_clear_print_is_read(text: str, font: str) -> None:
    (line,) = one_line_of(drawn(text, font=font))
    assert decode(ppocr().read([line])[0], ALPHABET, FREE).text == text


@pytest.mark.parametrize("shape", [(1, 1), (60, 2), (3, 900), (20, 9000)])
def test_any_shape_is_taken(shape: tuple[int, int]) -> None:
    crops: list[Grey] = [np.full(shape, 255, np.uint8)]
    assert len(ppocr().read(crops)[0]) > 0


def test_one_model_a_process() -> None:
    assert ppocr() is ppocr()
