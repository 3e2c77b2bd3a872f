"""Energy windows of NM files: which one is that of 99mTc, and which counts more than its photons.

99mTc: 140.5 keV, usually counted in 15 or 20 % (EANM and SNMMI guidelines), 130 to 151 or 126.5 to
154.5 keV.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.dicom.nuclear.studies import StudyOverrides, read_dynamic, read_planar
from fl_planner.formats.spect import read_spect
from fl_planner.y90.counts import judge_maa
from sample_data.nuclear import Phase, dynamic, static, tomo
from tests.formats.dicom.dicoms import USUAL, changed, item
from tests.masks import codes
from tests.niftis import write
from tests.refusals import refuses

LOT = np.random.default_rng(5)
HEADS = {
    view: LOT.poisson(400, (6, 24, 20)).astype(np.uint16) for view in ("anterior", "posterior")
}
VOLUME = np.arange(5 * 24 * 20, dtype=np.uint16).reshape(5, 24, 20)
IN_MM = (4.8, 4.6, 4.4), (-100.0, -90.0, -50.0)
Range = tuple[float, float]
Change = Callable[[Dataset], None]


def windows(*described: tuple[Range, ...]) -> Change:
    """Describe windows, each by its ranges in keV; frames are of the first."""

    def change(data: Dataset) -> None:
        data.NumberOfEnergyWindows = len(described)
        data.EnergyWindowInformationSequence = [
            item(
                EnergyWindowRangeSequence=[
                    item(EnergyWindowLowerLimit=low, EnergyWindowUpperLimit=high)
                    for low, high in ranges
                ]
            )
            for ranges in described
        ]

    return change


def of_dynamic(folder: Path, change: Change) -> tuple[Finding, ...]:
    content = changed(dynamic(HEADS, [Phase(6, 10_000)], 9.6), change)
    return read_dynamic(write(folder / "study.dcm", content), USUAL).findings


def of_planar(folder: Path, change: Change) -> tuple[Finding, ...]:
    first = {view: head[0] for view, head in HEADS.items()}
    content = changed(static(first, 300_000, 9.6, "maa"), change)
    return read_planar(write(folder / "study.dcm", content), USUAL, StudyOverrides()).findings


def of_spect(folder: Path, change: Change) -> tuple[Finding, ...]:
    content = changed(tomo(VOLUME, *IN_MM, "maa"), change)
    return read_spect(write(folder / "study.dcm", content), USUAL, judge_maa).findings


EVERY = pytest.mark.parametrize("read", [of_dynamic, of_planar, of_spect])


def _unusual(found: tuple[Finding, ...]) -> list[Finding]:
    return [one for one in found if one.code == "scintigram.window_unusual"]


@EVERY
@pytest.mark.parametrize(
    ("ranges", "said", "value"),
    [
        (((30, 600),), "of 30 to 600 keV is 406 % of 140.5 keV wide", 570),  # 570/140.5
        (((110, 155),), "of 110 to 155 keV is 32 % of 140.5 keV wide", 45),  # scatter and peak
        (((92, 125), (126, 155)), "is 44 % of 140.5 keV wide", 62),  # 33 + 29 keV
        (((138, 174),), "has its middle 16 keV from the 140.5 keV line", 15.5),  # 123I: 159 keV
        (((105, 142),), "has its middle 17 keV from the 140.5 keV line", 17),  # 57Co: 122 keV
        # scatter as well as the peak, in 29 % of 140.5 keV together; 140.5 - 98.5 = 42
        (((92, 105), (126.5, 154.5)), "has the middle of a range 42 keV from the", 42),
        (((126.5, 154.5), (165, 177)), "has the middle of a range 31 keV from the", 30.5),
        (((119.4, 161.7),), "is 30.1 % of 140.5 keV wide", 42.3),  # 42.3/140.5 = 30.107 %
        (((120.4, 140.5),), "has its middle 10.1 keV from", 10.05),  # 140.5 - 130.45
    ],
)
def test_h10_a_window_that_counts_more_than_99mtc_is_reported(
    read: Any, ranges: tuple[Range, ...], said: str, value: float, tmp_path: Path
) -> None:
    (found,) = _unusual(read(tmp_path, windows(ranges)))
    assert said in found.message
    assert (found.severity, found.file) == (Severity.WARNING, "study.dcm")
    assert (found.value, found.unit) == (value, "keV")


@EVERY
@pytest.mark.parametrize(
    "ranges",
    [
        (),  # not stated
        ((126.5, 154.5),),  # 20 %
        ((130, 151),),  # 15 %
        ((133.5, 147.5),),  # 10 %
        ((123, 158),),  # 25 %
        ((133, 161),),  # 20 %, shifted by 5 % against scatter
        ((126.5, 154.5), (126.5, 154.5)),  # once for each head
        ((126.5, 140), (140, 154.5)),  # in two halves
        ((126, 139), (140, 154)),  # the same, of whole keV
        ((119.425, 161.575),),  # 30 %
        ((130.45, 150.55), (120.4, 141.0)),  # together 120.4 to 150.55
    ],
)
def test_usual_windows_are_not_reported(
    read: Any, ranges: tuple[Range, ...], tmp_path: Path
) -> None:
    assert _unusual(read(tmp_path, windows(ranges))) == []


def test_h10_only_the_window_in_use_is_judged(tmp_path: Path) -> None:
    """Scatter in 92 to 125 keV, and the photons in the second window, or in one that is open."""

    def with_vector(*described: tuple[Range, ...]) -> Change:
        def change(data: Dataset) -> None:
            windows(*described)(data)
            data.EnergyWindowVector = [1] * 6 + [2] * 6
            data.DetectorVector = [1] * 12

        return change

    def of_one_head(change: Change) -> list[Finding]:
        content = changed(dynamic(HEADS, [Phase(6, 10_000)], 9.6), change)
        path, told = write(tmp_path / "study.dcm", content), StudyOverrides(one_head=True)
        return _unusual(read_dynamic(path, USUAL, told).findings)

    assert of_one_head(with_vector(((92, 125),), ((126, 155),))) == []
    assert len(of_one_head(with_vector(((92, 125),), ((30, 600),)))) == 1


def test_h10_the_window_in_use_has_no_range_that_ends_before_it_begins(tmp_path: Path) -> None:
    """As one that is the only window."""
    swapped = ((126.5, 154.5), (154.5, 126.5))

    def change(data: Dataset) -> None:
        windows(((92, 125),), swapped)(data)
        data.EnergyWindowVector = [1] * 6 + [2] * 6
        data.DetectorVector = [1] * 12

    for one in (change, windows(swapped)):
        with refuses("header.value", says="ends before it begins"):
            of_dynamic(tmp_path, one)


def test_h10_windows_without_limits_are_refused_as_not_stated(tmp_path: Path) -> None:
    def change(data: Dataset) -> None:
        windows((), ((92, 125),))(data)
        data.EnergyWindowVector = [1] * 6 + [2] * 6
        data.DetectorVector = [1] * 12

    says = "0 of 2 energy windows include 140.5 keV; the limits of 1 are not stated"
    with refuses("scintigram.windows", "study.dcm", says=says):
        of_dynamic(tmp_path, change)


def test_h10_a_reconstruction_that_lists_its_window_of_scatter_first_is_read(
    tmp_path: Path,
) -> None:
    """Its slices name no window; those of scatter correction are listed as well."""
    scatter, peak = ((108.0, 126.0),), ((126.5, 154.5),)
    assert codes(of_spect(tmp_path, windows(scatter, peak))) == codes(
        of_spect(tmp_path, windows(peak))
    )
    (found,) = _unusual(of_spect(tmp_path, windows(scatter, ((30, 600),))))
    assert "of 30 to 600 keV" in found.message
    with refuses("scintigram.windows", says="108 to 126 keV does not include"):
        of_spect(tmp_path, windows(scatter))
    with refuses("scintigram.windows", says="154 to 186 keV does not include"):
        of_spect(tmp_path, windows(scatter, ((154.0, 186.0),)))


@pytest.mark.parametrize(
    ("first", "code", "says"),
    [
        ((63, 77), "scintigram.windows", "window of 63 to 77 keV does not include"),  # 201Tl
        ((154, 188), "scintigram.windows", "window of 154 to 188 keV does not include"),  # 111In
        ((154, 126), "header.value", "ends before it begins"),
    ],
)
def test_h10_a_reconstruction_that_lists_a_window_of_another_nuclide_first_is_refused(
    first: Range, code: str, says: str, tmp_path: Path
) -> None:
    """Its slices name no window, and may be of either nuclide."""
    with refuses(code, "study.dcm", says=says):
        of_spect(tmp_path, windows((first,), ((126.5, 154.5),)))
    with refuses(code, "study.dcm", says=says):
        of_spect(tmp_path, windows(((92, 125),), (first,), ((126.5, 154.5),)))
    after = of_spect(tmp_path, windows(((92, 125),), ((126.5, 154.5),), (first,)))
    assert _unusual(after) == []
