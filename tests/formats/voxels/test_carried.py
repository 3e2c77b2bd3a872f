"""The mark of a carried mask in a header: read, told, and never half."""

from pathlib import Path

import numpy as np

from fl_planner.formats.read import read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.carried import LONGEST, carried_text, consensus_text
from fl_planner.formats.voxels.values import Holds, LabelFile
from tests.cases import each_case
from tests.niftis import both_forms, nifti, write
from tests.refusals import refuses

MARK = b"fl-planner: carried, not drawn"


def read(folder: Path, text: bytes, version: int = 1) -> LabelFile:
    forms = both_forms((5.0, 5.0, 5.0), (-40.0, -60.0, 30.0))
    voxels = np.pad(np.ones((4, 4, 4), np.uint8), 1)
    path = write(folder / "flr.nii", nifti(voxels, version=version, descrip=text, **forms))
    file = read_labels(path, "flr", Holds.ONE_LABEL, Limits())
    assert isinstance(file, LabelFile)
    return file


@each_case("version", {"NIfTI-1": 1, "NIfTI-2": 2})
def test_a_mask_that_states_it_was_carried_is_reported(version: int, tmp_path: Path) -> None:
    (one,) = read(tmp_path, MARK + b"; off by 5.38 mm", version).findings
    assert (one.code, one.value, one.unit, one.file) == ("mask.carried", 5.38, "mm", "flr.nii")
    assert "carried, not drawn" in one.message


@each_case("off_mm", {"largest": 50.0, "usual": 12.34})
def test_a_registered_spect_is_reported_as_one(off_mm: float, tmp_path: Path) -> None:
    text = carried_text(off_mm, spect=True)
    assert text == MARK + f"; SPECT off by {off_mm:.2f} mm".encode()
    (one,) = read(tmp_path, text).findings
    assert (one.code, one.value, one.unit) == ("spect.carried", off_mm, "mm")
    assert f"a SPECT registered to the CT with an error of about {off_mm:.1f} mm" in one.message


@each_case("text", {"none": b"", "of others": b"FSL5.0", "like it": b"carried, not drawn"})
def test_other_texts_state_nothing(text: bytes, tmp_path: Path) -> None:
    assert read(tmp_path, text).findings == ()


@each_case("vote", {"majority": ("majority", "majority"), "STAPLE": ("STAPLE", "staple")})
def test_a_mask_that_is_a_consensus_is_reported(vote: tuple[str, str], tmp_path: Path) -> None:
    word, name = vote
    text = f"fl-planner: consensus by {word}; readings differ by SD 12.30 mL"
    (one,) = read(tmp_path, text.encode()).findings
    assert (one.code, one.value, one.unit) == (f"mask.consensus_{name}", 12.3, "mL")
    assert "not manually drawn" in one.message
    assert consensus_text(name, 12.3) == text.encode()
    assert len(consensus_text(name, 1e9)) < LONGEST


def test_a_consensus_that_does_not_state_of_what_is_refused(tmp_path: Path) -> None:
    for rest in (b"STAPLE", b"vote; readings differ by SD 1.00 mL", b""):
        with refuses("mask.consensus_mark"):
            read(tmp_path, b"fl-planner: consensus by " + rest)


HALF = {
    "no number": b"",
    "cut": b"; off by 5.3",
    "nothing": b"; off by 0.00 mm",
    "too far": b"; off by 50.01 mm",
    "more words": b"; off by 5.38 mm or so",
}


@each_case("rest", HALF)
def test_a_mark_that_does_not_state_how_far_is_refused(rest: bytes, tmp_path: Path) -> None:
    with refuses("mask.carried_mark"):
        read(tmp_path, MARK + rest)
