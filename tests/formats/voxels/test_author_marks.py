"""The author of a mask in the text of a header, and nnU-Net by what it stores next to its files."""

from pathlib import Path

import numpy as np
import pytest

from fl_planner.formats.read import read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.carried import author_text, carried_author, carried_text, read_author
from fl_planner.formats.voxels.values import Holds, LabelFile
from fl_planner.space.mask import OF_SEGMENTS, Author
from tests.niftis import both_forms, nifti, write

NNU_NET = ("dataset.json", "predict_from_raw_data_args.json")
LONG = "An engine with a name of exactly sixty-four characters, no fewer"


def read(path: Path) -> LabelFile:
    file = read_labels(path, "flr", Holds.ONE_LABEL, Limits())
    assert isinstance(file, LabelFile)
    return file


@pytest.mark.parametrize(
    "author",
    [
        Author("manual"),
        Author("semi-automatic", "Grow from seeds"),
        Author("automatic"),
        Author("automatic", "TotalSegmentator", "2.4.0"),
        OF_SEGMENTS,
    ],
)
def test_a_mark_is_read_again(author: Author) -> None:
    assert read_author(author_text(author)) == author


def test_a_long_name_stays_automatic_in_the_80_bytes_of_nifti() -> None:
    text = author_text(Author("automatic", LONG, "2.0"))
    assert len(text) == 79
    assert read_author(text) == Author("automatic", LONG[:47])
    odd = read_author(author_text(Author("automatic", "a; version b\u00e9", "c;d")))
    assert odd == Author("automatic", "a, version b?", "c,d")


@pytest.mark.parametrize("longer", [False, True])
def test_a_version_is_whole_or_left_out(*, longer: bool) -> None:
    """79 bytes are left for text: "fl-planner: drawn automatic; by ", 30, "; version ", and 7."""
    name = "An engine with 30 characters..." if longer else "An engine with 30 characters.."
    text = author_text(Author("automatic", name, "10.20.3"))
    assert len(text) == (62 if not longer else 63) + (17 if not longer else 0)
    assert read_author(text) == Author("automatic", name, None if longer else "10.20.3")


def test_no_author_has_no_mark() -> None:
    assert author_text(None) == b""


@pytest.mark.parametrize("text", ["", "drawn automatic", "fl-planner: drawn by nobody", "FSL5.0"])
def test_another_text_states_no_author(text: str) -> None:
    assert read_author(text) is None


def test_a_carried_mask_of_a_program_stays_automatic() -> None:
    text = carried_text(5.385)
    assert read_author(text) is None
    assert read_author(text + b"; automatic") == Author("automatic")
    assert read_author(text + carried_author(OF_SEGMENTS)) == OF_SEGMENTS
    assert read_author(text + carried_author(Author("manual"))) is None


def test_a_carried_file_of_a_program_is_both(tmp_path: Path) -> None:
    file = read(predicted(tmp_path, text=carried_text(5.385) + b"; automatic"))
    assert {"mask.carried", "segments.automatic"} == {one.code for one in file.findings}
    mask = file.whole("flr")
    assert (mask.carried_mm, mask.author) == (5.38, Author("automatic"))


def predicted(at: Path, *names: str, text: bytes = b"") -> Path:
    forms = both_forms((5.0, 5.0, 5.0), (-40.0, -60.0, 30.0))
    voxels = np.pad(np.ones((4, 4, 4), np.uint8), 1)
    for name in names:
        (at / name).write_text("{}", encoding="utf-8")
    return write(at / "flr.nii", nifti(voxels, descrip=text, **forms))


def test_a_prediction_of_nnu_net_is_automatic(tmp_path: Path) -> None:
    file = read(predicted(tmp_path, *NNU_NET))
    assert file.whole("flr").author == Author("automatic", "nnU-Net")
    (found,) = (one for one in file.findings if one.code == "segments.automatic")
    assert found.message == "flr.nii: drawn automatically by nnU-Net"


def test_h19_a_link_to_a_prediction_of_nnu_net_is_automatic(tmp_path: Path) -> None:
    (predictions := tmp_path / "predictions").mkdir()
    (case := tmp_path / "case").mkdir()
    (case / "flr.nii").symlink_to(predicted(predictions, *NNU_NET))
    assert read(case / "flr.nii").author == Author("automatic", "nnU-Net")


@pytest.mark.parametrize("names", [(), NNU_NET[:1], NNU_NET[1:]])
def test_a_file_next_to_one_of_them_is_of_nobody_known(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    """Training data of nnU-Net have a dataset.json, and were drawn by readers."""
    file = read(predicted(tmp_path, *names))
    assert file.whole("flr").author is None
    assert "segments.automatic" not in [one.code for one in file.findings]
