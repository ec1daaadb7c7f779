"""Training itself, which needs the `training` extra (PyTorch): not collected by default and not run by CI.

Run it with `python -m pytest tests/samples/training/check_training.py` after `pip install -e .[training]`.
"""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
import torch

import samples.fonts
import samples.generator
from samples.training import train

FONTS = Path(samples.fonts.__file__).parent
DIGITS = Path(samples.generator.__path__[0]) / "digits.npz"
TINY = train.Recipe(batch=8, steps_a_minute=4, sheets_a_step=0.5, window=2, harvest_for_half=1000, learning_rate=1e-3)


@pytest.mark.parametrize("net", ["cell", "line"])
def test_training_follows_from_its_seed_resumes_and_exports(
    net: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(train.RECIPES, net, TINY)
    monkeypatch.setattr(train, "SAVE_EVERY", 2)
    fixed = ["--net", net, "--fonts", str(FONTS), "--mnist", str(DIGITS), "--validation-sheets", "1"]
    train.main([*fixed, "--out", str(tmp_path / "a"), "--minutes", "1"])
    train.main([*fixed, "--out", str(tmp_path / "b"), "--minutes", "1"])
    first, second = (torch.load(tmp_path / name / f"{net}.pt", weights_only=True) for name in "ab")
    assert first["step"] == 4
    assert all(torch.equal(a, b) for a, b in zip(first["network"].values(), second["network"].values(), strict=True))
    train.main([*fixed, "--out", str(tmp_path / "a"), "--minutes", "1.5", "--resume"])
    assert torch.load(tmp_path / "a" / f"{net}.pt", weights_only=True)["step"] == 6
    onnxruntime.InferenceSession(str(tmp_path / "a" / f"{net}.onnx"), providers=["CPUExecutionProvider"])
