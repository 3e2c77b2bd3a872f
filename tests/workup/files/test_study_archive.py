"""A study in one zip archive is described as its folder is."""

from __future__ import annotations

from pathlib import Path
from tempfile import gettempdir
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.record.files.check import ReadFileRecord, RefusedFileRecord
from fl_planner.workup.files.check import describe_files
from fl_planner.workup.files.study_archive import PREFIX, unpack_study
from tests.formats.dicom.dicoms import pack, ring, rtstruct, seg
from tests.niftis import write
from tests.refusals import refuses
from tests.workup.files.test_check import BLOCK, write_nifti, write_slices

ROOM = 1 << 20
PROJECT = Path(__file__).parents[3]


def zipped(folder: Path, name: str = "study.zip") -> Path:
    """Pack a folder beside it."""
    made = folder.parent / name
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                archive.write(one, one.relative_to(folder.parent))
    return made


def draw(folder: Path) -> Path:
    """Write slices, a segmentation and a structure set, each in a folder of its own."""
    study = write_slices(folder / "study")
    for name in ("seg", "rt"):
        (study / name).mkdir()
    write(study / "seg" / "1-1.dcm", pack(seg()))
    rings = [("Liver", [ring(10.0, 3.0 * n) for n in range(5)])]
    write(study / "rt" / "1-1.dcm", pack(rtstruct(rings)))
    return study


@pytest.fixture(autouse=True)
def _own_temporary_folder(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only folders of these tests are counted, not those of tests run at the same time."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("temporary")))


def left() -> list[Path]:
    return [*Path(gettempdir()).glob(f"{PREFIX}*")]


def test_h16_each_segmentation_and_structure_set_of_a_zip_is_a_row(tmp_path: Path) -> None:
    before = left()
    study = draw(tmp_path)
    (study / "rt" / "1-1.dcm").rename(study / "rt" / "2.dcm")
    found = describe_files([zipped(study)]).files
    kinds = [(one.file, one.kind) for one in found if isinstance(one, ReadFileRecord)]
    assert kinds == [
        ("study.zip", "image"), ("1-1.dcm", "segmentation"), ("2.dcm", "segmentation"),
    ]  # fmt: skip
    of_folder = {one.file: one for one in describe_files([study]).files}
    for one in found[1:]:
        assert one == of_folder[one.file]
    assert left() == before


def test_files_of_one_name_have_different_names(tmp_path: Path) -> None:
    found = describe_files([zipped(draw(tmp_path))]).files
    assert [one.file for one in found] == ["study.zip", "1-1.dcm", "copy2_1-1.dcm"]


def test_a_zip_of_slices_alone_is_one_image(tmp_path: Path) -> None:
    packed = zipped(write_slices(tmp_path / "ct"))
    (one,) = describe_files([packed]).files
    assert isinstance(one, ReadFileRecord)
    assert (one.file, one.kind, one.inputs[0].file) == ("study.zip", "image", "study.zip")


def test_a_zip_of_masks_alone_has_a_row_for_each(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    for name in ("a.dcm", "b.dcm"):
        write(tmp_path / "masks" / name, pack(seg()))
    files = [zipped(tmp_path / "masks"), write_nifti(tmp_path / "liver.nii", BLOCK)]
    assert [one.file for one in describe_files(files).files] == ["a.dcm", "b.dcm", "liver.nii"]


def test_an_archive_that_is_damaged_is_refused_in_its_row(tmp_path: Path) -> None:
    packed = zipped(draw(tmp_path))
    content = packed.read_bytes()
    packed.write_bytes(content[: len(content) // 2])
    whole = write_nifti(tmp_path / "liver.nii", BLOCK)
    bad, good = describe_files([packed, whole]).files
    assert isinstance(bad, RefusedFileRecord)
    assert bad.refusal.code == "file.archive"
    assert isinstance(good, ReadFileRecord)
    with pytest.raises(InputRefused):
        describe_files([tmp_path / "none.zip"])


def test_names_of_an_archive_lead_nowhere_else(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    with ZipFile(packed, "w") as archive:
        for name in ("../../out.dcm", "/abs/out.dcm", "C:\\out.dcm"):
            archive.writestr(name, pack(seg()))
    place = tmp_path / "place"
    assert unpack_study(packed, place, ROOM, ("copy2_out.dcm",)) > 0
    names = ["copy3_out.dcm", "copy4_out.dcm", "out.dcm"]
    assert sorted(one.name for one in place.iterdir()) == names
    assert {one.name for one in tmp_path.iterdir()} == {"a.zip", "place"}


def test_an_archive_over_the_limits_is_not_unpacked(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("1.dcm", pack(seg()))
    place = tmp_path / "place"
    assert unpack_study(packed, place, 10, ()) == 0
    with ZipFile(packed, "a", ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(ROOM))  # a ratio of about 1000
    assert unpack_study(packed, place, 4 * ROOM, ()) == 0
    assert not place.exists()


@pytest.mark.parametrize("method", [ZIP_BZIP2, ZIP_LZMA])
def test_h16_an_archive_that_is_only_unpacked_whole_is_left_to_its_reader(
    method: int, tmp_path: Path
) -> None:
    """Of bzip2 and LZMA, 1 kB may unpack to 1 GB at once, whatever size is stated."""
    packed = tmp_path / "a.zip"
    with ZipFile(packed, "w", method) as archive:
        archive.writestr("1.dcm", pack(seg()))
    place = tmp_path / "place"
    assert unpack_study(packed, place, ROOM, ()) == 0
    with refuses("file.archive", "a.zip", says="compression method"):
        describe_files([packed])


def test_a_scintigram_is_unpacked_and_what_macos_adds_is_not(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/a/._dynamic.dcm", b"\0\5\x16\7")
        archive.write(PROJECT / "sample_data" / "function" / "dynamic.dcm", "a/dynamic.dcm")
    assert unpack_study(packed, tmp_path / "place", 8 * ROOM, ()) > 0
    assert [one.name for one in (tmp_path / "place").iterdir()] == ["dynamic.dcm"]
