"""Files of one base name are told apart by their role; those that are not there all at once."""

from pathlib import Path
from typing import Literal
from unicodedata import normalize

import pytest

from fl_planner.intake.reading.files import require_present
from tests.cases import each_case
from tests.cli.outside import BUNDLED, SMALL, ask, case_toml, doubts, finding, refused, told
from tests.niftis import both_forms, nifti, write

Form = Literal["NFC", "NFD"]
ROLES = ("liver", "flr", "tumour")


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    parts = {"liver": (0, 8000), "flr": (0, 2400), "tumour": (7600, 8000)}
    for role, voxels in parts.items():
        (tmp_path / role).mkdir()
        SMALL.file(tmp_path / role / "mask.nii", SMALL.mask(*voxels))
    return tmp_path


def options(folder: Path, *more: object) -> list[object]:
    given = [word for role in ROLES for word in (f"--{role}", folder / role / "mask.nii")]
    return ["volume", *given, *more]


def off_grid(path: Path) -> None:
    write(path, nifti(SMALL.mask(0, 2400), **both_forms((5.0,) * 3, (-37.5, -60.0, 30.0))))


# One base name.


def test_honest_files_of_one_name_are_read_without_a_word(folders: Path) -> None:
    record = told(*options(folders))
    assert record["volumes_ml"]["flr"] == 300.0
    assert [one["file"] for one in record["inputs"]] == ["mask.nii"] * 3
    for role in ROLES:
        (folders / role / "mask.nii").rename(folders / f"{role}.nii")
    given = [word for role in ROLES for word in (f"--{role}", folders / f"{role}.nii")]
    assert doubts(record) == doubts(told("volume", *given))


def test_h11_a_refusal_of_a_grid_names_both_roles(folders: Path) -> None:
    off_grid(folders / "flr" / "mask.nii")
    refusal = refused(*options(folders))
    assert (refusal["code"], refusal["file"]) == ("grid.differs", "mask.nii (flr)")
    assert "of mask.nii (liver)" in refusal["reason"]


@pytest.mark.parametrize("role", ROLES)
def test_h14_a_damaged_file_is_named_with_its_role(folders: Path, role: str) -> None:
    path = folders / role / "mask.nii"
    path.write_bytes(path.read_bytes()[:-7])
    assert refused(*options(folders))["file"] == f"mask.nii ({role})"


def test_h01_a_finding_names_the_role_and_keeps_the_base_name(folders: Path) -> None:
    path = folders / "tumour" / "mask.nii"
    path.rename(folders / "tumour" / "mask.nii.gz")
    for role in ("liver", "flr"):
        (folders / role / "mask.nii").rename(folders / role / "mask.nii.gz")
    given = [word for role in ROLES for word in (f"--{role}", folders / role / "mask.nii.gz")]
    named = [one for one in told("volume", *given)["findings"] if one["code"] == "gzip.name"]
    assert [one["file"] for one in named] == ["mask.nii.gz"] * 3
    starts = [one["message"].partition(":")[0] for one in named]
    assert sorted(starts) == [f"mask.nii.gz ({role})" for role in sorted(ROLES)]


def test_h04_what_is_outside_the_liver_is_named_with_its_role(folders: Path) -> None:
    SMALL.file(folders / "liver" / "mask.nii", SMALL.mask(4000, 8000))
    refusal = refused(*options(folders))
    assert (refusal["code"], refusal["file"]) == ("stray.mostly_outside", "mask.nii (flr)")
    assert "(mask.nii (liver))" in refusal["reason"]


def test_files_of_one_role_and_one_name_are_numbered(folders: Path) -> None:
    (folders / "second").mkdir()
    off_grid(folders / "second" / "mask.nii")
    refusal = refused(*options(folders, "--tumour", folders / "second" / "mask.nii"))
    assert refusal["file"] == "mask.nii (tumour, file 2)"


def test_one_file_in_two_roles_needs_no_telling_apart(folders: Path) -> None:
    path = folders / "liver" / "mask.nii"
    refusal = refused("volume", "--liver", path, "--tumour", path)
    assert "mask.nii (" not in refusal["message"]


