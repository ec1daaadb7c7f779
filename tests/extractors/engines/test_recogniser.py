"""The own recogniser, with its shipped networks.

Digits are typed with Roboto, an OFL face that lies in `samples/fonts`, onto white paper: no fax, no noise, so that a
failure here is a broken network or preparation and not a hard crop.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import samples.fonts
from extractors.engines import recogniser
from extractors.engines.recogniser import CELL_ALPHABET, CELL_SIZE, LINE_ALPHABET, LINE_HEIGHT, STRUCK
from extractors.geometry import Grey

ROBOTO = Path(samples.fonts.__file__).with_name("Roboto") / "Roboto.ttf"
CELL = (57, 53)  # pixels, height and width: a cell of 15 x 16.6 points and its margin at 200 dpi


def typed(text: str, size: tuple[int, int], pixels: int = 34) -> Grey:
    """The text in the middle of a white crop (height, width)."""
    picture = Image.new("L", size[::-1], 255)
    middle = (size[1] // 2, size[0] // 2)
    ImageDraw.Draw(picture).text(middle, text, fill=0, font=ImageFont.truetype(str(ROBOTO), pixels), anchor="mm")
    return np.asarray(picture)


def best_of(cells: list[Grey]) -> str:
    """The best character of each cell, `_` for an empty one."""
    return "".join((CELL_ALPHABET + "_")[column] for column in recogniser.read_cells(cells).argmax(axis=1))


def test_typed_digits_are_read_cell_by_cell() -> None:
    log_probs = recogniser.read_cells([typed(digit, CELL) for digit in "0123456789"])
    digits = log_probs[:, :10]
    assert digits.argmax(axis=1).tolist() == list(range(10))
    assert np.exp(digits.max(axis=1)[1:]).min() > 0.5  # 0 shares with the letter O


def test_an_empty_cell_is_empty_with_specks_and_on_grey_paper() -> None:
    white = np.full(CELL, 255, np.uint8)
    grey = np.full(CELL, 200, np.uint8)
    speckled = white.copy()
    speckled[10:12, 30:32] = 0
    assert best_of([white, grey, speckled]) == "___"


def test_a_crossed_out_digit_is_struck() -> None:
    cell = typed("5", CELL).copy()
    for start, end in (((8, 10), (46, 48)), ((8, 48), (46, 10)), ((4, 28), (50, 28))):
        cv2.line(cell, start, end, 0, 4)
    assert best_of([cell]) == STRUCK


@pytest.mark.parametrize("text", ["07/26/2022", "1942637508", "555-0148", "98104"])
def test_typed_lines_are_read(text: str) -> None:
    assert recogniser.greedy(recogniser.read_lines([typed(text, (56, 360), 32)])[0]) == text


def test_an_empty_line_reads_as_nothing() -> None:
    assert recogniser.greedy(recogniser.read_lines([np.full((56, 360), 255, np.uint8)])[0]) == ""


def test_answers_are_log_probabilities_of_the_right_shape() -> None:
    cells = recogniser.read_cells([typed("3", CELL), typed("", CELL)])
    assert cells.shape == (2, len(CELL_ALPHABET) + 1)
    lines = recogniser.read_lines([typed("31", (50, 100)), typed("1942637508", (50, 420))])
    assert all(line.shape[1] == len(LINE_ALPHABET) + 1 for line in lines)
    assert len(lines[0]) < len(lines[1])
    for answer in (cells, *lines):
        assert np.exp(answer).sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_no_crops_give_no_answers() -> None:
    assert recogniser.read_cells([]).shape == (0, len(CELL_ALPHABET) + 1)
    assert recogniser.read_lines([]) == []


def test_a_crop_reads_the_same_alone_and_among_others() -> None:
    cells = [typed(digit, CELL) for digit in "0123456789" * 8]
    assert recogniser.read_cells(cells)[42] == pytest.approx(recogniser.read_cells(cells[42:43])[0], abs=1e-4)
    lines = [typed(text, (50, 400)) for text in ("98104", "12/05/2021", "1942637508", "98104")]
    together = recogniser.read_lines(lines)
    for line, answer in zip(lines, together, strict=True):
        assert answer == pytest.approx(recogniser.read_lines([line])[0], abs=1e-4)
    assert together[0] == pytest.approx(together[3], abs=1e-4)


def test_preparation_brings_any_crop_to_the_networks_sizes() -> None:
    for shape in ((3, 3), (20, 700), (90, 40)):
        crop = np.full(shape, 230, np.uint8)
        crop[shape[0] // 3 : shape[0] // 2, :] = 30
        assert recogniser.prepare_cell(crop).shape == (CELL_SIZE, CELL_SIZE)
        line = recogniser.prepare_line(crop)
        assert line.shape[0] == LINE_HEIGHT
        assert 0 <= line.min() <= line.max() <= 1


def test_ink_is_relative_to_the_crops_own_paper() -> None:
    dark_scan = np.full(CELL, 180, np.uint8)
    dark_scan[20:40, 20:24] = 60
    ink = recogniser.ink_of(dark_scan)
    assert ink[0, 0] == 0
    assert ink[30, 22] == 1


def test_the_networks_run_on_one_thread() -> None:
    for name in (f"{net}{size}.onnx" for net in ("cell", "line") for size in recogniser.Size):
        options = recogniser._session(name).get_session_options()
        assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
