"""Odd ways to give files: several to one role, one name for many, exchanged, on other grids."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from benchmarks.odd.case import Bench, Odd, union
from benchmarks.odd.phantom import Voxels, cropped, write_nifti


def several_tumours(bench: Bench) -> Odd:
    """Return a file a lesion, some cropped, one perhaps empty."""
    numbers, flr = bench.hemi()
    lesions = bench.elsewhere(numbers, int(bench.random.integers(2, 4)))
    tumour = union(lesions)
    args = ["--liver", bench.write("liver.nii.gz", bench.phantom.liver),
            "--flr", bench.write("flr.nii.gz", flr)]  # fmt: skip
    for n, lesion in enumerate(lesions):
        path = bench.folder / f"lesion_{n}.nii.gz"
        affine = bench.phantom.affine
        values: npt.NDArray[np.generic] = lesion
        if bench.random.random() < 0.5:
            values, affine = cropped(values, affine, 2)
        args += ["--tumour", str(write_nifti(path, values, affine, n))]
    if bench.random.random() < 0.3:
        args += ["--tumour", bench.write("none.nii.gz", np.zeros_like(tumour))]
    found = sorted(bench.phantom.ml(lesion) for lesion in lesions)
    return Odd(args, bench.truth(tumour, flr), found, quiet=True, verb="plan")


def listed_tumours(bench: Bench) -> Odd:
    """Return the same by a case file."""
    numbers, flr = bench.hemi()
    lesions = bench.elsewhere(numbers, 3)
    for n, lesion in enumerate(lesions):
        bench.write(f"m/lesion_{n}.nii.gz", lesion)
    bench.write("m/liver.nii.gz", bench.phantom.liver)
    bench.write("m/flr.nii.gz", flr)
    names = ", ".join(f'"m/lesion_{n}.nii.gz"' for n in range(len(lesions)))
    case = bench.folder / "case.toml"
    case.write_text(
        f'schema = 1\nid = "x"\n[masks]\nliver = "m/liver.nii.gz"\nflr = "m/flr.nii.gz"\n'
        f"tumour = [{names}]\n"
    )
    return Odd([str(case)], bench.truth(union(lesions), flr), quiet=True)


def overlapping_tumours(bench: Bench) -> Odd:
    """Return two files that share voxels: counted once."""
    numbers, flr = bench.hemi()
    (first, *_) = bench.elsewhere(numbers, 1)
    second = (ndimage.shift(first.astype(np.uint8), (3, 0, 0), order=0) > 0) & ~flr
    second &= bench.phantom.liver
    args = ["--liver", bench.write("liver.nii.gz", bench.phantom.liver),
            "--flr", bench.write("flr.nii.gz", flr),
            "--tumour", bench.write("a.nii.gz", first),
            "--tumour", bench.write("b.nii.gz", second)]  # fmt: skip
    return Odd(args, bench.truth(first | second, flr), refusable=True)


def repeated(bench: Bench) -> Odd:
    """Return another role or option twice."""
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    args = bench.usual(tumour, flr)
    half = flr & (np.indices(flr.shape)[2] % 2 == 0)
    again = [
        ["--flr", bench.write("half.nii.gz", half)],
        ["--liver", bench.write("again.nii.gz", bench.phantom.liver)],
        ["--ct", args[1], "--ct", args[1]],
        ["--no-tumour"],
        ["--resected", bench.write("rest.nii.gz", bench.phantom.liver & ~flr)],
        ["--labelmap", bench.write("s.nii.gz", bench.phantom.segments),
         "--labelmap", bench.write("t.nii.gz", bench.phantom.segments)],
    ]  # fmt: skip
    args += again[int(bench.random.integers(len(again)))]
    return Odd(args, about=r"twice|once|repeat|both|exclude|also that|not an image|leave one",
               told=True, refusable=True)  # fmt: skip


def exchanged(bench: Bench) -> Odd:
    """Return each role another's file."""
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 2))
    files = [bench.write(f"{n}.nii.gz", part) for n, part in
             enumerate((bench.phantom.liver, tumour, flr))]  # fmt: skip
    orders = [(1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1)]
    order = orders[int(bench.random.integers(len(orders)))]
    args: list[str] = []
    for role, n in zip(("--liver", "--tumour", "--flr"), order, strict=True):
        args += [role, files[n]]
    about = r"outside|swap|exchang|plausib|right label|--resected|overlap|no remnant|largest|which"
    return Odd(args, about=about, told=True, refusable=True)


def mirrored(bench: Bench) -> Odd:
    """Mirror the voxels of one file and not its header."""
    numbers = [[2, 3], [2, 3, 4], [1, 2, 3], [5, 6, 7, 8]][int(bench.random.integers(4))]
    flr = bench.phantom.within(numbers)
    tumour = union(bench.elsewhere(numbers, 1))
    args = ["--liver", bench.write("liver.nii.gz", bench.phantom.liver),
            "--tumour", bench.write("tumour.nii.gz", tumour),
            "--flr", bench.write("flr.nii.gz", np.flip(flr, 0))]  # fmt: skip
    about = r"mirror|outside|beyond|flip|left|side|remov|pieces|swap|lies? in|parts"
    return Odd(args, about=about, told=True, refusable=True)


def resampled(bench: Bench) -> Odd:
    """Draw the FLR on another grid, finer or coarser, and ask for --resample."""
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    factor = bench.random.choice([0.5, 0.7, 1.3, 1.6, 2.0, 2.6], 3)
    if bench.random.random() < 0.3:
        factor[:2] = 1.0
    shape = np.maximum(np.ceil(np.array(flr.shape) / factor), 3).astype(int)
    index = np.moveaxis(np.indices(shape), 0, -1) * factor + (factor - 1) / 2
    near = np.rint(index).astype(int)
    inside = (near < flr.shape).all(axis=-1)
    near = np.minimum(near, np.array(flr.shape) - 1)
    coarse = flr[tuple(np.moveaxis(near, -1, 0))] & inside
    affine = bench.phantom.affine @ np.diag([*factor, 1.0])
    affine[:3, 3] += bench.phantom.affine[:3, :3] @ ((factor - 1) / 2)
    args = bench.usual(tumour, flr)
    write_nifti(bench.folder / "flr.nii.gz", coarse, affine)
    about = r"cut off|resampl|lost|capsule|coarse"
    return Odd([*args, "--resample"], {"within_percent": 1.0, **bench.truth(tumour, flr)},
               about=about)  # fmt: skip


def one_name(bench: Bench) -> Odd:
    """Keep three files of one name in three folders, and spoil one."""
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    parts: dict[str, Voxels] = {"liver": bench.phantom.liver, "tumour": tumour, "flr": flr}
    args: list[str] = []
    for role, part in parts.items():
        args += [f"--{role}", bench.write(f"{role}/mask.nii.gz", part)]
    spoilt = list(parts)[int(bench.random.integers(3))]
    path = bench.folder / spoilt / "mask.nii.gz"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    return Odd(args, about=rf"\b{spoilt}\b", told=True, refusable=True)


ALL = (
    several_tumours, listed_tumours, overlapping_tumours, repeated, exchanged, mirrored,
    resampled, one_name,
)  # fmt: skip
