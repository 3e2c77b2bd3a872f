"""The project's own NM files, read by others: pydicom, SimpleITK, and dciodvfy where it is."""

import io
import shutil
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK

from sample_data.emission import Part, count, distribute, find_shares
from sample_data.kinetics import Liver
from sample_data.kinetics import count as count_frames
from sample_data.kinetics import expect as expect_frames
from sample_data.nuclear import Phase, dynamic, static, tomo
from tests.function.studies import EDGES_S, LIVER, PLANAR

HEADS = count_frames(expect_frames(LIVER, PLANAR, EDGES_S), np.random.default_rng(1))
VOLUME = np.arange(5 * 4 * 3, dtype=np.uint16).reshape(5, 4, 3)
FILES: dict[str, Callable[[], bytes]] = {
    "dynamic": lambda: dynamic(HEADS, [Phase(36, 10_000)], 9.6),
    "phases": lambda: dynamic(
        {view: frames[:6] for view, frames in HEADS.items()},
        [Phase(4, 10_000), Phase(2, 30_000, 500, 20)], 9.6,
    ),
    "one-head": lambda: dynamic({"anterior": HEADS["anterior"]}, [Phase(36, 10_000)], 9.6),
    "static": lambda: static({v: f[0] for v, f in HEADS.items()}, 10_000, 9.6, "maa"),
    "tomo": lambda: tomo(VOLUME, (4.8, 4.6, 4.4), (-100.0, -90.0, -50.0), "mebrofenin"),
}  # fmt: skip


@pytest.mark.parametrize("kind", [*FILES])
def test_pydicom_reads_them_without_a_warning(kind: str) -> None:
    content = FILES[kind]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = pydicom.dcmread(io.BytesIO(content))
        pixels = data.pixel_array
    assert len(pixels) == data.NumberOfFrames
    assert content == FILES[kind]()  # the same bytes again


def test_pixels_come_back_as_they_were_counted() -> None:
    data = pydicom.dcmread(io.BytesIO(FILES["dynamic"]()))
    assert (data.pixel_array[:36] == HEADS["anterior"]).all()
    assert (data.pixel_array[36:] == HEADS["posterior"]).all()
    assert [*data.DetectorVector][35:37] == [1, 2]


@pytest.mark.parametrize("kind", [*FILES])
def test_simpleitk_reads_them(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "study.dcm"
    path.write_bytes(FILES[kind]())
    image = SimpleITK.ReadImage(str(path))
    pixels = pydicom.dcmread(path).pixel_array
    assert (SimpleITK.GetArrayFromImage(image) == pixels).all()
    if kind == "tomo":
        assert image.GetSpacing() == pytest.approx((4.8, 4.6, 4.4))  # type: ignore[no-untyped-call]
        assert image.GetOrigin() == pytest.approx((-100, -90, -50))  # type: ignore[no-untyped-call]


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize("kind", [*FILES])
def test_dciodvfy_finds_no_error(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "study.dcm"
    path.write_bytes(FILES[kind]())
    told = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, check=False)
    assert [line for line in told.stderr.splitlines() if "Error" in line] == []


def test_the_truth_of_a_distribution() -> None:
    liver = np.zeros((4, 4, 4), dtype=bool)
    liver[1:3] = True
    flr = np.zeros_like(liver)
    flr[1] = True
    held = distribute([Part(liver, 1.0), Part(flr, 3.0)], liver.shape, 64_000.0, 0.5)
    assert held.sum() == pytest.approx(64_000)
    assert find_shares(held, {"flr": flr}, liver)["flr"] == pytest.approx(3 / 4)
    counted = count(held, np.random.default_rng(2))
    assert int(counted.sum()) == pytest.approx(64_000, rel=0.02)


def test_a_liver_that_began_with_less_than_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="takes up so fast"):
        Liver(per_min=0.2, blood_per_min=0.22)
    with pytest.raises(ValueError, match="takes up so fast"):
        Liver(per_min=0.12, blood_per_min=0.1)
