"""Odd places and spacings of whole cases, and honest twins."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.odd.case import Bench, Odd, union
from benchmarks.odd.phantom import Phantom, Voxels, nib

SimpleITK: Any = import_module("SimpleITK")  # which has no types

UNSET = r"unset|never set|default|voxel size|1 ?(mm)? ?x ?1|spacing of 1|lost"


def _parts(bench: Bench) -> dict[str, Voxels]:
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    return {"liver": bench.phantom.liver, "tumour": tumour, "flr": flr}


def unset_place(bench: Bench) -> Odd:
    """Write voxels of 1 mm at origin 0, or with no code at all."""
    half = Bench(Phantom(bench.random, np.full(3, bench.random.uniform(1.8, 2.4))), bench.folder)
    parts = _parts(half)
    way = int(bench.random.integers(3))
    args: list[str] = []
    for role, part in parts.items():
        # 1.8 to 2.4 mm as if 1 mm is below 0.5 L and told anyway: repeated along each axis
        values = np.repeat(np.repeat(np.repeat(part, 2, 0), 2, 1), 2, 2).astype(np.uint8)
        if way == 0:
            path = bench.folder / f"{role}.nii.gz"
            nib.save(nib.nifti1.Nifti1Image(values, np.eye(4)), path)
        elif way == 1:
            path = bench.folder / f"{role}.nii.gz"
            image = nib.nifti1.Nifti1Image(values, None)
            image.header.set_zooms((1.0, 1.0, 1.0))
            image.set_sform(None, 0)
            image.set_qform(None, 0)
            nib.save(image, path)
        else:
            path = bench.folder / f"{role}.{('mha', 'nrrd')[int(bench.random.integers(2))]}"
            SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values.T), str(path), True)
        args += [f"--{role}", str(path)]
    return Odd(args, about=UNSET, told=True, refusable=True)


def placed(bench: Bench) -> Odd:
    """Write the same through SimpleITK with a spacing or an origin of its own: quiet."""
    isotropic = bench.random.random() < 0.4
    step = np.ones(3) * (2.0 if isotropic else 1.0) * (1, 1, 1 if isotropic else 3.0)
    if not isotropic:
        step[:2] = 2.5
    own = Bench(Phantom(bench.random, step), bench.folder)
    parts = _parts(own)
    ending = str(bench.random.choice(["mha", "nrrd", "nii.gz"]))
    args: list[str] = []
    for role, part in parts.items():
        image = SimpleITK.GetImageFromArray(part.astype(np.uint8).T)
        image.SetSpacing([float(n) for n in step])
        image.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
        SimpleITK.WriteImage(image, str(bench.folder / f"{role}.{ending}"), True)
        args += [f"--{role}", str(bench.folder / f"{role}.{ending}")]
    return Odd(args, own.truth(parts["tumour"], parts["flr"]), quiet=True)


def shifted(bench: Bench) -> Odd:
    """Move one file's place by a few mm, or by whole voxels."""
    parts = _parts(bench)
    args = bench.usual(parts["tumour"], parts["flr"])
    role = ("tumour", "flr")[int(bench.random.integers(2))]
    path = bench.folder / f"{role}.nii.gz"
    image = nib.nifti1.load(path)
    matrix = image.affine.copy()
    by_mm = bench.random.uniform(12, 60) * bench.random.choice([-1, 1])
    matrix[int(bench.random.integers(3)), 3] += by_mm
    moved = nib.nifti1.Nifti1Image(np.asarray(image.dataobj), matrix)
    nib.save(moved, path)
    about = r"shift|moved|lattice|grid|outside|beyond|elsewhere|lies? (in|else)|lie "
    return Odd(args, about=about, told=True, refusable=True)


ALL = (unset_place, placed, shifted)
