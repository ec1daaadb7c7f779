"""Fetch the faces of `fonts.yaml` as npm packages and keep their Latin glyphs as small TrueType files.

`python -m samples.fonts.fetch DIR` fetches all of them, `--shipped` those that lie in this folder, `--held-out` those
that no training sees (`samples.training.pens.is_held_out`), to measure with.
Needs `npm` and fontTools.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from fontTools import subset
from fontTools.ttLib import TTFont

from samples.training.pens import is_held_out

FACES = Path(__file__).with_name("fonts.yaml")
LATIN = [*range(0x20, 0x7F), 0xB5, 0xD7, 0x2013, 0x2019]  # ASCII, micro sign, times, dash, apostrophe


def main(argv: list[str] | None = None) -> int:
    """Fetch the faces into the folder given on the command line; the exit code is the number of faces that failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shipped", action="store_true", help="only the faces that lie in samples/fonts")
    parser.add_argument("--held-out", action="store_true", help="only the faces that no training sees")
    args = parser.parse_args(argv)
    listed = yaml.safe_load(FACES.read_text(encoding="utf-8"))["faces"]
    wanted = [
        face
        for face in listed
        if (face["shipped"] or not args.shipped) and (is_held_out(face["face"].replace(" ", "")) or not args.held_out)
    ]
    failed = [face["face"] for face in wanted if not fetch(face, args.folder)]
    sys.stdout.write(f"{len(wanted) - len(failed)} faces in {args.folder.name}, failed: {failed}\n")
    return len(failed)


def fetch(face: dict[str, Any], folder: Path) -> bool:
    """Put one face and its licence into `folder/<Face>/`; False when its package could not be fetched."""
    target = folder / face["face"].replace(" ", "")
    if (target / f"{target.name}.ttf").exists():
        return True
    slug = face["package"].split("/")[1]
    with tempfile.TemporaryDirectory() as scratch:
        packed = subprocess.run(  # noqa: S603  the package names are those of fonts.yaml
            ["npm", "pack", "--silent", face["package"]],  # noqa: S607  npm stands wherever the system has it
            cwd=scratch,
            capture_output=True,
            text=True,
            check=False,
        )
        if packed.returncode:
            return False
        with tarfile.open(Path(scratch) / packed.stdout.strip().splitlines()[-1]) as package:
            font = _member(package, f"package/files/{slug}-latin-400-normal.woff")
            licence = _member(package, "package/LICENSE")
    if b"Open Font License" not in licence:
        return False
    target.mkdir(parents=True, exist_ok=True)
    (target / "LICENSE.txt").write_bytes(licence)
    latin(font).save(target / f"{target.name}.ttf")
    return True


def latin(woff: bytes) -> TTFont:
    """The face as TrueType with the glyphs that forms need, without hints and layout features."""
    font = TTFont(BytesIO(woff))
    options = subset.Options(layout_features=["kern"], hinting=False, notdef_outline=True, name_IDs=["*"])
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=LATIN)
    cutter.subset(font)
    font.flavor = None
    return font


def _member(package: tarfile.TarFile, name: str) -> bytes:
    file = package.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


if __name__ == "__main__":
    sys.exit(main())
