"""Odd drawings: tissues for lesions, parts cut off, stray strokes, gaps, and honest twins."""

from __future__ import annotations

import numpy as np

from benchmarks.odd.case import Bench, Odd, planned, union
from benchmarks.odd.phantom import Floats, Voxels, cropped, grown, write_nifti

END = r"flat end|ends? (flat|at)|cut (flat|off)|drawn to|goes on|incomplete|lower bound|edge|stops"


def numbered(bench: Bench) -> Odd:
    """Return each lesion of one file a label."""
    numbers, flr = bench.hemi()
    lesions = bench.elsewhere(numbers, 3)
    values = np.zeros(flr.shape, np.uint16)
    for lesion, label in zip(lesions, bench.random.permutation(9) + 1, strict=False):
        values[lesion] = label
    args = bench.usual(union(lesions), flr)
    bench.write("tumour.nii.gz", values)
    found = sorted(bench.phantom.ml(lesion) for lesion in lesions)
    return planned(Odd(args, bench.truth(union(lesions), flr), found))


def tissues(bench: Bench) -> Odd:
    """Draw necrosis as a label of its own, in some lesions, in the middle or at the rim."""
    numbers, flr = bench.hemi()
    others = [n for n in range(4, 9) if n not in numbers] or [2, 3]
    chosen = [int(n) for n in bench.random.permutation(others)[:2]]
    lesions = [ball & ~flr for ball in bench.phantom.lesions(chosen, 14, 22)]
    values = np.zeros(flr.shape, np.uint16)
    viable, dead, third = (int(n) for n in bench.random.permutation(5)[:3] + 1)
    for n, lesion in enumerate(lesions):
        values[lesion] = viable
        if n == 0 or bench.random.random() < 0.5:
            middle = bench.phantom.centre(lesion) + bench.random.uniform(-5, 5, 3)
            values[bench.phantom.ball(middle, bench.random.uniform(6, 9)) & lesion] = dead
            if bench.random.random() < 0.3:
                values[bench.phantom.ball(middle, 4.5) & lesion] = third
    args = bench.usual(union(lesions), flr)
    bench.write("tumour.nii.gz", values)
    found = sorted(bench.phantom.ml(lesion) for lesion in lesions)
    about = r"tissue|enclos|piece|lesions? are|not lesions|together"
    return planned(Odd(args, bench.truth(union(lesions), flr), found, about))


def vessels(bench: Bench) -> Odd:
    """Return a map of vessels and tumour as the tumour."""
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    tree = np.zeros_like(tumour)
    for end in bench.random.uniform(-1, 1, (9, 3)) * (60, 45, 50):
        steps = np.linspace(0, 1, 60)[:, None]
        bow = np.sin(steps * np.pi) * bench.random.uniform(-12, 12, 3)
        for at in np.array((20, -5, 0)) + steps * end + bow:
            tree |= bench.phantom.ball(at, 3.6)
    values = np.zeros(flr.shape, np.uint16)
    values[tree & bench.phantom.liver] = 1
    values[tumour] = 2
    args = bench.usual(tumour, flr)
    bench.write("tumour.nii.gz", values)
    about = r"vessel|tissue|piece|branch|enclos|labels?"
    return planned(Odd(args, about=about, told=True, refusable=True))


def _through(bench: Bench, share: tuple[float, float]) -> Voxels:
    """Draw a remnant left or right of a plane of resection that is not flat across the body."""
    normal = bench.random.normal(size=3) * (1.0, 0.5, 0.25)
    normal /= np.linalg.norm(normal)
    along: Floats = bench.phantom.xyz @ normal
    at = np.quantile(along[bench.phantom.liver], bench.random.uniform(*share))
    half: Voxels = bench.phantom.liver & ((along < at) if bench.random.random() < 0.5 else
                                          (along >= at))  # fmt: skip
    return half


def honest_remnant(bench: Bench) -> Odd:
    """Cut a liver by an honest plane."""
    flr = _through(bench, (0.35, 0.65))
    rest = bench.phantom.liver & ~flr
    at = bench.phantom.centre(rest)
    tumour = bench.phantom.ball(at, bench.random.uniform(9, 18)) & rest
    return Odd(bench.usual(tumour, flr), bench.truth(tumour, flr), quiet=True)


def _without_end(bench: Bench, part: Voxels, share: tuple[float, float]) -> Voxels:
    """Leave out the topmost or lowest layers of a part."""
    layers = np.flatnonzero(part.any(axis=(0, 1)))
    count = max(2, round(len(layers) * bench.random.uniform(*share)))
    left = part.copy()
    if bench.random.random() < 0.5:
        left[:, :, layers[-count:]] = False
    else:
        left[:, :, layers[:count]] = False
    return left


def cut_remnant(bench: Bench) -> Odd:
    """Let the drawing of a remnant or its file end before the liver does."""
    flr = _through(bench, (0.4, 0.6))
    rest = bench.phantom.liver & ~flr
    tumour = bench.phantom.ball(bench.phantom.centre(rest), 12) & rest
    cut = _without_end(bench, flr, (0.2, 0.4))
    args = bench.usual(tumour, cut)
    if bench.random.random() < 0.5:
        values, affine = cropped(cut.astype(np.uint8), bench.phantom.affine)
        write_nifti(bench.folder / "flr.nii.gz", values, affine, 5)
    if bench.random.random() < 0.3:
        args[4] = "--resected"
    return Odd(args, about=END, told=True, refusable=True)


