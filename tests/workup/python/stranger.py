"""A script of a hospital: only public names, every type as a type checker sees it."""

from datetime import date
from pathlib import Path

import nibabel
import numpy as np
import pandas
import pydicom

import fl_planner


def plan_images(folder: Path) -> tuple[float | None, str]:
    """Plan images of nibabel and files together."""
    plan = fl_planner.plan(
        liver=nibabel.load(folder / "liver.nii.gz"),
        tumour=[nibabel.load(folder / "tumour.nii.gz")],
        flr=str(folder / "flr.nii.gz"),
        diagnosis="crlm",
        chemo_damage=False,
        height_cm=180,
        as_of=date(2026, 11, 20),
        facts={"ecog": 1},
        remnant_segments=None,
    )
    numbers = [lesion["number"] for lesion in plan.lesions]
    codes = [finding["code"] for finding in plan["findings"]]
    table = plan.lesions.to_frame()
    print(numbers, codes, table.shape, plan.row()["flr_ml"], plan.plan.case.id)
    return plan["flr_percent"], plan["pathway"]["headline"]


def measure_arrays() -> float | None:
    """Measure masks of NumPy."""
    liver = np.zeros((100, 100, 80), dtype=bool)
    liver[15:75, 20:80, 10:70] = True
    flr = liver.copy()
    flr[45:] = False
    edges, corner = np.array([2, 2, 2.5]), np.zeros(3)
    images = [
        fl_planner.Image(array, spacing_mm=edges, orientation="LPS", origin_mm=corner)
        for array in (liver, flr)
    ]
    volumes = fl_planner.volume(liver=images[0], flr=images[1], no_tumour=True)
    print(volumes.record.volumes.voxel_ml, fl_planner.Image(liver, affine=np.eye(4)))
    return volumes["volumes_ml"].get("flr")


def collect(folder: Path) -> list[float]:
    """Return many plans as one table."""
    for name in ("crlm", "hcc"):
        plan = fl_planner.plan(fl_planner.sample(name))
        (folder / f"{name}.json").write_text(plan.as_json(), "utf-8")
    plans = [fl_planner.read(path) for path in sorted(folder.glob("*.json"))]
    frame = fl_planner.frame(plans)
    print(frame["flr_pct"].mean(), frame.attrs["units"]["flr_ml"])
    return [volume for plan in plans if (volume := plan["volumes_ml"].get("flr")) is not None]


def check_slices(folder: Path) -> int:
    """Check the slices of a CT as pydicom reads them."""
    slices = [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]
    return len(fl_planner.plan(liver=folder / "liver.nii.gz", ct=slices)["inputs"])


def ask_others() -> int:
    """Use further functions, and a refusal."""
    result = fl_planner.validate("crlm", typed=True)
    worklist = fl_planner.screen([{"id": "p1", "age [a]": 61}], as_of="2026-11-20")
    frame = fl_planner.screen(pandas.DataFrame({"id": ["p1"], "ecog": [1]}), as_of="2026-11-20")
    bsa = fl_planner.calc("bsa", height_cm=180, weight_kg=80)
    print(result.record.equal, worklist.patients[0].get("id"), frame.patients, bsa["bsa_m2"])
    try:
        fl_planner.resections(fl_planner.sample("crlm"), resect=[(5, 9), "7"])
    except fl_planner.InputRefused as refused:
        print(refused.code, refused.reason)
    return len(result.patients)
