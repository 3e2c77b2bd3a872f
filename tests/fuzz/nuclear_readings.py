"""What a file of nuclear medicine says: by this package, which measures it too, and elsewhere.

A study comes to the counts of each moment and head, where on the matrix they lie, and its times.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
from pydicom import dcmread

from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.dicom.nuclear.studies import StudyOverrides
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.function.scintigram import Scintigram
from fl_planner.intake.reading.dose import DoseFiles, read_dose
from fl_planner.intake.reading.scintigraphy import FunctionFiles, read_scintigraphy
from fl_planner.patient.body_size import BodySize
from fl_planner.planning.assessment.dose import measure_dose
from fl_planner.planning.assessment.function import measure_function
from fl_planner.space.grid import Image
from fl_planner.trials.statements import Stated
from fl_planner.y90.lungs import PlanarStudy
from tests.fuzz.nuclear import anatomy

Floats = npt.NDArray[np.float64]
Amounts = dict[str, float]
Place = tuple[float, float, float]
Found = tuple[Amounts | Image, tuple[Finding, ...]]

NUCLEAR = ("dynamic", "curves", "planar", "spect", "maa spect")
DRAWN = {
    "dynamic": {"liver": "liver.nii.gz", "heart": "heart.nii"},
    "planar": {"liver": "liver.nii", "lungs": "lungs.nii.gz"},
}
VIEWS = {"399321004": "anterior", "R-10206": "anterior",
         "399001007": "posterior", "R-10214": "posterior"}  # fmt: skip
SIDES = {0: "posterior", 180: "anterior"}
NEAR_DEGREES, PEAK_KEV = 10, 140.5
LETTERS = b"\x08\0\x05\0CS\x0a\0"  # head of the character set, ten bytes long
LABEL = 1e-4  # so far a value may lie from a label
SIZE = BodySize(180, 80)
PARTS = {"liver": "liver", "heart": "heart", "blood": "heart", "blood_pool": "heart",
         "field": "field", "total": "field", "total_field": "field"}  # fmt: skip


def read_and_measure(path: Path, role: str) -> Found:
    """Read a file with those beside it, and measure it; raises what either raises."""
    drawn = {name: path.with_name(file) for name, file in DRAWN.get(role, {}).items()}
    if role in ("planar", "maa spect"):
        return _of_dose(path, role, drawn)
    told = StudyOverrides(decay_corrected=False if role == "curves" else None)
    files = FunctionFiles(regions=drawn, registered=role == "spect", overrides=told,
                          validated_locally=True, **{role: path})  # type: ignore[arg-type]  # fmt: skip
    read = read_scintigraphy(files, Limits())
    given, liver = read.given, anatomy()
    found = measure_function(given, Stated(), SIZE, liver, liver.flr)
    doubts = _loud((*read.findings, *found.findings))
    if given.spect is not None:
        return given.spect, doubts
    if given.study is not None and given.regions is not None:
        regions = {"liver": given.regions.liver, "heart": given.regions.heart}
        return _of_frames(given.study, regions), doubts
    assert given.activity is not None
    heads = {str(n): {"liver": one.liver, "heart": one.blood, "outside": one.outside}
             for n, one in enumerate(given.activity.heads)}  # fmt: skip
    return _of_curves(given.activity.times_s, given.activity.durations_s, heads), doubts


def _of_dose(path: Path, role: str, drawn: Mapping[str, Path]) -> Found:
    planar, spect = (path, None) if role == "planar" else (None, path)
    files = DoseFiles(regions=drawn, planar=planar, spect=spect, registered=spect is not None)
    read = read_dose(files, Limits(), (), None)
    found = measure_dose(read.given, anatomy())
    doubts = _loud((*read.findings, *found.findings))
    if read.given.spect is not None:
        return read.given.spect.image, doubts
    assert read.given.planar is not None
    return _of_planar(read.given.planar), doubts


def _loud(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(one for one in findings if one.severity is not Severity.INFO)


def _of_frames(study: Scintigram, regions: Mapping[str, npt.NDArray[np.bool_]]) -> Amounts:
    times = {f"begin {n}": float(begin) for n, begin in enumerate(study.starts_s)}
    times |= {f"length {n}": float(length) for n, length in enumerate(study.durations_s)}
    counts = _counts(study.heads) | {f"{view} is there": 1.0 for view in study.heads}
    return {**times, **counts, **_shapes(regions), f"decay {study.corrected}": 1.0}


def _of_planar(study: PlanarStudy) -> Amounts:
    regions = {"liver": study.regions.liver, "lungs": study.regions.lungs}
    return {**_counts({view: one[None] for view, one in study.heads.items()}), **_shapes(regions)}


def _of_curves(
    times: Sequence[Fraction], long: Sequence[Fraction],
    heads: Mapping[str, Mapping[str, Sequence[Fraction]]],
) -> Amounts:  # fmt: skip
    series = {"time": times, "length": long}
    for head, parts in heads.items():
        series |= {f"{head} {part}": counts for part, counts in parts.items()}
    return {f"{name} {n}": float(x) for name, one in series.items() for n, x in enumerate(one)}


def _counts(heads: Mapping[Any, npt.NDArray[Any]]) -> Amounts:
    """Give counts by moment and head, and how they lie on the matrix."""
    found: Amounts = {}
    for view, frames in heads.items():
        for n, frame in enumerate(np.asarray(frames, dtype=np.float64)):
            found[f"{view} {n}"], found[f"{view} {n} lie"] = _told(frame)
    return found


def _shapes(regions: Mapping[str, npt.NDArray[Any]]) -> Amounts:
    found: Amounts = {}
    for name, region in regions.items():
        found[name], found[f"{name} lies"] = _told(np.asarray(region, dtype=np.float64))
    return found


def _told(plane: Floats) -> tuple[float, float]:
    """Add a plane up, plainly and by the place of each pixel."""
    rows, columns = np.indices(plane.shape)
    return float(plane.sum()), float((plane * (1 + rows + 17.0 * columns**2)).sum())


# Elsewhere.


def read_study(path: Path, role: str) -> Amounts | tuple[Floats, Floats]:
    """Read by pydicom, nibabel and csv; the values and the affine of a SPECT."""
    if role == "curves":
        return _curves_by_csv(path)
    content = path.read_bytes()
    letters = content.find(LETTERS) + len(LETTERS)  # what is told here holds plain ones alone
    data = dcmread(io.BytesIO(content[:letters] + b"ISO_IR 192" + content[letters + 10 :]))
    sign = "i" if data.get("PixelRepresentation", 0) == 1 else "u"
    kind = np.dtype(f"<{sign}{data.BitsAllocated // 8}")
    sizes = int(data.get("NumberOfFrames", 1)), data.Rows, data.Columns
    stored = np.frombuffer(data.PixelData, kind)[: np.prod(sizes)].reshape(sizes)
    counts = stored * float(data.get("RescaleSlope", None) or 1)
    assert not float(data.get("RescaleIntercept", None) or 0)
    if role in ("spect", "maa spect"):
        return _volume(data, counts)
    regions = {
        name: np.abs(np.asarray(_image(path.with_name(file)).dataobj)[:, :, 0].T) > LABEL
        for name, file in DRAWN[role].items()
    }
    views = [_view(item) for item in data.DetectorInformationSequence]
    windows = _numbers(data.EnergyWindowVector)
    chosen = _window(data, windows)
    which = [n for n, window in enumerate(windows) if window == chosen]
    by_head = {n: views[n - 1] for n in _numbers(data.DetectorVector)}
    heads = _numbers(data.DetectorVector)
    if role == "planar":
        seen = {by_head[heads[n]]: counts[n][None] for n in which}
        return {**_counts(seen), **_shapes(regions)}
    moments = [*zip(_numbers(data.PhaseVector), _numbers(data.TimeSliceVector), strict=True)]
    order = sorted({moments[n] for n in which})
    frames = {
        view: np.stack([counts[_only(n for n in which if heads[n] == head and moments[n] == one)]
                        for one in order])
        for head, view in by_head.items()
    }  # fmt: skip
    begun = _begins(data)
    times = {f"begin {n}": begun[one][0] for n, one in enumerate(order)}
    times |= {f"length {n}": begun[one][1] for n, one in enumerate(order)}
    there = {f"{view} is there": 1.0 for view in frames}
    decay = data.get("DecayCorrection", None) or (
        "START" if "DECY" in str(data.get("CorrectedImage", "")) else "NONE"
    )
    return {**times, **_counts(frames), **there, **_shapes(regions), f"decay {decay}": 1.0}


def _image(path: Path) -> Any:
    return nibabel.load(path)  # its types know of no dataobj


def _only(found: Any) -> int:
    (one,) = found
    return int(one)


def _numbers(value: Any) -> list[int]:
    return [int(value)] if isinstance(value, int) else [*map(int, value)]


def _view(item: Any) -> str | None:
    codes = item.get("ViewCodeSequence", None)
    if codes:
        meaning = str(codes[0].get("CodeMeaning", "")).lower()
        word = next((side for side in SIDES.values() if meaning.startswith(side)), None)
        return VIEWS.get(str(codes[0].get("CodeValue", "")), word)
    angle = float(item.StartAngle) % 360
    return next(
        side for at, side in SIDES.items()
        if min(abs(angle - at), 360 - abs(angle - at)) <= NEAR_DEGREES
    )  # fmt: skip


def _window(data: Any, windows: list[int]) -> int:
    if len(set(windows)) == 1:
        return windows[0]
    (chosen,) = (
        number
        for number in set(windows)
        for one in data.EnergyWindowInformationSequence[number - 1].EnergyWindowRangeSequence
        if float(one.EnergyWindowLowerLimit) <= PEAK_KEV <= float(one.EnergyWindowUpperLimit)
    )
    return chosen


def _begins(data: Any) -> dict[tuple[int, int], tuple[float, float]]:
    """Give begin and length of each frame in s, by phase and number in it."""
    found, now = {}, 0.0
    for number, phase in enumerate(data.PhaseInformationSequence, start=1):
        now += float(phase.get("PhaseDelay", None) or 0) / 1000
        for frame in range(1, int(phase.NumberOfFramesInPhase) + 1):
            length = float(phase.ActualFrameDuration) / 1000
            found[number, frame] = (now, length)
            now += length + float(phase.get("PauseBetweenFrames", None) or 0) / 1000
    return found


def _volume(data: Any, counts: Floats) -> tuple[Floats, Floats]:
    """Give values by x, y, z and where they are, of an axial reconstruction."""
    detector = data.DetectorInformationSequence[0]
    assert [*map(float, detector.ImageOrientationPatient)] == [1, 0, 0, 0, 1, 0]
    rows_mm, columns_mm = map(float, data.PixelSpacing)
    affine = np.diag([-columns_mm, -rows_mm, float(data.SpacingBetweenSlices), 1.0])
    affine[:3, 3] = np.array([*map(float, detector.ImagePositionPatient)]) * [-1, -1, 1]
    return counts.transpose(2, 1, 0), affine


def _curves_by_csv(path: Path) -> Amounts:
    """Read a table row by row: each row has as many cells as the first."""
    lines = [line for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("#")]
    mark = ";" if ";" in lines[0] else ","
    names, *rows = csv.reader(lines, delimiter=mark)
    assert all(len(row) == len(names) for row in rows)
    cells = zip(*rows, strict=True)
    columns = {
        name.strip().lower(): [Fraction(cell.strip().replace(",", ".")) for cell in column]
        for name, column in zip(names, cells, strict=True)
    }
    long = columns.pop("duration_s", None)
    times = columns.pop("time_s", None)
    if times is None:
        assert long is not None
        times = [a + b / 2 for a, b in zip(columns.pop("start_s"), long, strict=True)]
    long = long or [times[1] - times[0]] * len(times)
    heads: dict[str, dict[str, list[Fraction]]] = {}
    views = [view for view in ("anterior", "posterior") if any(view in one for one in columns)]
    for name, counts in columns.items():
        view = next((str(n) for n, view in enumerate(views) if f"_{view}_" in name), "0")
        part = name.removesuffix("_counts").removesuffix("_anterior").removesuffix("_posterior")
        heads.setdefault(view, {})[PARTS[part]] = counts
    for parts in heads.values():
        whole, liver = parts.pop("field"), parts["liver"]
        parts["outside"] = [a - b for a, b in zip(whole, liver, strict=True)]
    return _of_curves(times, long, heads)
