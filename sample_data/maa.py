"""An invented MAA study whose lung shunt and ratio are known: `python -m sample_data.maa FOLDER`.

A liver, a tumour and lungs of ellipsoids; a planar study of both heads and a SPECT as DICOM NM;
regions, masks, a case file and `truth.json`. Each head sees lungs and liver through factors of
its own whose geometric mean is 1, and a background that is the same everywhere. Counts scatter
as counts do; blur, scatter and attenuation within an organ are left out.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sample_data.emission import Part, count, distribute
from sample_data.nuclear import static, tomo
from sample_data.scintigraphy import write

SEED = 20261120
EDGE_MM, SHAPE, FIRST_MM = 5.0, (64, 48, 80), (-157.5, -117.5, -200.0)
MATRIX, PIXEL_MM = 64, 7.0
FACTORS = {"anterior": (1.25, 0.9), "posterior": (0.8, 1 / 0.9)}  # liver, lungs
LIVER = ((60.0, 0.0, -100.0), (90.0, 70.0, 75.0))  # centre and half axes, mm, RAS+
TUMOUR = ((95.0, 0.0, -95.0), (43.0, 43.0, 43.0))
LUNGS = (((-75.0, 0.0, 70.0), (50.0, 70.0, 85.0)), ((75.0, 0.0, 70.0), (50.0, 70.0, 85.0)))
RIGHT_OF_MM = 45.0  # the treated half

Voxels = NDArray[np.bool_]
Floats = NDArray[np.float64]
Counts = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Study:
    """What is true of an invented patient, and how long was counted."""

    lung_shunt: float = 0.06
    tumour_to_normal: float = 3.2
    planar_counts: float = 900_000  # of lungs and liver, by the geometric mean
    background: float = 12.0  # counts a pixel
    spect_counts: float = 5_000_000


@dataclass(frozen=True, slots=True)
class Phantom:
    """Positions: voxels of the SPECT's grid, pixels of the planar matrix."""

    liver: Voxels
    tumour: Voxels
    treated: Voxels
    lungs: Voxels
    planes: dict[str, Voxels]

    @classmethod
    def of(cls) -> Phantom:
        """Draw it."""
        axes = [first + EDGE_MM * np.arange(n) for first, n in zip(FIRST_MM, SHAPE, strict=True)]
        places = np.meshgrid(*axes, indexing="ij", sparse=True)
        liver, tumour = _ellipsoid(places, *LIVER), _ellipsoid(places, *TUMOUR)
        lungs = (_ellipsoid(places, *LUNGS[0]) | _ellipsoid(places, *LUNGS[1])) & ~liver
        treated = liver & (places[0] > RIGHT_OF_MM)
        return cls(liver, tumour & liver, treated, lungs, _draw_planes())

    @property
    def normal(self) -> Voxels:
        """Treated liver without tumour."""
        return self.treated & ~self.tumour


def expect_planar(study: Study, phantom: Phantom) -> dict[str, Floats]:
    """Return the counts to be expected on each head, (rows, columns), as that head sees them."""
    heads = {}
    for view, (by_liver, by_lungs) in FACTORS.items():
        seen = np.full((MATRIX, MATRIX), study.background)
        for name, factor, share in (
            ("liver", by_liver, 1 - study.lung_shunt),
            ("lungs", by_lungs, study.lung_shunt),
        ):
            plane = phantom.planes[name]
            seen[plane] += factor * share * study.planar_counts / np.count_nonzero(plane)
        heads[view] = seen[:, ::-1] if view == "posterior" else seen
    return heads


def expect_spect(study: Study, phantom: Phantom) -> Floats:
    """Return the counts to be expected in each voxel: the treated half and the lungs hold all."""
    tumour = phantom.tumour & phantom.treated
    held = study.tumour_to_normal * tumour.sum() + phantom.normal.sum()
    in_lungs = held * study.lung_shunt / (1 - study.lung_shunt) / phantom.lungs.sum()
    parts = [
        Part(phantom.lungs, float(in_lungs)),
        Part(phantom.normal, 1.0),
        Part(tumour, study.tumour_to_normal),
    ]
    return distribute(parts, SHAPE, study.spect_counts)


def count_planar(expected: dict[str, Floats], rng: np.random.Generator) -> dict[str, Counts]:
    """Draw Poisson counts of each pixel."""
    return {view: rng.poisson(mean).astype(np.uint16) for view, mean in expected.items()}


