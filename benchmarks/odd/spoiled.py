"""Inputs spoiled before they came: maps resampled, fills that leaked, segments exchanged, turns.

Each has an honest twin of the same kind, of which nothing above information may be said.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from benchmarks.odd.case import Bench, Odd, union
from benchmarks.odd.phantom import Floats, Labels, Voxels, nib, write_nifti

SimpleITK: Any = import_module("SimpleITK")  # which has no types

RESAMPLED = r"resampl|interpol|between|blend|mixed|linear"
LEAK = r"leak|layer|slice|fill|jump|spill|whole liver|disagree"
ORDER = r"exchang|swap|order|behind|above|caudate|\bIV?\b|segment"
POINTS = r"points?\b|plane"
BODY = r"body|weight|height|mass index|build|kg"
UNIT = r"unit|mg/d|meant"
OTHER_REMNANT = r"remnant|segments|tumour|first scan|grew|growth|fast|KGR|embolised"
TURNED = r"turn|mirror|flip|front|back|left|upside|fit|misregist|lies? off|share|register"
AGAIN = r"twice|second time|drawn again|repeat|duplicate|nearly|one in(side)? (the )?other"
NAMES = ("mg/dL", "mg/dl", "MG/DL", "mg/100mL", "Mg/dL")


def _resample(bench: Bench, labels: Labels, step: Floats, way: int) -> tuple[Labels, Floats]:
    """Bring a map onto a grid of another step by SimpleITK, and round it."""
    image = SimpleITK.GetImageFromArray(labels.astype(np.float32).T)
    image.SetSpacing([float(n) for n in bench.phantom.step_mm])
    size = np.floor((np.array(labels.shape) - 1) * bench.phantom.step_mm / step).astype(int) + 1
    asked = SimpleITK.ResampleImageFilter()
    asked.SetSize([int(n) for n in size])
    asked.SetOutputSpacing([float(n) for n in step])
    asked.SetInterpolator(way)
    values = SimpleITK.GetArrayFromImage(asked.Execute(image)).T
    affine = bench.phantom.affine.copy()
    affine[:3, :3] = np.diag(step)
    cut = np.rint if bench.random.random() < 0.7 else np.floor
    return np.clip(cut(values), 0, 8).astype(np.uint16), affine


def _other_step(bench: Bench) -> Floats:
    factor = bench.random.choice([0.5, 0.7, 0.8, 1.25, 1.6], 3)
    if bench.random.random() < 0.4:
        factor[:2] = 1.0
    step: Floats = np.minimum(bench.phantom.step_mm * factor, 4.9)  # thicker is a finding
    return step


def _map_alone(bench: Bench, labels: Labels, affine: Floats, name: str) -> list[str]:
    path = write_nifti(bench.folder / name, labels, affine)
    return ["--labelmap", str(path), "--no-tumour", "--remnant-segments", "2,3,4"]


def blended_map(bench: Bench) -> Odd:
    """Resample a segment map linearly or by splines, and round it."""
    way = SimpleITK.sitkLinear if bench.random.random() < 0.7 else SimpleITK.sitkBSpline
    labels, affine = _resample(bench, bench.phantom.segments, _other_step(bench), way)
    args = _map_alone(bench, labels, affine, "map.nii.gz")
    return Odd(args, about=RESAMPLED, told=True, refusable=True)


def nearest_map(bench: Bench) -> Odd:
    """Resample it by nearest neighbours: each voxel keeps a label that was drawn."""
    near = SimpleITK.sitkNearestNeighbor
    labels, affine = _resample(bench, bench.phantom.segments, _other_step(bench), near)
    ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000
    counted = {"liver": ml * (labels > 0).sum(), "flr": ml * np.isin(labels, (2, 3, 4)).sum()}
    truth = {**counted, "flr_percent": 100 * counted["flr"] / counted["liver"]}
    return Odd(_map_alone(bench, labels, affine, "map.nii.gz"), truth, quiet=True)


def _layers(part: Voxels, axis: int) -> Voxels:
    """Find the layers of an axis that a part has."""
    others = tuple(n for n in range(3) if n != axis)
    found: Voxels = np.logical_or.reduce(part, axis=others)
    return found


def leaked(bench: Bench) -> Odd:
    """Let the fill of a remnant run out over all liver of one to four layers."""
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    axis = int(bench.random.choice([2, 2, 2, 1]))
    inner = np.flatnonzero(_layers(flr, axis))
    inner = inner[len(inner) // 4 : -len(inner) // 4]
    first = int(bench.random.choice(inner))
    spilt = np.zeros_like(flr)
    chosen: list[slice | int] = [slice(None)] * 3
    for n in range(first, min(first + int(bench.random.integers(1, 5)), flr.shape[axis])):
        chosen[axis] = n
        spilt[tuple(chosen)] = True
    drawn = flr | (spilt & bench.phantom.liver & ~tumour)
    args = bench.usual(tumour, drawn)
    if bench.random.random() < 0.3:
        args += ["--labelmap", bench.write("map.nii.gz", bench.phantom.segments)]
    return Odd(args, bench.truth(tumour, flr) | {"excused_by": 1.0}, about=LEAK, refusable=True)


def stepped(bench: Bench) -> Odd:
    """Keep an honest remnant whose border steps aside at a level, as segments do."""
    numbers = [[2, 3, 4], [2, 4], [3, 4], [2, 3, 8], [2, 3, 5]][int(bench.random.integers(5))]
    flr = bench.phantom.within(numbers)
    tumour = union(bench.elsewhere([*numbers, 5, 8], 1))
    args = [*bench.usual(tumour, flr & ~tumour),
            "--labelmap", bench.write("map.nii.gz", bench.phantom.segments)]  # fmt: skip
    return Odd(args, bench.truth(tumour, flr), quiet=True)


def relabelled(bench: Bench) -> Odd:
    """Exchange two segments of the map, of which one remains."""
    pair = ((1, 4), (2, 3), (5, 8), (6, 7), (5, 6), (7, 8), (2, 4))[int(bench.random.integers(7))]
    labels = bench.phantom.segments.copy()
    for old, new in (pair, pair[::-1]):
        labels[bench.phantom.segments == old] = new
    args = ["--labelmap", bench.write("map.nii.gz", labels), "--no-tumour",
            "--remnant-segments", f"{pair[0]}"]  # fmt: skip
    return Odd(args, about=ORDER, told=True, refusable=True)


def near_points(bench: Bench) -> Odd:
    """Cut by a plane of three points a few mm apart, of which one is a voxel off."""
    return _plane(bench, float(bench.random.uniform(2, 6)), about=POINTS)


def far_points(bench: Bench) -> Odd:
    """Cut by a plane of three points as far apart as a cut is wide."""
    return _plane(bench, float(bench.random.uniform(45, 60)), about="")


def _plane(bench: Bench, apart_mm: float, about: str) -> Odd:
    xyz, liver = bench.phantom.xyz, bench.phantom.liver
    normal = np.array([1.0, *bench.random.uniform(-0.3, 0.3, 2)])
    normal /= np.linalg.norm(normal)
    at = np.array([bench.random.uniform(-5, 20), -5.0, 0.0])
    side = np.cross(normal, (0.0, 0.0, 1.0))
    side /= np.linalg.norm(side)
    points = [at, at + apart_mm * side, at + apart_mm * np.cross(normal, side)]
    if about:
        points[1] = points[1] + normal * bench.phantom.step_mm[0]
    shift = bench.phantom.affine[:3, 3] - xyz[0, 0, 0]
    text = ";".join(",".join(f"{n:.4f}" for n in point + shift) for point in points)
    args = ["--liver", bench.write("liver.nii.gz", liver), "--no-tumour", "--plane", text]
    if about:
        return Odd(args, about=about, told=True, refusable=True)
    kept = bench.phantom.ml(liver & ((xyz - at) @ normal > 0))
    truth = {"liver": bench.phantom.ml(liver), "flr": kept}
    return Odd(args, {"within_percent": 0.5, **truth}, quiet=True)


def _bilirubin(bench: Bench, value: float, unit: str) -> list[str]:
    numbers, flr = bench.hemi()
    facts = bench.folder / "facts.json"
    facts.write_text(json.dumps({"bilirubin_total": {"value": value, "unit": unit}}))
    return [*bench.usual(union(bench.elsewhere(numbers, 1)), flr), "--facts", str(facts)]


def other_unit(bench: Bench) -> Odd:
    """Return a usual bilirubin in µmol/L, with mg/dL behind it in one of its spellings."""
    unit = NAMES[int(bench.random.integers(len(NAMES)))]
    args = _bilirubin(bench, round(float(bench.random.uniform(7, 19)), 1), unit)
    return Odd(args, about=UNIT, told=True, refusable=True, verb="plan")


def its_unit(bench: Bench) -> Odd:
    """Return a usual bilirubin in mg/dL, spelled in one of the ways that people have."""
    unit = ("mg/dL", "mg/dl")[int(bench.random.integers(2))]
    args = _bilirubin(bench, round(float(bench.random.uniform(0.4, 1.3)), 1), unit)
    return Odd(args, quiet=True, verb="plan")


def _uptake(bench: Bench, height_cm: float, weight: float) -> list[str]:
    rows = ["time_s,liver_counts,heart_counts,field_counts"]
    for second in np.arange(5.0, 600.0, 10.0):
        heart = 140_000 * np.exp(-second / 480)
        liver = 140_000 + 340_000 * (1 - np.exp(-second / 480))
        rows.append(f"{second},{liver:.0f},{heart:.0f},1000000")
    curves = bench.folder / "curves.csv"
    curves.write_text("\n".join(rows) + "\n")
    return ["--curves", str(curves), "--decay-corrected", "yes", "--tracer", "mebrofenin",
            "--height-cm", f"{height_cm:.0f}", "--weight-kg", f"{weight:.0f}",
            "--fasting-hours", "6", "--bilirubin-umol-per-l", "11",
            "--validated-locally", "yes"]  # fmt: skip


def pounds(bench: Bench) -> Odd:
    """Return a usual weight in pounds where kg are asked for."""
    height = float(bench.random.uniform(160, 185))
    pounds_of = 2.2046 * float(bench.random.uniform(22, 29)) * (height / 100) ** 2
    return Odd(_uptake(bench, height, pounds_of), about=BODY, told=True, refusable=True,
               verb="function")  # fmt: skip


def kilograms(bench: Bench) -> Odd:
    """Return a weight that people have."""
    height = float(bench.random.uniform(152, 195))
    weight = float(bench.random.uniform(18.5, 36)) * (height / 100) ** 2
    return Odd(_uptake(bench, height, weight), about=BODY, softly=True, verb="function")


def _grown(bench: Bench, before: Voxels, after: Voxels, tumours: tuple[bool, bool]) -> list[str]:
    """Write two scans of one liver, 28 days apart; the later has a rim fewer voxels."""
    tumour = bench.phantom.ball(bench.phantom.centre(bench.phantom.within([7])), 14)
    tumour &= bench.phantom.liver
    paths: list[str] = []
    days = ("2026-05-04", "2026-06-01")
    for name, flr, drawn, day in zip("ab", (before, after), tumours, days, strict=True):
        # the later drawing leaves out a few voxels of the capsule, as every other drawing does
        seen = bench.phantom.liver & ~(bench.phantom.ball((97, -5, 0), 10) & (name == "b"))
        bench.write(f"{name}_liver.nii.gz", seen)
        bench.write(f"{name}_flr.nii.gz", flr & ~tumour)
        bench.write(f"{name}_tumour.nii.gz", tumour if drawn else np.zeros_like(tumour))
        masks = "".join(f'{role} = "{name}_{role}.nii.gz"\n' for role in ("liver", "flr", "tumour"))
        text = f'schema = 1\nid = "x"\ndiagnosis = "crlm"\n[masks]\n{masks}'
        text += f"[imaging]\ndate = {day}\n"
        if name == "a":
            text += '[embolisation]\ndate = 2026-05-06\nkind = "PVE"\nsegments = [5, 6, 7, 8]\n'
        path = bench.folder / f"{name}.toml"
        path.write_text(text)
        paths.append(str(path))
    return paths


def other_remnant(bench: Bench) -> Odd:
    """Compare two remnants, of which the later has a segment more, or another."""
    first, second = (([2, 3], [2, 3, 4]), ([2, 3], [3, 4]), ([3], [2, 3, 4]), ([2, 3], [2, 4]))[
        int(bench.random.integers(4))
    ]
    within = bench.phantom.within
    args = _grown(bench, within(first), within(second), (True, True))
    return Odd(args, about=OTHER_REMNANT, told=True, refusable=True, verb="growth")


def one_remnant(bench: Bench) -> Odd:
    """Compare a remnant with itself, grown by up to a fifth at its border."""
    before = bench.phantom.within([2, 3])
    x, y, _ = np.moveaxis(bench.phantom.xyz, -1, 0)
    reach = x[before].max() + bench.random.uniform(4, 8)
    after = before | (bench.phantom.liver & (x < reach) & (y > -25))
    args = _grown(bench, before, after, (True, True))
    return Odd(args, about=OTHER_REMNANT, quiet=True, verb="growth")


def _spect(bench: Bench, uptake: float, turn: int | None) -> list[str]:
    """Write counts of a liver whose left lobe takes up other than its right, blurred."""
    numbers, flr = [2, 3, 4], bench.phantom.within([2, 3, 4])
    tumour = union(bench.elsewhere(numbers, 1))
    liver = bench.phantom.liver & ~tumour
    activity = np.where(flr & liver, uptake, 1.0) * liver
    image = SimpleITK.GetImageFromArray(activity.astype(np.float32).T)
    image.SetSpacing([float(n) for n in bench.phantom.step_mm])
    blurred = SimpleITK.GetArrayFromImage(SimpleITK.SmoothingRecursiveGaussian(image, 6.0)).T
    counts = bench.random.poisson(np.maximum(blurred, 0) * 400 + 4).astype(np.float32)
    if turn is not None:
        counts = np.flip(counts, turn)
    nib.save(nib.nifti1.Nifti1Image(counts, bench.phantom.affine), bench.folder / "spect.nii.gz")
    bile = bench.phantom.ball((30, 62, -30), (10, 9, 14)) & ~bench.phantom.liver
    return [*bench.usual(tumour, flr), "--spect", str(bench.folder / "spect.nii.gz"),
            "--exclude", f"gallbladder={bench.write('bile.nii.gz', bile)}",
            "--registered", "--tracer", "mebrofenin", "--fasting-hours", "6",
            "--bilirubin-umol-per-l", "11", "--validated-locally", "yes"]  # fmt: skip


def turned_spect(bench: Bench) -> Odd:
    """Store the counts turned round under the same header."""
    args = _spect(bench, float(bench.random.uniform(0.7, 1.4)), int(bench.random.integers(3)))
    return Odd(args, about=TURNED, told=True, refusable=True, verb="function")


def placed_spect(bench: Bench) -> Odd:
    """Leave it where it is, with a remnant that works better or worse."""
    args = _spect(bench, float(bench.random.uniform(0.65, 1.6)), None)
    return Odd(args, quiet=True, verb="function")


def far_labels(bench: Bench) -> Odd:
    """Return two labels of a remnant that doubles cannot tell apart, or one such label."""
    numbers, flr = bench.hemi()
    tumour = union(bench.elsewhere(numbers, 1))
    values = np.where(flr, 2**53 + 2, 0).astype(np.int64)
    two = bool(bench.random.random() < 0.6)
    if two:
        values[flr & bench.phantom.within(numbers[:1])] = 2**53 + 3
    args = bench.usual(tumour, flr)
    image = nib.nifti1.Nifti1Image(values, bench.phantom.affine, dtype=np.int64)
    nib.save(image, bench.folder / "flr.nii.gz")
    return Odd(args, {} if two else bench.truth(tumour, flr), about=r"label|value|2\^53|exact",
               told=two, quiet=not two, refusable=two)  # fmt: skip


def twice_drawn(bench: Bench) -> Odd:
    """Draw a slice's outline of a remnant's RTSTRUCT once more, a little smaller."""
    return _outlined(bench, again=True)


def once_drawn(bench: Bench) -> Odd:
    """Draw each outline once."""
    return _outlined(bench, again=False)


def _outlined(bench: Bench, again: bool) -> Odd:
    """Write ellipses as contours: a liver, a tumour, and a remnant at its left."""
    step, slices = 4.0, np.arange(-60.0, 61.0, 4.0)
    radii = bench.random.uniform(0.95, 1.05, 3) * (88, 66, 62)
    shrunk = float(bench.random.uniform(0.94, 1.0))

    def ring(middle: tuple[float, float], half: Floats, level: float) -> list[float]:
        turn = np.linspace(0, 2 * np.pi, 160, endpoint=False)
        x, y = middle[0] + half[0] * np.cos(turn), middle[1] + half[1] * np.sin(turn)
        return [round(float(n), 3) for p in zip(x, y, strict=True) for n in (*p, level)]

    shapes: dict[str, tuple[tuple[float, float], Floats]] = {
        "Liver": ((0.0, 0.0), radii),
        "Tumor": ((-45.0, 5.0), np.array([15.0, 14.0, 13.0])),
        "FLR": ((42.0, 0.0), radii * (0.42, 0.6, 0.7)),
    }
    drawn: dict[str, list[list[float]]] = {name: [] for name in shapes}
    for name, (middle, half) in shapes.items():
        for level in slices[np.abs(slices) < half[2]]:
            scaled = half[:2] * np.sqrt(1 - (level / half[2]) ** 2)
            if scaled.min() < 2 * step / 3:
                continue
            drawn[name].append(ring(middle, scaled, float(level)))
            if again and name == "FLR":
                drawn[name].append(ring(middle, scaled * shrunk, float(level)))
    path = bench.folder / "rt.dcm"
    path.write_bytes(_structure_set(drawn))
    args = [text for role in ("liver", "tumour", "flr") for text in (f"--{role}", str(path))]
    truth = {"within_percent": 4.0}
    for role, name in (("tumour", "Tumor"), ("flr", "FLR")):
        middle, half = shapes[name]
        areas = [np.pi * np.prod(half[:2]) * (1 - (z / half[2]) ** 2)
                 for z in slices if abs(z) < half[2]]  # fmt: skip
        truth[role] = float(np.sum(areas)) * step / 1000
    return Odd(args, truth, about=AGAIN, told=again, refusable=again, softly=not again)  # fmt: skip


def _structure_set(drawn: dict[str, list[list[float]]]) -> bytes:
    """Write an RTSTRUCT by pydicom alone."""

    def of(**values: object) -> Dataset:
        made = Dataset()
        for name, value in values.items():
            setattr(made, name, value)
        return made

    file = of(SOPClassUID="1.2.840.10008.5.1.4.1.1.481.3", SOPInstanceUID="2.25.31",
              Modality="RTSTRUCT", StudyInstanceUID="2.25.32", SeriesInstanceUID="2.25.33",
              FrameOfReferenceUID="2.25.34", StructureSetLabel="drawn")  # fmt: skip
    file.StructureSetROISequence = Sequence(
        of(ROINumber=n, ROIName=name, ReferencedFrameOfReferenceUID="2.25.34",
           ROIGenerationAlgorithm="MANUAL")
        for n, name in enumerate(drawn, 1)
    )  # fmt: skip
    file.ROIContourSequence = Sequence(
        of(ReferencedROINumber=n, ContourSequence=Sequence(
            of(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=len(points) // 3,
               ContourData=points) for points in rings))
        for n, rings in enumerate(drawn.values(), 1)
    )  # fmt: skip
    file.file_meta = FileMetaDataset()
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, file, enforce_file_format=True)
    return stream.getvalue()


ALL: tuple[Callable[[Bench], Odd], ...] = (
    blended_map, nearest_map, leaked, stepped, relabelled, near_points, far_points, other_unit,
    its_unit, pounds, kilograms, other_remnant, one_remnant, turned_spect, placed_spect,
    far_labels, twice_drawn, once_drawn,
)  # fmt: skip
