"""The typefaces that the generator writes with, from a folder of `<Face>/<Face>.ttf` as `samples/fonts` is one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from PIL import ImageFont

SHIPPED = Path(__file__).parent.parent / "fonts"


@dataclass(frozen=True, slots=True)
class Faces:
    """Paths of the TrueType files by what they are good for."""

    hand: tuple[Path, ...]
    signature: tuple[Path, ...]
    type: tuple[Path, ...]


def load_faces(folder: Path = SHIPPED) -> Faces:
    """The faces in `folder`, sorted by name; kinds are those of `samples/fonts/fonts.yaml`, an unlisted face is a hand.

    Raises:
        FileNotFoundError: the folder lacks handwriting or type.
    """
    listed = yaml.safe_load((SHIPPED / "fonts.yaml").read_text(encoding="utf-8"))["faces"]
    kinds = {face["face"].replace(" ", ""): face["pen"] for face in listed}
    found: dict[str, list[Path]] = {"hand": [], "signature": [], "type": []}
    for path in sorted(folder.glob("*/*.ttf")):
        found[kinds.get(path.stem, "hand")].append(path)
    faces = Faces(tuple(found["hand"]), tuple(found["signature"] or found["hand"]), tuple(found["type"]))
    if not faces.hand or not faces.type:
        raise FileNotFoundError(f"no handwriting or no type among the faces of {folder.name}")
    return faces


@lru_cache(maxsize=512)
def face_at(path: Path, pixels: int) -> ImageFont.FreeTypeFont:
    """The face at a size in pixels, opened once."""
    return ImageFont.truetype(str(path), pixels)


@lru_cache(maxsize=256)
def digit_height(path: Path) -> float:
    """How high the face's digits are, as a part of its size: faces of one size differ by half."""
    left, top, right, bottom = ImageFont.truetype(str(path), 200).getbbox("0123456789")
    return max(0.2, (bottom - top) / 200) if right > left else 0.7
