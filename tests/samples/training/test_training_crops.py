"""Synthetic training crops, drawn with the shipped faces and the shipped MNIST digits; no PyTorch is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import samples.fonts
import samples.generator
from extractors.engines.recogniser import CELL_ALPHABET, CELL_SIZE, LINE_ALPHABET, LINE_HEIGHT, STRUCK
from samples.training.contents import comb_content, line_content
from samples.training.crops import CellCrop, LineCrop, draw_crops
from samples.training.harvest import save_crops
from samples.training.pens import Writers, faces_named, load_writers
from samples.training.pool import load_harvest

FONTS = Path(samples.fonts.__file__).parent
DIGITS = Path(samples.generator.__path__[0]) / "digits.npz"


@pytest.fixture(scope="module")
def writers() -> Writers:
    return load_writers(FONTS, DIGITS, held_out=False)


def test_a_face_is_in_one_split_only(writers: Writers) -> None:
    held_out = load_writers(FONTS, DIGITS, held_out=True)
    assert writers.hand
    assert writers.typed
    assert held_out.hand
    assert not set(faces_named(writers)) & set(faces_named(held_out))
    assert len(writers.real.images) > len(held_out.real.images) > 0


def test_a_sheet_follows_from_its_seed(writers: Writers) -> None:
    (cells, lines), (again, lines_again) = (draw_crops(writers, np.random.default_rng(7)) for _ in range(2))
    assert [cell.label for cell in cells] == [cell.label for cell in again]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(cells, again, strict=True))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(lines, lines_again, strict=True))


def test_crops_are_prepared_and_labelled_as_the_networks_expect(writers: Writers) -> None:
    cells, lines = draw_crops(writers, np.random.default_rng(3))
    assert {cell.label for cell in cells} <= {*CELL_ALPHABET, ""}
    assert all(set(line.label) <= set(LINE_ALPHABET) for line in lines)
    assert {cell.image.shape for cell in cells} == {(CELL_SIZE, CELL_SIZE)}
    assert {line.image.shape[0] for line in lines} == {LINE_HEIGHT}
    inked = [cell.image.mean() for cell in cells if cell.label.isdigit() or cell.label == STRUCK]
    empty = [cell.image.mean() for cell in cells if not cell.label]
    assert np.mean(inked) > 1.3 * np.mean(empty)


def test_contents_fit_their_cells_and_alphabet() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        text, cells, is_date = comb_content(rng)
        assert len(text) == cells
        assert not is_date or (text[2], text[5]) == (" ", " ")
        assert set(line_content(rng).upper()) <= set(LINE_ALPHABET)


def test_harvested_crops_come_back_as_they_were_saved(writers: Writers, tmp_path: Path) -> None:
    cells, lines = draw_crops(writers, np.random.default_rng(5))
    crops: dict[str, list[CellCrop | LineCrop]] = {"cell": [*cells], "line": [*lines]}
    for net, saved in crops.items():
        save_crops(tmp_path / f"{net}-1-000.npz", saved)
        loaded = load_harvest(tmp_path, net)
        assert [crop.label for crop in loaded] == [crop.label for crop in saved]
        assert all(np.array_equal(a.image, b.image) for a, b in zip(saved, loaded, strict=True))
