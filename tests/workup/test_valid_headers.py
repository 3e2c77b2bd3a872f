"""Public files whose headers stay valid and say something else: each is found.

A file may be mirrored in its voxels, have lost its spacing (an identity matrix) or its origin,
and every field of its header is still allowed. Nothing but the picture tells.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import of_many
from tests.cli.outside import BUNDLED, Record, ask, refused, told
from tests.shared import shared

pytestmark = pytest.mark.slow

Matrix = npt.NDArray[np.float64]
Change = Callable[[Matrix], Matrix]
COUINAUD = [
    "011", "022", "030", "037", "066", "089", "094", "133", "141", "175", "207", "255", "289",
    "375",
]  # fmt: skip
MAPS = of_many(["011", "022"], COUINAUD)
VESSELS = of_many(["022"], ["022", "066", "133"])
TUMOURS = ["002", "008", "010"]
LIVERS = of_many(["089", "008"], [*COUINAUD, *TUMOURS])


def public(name: str, kind: str) -> Path:
    if name in TUMOURS:
        return shared("data", "hpb_msd08", f"hepaticvessel_{name}_{kind}.nii.gz")
    return shared("data", "couinaud_msd08", f"MSD-{name}_{kind}.nii.gz")


def identity(_: Matrix) -> Matrix:
    """Lose spacing and place: voxels of 1 mm, the first at the origin."""
    return np.eye(4)


def no_origin(matrix: Matrix) -> Matrix:
    matrix[:3, 3] = 0.0
    return matrix


def shifted(columns: float) -> Change:
    def change(matrix: Matrix) -> Matrix:
        matrix[:3, 3] += columns * matrix[:3, 0]
        return matrix

    return change


def stored(source: Path, folder: Path, change: Change, *, mirrored: bool = False) -> Path:
    """Store a file under another matrix, by nibabel: its header is one that every reader takes."""
    image: Any = nib.load(source)
    voxels = np.asarray(image.dataobj)
    kept = voxels[::-1] if mirrored else voxels
    written: Any = nib.Nifti1Image(kept, change(image.affine.copy()))  # type: ignore[no-untyped-call]
    written.header.set_xyzt_units("mm")
    path = folder / source.name
    path.write_bytes(written.to_bytes())
    return path.rename(folder / source.name.removesuffix(".gz"))


def loud(record: Record) -> dict[str, str]:
    """List what is more than an info: code to severity."""
    return {f["code"]: f["severity"] for f in record["findings"] if f["severity"] != "info"}


def of_list(path: Path) -> Mapping[str, Any]:
    files: list[Record] = json.loads(shared("data", "index.json").read_text("utf-8"))["files"]
    (row,) = [file for file in files if Path(file["path"]).name == path.name]
    return row


@pytest.mark.essential
@pytest.mark.parametrize("name", LIVERS)
def test_h01_an_identity_matrix_on_a_512_by_512_scan_is_reported(name: str, tmp_path: Path) -> None:
    source = public(name, "liver")
    assert of_list(source)["shape"][:2] == [512, 512]
    path = stored(source, tmp_path, identity)
    record = told("volume", "--liver", path)
    assert "geometry.looks_unset" in loud(record)
    # and beside what kept its header it is refused
    other = public(name, "couinaud" if name in COUINAUD else "vessel_tumour")
    scheme = "couinaud" if name in COUINAUD else "msd_task08"
    refusal = refused("volume", "--liver", path, "--labelmap", other, "--scheme", scheme)
    assert refusal["code"] == "grid.differs"


@pytest.mark.essential
@pytest.mark.parametrize("name", MAPS)
def test_h01_nor_is_it_missed_on_a_map_of_segments(name: str, tmp_path: Path) -> None:
    path = stored(public(name, "couinaud"), tmp_path, identity)
    record = told("volume", "--labelmap", path, "--scheme", "couinaud")
    assert "geometry.looks_unset" in loud(record)


@pytest.mark.essential
@pytest.mark.parametrize("name", MAPS)
def test_h02_a_map_mirrored_under_an_unchanged_header_is_an_error(
    name: str, tmp_path: Path
) -> None:
    path = stored(public(name, "couinaud"), tmp_path, lambda matrix: matrix, mirrored=True)
    record = told("volume", "--labelmap", path, "--scheme", "couinaud")
    assert loud(record)["segments.side"] == "error"


@pytest.mark.parametrize("name", MAPS)
def test_h02_a_liver_mirrored_next_to_its_map_is_reported(name: str, tmp_path: Path) -> None:
    path = stored(public(name, "liver"), tmp_path, lambda matrix: matrix, mirrored=True)
    record = told(
        "volume", "--liver", path, "--labelmap", public(name, "couinaud"), "--scheme", "couinaud"
    )
    assert "segments.cover" in loud(record)


@pytest.mark.parametrize("name", VESSELS)
@pytest.mark.parametrize("change", [no_origin, shifted(20.0)], ids=["lost", "shifted"])
def test_h06_vessels_and_labels_of_one_scan_with_two_origins_are_reported(
    name: str, change: Change, tmp_path: Path
) -> None:
    # 511 or 20 whole columns away: on one lattice by chance, and no crop
    vessels = stored(public(name, "vessel"), tmp_path, change)
    for kind in ("liver", "couinaud"):
        ran = ask("check", public(name, kind), vessels, "--json")
        assert ran.record["fits"] is False
        (misfit,) = ran.record["misfits"]
        assert misfit["file"] == vessels.name
        assert "mm apart: check whether an origin was lost" in misfit["reason"]
    args = ("volume", "--liver", public(name, "liver"), "--scheme", "msd_task08", "--labelmap")
    assert "grid.moved" in loud(told(*args, vessels))
    assert "grid.moved" not in loud(told(*args, public(name, "vessel")))
    assert ask("check", public(name, "liver"), public(name, "vessel"), "--json").record["fits"]


@pytest.mark.parametrize("name", of_many(["008"], TUMOURS))
def test_h06_a_tumour_map_that_lost_its_origin_is_refused_or_reported(
    name: str, tmp_path: Path
) -> None:
    args = ("volume", "--liver", public(name, "liver"), "--scheme", "msd_task08", "--labelmap")
    lost = stored(public(name, "vessel_tumour"), tmp_path, no_origin)
    assert refused(*args, lost)["code"] == "stray.mostly_outside"
    near = stored(public(name, "vessel_tumour"), tmp_path, shifted(3.0))
    assert "grid.moved" in loud(told(*args, near))
    between = stored(public(name, "vessel_tumour"), tmp_path, shifted(0.5))
    assert refused(*args, between)["code"] == "grid.differs"


@pytest.mark.parametrize("changed", ["ct", "liver"])
def test_h01_an_identity_matrix_on_the_ct_or_its_mask_is_an_error(
    changed: str, tmp_path: Path
) -> None:
    files = {name: BUNDLED / "crlm" / f"{name}.nii.gz" for name in ("ct", "liver")}
    files[changed] = stored(files[changed], tmp_path, identity)
    record = told("volume", "--liver", files["liver"], "--ct", files["ct"])
    assert loud(record)["ct.elsewhere"] == "error"


@pytest.mark.essential
def test_h01_an_identity_matrix_on_both_is_reported_by_the_livers_extent(tmp_path: Path) -> None:
    ct, liver = (stored(BUNDLED / "crlm" / f"{n}.nii.gz", tmp_path, identity)
                 for n in ("ct", "liver"))  # fmt: skip
    assert "plausibility.extent" in loud(told("volume", "--liver", liver, "--ct", ct))