def find_truth(study: Study, phantom: Phantom, density: float = 1.03) -> dict[str, Any]:
    """Return the true values: shunt, ratio, masses, lung dose at 150 Gy with 1 kg of lungs."""
    voxel_ml = EDGE_MM**3 / 1000
    tumour_ml = voxel_ml * int((phantom.tumour & phantom.treated).sum())
    normal_ml = voxel_ml * int(phantom.normal.sum())
    weighed = density * (tumour_ml + normal_ml / study.tumour_to_normal) / 1000
    shunt = study.lung_shunt
    return {
        "lung_shunt": shunt,
        "tumour_to_normal": study.tumour_to_normal,
        "tumour_ml": tumour_ml,
        "treated_liver_ml": normal_ml,
        "lung_dose_gy_at_150gy_tumour": 150 * weighed * shunt / (1 - shunt),
        "largest_lung_shunt_for_15_gy": (15 / (150 * weighed)) / (1 + 15 / (150 * weighed)),
    }


CASE = """\
# An invented patient with an invented MAA study (sample_data/maa.py).
schema = 1
id = "maa-demo"
diagnosis = "hcc"

[masks]
liver = "liver.nii.gz"
tumour = "tumour.nii.gz"
treated = "treated.nii.gz"

[dose]
method = "planar"
maa_planar = "planar.dcm"
regions = { liver = "region_liver.nii.gz", lungs = "region_lungs.nii.gz", background = \
"region_background.nii.gz" }
maa_spect = "spect.dcm"
lungs = "lungs.nii.gz"
registered = true
residual_fraction = 0.02
calibration = 2026-05-20T12:00:00
administration = 2026-05-21T10:00:00
"""


def make(folder: Path, study: Study | None = None, seed: int = SEED) -> dict[str, Any]:
    """Write every file; give the truth."""
    told, phantom, rng = study or Study(), Phantom.of(), np.random.default_rng(seed)
    folder.mkdir(exist_ok=True)
    heads = count_planar(expect_planar(told, phantom), rng)
    (folder / "planar.dcm").write_bytes(static(heads, 300_000, PIXEL_MM, "maa"))
    for name, plane in phantom.planes.items():
        pixels = plane.T[:, :, None].astype(np.uint8)
        write(folder / f"region_{name}.nii.gz", pixels, (PIXEL_MM,) * 3, (0.0,) * 3)
    counted = count(expect_spect(told, phantom), rng)
    (folder / "spect.dcm").write_bytes(_as_dicom(counted))
    for name in ("liver", "tumour", "treated", "lungs"):
        voxels = getattr(phantom, name).astype(np.uint8)
        write(folder / f"{name}.nii.gz", voxels, (EDGE_MM,) * 3, FIRST_MM)
    (folder / "case.toml").write_text(CASE, "utf-8")
    truth = {"seed": seed, **find_truth(told, phantom)}
    text = json.dumps(truth, indent=2, sort_keys=True) + "\n"
    (folder / "truth.json").write_text(text, "utf-8")
    return truth


def _as_dicom(counted: Counts) -> bytes:
    """Turn RAS+ to LPS+, slices upwards, columns to the left."""
    turned = np.ascontiguousarray(counted[::-1, ::-1].transpose(2, 1, 0))
    last = [first + EDGE_MM * (n - 1) for first, n in zip(FIRST_MM, SHAPE, strict=True)]
    return tomo(turned, (EDGE_MM,) * 3, (-last[0], -last[1], FIRST_MM[2]), "maa")


def _ellipsoid(
    places: Any, centre: tuple[float, float, float], half: tuple[float, float, float]
) -> Voxels:
    terms = [((p - c) / h) ** 2 for p, c, h in zip(places, centre, half, strict=True)]
    inside: Voxels = terms[0] + terms[1] + terms[2] < 1
    return inside


def _draw_planes() -> dict[str, Voxels]:
    """Draw the regions as the anterior head sees them: the patient's right is on the left."""
    y, x = np.mgrid[:MATRIX, :MATRIX] / MATRIX
    liver = ((x - 0.38) / 0.2) ** 2 + ((y - 0.66) / 0.14) ** 2 < 1
    lungs = ((x - 0.34) / 0.11) ** 2 + ((y - 0.3) / 0.18) ** 2 < 1
    lungs |= ((x - 0.66) / 0.11) ** 2 + ((y - 0.3) / 0.18) ** 2 < 1
    background = ((x - 0.75) / 0.12) ** 2 + ((y - 0.75) / 0.1) ** 2 < 1
    return {"liver": liver, "lungs": lungs & ~liver, "background": background & ~liver & ~lungs}


if __name__ == "__main__":
    make(Path(sys.argv[1]))
