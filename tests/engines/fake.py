"""Stand-ins for segmentation engines: their command lines, and the output trees they write.

Options and trees are those of TotalSegmentator 2.18, nnU-Net 2.8, MOOSE 3.2, MONAI 1.6, 3D Slicer
and a container. A stand-in is called by the engine's name; what it does is in the file `outcome` in
its HOME, and the masks that it gives are in `drawn` there: it loads no library and starts at once.

    python -S tests/engines/fake.py NAME ARGUMENTS
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import socket
import struct
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

HOME = Path.home()
Out = dict[Path, str]  # file -> name of the mask in HOME


def total_segmentator(words: list[str]) -> tuple[Path, Out]:
    options = argparse.ArgumentParser()
    options.add_argument("-i", type=Path, required=True)
    options.add_argument("-o", type=Path, required=True)
    options.add_argument("-ml", "--ml", action="store_true")
    options.add_argument("-ta", "--task", required=True)
    options.add_argument("--version", action="version", version="2.18.0")
    asked = options.parse_args(words)
    if asked.task == "liver_vessels":
        assert not asked.ml
        asked.o.mkdir(exist_ok=True)
        return asked.i, {
            asked.o / "liver_vessels.nii.gz": "vessels",
            asked.o / "liver_tumor.nii.gz": "tumour",
        }
    assert asked.ml
    return asked.i, {asked.o: {"liver_segments": "segments", "liver_lesions": "tumour"}[asked.task]}


def nnunet(words: list[str]) -> tuple[Path, Out]:
    options = argparse.ArgumentParser()
    for name in ("-i", "-o", "-d", "-c"):
        options.add_argument(name, required=True)
    options.add_argument("-f", nargs="+", default=["0", "1", "2", "3", "4"])
    asked = options.parse_args(words)
    (ct,) = Path(asked.i).glob("*_0000.nii.gz")
    out = Path(asked.o)
    for name in ("dataset.json", "plans.json", "predict_from_raw_data_args.json"):
        (out / name).write_text("{}")
    return ct, {out / ct.name.replace("_0000", ""): "lits"}


def moose(words: list[str]) -> tuple[Path, Out]:
    options = argparse.ArgumentParser()
    options.add_argument("-d", type=Path, required=True)
    options.add_argument("-m", nargs="+", required=True)
    asked = options.parse_args(words)
    (subject,) = asked.d.iterdir()
    (ct,) = subject.glob("CT_*.nii.gz")
    out = subject / "moosez-2026-11-25-11-00-00" / "segmentations"
    out.mkdir(parents=True)
    (out.parent / "stats").mkdir()
    (out / "clin_ct_organs_organ_indices.json").write_text("{}")
    return ct, {out / "CT_organs_segmentation_CT_ct.nii.gz": "moose"}


def monai(words: list[str]) -> tuple[Path, Out]:
    options = argparse.ArgumentParser()
    options.add_argument("command", choices=["run"])
    for name in ("config_file", "meta_file", "bundle_root", "dataset_dir", "output_dir"):
        options.add_argument(f"--{name}", type=Path, required=True)
    asked = options.parse_args(words)
    assert asked.config_file.is_file()
    (ct,) = asked.dataset_dir.glob("*.nii.gz")
    out = asked.output_dir / "ct_0000"
    out.mkdir()
    return ct, {out / "ct_0000_trans.nii.gz": "lits"}


def slicer(words: list[str]) -> tuple[Path, Out]:
    if words == ["--version"]:
        print("Slicer 5.8.1")
        raise SystemExit
    options = argparse.ArgumentParser()
    for name in ("no-splash", "no-main-window", "ignore-slicerrc"):
        options.add_argument(f"--{name}", action="store_true", required=True)
    options.add_argument("--python-script", type=Path, required=True)
    options.add_argument("places", nargs=2, type=Path)
    asked = options.parse_args(words)
    assert asked.python_script.is_file()
    ct, out = asked.places
    return ct, {out / "segments.nii.gz": "segments"}


def docker(words: list[str]) -> tuple[Path, Out]:
    if words[:2] == ["image", "inspect"]:
        print("example/liver-segments:1.0")
        raise SystemExit
    options = argparse.ArgumentParser()
    options.add_argument("command", choices=["run"])
    options.add_argument("--rm", action="store_true", required=True)
    options.add_argument("--network", choices=["none"], required=True)
    options.add_argument("--volume", action="append")
    options.add_argument("image")
    asked = options.parse_args(words)
    images, out = (Path(one.split(":")[0]) for one in asked.volume)
    assert asked.volume[0].endswith(":/in:ro")
    return images / "ct_0000.nii.gz", {out / "segments.nii.gz": "segments"}


PROGRAMS: dict[str, Callable[[list[str]], tuple[Path, Out]]] = {
    "TotalSegmentator": total_segmentator,
    "nnUNetv2_predict": nnunet,
    "moosez": moose,
    "monai.bundle": monai,
    "Slicer": slicer,
    "docker": docker,
}


def give(ct: Path, out: Out) -> None:
    """Write the masks that are drawn, whose grid is that of the CT."""
    for path, name in out.items():
        source = HOME / "drawn" / f"{name}.nii.gz"
        assert shape_of(source) in (None, shape_of(ct))
        shutil.copyfile(source, path)


def shape_of(path: Path) -> tuple[int, ...] | None:
    """Read the shape of a NIfTI file; None where it is cut off."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        head = file.read(348)
    size, *shape = struct.unpack("<i36x4h", head[:48])
    assert (size, shape[0]) == (348, 3)
    return tuple(shape)


