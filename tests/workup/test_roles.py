"""One role and many files: united where a role may hold them, refused by name where it may not."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from fl_planner import plan
from fl_planner.intake.documents.case_file import read_case_file
from tests.cases import each_case, sure
from tests.cli.outside import SMALL, Record, case_toml, codes, doubts, finding, told
from tests.niftis import both_forms, nifti, write
from tests.refusals import refuses
from tests.screening.test_verify import written
from tests.workup.asked import plan_of, volumes_of

ONE, TWO = (2800, 3200), (7600, 8000)  # two lesions of one layer, 400 voxels and 50 mL each
UNITED = 100.0  # mL
Words = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a liver of 1000 mL, a remnant of 300 mL, and lesions in files of their own."""
    parts = {"flr": (0, 2400), "one": ONE, "two": TWO, "empty": (0, 0), "beside": (3000, 3100)}
    SMALL.write(tmp_path, **parts)
    SMALL.file(tmp_path / "both.nii", SMALL.mask(*ONE) + SMALL.mask(*TWO))
    SMALL.file(tmp_path / "labels.nii", SMALL.mask(*ONE) + 2 * SMALL.mask(*TWO))
    (tmp_path / "copy.nii").write_bytes((tmp_path / "one.nii").read_bytes())
    return tmp_path


def masks(folder: Path, *tumours: str) -> Words:
    files = tuple(folder / f"{name}.nii" for name in tumours)
    return {"liver": folder / "liver.nii", "flr": folder / "flr.nii", "tumour": files}


def lesions_ml(record: Record) -> list[float]:
    return sorted(one["volume_ml"] for one in record["lesions"])


# Tumours of several files.


@pytest.mark.slow
@each_case("order", [("one", "two"), ("two", "one"), ("one", "empty", "two")])
def test_h03_tumours_of_several_files_are_united(folder: Path, order: tuple[str, ...]) -> None:
    alone, record = volumes_of(**masks(folder, "both")), volumes_of(**masks(folder, *order))
    assert record["volumes_ml"] == alone["volumes_ml"]
    assert record["volumes_ml"]["tumour"] == UNITED
    assert record["flr_percent"] == alone["flr_percent"]  # 2400 of 7200
    named = [one["file"] for one in record["inputs"] if one["role"] == "tumour"]
    assert named == [f"{name}.nii" for name in order]
    assert "100 mL" in finding(record, "input.united")["message"]
    assert doubts(record) == doubts(alone)


@pytest.mark.essential
@pytest.mark.slow
def test_each_file_of_one_piece_is_a_lesion(folder: Path) -> None:
    """Two files that touch stay two lesions, as their reader kept them."""
    SMALL.file(folder / "next.nii", SMALL.mask(3200, 3600))
    assert lesions_ml(plan_of(**masks(folder, "one", "next"))) == [50.0, 50.0]
    assert lesions_ml(plan_of(**masks(folder, "one", "two"))) == [50.0, 50.0]


@pytest.mark.essential
@pytest.mark.slow
@each_case("files", [("both", "other"), ("labels", "other")])
def test_files_of_several_lesions_each_are_counted_by_their_pieces(
    folder: Path, files: tuple[str, str]
) -> None:
    """Two lesions of one lobe, of one label or of two, and one of the other: three of them."""
    SMALL.file(folder / "other.nii", SMALL.mask(5200, 5600))
    record = plan_of(**masks(folder, *files))
    assert (record["volumes_ml"]["tumour"], lesions_ml(record)) == (150.0, [50.0] * 3)
    assert "lesions.tissues" not in codes(record)


@pytest.mark.essential
@pytest.mark.slow
def test_h03_tissues_in_files_of_their_own_are_no_lesions(folder: Path) -> None:
    """A file of viable tumour that is torn in two by the necrosis of another file: one lesion."""
    viable, necrosis = SMALL.mask(2800, 3200) + SMALL.mask(3600, 4000), SMALL.mask(3200, 3600)
    SMALL.file(folder / "viable.nii", viable)
    SMALL.file(folder / "necrosis.nii", necrosis)
    record = plan_of(**masks(folder, "viable", "necrosis"))
    assert lesions_ml(record) == [150.0]
    said = finding(record, "lesions.tissues")
    assert (said["severity"], said["file"]) == ("warning", None)
    assert said["message"].startswith("tumour: its files are not counted as separate lesions")
    assert "viable.nii (100 mL) has 2 pieces" in said["message"]


