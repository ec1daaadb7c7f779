"""Ways in which files get damaged, each of them small enough that the file still looks like one."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Damage = Callable[[bytearray, random.Random], None]

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
HEAD = 512  # bytes: file heads, and the directories of files that begin with one


def flip_bits(data: bytearray, rng: random.Random) -> None:
    """Single bits over, as on a bad line or disk."""
    for _ in range(rng.randint(1, 20)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def cut_off(data: bytearray, rng: random.Random) -> None:
    """The end is missing, as of an upload that broke off."""
    del data[rng.randrange(len(data)) :]


def swap_chunks(data: bytearray, rng: random.Random) -> None:
    """Two parts have changed places."""
    size = rng.randint(1, max(1, min(4096, len(data) // 4)))
    one, other = sorted(rng.randrange(len(data) - size + 1) for _ in range(2))
    first, second = bytes(data[one : one + size]), bytes(data[other : other + size])
    data[one : one + size] = second
    data[other : other + size] = first


def lose_chunk(data: bytearray, rng: random.Random) -> None:
    """A part is missing, and what follows has moved up."""
    at = rng.randrange(len(data))
    del data[at : at + rng.randint(1, 2048)]


def blank_chunk(data: bytearray, rng: random.Random) -> None:
    """A part is overwritten with one byte, as a disk does with a lost block."""
    at = rng.randrange(len(data))
    size = min(rng.randint(1, 2048), len(data) - at)
    data[at : at + size] = bytes([rng.choice((0, 0xFF))]) * size


def edit_head(data: bytearray, rng: random.Random) -> None:
    """Extreme numbers in the first bytes."""
    _extremes(data, rng, 0, min(HEAD, len(data)))


def edit_tail(data: bytearray, rng: random.Random) -> None:
    """Extreme numbers in the last bytes, where TIFF directories and PDF trailers stand."""
    _extremes(data, rng, max(0, len(data) - HEAD), len(data))


def edit_numbers(data: bytearray, rng: random.Random) -> None:
    """Decimal numbers replaced by ones as long: sizes, offsets and references of a PDF."""
    numbers = list(re.finditer(rb"\d+", data))
    for number in rng.sample(numbers, min(len(numbers), rng.randint(1, 5))):
        data[number.start() : number.end()] = bytes(rng.choice(b"0123456789") for _ in range(len(number.group())))


def _extremes(data: bytearray, rng: random.Random, start: int, end: int) -> None:
    for _ in range(rng.randint(1, 8)):
        size = rng.choice((1, 2, 4))
        at = rng.randrange(start, end)
        number = (rng.choice(EXTREMES) & ((1 << 8 * size) - 1)).to_bytes(size, rng.choice(("little", "big")))
        data[at : at + size] = number[: end - at]


DAMAGES: tuple[Damage, ...] = (
    flip_bits,
    cut_off,
    swap_chunks,
    lose_chunk,
    blank_chunk,
    edit_head,
    edit_tail,
    edit_numbers,
)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """A copy with one kind of damage, now and then several."""
    copy = bytearray(data)
    for damage in rng.choices(DAMAGES, k=rng.choice((1, 1, 1, 2, 3))):
        if copy:
            damage(copy, rng)
    return bytes(copy)