def test_a_label_map_and_a_ct_of_that_name_are_distinguished(folders: Path) -> None:
    (folders / "map").mkdir()
    SMALL.file(folders / "map" / "mask.nii", SMALL.mask(0, 8000) + 8 * SMALL.mask(0, 100))
    record = told(*options(folders, "--labelmap", folders / "map" / "mask.nii"))
    assert finding(record, "labels.unknown")["message"].startswith("mask.nii (labelmap): label 9")
    (folders / "ct").mkdir()
    (folders / "ct" / "mask.nii").write_bytes(b"no image")
    refusal = refused(*options(folders, "--ct", folders / "ct" / "mask.nii"))
    assert refusal["file"] == "mask.nii (ct)"


def test_convert_states_the_grid_that_was_chosen_from_its_file(folders: Path) -> None:
    off_grid(folders / "flr" / "mask.nii")
    file, like = (folders / role / "mask.nii" for role in ("flr", "liver"))
    refusal = refused("convert", file, "--to", folders / "out.nii", "--like", like)
    assert refusal["reason"].startswith("is not on the voxel grid of mask.nii (--like):")


def test_no_path_is_reported(folders: Path) -> None:
    off_grid(folders / "flr" / "mask.nii")
    ran = ask(*options(folders), "--json")
    assert str(folders) not in ran.out + ran.err


# Files that are not there.


def test_a_label_number_after_a_file_name_has_its_remedy(folders: Path) -> None:
    file = folders / "liver" / "mask.nii"
    assert "--structure NAME=NUMBER" in refused("volume", "--liver", f"{file}#2")["remedy"]
    vessel = refused("volume", "--liver", file, "--vessel", f"portal_veins={file}#2")
    assert "portal_veins#2 instead of portal_veins" in vessel["remedy"]
    for other in ("#2", "none.nii#2"):
        assert "NUMBER" not in refused("volume", "--liver", folders / "liver" / other)["remedy"]


@each_case("tumour, remedy", {
    "semicolon": ("tumour/mask.nii;flr/mask.nii", "give several files as a list: tumour = ["),
    "bar": ("tumour/mask.nii | flr/mask.nii", "give several files as a list: tumour = ["),
    "comma": ("tumour/mask.nii, none.nii", "give several files as a list: tumour = ["),
    "backslash": (r"tumour\\mask.nii", r"write / instead of \ between folders"),
    "neither there": (r"none\\mask.nii;none.nii", "check the name and the folder"),
})  # fmt: skip
def test_files_written_in_another_way_have_their_remedy(
    tumour: str, remedy: str, folders: Path
) -> None:
    case = case_toml(folders, f'[masks]\nliver = "liver/mask.nii"\ntumour = "{tumour}"\n')
    assert refused("volume", case)["remedy"].startswith(remedy)


