"""Handwritten digits of MNIST as ink: cut out, sharpened, scaled, from a run of neighbours as one writer wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from samples.generator.paper import Grey

SHIPPED = Path(__file__).with_name("digits.npz")
WRITER_RUN = 300  # neighbours in MNIST that a writer's digits are taken from: about ten of each, of a few writers


@dataclass(frozen=True, slots=True)
class DigitSet:
    """`images` uint8 (n, 28, 28), white ink on black; `labels` uint8 (n,); in the set's own order."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class DigitHand:
    """One person's digits: for each of the ten, the indices to choose from."""

    digits: DigitSet
    choices: tuple[NDArray[np.int64], ...]

    def ink(self, digit: int, height: int, rng: Generator) -> Grey:
        """One of the person's pictures of the digit as a mask (255 ink), `height` pixels high with its margin."""
        picture = self.digits.images[int(rng.choice(self.choices[digit]))]
        rows, columns = np.flatnonzero(picture.max(1) > 40), np.flatnonzero(picture.max(0) > 40)
        cut = np.pad(picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1)
        scale = height / cut.shape[0]
        large = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC).astype(np.float32)
        ink: Grey = np.clip((large - 70) * 2.6, 0, 255).astype(np.uint8)  # MNIST is blurred: make it ink again
        return ink


def load_digits(file: Path = SHIPPED, part: tuple[float, float] = (0.0, 1.0)) -> DigitSet:
    """The digits of an .npz with `images` and `labels`, or of a part of it: shares of the set from its beginning."""
    with np.load(file) as archive:
        images, labels = archive["images"], archive["labels"]
    start, stop = (round(share * len(labels)) for share in part)
    return DigitSet(images[start:stop], labels[start:stop])


def draw_digit_hand(digits: DigitSet, rng: Generator) -> DigitHand:
    """One person: a run of neighbours of the set in which every digit occurs."""
    run = min(WRITER_RUN, len(digits.labels))
    start = int(rng.integers(0, len(digits.labels) - run + 1))
    near = np.arange(start, start + run)
    whole = np.arange(len(digits.labels))
    choices = []
    for digit in range(10):
        mine = near[digits.labels[near] == digit]
        choices.append(mine if len(mine) else whole[digits.labels == digit])
    return DigitHand(digits, tuple(choices))
