"""Stand-ins for segmentation engines: their command lines, and the output trees they write.

Options and trees are those of TotalSegmentator 2.18, nnU-Net 2.8, MOOSE 3.2, MONAI 1.6, 3D Slicer
and a container. A stand-in is called by the engine's name; what it does is in the file `outcome` in
its HOME, and the masks that it would draw are there, too.

    python -m tests.engines.fake NAME ARGUMENTS
"""

import argparse
import shutil
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
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


def draw(ct: Path, out: Out, outcome: str) -> None:
    """Write the masks as this outcome has them."""
    grid = nifti(ct)
    for path, name in out.items():
        source = HOME / f"{name}.nii.gz"
        if outcome == "right" or (outcome == "half" and name == "tumour"):
            shutil.copyfile(source, path)
            continue
        voxels = np.asarray(nifti(source).dataobj).astype(np.uint8)
        affine = grid.affine.copy()
        if outcome == "half":
            path.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
            continue
        if outcome == "wrong labels":
            voxels[voxels > 0] = 77
        if outcome == "empty":
            voxels[:] = 0
        if outcome == "other grid":
            affine[:3, 3] += 3.3
        if outcome == "mirrored":
            voxels = voxels[::-1]
        if outcome == "float":
            _save(voxels * np.float32(0.37), affine, path)
            continue
        _save(voxels, affine, path)


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
        held = [np.ones(1 << 20, np.uint8) for _ in range(200)]
        time.sleep(600)
        print(len(held))
    if outcome == "nothing":
        return
    if outcome == "full disk":
        draw(ct, dict([*out.items()][:1]), "half")
        print("OSError: [Errno 28] No space left on device", file=sys.stderr)
        raise SystemExit(1)
    draw(ct, out, "right" if outcome in ("all but failed", "calls home") else outcome)
    if outcome == "all but failed":
        raise SystemExit(3)


def install(folder: Path) -> None:
    """Write the programs into a folder; `python` runs the real one but for MONAI."""
    for name in PROGRAMS:
        if name != "monai.bundle":
            _write(folder / name, f'exec "{sys.executable}" -m tests.engines.fake {name} "$@"')
    asks = 'case "$*" in *importlib.metadata*) echo 1.2.3; exit;; esac'
    run = f'exec "{sys.executable}" -m tests.engines.fake monai.bundle "$@"'
    fake = f'if [ "$2" = monai.bundle ]; then shift 2; {run}; fi'
    _write(folder / "python", f'{asks}\n{fake}\nexec "{sys.executable}" "$@"')


def _write(path: Path, text: str) -> None:
    repository = Path(__file__).resolve().parents[2]
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{repository}"; export PYTHONPATH\n{text}\n')
    path.chmod(0o755)


def pack(voxels: npt.NDArray[Any], like: Path, path: Path) -> None:
    """Write labels on the grid of a file."""
    _save(voxels.astype(np.uint8), nifti(like).affine, path)


def nifti(path: Path) -> Any:
    """Open an image with an independent reader."""
    return nibabel.load(path)


def _save(voxels: npt.NDArray[Any], affine: Any, path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(voxels, affine), path)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