def cut_lesion(bench: Bench) -> Odd:
    """Let a large lesion end where the drawing stopped."""
    numbers, flr = [2, 3], bench.phantom.within([2, 3])
    at = bench.phantom.centre(bench.phantom.within([5, 8]))
    tumour = bench.phantom.ball(at, bench.random.uniform(26, 32)) & bench.phantom.liver & ~flr
    assert numbers
    cut = _without_end(bench, tumour, (0.35, 0.5))
    return Odd(bench.usual(cut, flr), about=END, told=True, refusable=True)


def cut_map(bench: Bench) -> Odd:
    """Let a map of segments end before the liver does."""
    numbers, _ = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    left = _without_end(bench, bench.phantom.liver, (0.2, 0.35))
    args = ["--liver", bench.write("liver.nii.gz", bench.phantom.liver),
            "--tumour", bench.write("tumour.nii.gz", tumour),
            "--labelmap", bench.write("map.nii.gz", np.where(left, bench.phantom.segments, 0)),
            "--remnant-segments", ",".join(map(str, numbers))]  # fmt: skip
    return Odd(args, about=END + "|no segment|cover", told=True, refusable=True)


def gaps(bench: Bench) -> Odd:
    """Leave liver between the segments in no segment."""
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    normal = bench.random.normal(size=3)
    along = np.abs(bench.phantom.xyz @ (normal / np.linalg.norm(normal)))
    share = float(bench.random.choice([0.004, 0.01, 0.015, 0.03, 0.05, 0.08]))
    gap = along <= np.quantile(along[bench.phantom.liver], share)
    part = bench.phantom.ml(gap & bench.phantom.liver) / bench.phantom.ml(bench.phantom.liver)
    values = np.where(gap, 0, bench.phantom.segments)
    args = ["--liver", bench.write("liver.nii.gz", bench.phantom.liver),
            "--tumour", bench.write("tumour.nii.gz", tumour),
            "--labelmap", bench.write("map.nii.gz", values),
            "--remnant-segments", ",".join(map(str, numbers))]  # fmt: skip
    if part > 0.021:
        return Odd(args, about=r"no segment|in none|cover|gap", told=True, refusable=True)
    return Odd(args, bench.truth(tumour, flr & ~gap), quiet=part < 0.019)


def lesion_in_remnant(bench: Bench) -> Odd:
    """Leave a small lesion in the remnant, drawn over or as a hole of it."""
    flr = _through(bench, (0.4, 0.6))
    rest = bench.phantom.liver & ~flr
    large = bench.phantom.ball(bench.phantom.centre(rest), bench.random.uniform(17, 24)) & rest
    small = bench.phantom.ball(bench.phantom.centre(flr), bench.random.uniform(5, 11)) & flr
    drawn = flr & ~small if bench.random.random() < 0.5 else flr
    about = r"remnant|FLR"
    args = bench.usual(large | small, drawn)
    return Odd(args, bench.truth(large | small, drawn), about=about, quiet=True)


def resected_as_remnant(bench: Bench) -> Odd:
    """Return the part to be removed as the remnant, around its tumour or over it."""
    numbers, flr = bench.hemi()
    lesions = bench.elsewhere(numbers, int(bench.random.integers(1, 3)))
    rest = bench.phantom.liver & ~flr
    drawn = rest & ~union(lesions) if bench.random.random() < 0.5 else rest
    return Odd(bench.usual(union(lesions), drawn), about=r"--resected|be removed", told=True,
               refusable=True)  # fmt: skip


def around_its_tumour(bench: Bench) -> Odd:
    """Return the part to be removed as such, around its tumour or over it."""
    numbers, flr = bench.hemi()
    lesions = bench.elsewhere(numbers, int(bench.random.integers(1, 3)))
    rest = bench.phantom.liver & ~flr
    drawn = rest & ~union(lesions) if bench.random.random() < 0.5 else rest
    args = bench.usual(union(lesions), drawn)
    args[4] = "--resected"
    return Odd(args, bench.truth(union(lesions), flr), quiet=True)


def stray_stroke(bench: Bench) -> Odd:
    """Leave a brush stroke of the remnant in the other lobe."""
    flr = bench.phantom.within([2, 3, 4])
    at = bench.phantom.centre(bench.phantom.within([6]))
    stroke = bench.phantom.ball(at, bench.random.uniform(13, 17)) & bench.phantom.within([6, 7])
    stroke &= ~grown(flr, 2)
    tumour = bench.phantom.ball(bench.phantom.centre(bench.phantom.within([8])), 10)
    tumour &= bench.phantom.liver & ~flr & ~stroke
    args = bench.usual(tumour, flr | stroke)
    if bench.random.random() < 0.5:
        args += ["--labelmap", bench.write("map.nii.gz", bench.phantom.segments)]
    return Odd(args, about=r"piece|disconnect|stroke|stray|empty layers", told=True, refusable=True)


def two_pieces(bench: Bench) -> Odd:
    """Keep two honest pieces, whole segments of the map beside it."""
    flr = bench.phantom.within([2, 3, 6, 7])
    tumour = bench.phantom.ball(bench.phantom.centre(bench.phantom.within([8])), 12)
    tumour &= bench.phantom.liver & ~flr
    args = [*bench.usual(tumour, flr),
            "--labelmap", bench.write("map.nii.gz", bench.phantom.segments)]  # fmt: skip
    return Odd(args, bench.truth(tumour, flr), quiet=True)


ALL = (
    numbered, tissues, vessels, honest_remnant, cut_remnant, cut_lesion, cut_map, gaps,
    lesion_in_remnant, resected_as_remnant, around_its_tumour, stray_stroke, two_pieces,
)  # fmt: skip