@pytest.mark.parametrize(("on_disk", "named"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_another_unicode_form_of_a_name_has_its_remedy(
    on_disk: Form, named: Form, folders: Path
) -> None:
    """MacOS decomposes accented letters, also in archives that it writes."""
    liver = folders / "liver"
    (liver / "mask.nii").rename(liver / normalize(on_disk, "Läsion.nii"))
    for missing, remedy in (("Läsion.nii", "rename the file"), ("Lasion.nii", "check the name")):
        path = liver / normalize(named, missing)
        assert refused("volume", "--liver", path)["remedy"].startswith(remedy)


MISSING = """[masks]
liver = "sub/liver.nii"
flr = "flr/mask.nii"
tumour = ["sub/one.nii", "tumour/mask.nii"]
exclude = { cyst = "beside.nii" }
[imaging]
ct = "../elsewhere/ct.nii"
"""


def test_h16_all_missing_files_of_a_case_file_are_reported_with_key_and_folder(
    folders: Path,
) -> None:
    refusal = refused("plan", case_toml(folders, MISSING))
    assert (refusal["code"], refusal["file"]) == ("file.missing", "liver.nii")
    for said in (
        "4 files do not exist",
        'masks.liver = "sub/liver.nii"',
        'masks.tumour = "sub/one.nii"',
        'masks.exclude.cyst = "beside.nii"',
        'imaging.ct = "ct.nii"',
    ):
        assert said in refusal["reason"]
    assert "mask.nii" not in refusal["reason"]  # which are there
    assert "elsewhere" not in refusal["message"]


def test_a_missing_file_without_key_or_option_is_named_once() -> None:
    refusal = refused("trials", "judge", BUNDLED / "crlm" / "case.toml", "--centre", "none.toml")
    assert refusal["message"] == "none.toml: no such file; check the name and the folder"


def test_one_missing_file_is_reported_with_its_key(folders: Path) -> None:
    text = '[masks]\nliver = "sub/liver.nii"\nflr = "flr/mask.nii"\n'
    refusal = refused("volume", case_toml(folders, text))
    assert refusal["message"].startswith(
        'liver.nii: no such file: masks.liver = "sub/liver.nii"; check'
    )


def test_a_file_of_that_name_that_is_elsewhere_is_reported(folders: Path) -> None:
    for place in ("liver.nii", "flr/one.nii"):
        SMALL.file(folders / place, SMALL.mask(0, 8000))
    text = """[masks]
liver = "sub/liver.nii"
flr = "flr/mask.nii"
tumour = ["sub/one.nii", "sub/none.nii"]
"""
    assert refused("plan", case_toml(folders, text))["reason"] == (
        '3 files do not exist: masks.liver = "sub/liver.nii" (the parent folder '
        'contains a file of that name), masks.tumour = "sub/one.nii" (a file of that name '
        "is in the same folder as the other files), "
        'masks.tumour = "sub/none.nii"'
    )
    given = refused("volume", "--liver", folders / "sub" / "liver.nii")
    assert given["reason"].endswith(
        "--liver liver.nii (the parent folder contains a file of that name)"
    )
    assert str(folders) not in given["message"]


def test_an_absolute_path_of_a_case_file_is_not_reported(folders: Path) -> None:
    text = f'[masks]\nliver = "{folders}/patient/liver.nii"\n'
    refusal = refused("volume", case_toml(folders, text))
    assert 'masks.liver = "liver.nii"' in refusal["reason"]
    assert str(folders) not in refusal["message"]


def test_h16_missing_files_of_options_are_reported_at_once(folders: Path) -> None:
    given = ["--liver", folders / "a.nii", "--flr", folders / "flr" / "mask.nii",
             "--exclude", f"cyst={folders}/b.nii", "--tumour", folders / "c.nii",
             "--tumour", folders / "d.nii", "--centre", folders / "e.toml"]  # fmt: skip
    refusal = refused("plan", *given)
    for said in ("--liver a.nii", "--exclude cyst=b.nii", "--tumour c.nii", "--tumour d.nii",
                 "--centre e.toml", "5 files do not exist"):  # fmt: skip
        assert said in refusal["reason"]
    assert str(folders) not in refusal["message"]


def test_what_is_there_and_no_file_is_left_to_its_reader(folders: Path) -> None:
    assert refused("volume", "--liver", folders)["code"] == "file.folder"
    require_present([folders], {})


def test_a_study_of_the_name_of_a_mask_is_distinguished(folders: Path) -> None:
    (folders / "study").mkdir()
    (folders / "study" / "mask.nii").write_bytes(b"no study")
    text = '[masks]\nliver = "liver/mask.nii"\n[function]\nspect = "study/mask.nii"\n'
    assert refused("function", case_toml(folders, text))["file"] == "mask.nii (function)"


def test_check_numbers_files_of_one_name_that_do_not_fit(folders: Path) -> None:
    off_grid(folders / "flr" / "mask.nii")
    record = told("check", *(folders / role / "mask.nii" for role in ROLES))
    assert [one["file"] for one in record["files"]] == ["mask.nii"] * 3
    (misfit,) = record["misfits"]
    assert (misfit["file"], misfit["other"]) == ("mask.nii (file 2)", "mask.nii (file 1)")