def choose(home: Path, outcome: str) -> None:
    """Choose what the stand-ins do, and draw what they give from the masks in their HOME."""
    (home / "outcome").write_text(outcome, "utf-8")
    (home / "drawn").mkdir(exist_ok=True)
    for source in home.glob("*.nii.gz"):
        cut = outcome in ("half", "full disk") and source.name != "tumour.nii.gz"
        way = "cut" if cut else outcome
        (home / "drawn" / source.name).write_bytes(_spoil(source.read_bytes(), way))


@cache
def _spoil(content: bytes, outcome: str) -> bytes:
    """Return a mask as this outcome has it."""
    import nibabel
    import numpy as np

    if outcome == "cut":
        return content[: len(content) // 2]
    if outcome not in ("wrong labels", "empty", "other grid", "mirrored", "float"):
        return content
    image: Any = nibabel.Nifti1Image.from_bytes(gzip.decompress(content))
    voxels, affine = np.asarray(image.dataobj).astype(np.uint8), image.affine.copy()
    if outcome == "wrong labels":
        voxels[voxels > 0] = 77
    if outcome == "empty":
        voxels[:] = 0
    if outcome == "other grid":
        affine[:3, 3] += 3.3
    if outcome == "mirrored":
        voxels = voxels[::-1]
    return _packed(voxels * np.float32(0.37) if outcome == "float" else voxels, affine)


def main() -> None:
    name, *words = sys.argv[1:]
    ct, out = PROGRAMS[name](words)
    outcome = (HOME / "outcome").read_text().strip()
    print(f"{name}: {outcome}", flush=True)
    if outcome == "calls home":
        with socket.create_connection(("127.0.0.1", int((HOME / "port").read_text())), 3):
            pass
    if outcome == "hang":
        time.sleep(600)
    if outcome == "memory":
        held = [bytes([number]) * (1 << 20) for number in range(200)]
        time.sleep(600)
        print(len(held))
    if outcome == "nothing":
        return
    if outcome == "full disk":
        give(ct, dict([*out.items()][:1]))
        print("OSError: [Errno 28] No space left on device", file=sys.stderr)
        raise SystemExit(1)
    give(ct, out)
    if outcome == "all but failed":
        raise SystemExit(3)


def install(folder: Path) -> None:
    """Write the programs into a folder; `python` runs the real one but for MONAI."""
    start = f'exec "{sys.executable}" -S "{Path(__file__).resolve()}"'
    for name in PROGRAMS:
        if name != "monai.bundle":
            _write(folder / name, f'{start} {name} "$@"')
    asks = 'case "$*" in *importlib.metadata*) echo 1.2.3; exit;; esac'
    run = f'{start} monai.bundle "$@"'
    fake = f'if [ "$2" = monai.bundle ]; then shift 2; {run}; fi'
    _write(folder / "python", f'{asks}\n{fake}\nexec "{sys.executable}" "$@"')


def _write(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def pack(voxels: npt.NDArray[Any], like: Path, path: Path) -> None:
    """Write labels on the grid of a file."""
    path.write_bytes(_packed(voxels.astype("uint8"), nifti(like).affine))


def nifti(path: Path) -> Any:
    """Open an image with an independent reader."""
    import nibabel

    return nibabel.load(path)


def _packed(voxels: npt.NDArray[Any], affine: Any) -> bytes:
    import nibabel

    image: Any = nibabel.Nifti1Image(voxels, affine)  # type: ignore[no-untyped-call]
    return gzip.compress(image.to_bytes(), 1, mtime=0)


if __name__ == "__main__":
    main()
