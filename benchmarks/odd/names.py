"""Odd names and numbers: of segments, excluded structures, and schemes."""

from __future__ import annotations

import numpy as np

from benchmarks.odd.case import Bench, Odd, union
from benchmarks.odd.phantom import Voxels, write_nifti, write_segments

LIVER = ("Liver", "liver", "LIVER", "Whole liver", "whole_liver")
TUMOUR = (
    "Tumor", "tumours", "Metastasis S8", "Met 1", "CRLM seg VI", "HCC (S7)", "Lesion #2",
    "liver_metastasis_3", "Liver tumor right", "lesion-4", "TUMOR_S5", "Metastases", "mets",
    "Tumour segment 8", "CRLM_2", "HCC", "hepatic lesion 1", "GTV", "Tumor right lobe", "LM1",
)  # fmt: skip
REMNANT = (
    "FLR", "flr left", "FLR_right", "Remnant", "Future liver remnant", "future_remnant",
    "Liver remnant", "FLR (II-III)", "Future Liver Remnant left", "Remnant liver", "left FLR",
)  # fmt: skip
SILENT = ("Spleen", "left kidney", "aorta", "stomach", "Kidney_R", "vertebra L1", "pancreas")
UNSURE = (
    "FLR after clearing", "liver without tumour", "healthy liver", "ablation zone", "tumour bed",
    "Leberrest", "Schnitt", "xyz", "no tumor", "region 7", "MHV", "cyst", "Zyste", "haemangioma",
    "bile duct", "FNH", "Liver parenchyma 2", "haemangioma 2", "thrombus",
)  # fmt: skip
LEAVING = {
    "gallbladder": ("Gallbladder", "GALLBLADDER", "gall_bladder", "gall bladder", "GB", "gb",
                    "gall-bladder", "Gallbladders", " gallbladder"),
    "inferior_vena_cava": ("IVC", "ivc", "VCI", "vena_cava", "Vena Cava", "inferior vena cava",
                           "cava", "Inferior_Vena_Cava"),
    "portal_trunk": ("portal vein", "Portal_Vein", "portal trunk", "main portal vein",
                     "PORTAL-VEIN", "portal_vein_trunk"),
}  # fmt: skip
ABOUT_SCHEME = r"--scheme|scheme .{0,60}fits|which scheme"


def _pick(bench: Bench, names: tuple[str, ...]) -> str:
    return names[int(bench.random.integers(len(names)))]


def segment_names(bench: Bench) -> Odd:
    """Name liver, tumour and remnant as in practice."""
    _, flr = bench.hemi()
    at = bench.phantom.centre(bench.phantom.liver & ~flr)
    tumour = bench.phantom.ball(at, 13) & bench.phantom.liver & ~flr
    names = [_pick(bench, LIVER), _pick(bench, TUMOUR), _pick(bench, REMNANT)]
    parts = [*zip(names, (bench.phantom.liver, tumour, flr), strict=True)]
    path = write_segments(bench.folder / "plan.seg.nrrd", parts, bench.phantom.affine)
    about = r"not (used|known)|no structure|counted in nothing|not counted|means"
    return Odd(["--labelmap", str(path)], {"excused_by": 1.0, **bench.truth(tumour, flr)},
               about=about)  # fmt: skip


def beside(bench: Bench) -> Odd:
    """Add another structure: an organ, or an unknown name."""
    _, flr = bench.hemi()
    at = bench.phantom.centre(bench.phantom.liver & ~flr)
    tumour = bench.phantom.ball(at, 13) & bench.phantom.liver & ~flr
    organ = bench.random.random() < 0.4
    name = _pick(bench, SILENT if organ else UNSURE)
    place = (-90, -60, 0) if organ else bench.phantom.centre(bench.phantom.within([8]))
    other = bench.phantom.ball(place, 11)
    parts = [("Liver", bench.phantom.liver), ("Tumour", tumour), ("FLR", flr), (name, other)]
    path = write_segments(bench.folder / "plan.seg.nrrd", parts, bench.phantom.affine)
    truth = {} if not organ else bench.truth(tumour, flr)
    return Odd(["--labelmap", str(path)], truth, about=f"{name.replace(' ', '[ _]')}|vein|cyst",
               told=not organ, softly=True, quiet=organ, refusable=not organ)  # fmt: skip


