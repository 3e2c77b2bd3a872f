"""Stand-ins of engines, installed in a folder, with their weights and what they draw."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.engines import process
from tests.cli.outside import BUNDLED
from tests.engines.fake import install, nifti, pack

CRLM = BUNDLED / "crlm"
CT = CRLM / "ct.nii.gz"
WEIGHTS = (
    ".totalsegmentator/nnunet/results/Dataset570/checkpoint_final.pth",
    "results/Dataset003_Liver/fold_0/checkpoint_final.pth",
    "bundles/liver_tumour/configs/inference.json",
    "slicer/segment_liver.py",
)


def masks() -> Mapping[str, npt.NDArray[np.uint8]]:
    """Draw what engines find, by the name of the mask."""
    segments, tumour = (
        np.asarray(nifti(CRLM / f"{name}.nii.gz").dataobj) for name in ("segments", "tumour")
    )
    liver = segments > 0
    vessels = np.zeros_like(segments)
    middle = [int(n) for n in np.argwhere(liver).mean(0)]
    vessels[middle[0] - 1 : middle[0] + 2, middle[1] - 1 : middle[1] + 2] = 1
    return {
        "segments": segments,
        "tumour": tumour,
        "lits": np.where(tumour > 0, 2, liver),
        "moose": np.where(liver, 8, 0),
        "vessels": vessels * liver,
    }


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write these masks once."""
    folder = tmp_path_factory.mktemp("drawn")
    for name, voxels in masks().items():
        pack(voxels, CT, folder / f"{name}.nii.gz")
    return folder


@pytest.fixture
def home(tmp_path: Path, packed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the stand-ins, their weights and the masks that they draw."""
    home, programs = tmp_path / "home", tmp_path / "bin"
    for folder in (home, programs):
        folder.mkdir()
    install(programs)
    for name in WEIGHTS:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("weights of the tests", "utf-8")
    shutil.copytree(packed, home, dirs_exist_ok=True)
    monkeypatch.setattr(process, "LOOK_S", 0.02)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("nnUNet_results", str(home / "results"))
    monkeypatch.chdir(tmp_path)
    return home


def lower_bounds(outcome: str, patch: pytest.MonkeyPatch) -> None:
    """Lower the bound that a stand-in exceeds, so that its test takes seconds."""
    if outcome == "hang":
        patch.setattr(process, "MINUTE_S", 0.03)
        patch.setattr(process, "VERSION_S", 4)
    if outcome == "memory":
        patch.setattr(process, "GIB", 5 << 20)