def test_h03_files_next_to_a_label_map_with_a_tumour_go_before_it(folder: Path) -> None:
    """LiTS: 1 liver, 2 tumour. The files are used, all of them, and that is said."""
    lits = SMALL.file(folder / "lits.nii", SMALL.mask(0, 8000) + SMALL.mask(7600, 8000))
    tumours = (folder / "one.nii", folder / "beside.nii")
    record = volumes_of(labelmap=lits, scheme="lits", tumour=tumours)
    assert record["volumes_ml"]["tumour"] == 50.0
    assert finding(record, "labels.file_wins")["file"] == "lits.nii"


def test_h16_all_files_empty_state_that_there_is_no_tumour(folder: Path) -> None:
    SMALL.file(folder / "void.nii", SMALL.mask(0, 0))
    record = plan_of(**masks(folder, "empty", "void"))
    assert (record["volumes_ml"]["tumour"], record["lesions"]) == (0, [])
    assert "tumour.empty" in codes(record)


@pytest.mark.slow
@each_case("twice", ["one", "copy"])
def test_one_file_given_twice_counts_once_and_is_reported(folder: Path, twice: str) -> None:
    record = plan_of(**masks(folder, "one", twice))
    assert (record["volumes_ml"]["tumour"], lesions_ml(record)) == (50.0, [50.0])
    said = finding(record, "input.same_file")
    assert (said["severity"], said["file"]) == ("warning", f"{twice}.nii")


@each_case("role", ["liver", "flr"])
def test_h13_a_liver_or_a_remnant_among_the_tumours_is_refused(folder: Path, role: str) -> None:
    with refuses("input.same_file", f"{role}.nii", says=f"given as {role}"):
        volumes_of(**masks(folder, "one", role))


def test_h04_a_file_of_another_grid_is_named(folder: Path) -> None:
    forms = both_forms((5.0,) * 3, (-37.5, -60.0, 30.0))
    write(folder / "off.nii", nifti(SMALL.mask(*TWO), **forms))
    with refuses("grid.differs", "off.nii"):
        volumes_of(**masks(folder, "one", "off"))
    record = volumes_of(**masks(folder, "one", "off"), resample=True)
    assert finding(record, "grid.resampled")["file"] == "off.nii"
    assert record["volumes_ml"]["tumour"] > 90


def test_no_tumour_next_to_several_files_is_refused(folder: Path) -> None:
    with refuses("input.tumour_twice"):
        plan_of(**masks(folder, "one", "two"), no_tumour=True)


# Structures beside the liver: a liver of 1000 mL that holds them.

SPELLINGS = [
    ("gallbladder", "gallbladder"),
    ("IVC", "ivc"),
    ("gall_bladder", "Gallbladder"),
    ("GB", "gb"),
]
BARE = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true\n'


@pytest.mark.slow
@each_case("one, two", SPELLINGS)
def test_h03_files_excluded_under_one_name_are_united(folder: Path, one: str, two: str) -> None:
    """However it is spelt: 1000 - 100 mL; an option replaces the entry, all of it."""
    given = (f"{one}={folder / 'one.nii'}", f"{two}={folder / 'two.nii'}")
    record = volumes_of(**masks(folder), no_tumour=True, exclude=given)
    assert record["volumes_ml"]["liver"] == 900.0
    pair = (
        f'{one} = ["one.nii", "two.nii"]' if one == two else f'{one} = "one.nii", {two} = "two.nii"'
    )
    case = case_toml(folder, f"{BARE}exclude = {{ {pair} }}\n")
    assert volumes_of(case)["volumes_ml"] == record["volumes_ml"]
    beside = volumes_of(case, exclude=(f"{two}={folder / 'one.nii'}",))
    assert beside["volumes_ml"]["liver"] == 950.0


# Lists in a case file.

LIST = """[masks]
liver = "liver.nii"
flr = "flr.nii"
tumour = ["one.nii", "two.nii"]
"""


def test_a_case_file_lists_files_and_an_option_replaces_them_all(folder: Path) -> None:
    case = case_toml(folder, LIST)
    assert volumes_of(case)["volumes_ml"]["tumour"] == UNITED
    other = volumes_of(case, tumour=(folder / "beside.nii",))
    assert other["volumes_ml"]["tumour"] == 12.5
    listed = case_toml(folder, LIST.replace('"flr.nii"', '["flr.nii"]'))
    assert volumes_of(listed)["volumes_ml"]["flr"] == 300.0  # a list of one file


