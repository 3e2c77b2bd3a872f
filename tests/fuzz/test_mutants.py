"""Broken files by the hundred, and what the search would say of a reader that is not careful."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.formats.read import read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds
from tests.cases import how_many
from tests.fuzz import mutants
from tests.fuzz.mutants import GOOD, SPECIMENS, run_command, run_mutants
from tests.fuzz.readings import Numbers, read_here
from tests.fuzz.specimens import ORIGIN, SPACING, mask, metaimage_text, nrrd_text, plain
from tests.niftis import both_forms, nifti, qform, write

IN_CI = how_many(6, 12) * len(SPECIMENS)
BY_COMMAND = how_many(6, 12)


@pytest.mark.essential
@pytest.mark.slow
def test_h14_mutants_are_refused_or_read_to_what_they_state(tmp_path: Path) -> None:
    ends: Counter[str] = Counter()
    wrong = []
    for mutant in run_mutants(IN_CI, tmp_path):
        ends[mutant.end] += 1
        if mutant.failed:
            wrong.append(f"{mutant.number} {mutant.specimen.name}: {mutant.end}: {mutant.told}")
        elif mutant.number % (IN_CI // BY_COMMAND) == 0:
            assert run_command(mutant, tmp_path) == "", mutant.number
    assert wrong == []
    assert ends["refused"] > IN_CI // 2  # most changes do harm
    assert ends["same"] > IN_CI // 20  # and some are to what nobody reads
    assert ends["as told"] > 0


@pytest.mark.slow
def test_a_mutant_is_the_same_every_time(tmp_path: Path) -> None:
    once, again = ([*run_mutants(16, tmp_path, first=7)] for _ in range(2))
    assert [mutant.files for mutant in once] == [mutant.files for mutant in again]
    (alone,) = run_mutants(1, tmp_path, first=20)
    assert alone.files == once[13].files


def _careless(path: Path, role: str) -> tuple[Numbers, tuple[Finding, ...]]:
    return Numbers({1: 7.7}, None), ()


def _doubtful(path: Path, role: str) -> tuple[Numbers, tuple[Finding, ...]]:
    return Numbers({1: 7.7}, None), (Finding("odd.thing", Severity.WARNING, "odd"),)


def _broken(path: Path, role: str) -> tuple[Numbers, tuple[Finding, ...]]:
    raise KeyError("field")


def _slow(path: Path, role: str) -> tuple[Numbers, tuple[Finding, ...]]:
    time.sleep(5)
    return _careless(path, role)


def _untidy(path: Path, role: str) -> tuple[Numbers, tuple[Finding, ...]]:
    path.with_name("draft.tmp").write_bytes(b"x")
    raise InputRefused("file.format", path.name, "is none", "give one")


def _nameless(path: Path, role: str) -> tuple[Numbers, tuple[Finding, ...]]:
    raise InputRefused("file.format", "grid", "is none", "give one")


@pytest.mark.parametrize(
    ("reader", "end"),
    [
        (_careless, "silent"),
        (_doubtful, "doubted"),
        (_broken, "crash"),
        (_slow, "slow"),
        (_untidy, "written"),
        (_nameless, "nameless"),
    ],
)
def test_every_end_that_none_may_have_is_seen(
    reader: Callable[..., Any], end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants, "MOST_SECONDS", 0.05 if end == "slow" else 60)
    monkeypatch.setattr(mutants, "_read_original", lambda *_: Numbers({1: 1.44}, None))
    monkeypatch.setattr(mutants, "read_here", reader)
    (mutant,) = run_mutants(1, tmp_path)
    assert mutant.end == end
    assert mutant.failed is (end not in GOOD)


# What the search found, once each.

FORMS = both_forms(SPACING, ORIGIN)


def require_refusal(path: Path, *codes: str) -> None:
    """Refuse a liver, with one of these codes where any is given."""
    with pytest.raises(InputRefused) as refusal:
        read_labels(path, "liver", Holds.LABELS, Limits())
    assert not codes or refusal.value.code in codes, str(refusal.value)


@pytest.mark.parametrize("old", ["40.0", "-2.0", "7 "])
def test_a_digit_of_another_script_is_no_number(old: str, tmp_path: Path) -> None:
    three = "\N{ARABIC-INDIC DIGIT THREE}" + " " * old.endswith(" ")
    header = nrrd_text(mask(), "uint8").decode().replace(old, three, 1)
    path = write(tmp_path / "liver.nrrd", header.encode() + plain(mask()))
    require_refusal(path)


@pytest.mark.parametrize("qfac", [-0.5, -3.25, -0.999])
def test_h07_a_qfac_that_readers_take_for_two_sides_is_refused(qfac: float, tmp_path: Path) -> None:
    content = nifti(mask(), **qform(SPACING, ORIGIN, qfac=qfac))
    require_refusal(write(tmp_path / "liver.nii", content), "geometry.quaternion")
    read_here(write(tmp_path / "liver.nii", nifti(mask(), **qform(SPACING, qfac=-1.0))), "liver")


@pytest.mark.parametrize("mark", ["\r", "\x1c", "\x0b"])
@pytest.mark.parametrize("old", ["-2.0", "(40.0", "sizes: 7"])
def test_h02_a_minus_sign_that_lost_a_bit_is_no_blank(old: str, mark: str, tmp_path: Path) -> None:
    spoiled = old.replace("-", mark).replace("(", f"({mark}").replace(": ", f": {mark}")
    header = nrrd_text(mask(), "uint8").decode().replace(old, spoiled, 1)
    path = write(tmp_path / "liver.nrrd", header.encode() + plain(mask()))
    require_refusal(path, "nrrd.field")


@pytest.mark.parametrize("mark", ["\r", "\x1c", "\x0b"])
@pytest.mark.parametrize("old", ["-1 0 0 0", "40.0 7", "DimSize = 7"])
def test_h02_nor_is_it_in_a_metaimage(old: str, mark: str, tmp_path: Path) -> None:
    spoiled = old.replace("-", mark).replace(" 7", f" {mark}7")
    header = metaimage_text("MET_UCHAR").decode().replace(old, spoiled, 1)
    path = write(tmp_path / "liver.mha", header.encode() + plain(mask()))
    require_refusal(path, "metaimage.value")


@pytest.mark.parametrize(
    ("name", "number", "at"),
    [
        ("seg", b"-40.0\\-30.0\\105.0", 0),
        ("seg", b"-40.0\\-30.0\\105.0", 12),
        ("rtstruct", b"12\\0\\0", 0),
    ],
)
def test_h06_a_zero_byte_is_no_digit_of_a_dicom_number(
    name: str, number: bytes, at: int, tmp_path: Path
) -> None:
    content = next(one for one in SPECIMENS if one.name == name).files["liver.dcm"]
    place = content.index(number) + at
    spoiled = content[:place] + b"\0" + content[place + 1 :]
    require_refusal(write(tmp_path / "liver.dcm", spoiled), "header.value")


@pytest.mark.parametrize("huge", ["1e308", "-1e308", "1e200"])
def test_a_matrix_beyond_all_numbers_is_refused(huge: str, tmp_path: Path) -> None:
    header = metaimage_text("MET_UCHAR").decode().replace("= -1 0 0", f"= {huge} 0 0")
    path = write(tmp_path / "liver.mha", header.encode() + plain(mask()))
    require_refusal(path)


@pytest.mark.parametrize("edge", [1e200, -1e308, 2e-317, 1e-300])
@pytest.mark.parametrize("both", [True, False])
def test_a_form_beyond_all_numbers_is_refused(both: bool, edge: float, tmp_path: Path) -> None:
    rows = [edge, 0, 0, 0, 0, edge, 0, 0, 0, 0, edge, 0]
    forms = {**FORMS, "srow": rows, "qform_code": int(both)}
    path = write(tmp_path / "liver.nii", nifti(mask(), version=2, **forms))
    code = "sform_qform_differ" if both else "spacing_range"
    require_refusal(path, f"geometry.{code if abs(edge) < 1 else 'too_far'}")