def lesions_by_segment(bench: Bench) -> Odd:
    """Return a file of one segment a lesion as the tumour."""
    numbers, flr = bench.hemi()
    lesions = bench.elsewhere(numbers, 3)
    word = _pick(bench, ("lesion {}", "Tumor_{}", "Met {}", "CRLM{}", "HCC {} S8"))
    parts = [(word.format(n + 1), lesion) for n, lesion in enumerate(lesions)]
    args = bench.usual(union(lesions), flr)
    path = write_segments(bench.folder / "lesions.seg.nrrd", parts, bench.phantom.affine)
    args[3] = str(path)
    found = sorted(bench.phantom.ml(lesion) for lesion in lesions)
    return Odd(args, bench.truth(union(lesions), flr), found, about="--labelmap|unite|export",
               refusable=True, verb="plan")  # fmt: skip


def excluded(bench: Bench) -> Odd:
    """Exclude a structure of a liver mask, under one of its spellings."""
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    kind = list(LEAVING)[int(bench.random.integers(len(LEAVING)))]
    part = bench.phantom.ball((30, -30, -35), (12, 11, 18)) & ~tumour & ~flr
    args = [*bench.usual(tumour, flr), "--exclude",
            f"{_pick(bench, LEAVING[kind])}={bench.write('beside.nii.gz', part)}"]  # fmt: skip
    truth = bench.truth(tumour, flr)
    gone = bench.phantom.ml(part & bench.phantom.liver)
    for key in ("liver", "nontumorous_liver"):
        truth[key] -= gone
    truth["flr_percent"] = 100 * truth["flr"] / truth["nontumorous_liver"]
    return Odd(args, truth, about=r"exclu|known|name", refusable=True)


def other_scheme(bench: Bench) -> Odd:
    """Return a map of another numbering without naming its scheme."""
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    kind = int(bench.random.integers(4))
    values: object
    if kind == 0:  # all organs, liver 5
        values = np.where(bench.phantom.liver, 5, 0)
        for n, at in enumerate([(-95, 60, 60), (90, 70, 70), (-95, -70, -60), (95, -75, -70)]):
            values[bench.phantom.ball(at, 11)] = (1, 2, 52, 63)[n]
    elif kind == 1:  # liver 1, tumour 2
        values = np.where(tumour, 2, np.where(bench.phantom.liver, 1, 0))
    elif kind == 2:  # IV in halves, 4 and 9
        values = bench.phantom.segments.copy()
        values[(values == 4) & (bench.phantom.xyz[..., 2] > 0)] = 9
    else:  # 10 times the segment
        values = bench.phantom.segments * 10
    args = ["--labelmap", bench.write("map.nii.gz", values),
            "--tumour", bench.write("tumour.nii.gz", tumour),
            "--flr", bench.write("flr.nii.gz", flr)]  # fmt: skip
    return Odd(args, about=ABOUT_SCHEME, told=True, refusable=True)


def single_files(bench: Bench) -> Odd:
    """Return a folder of one file a segment as the map."""
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    folder = bench.folder / "segments"
    for n in range(1, 9):
        part: Voxels = bench.phantom.within([n])
        write_nifti(folder / f"liver_segment_{n}.nii.gz", part, bench.phantom.affine)
    args = ["--labelmap", str(folder), "--tumour", bench.write("tumour.nii.gz", tumour),
            "--remnant-segments", ",".join(map(str, numbers))]  # fmt: skip
    return Odd(args, bench.truth(tumour, flr), about=r"--ml|one label map|couinaud",
               refusable=True)  # fmt: skip


ALL = (segment_names, beside, lesions_by_segment, excluded, other_scheme, single_files)