@pytest.mark.essential
@pytest.mark.slow
def test_a_second_reader_and_a_baseline_take_lists(folder: Path) -> None:
    SMALL.file(folder / "flr-2.nii", SMALL.mask(0, 2000))
    text = LIST + (
        '[second_reader]\nflr = "flr-2.nii"\ntumour = ["one.nii", "two.nii"]\n'
        '[baseline]\nmask = ["one.nii", "two.nii"]\nregistered = true\n'
    )
    record = plan_of(case_toml(folder, text))
    roles = [one["role"] for one in record["inputs"]]
    assert (roles.count("second reader tumour"), roles.count("baseline")) == (2, 2)
    second = [f"flr={folder}/flr-2.nii", f"tumour={folder}/one.nii", f"tumour={folder}/two.nii"]
    again = plan_of(case_toml(folder, LIST), second_reader=second)
    assert again["ratios"] == record["ratios"]
    assert "second_reader" in again["ratios"]["flr"]


@each_case("role", ["liver", "flr", "resected", "treated", "labelmap"])
def test_a_list_for_a_role_of_one_file_is_refused_with_its_key(folder: Path, role: str) -> None:
    with refuses("case.unreadable", says="2 files are given, but only one can be used") as refusal:
        plan_of(case_toml(folder, f'[masks]\n{role} = ["one.nii", "two.nii"]\n'))
    assert f"masks.{role}" in refusal.value.reason
    with refuses("case.unreadable", says="must not be empty"):
        plan_of(case_toml(folder, f"[masks]\n{role} = []\n"))


@each_case(
    "key, text",
    {
        "a mask": ("masks.liver", '[masks]\nliver = "a\\u0000.nii"\n'),
        "one of several": ("masks.tumour.1", '[masks]\ntumour = ["one.nii", "a\\u0000.nii"]\n'),
        "a region": ("function.regions.liver", '[function]\nregions = { liver = "a\\u0000" }\n'),
    },
)
def test_a_file_name_that_no_system_has_is_refused_with_its_key(
    folder: Path, key: str, text: str
) -> None:
    """In a cohort, such a case crashed its worker, and then the run."""
    with refuses("case.unreadable", says=f"{key}: contains a null character"):
        plan_of(case_toml(folder, text))


@pytest.mark.slow
def test_h12_verified_files_of_a_role_are_each_compared(folder: Path) -> None:
    one, two = (sha256((folder / f"{n}.nii").read_bytes()).hexdigest() for n in ("one", "two"))
    hashes = f'[imaging]\nsha256 = {{ tumour = ["{one}", "{two}"] }}\n'
    assert "case.mask_changed" not in codes(plan_of(case_toml(folder, LIST + hashes)))
    less = LIST.replace('["one.nii", "two.nii"]', '"one.nii"')
    changed = finding(plan_of(case_toml(folder, less + hashes)), "case.mask_changed")
    assert "2 files were verified, but only 1 of them is given" in changed["message"]
    other = LIST.replace("two.nii", "beside.nii")
    changed = finding(plan_of(case_toml(folder, other + hashes)), "case.mask_changed")
    assert changed["file"] == "beside.nii"


@pytest.mark.essential
@pytest.mark.slow
def test_h12_verify_names_a_file_that_came_or_went(folder: Path) -> None:
    case = case_toml(folder, LIST)
    output = written(folder / "volume.json", "volume", case)
    assert told("verify", output, case)["holds"] is True
    for tumours, message in (
        ('["one.nii", "two.nii", "beside.nii"]', "tumour: beside.nii was added"),
        ('"one.nii"', "tumour: two.nii is no longer given"),
    ):
        case_toml(folder, LIST.replace('["one.nii", "two.nii"]', tumours))
        assert message in [one["message"] for one in told("verify", output, case)["changes"]]


def test_a_new_case_lists_the_files_of_a_tumour(folder: Path) -> None:
    case, files = folder / "new.toml", (folder / "one.nii", folder / "two.nii")
    given = [word for path in files for word in ("--tumour", path)]
    told("new-case", case, "--liver", folder / "liver.nii", *given)
    assert 'tumour = ["one.nii", "two.nii"]' in case.read_text("utf-8")
    assert read_case_file(case).files.masks["tumour"] == files


def test_python_unites_a_list_and_refuses_it_for_other_roles(folder: Path) -> None:
    liver, one, two = (folder / f"{name}.nii" for name in ("liver", "one", "two"))
    volumes = plan(liver=liver, tumour=[one, two]).plan.measured.volumes
    assert sure(volumes).tumour_voxels == 800
    for role in ("liver", "labelmap"):
        given: dict[str, Any] = {role: [one, two]}  # what is not allowed
        with refuses("option.repeated", role):
            plan(**given)
