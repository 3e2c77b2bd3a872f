"""One role and many files: united where a role may hold them, refused by name where it may not."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import click
import pytest

from fl_planner import plan_masks
from fl_planner.cli import COMMANDS, planner
from fl_planner.intake.documents.case_file import read_case_file
from tests.cases import each_case, sure
from tests.cli.outside import SMALL, Record, ask, case_toml, codes, doubts, finding, refused, told
from tests.refusals import refuses

ONE, TWO = (2800, 3200), (7600, 8000)  # two lesions of one layer, 400 voxels and 50 mL each
UNITED = 100.0  # mL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a liver of 1000 mL, a remnant of 300 mL, and lesions in files of their own."""
    parts = {"flr": (0, 2400), "one": ONE, "two": TWO, "empty": (0, 0), "beside": (3000, 3100)}
    SMALL.write(tmp_path, **parts)
    SMALL.file(tmp_path / "both.nii", SMALL.mask(*ONE) + SMALL.mask(*TWO))
    SMALL.file(tmp_path / "labels.nii", SMALL.mask(*ONE) + 2 * SMALL.mask(*TWO))
    (tmp_path / "copy.nii").write_bytes((tmp_path / "one.nii").read_bytes())
    return tmp_path


def masks(folder: Path, *tumours: str) -> list[object]:
    given = [word for name in tumours for word in ("--tumour", folder / f"{name}.nii")]
    return ["--liver", folder / "liver.nii", "--flr", folder / "flr.nii", *given]


def lesions_ml(record: Record) -> list[float]:
    return sorted(one["volume_ml"] for one in record["lesions"])


# Tumours of several files.


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one"), ("one", "empty", "two")])
def test_h03_tumours_of_several_files_are_united(folder: Path, order: tuple[str, ...]) -> None:
    alone = told("volume", *masks(folder, "both"))
    record = told("volume", *masks(folder, *order))
    assert record["volumes_ml"] == alone["volumes_ml"]
    assert record["volumes_ml"]["tumour"] == UNITED
    assert record["flr_percent"] == alone["flr_percent"]  # 2400 of 7200
    named = [one["file"] for one in record["inputs"] if one["role"] == "tumour"]
    assert named == [f"{name}.nii" for name in order]
    assert "100 mL" in finding(record, "input.united")["message"]
    assert doubts(record) == doubts(alone)


def test_each_file_of_one_piece_is_a_lesion(folder: Path) -> None:
    """Two files that touch stay two lesions, as their reader kept them."""
    SMALL.file(folder / "next.nii", SMALL.mask(3200, 3600))
    record = told("plan", *masks(folder, "one", "next"))
    assert lesions_ml(record) == [50.0, 50.0]
    assert lesions_ml(told("plan", *masks(folder, "one", "two"))) == [50.0, 50.0]


def test_files_of_several_lesions_each_are_counted_by_their_pieces(folder: Path) -> None:
    """Two lesions of one lobe and one of the other: three, and nothing to ask about."""
    SMALL.file(folder / "other.nii", SMALL.mask(5200, 5600))
    record = told("plan", *masks(folder, "both", "other"))
    assert lesions_ml(record) == [50.0] * 3
    assert "lesions.tissues" not in codes(record)


def test_h03_tissues_in_files_of_their_own_are_no_lesions(folder: Path) -> None:
    """A file of viable tumour that is torn in two by the necrosis of another file: one lesion."""
    viable, necrosis = SMALL.mask(2800, 3200) + SMALL.mask(3600, 4000), SMALL.mask(3200, 3600)
    SMALL.file(folder / "viable.nii", viable)
    SMALL.file(folder / "necrosis.nii", necrosis)
    record = told("plan", *masks(folder, "viable", "necrosis"))
    assert lesions_ml(record) == [150.0]
    said = finding(record, "lesions.tissues")
    assert (said["severity"], said["file"]) == ("warning", None)
    assert said["message"].startswith("tumour: its files are not counted as lesions")
    assert "viable.nii (100 mL) is 2 pieces" in said["message"]


def test_h03_files_beside_a_label_map_with_a_tumour_go_before_it(folder: Path) -> None:
    """LiTS: 1 liver, 2 tumour. The files are used, all of them, and that is said."""
    SMALL.file(folder / "lits.nii", SMALL.mask(0, 8000) + SMALL.mask(7600, 8000))
    given = [word for name in ("one", "beside") for word in ("--tumour", folder / f"{name}.nii")]
    record = told("volume", "--labelmap", folder / "lits.nii", "--scheme", "lits", *given)
    assert record["volumes_ml"]["tumour"] == 50.0
    assert finding(record, "labels.file_wins")["file"] == "lits.nii"


def test_h16_all_files_empty_say_that_there_is_no_tumour(folder: Path) -> None:
    SMALL.file(folder / "void.nii", SMALL.mask(0, 0))
    record = told("plan", *masks(folder, "empty", "void"))
    assert (record["volumes_ml"]["tumour"], record["lesions"]) == (0, [])
    assert "tumour.empty" in codes(record)


@pytest.mark.parametrize("twice", ["one", "copy"])
def test_one_file_given_twice_counts_once_and_is_told(folder: Path, twice: str) -> None:
    record = told("plan", *masks(folder, "one", twice))
    assert record["volumes_ml"]["tumour"] == 50.0
    assert lesions_ml(record) == [50.0]
    said = finding(record, "input.same_file")
    assert (said["severity"], said["file"]) == ("warning", f"{twice}.nii")


@pytest.mark.parametrize("role", ["liver", "flr"])
def test_h13_a_liver_or_a_remnant_among_the_tumours_is_refused(folder: Path, role: str) -> None:
    refusal = refused("volume", *masks(folder, "one", role))
    assert (refusal["code"], refusal["file"]) == ("input.same_file", f"{role}.nii")
    assert f"given as {role}" in refusal["reason"]


def test_labels_of_one_file_and_the_lesion_of_another(folder: Path) -> None:
    SMALL.file(folder / "third.nii", SMALL.mask(5200, 5600))
    record = told("plan", *masks(folder, "labels", "third"))
    assert (record["volumes_ml"]["tumour"], lesions_ml(record)) == (150.0, [50.0] * 3)


def test_h04_a_file_of_another_grid_is_named(folder: Path) -> None:
    from tests.niftis import both_forms, nifti, write

    forms = both_forms((5.0,) * 3, (-37.5, -60.0, 30.0))
    write(folder / "off.nii", nifti(SMALL.mask(*TWO), **forms))
    refusal = refused("volume", *masks(folder, "one", "off"))
    assert (refusal["code"], refusal["file"]) == ("grid.differs", "off.nii")
    record = told("volume", *masks(folder, "one", "off"), "--resample")
    assert finding(record, "grid.resampled")["file"] == "off.nii"
    assert record["volumes_ml"]["tumour"] > 90


def test_no_tumour_beside_several_files_is_refused(folder: Path) -> None:
    assert refused("plan", *masks(folder, "one", "two"), "--no-tumour")["code"] == (
        "input.tumour_twice"
    )


# Structures beside the liver.


def test_h03_files_excluded_under_one_name_are_united(folder: Path) -> None:
    """A liver that holds the whole gallbladder, drawn in two files: 1000 - 100 mL."""
    names = [f"gallbladder={folder / name}.nii" for name in ("one", "two")]
    given = [word for name in names for word in ("--exclude", name)]
    record = told("volume", *masks(folder), "--no-tumour", *given)
    assert record["volumes_ml"]["liver"] == 900.0
    text = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true\n'
    text += 'exclude = { gallbladder = ["one.nii", "two.nii"] }\n'
    again = told("volume", case_toml(folder, text))
    assert again["volumes_ml"] == record["volumes_ml"]


@pytest.mark.parametrize("names", [("IVC", "ivc"), ("gall_bladder", "Gallbladder"), ("GB", "gb")])
def test_h03_two_spellings_of_one_name_are_united(folder: Path, names: tuple[str, str]) -> None:
    given = [
        f"{name}={folder / file}.nii" for name, file in zip(names, ("one", "two"), strict=True)
    ]
    options = [word for one in given for word in ("--exclude", one)]
    assert told("volume", *masks(folder), "--no-tumour", *options)["volumes_ml"]["liver"] == 900.0
    text = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true\n'
    text += f'exclude = {{ {names[0]} = "one.nii", {names[1]} = "two.nii" }}\n'
    case = case_toml(folder, text)
    assert told("volume", case)["volumes_ml"]["liver"] == 900.0
    beside = told("volume", case, "--exclude", f"{names[1]}={folder / 'one.nii'}")
    assert beside["volumes_ml"]["liver"] == 950.0  # an option replaces the entry, all of it


# Lists in a case file.

LIST = """[masks]
liver = "liver.nii"
flr = "flr.nii"
tumour = ["one.nii", "two.nii"]
"""


def test_a_case_file_lists_files_and_an_option_replaces_them_all(folder: Path) -> None:
    case = case_toml(folder, LIST)
    assert told("volume", case)["volumes_ml"]["tumour"] == UNITED
    other = told("volume", case, "--tumour", folder / "beside.nii")
    assert other["volumes_ml"]["tumour"] == 12.5


def test_a_second_reader_and_a_baseline_take_lists(folder: Path) -> None:
    SMALL.file(folder / "flr-2.nii", SMALL.mask(0, 2000))
    text = LIST + (
        '[second_reader]\nflr = "flr-2.nii"\ntumour = ["one.nii", "two.nii"]\n'
        '[baseline]\nmask = ["one.nii", "two.nii"]\nregistered = true\n'
    )
    record = told("plan", case_toml(folder, text))
    roles = [one["role"] for one in record["inputs"]]
    assert (roles.count("second reader tumour"), roles.count("baseline")) == (2, 2)
    options = ["--second-reader", f"flr={folder / 'flr-2.nii'}"]
    for name in ("one", "two"):
        options += ["--second-reader", f"tumour={folder / name}.nii"]
    again = told("plan", case_toml(folder, LIST), *options)
    assert again["case"].get("second_reader") == record["case"].get("second_reader")


@pytest.mark.parametrize("role", ["liver", "flr", "resected", "treated", "labelmap"])
def test_a_list_for_a_role_of_one_file_is_refused_with_its_key(folder: Path, role: str) -> None:
    refusal = refused("plan", case_toml(folder, f'[masks]\n{role} = ["one.nii", "two.nii"]\n'))
    assert refusal["code"] == "case.unreadable"
    assert f"masks.{role}" in refusal["reason"]
    assert "holds one file, and 2 are given" in refusal["reason"]


def test_h12_verified_files_of_a_role_are_each_compared(folder: Path) -> None:
    one, two = (
        sha256((folder / f"{name}.nii").read_bytes()).hexdigest() for name in ("one", "two")
    )
    hashes = f'[imaging]\nsha256 = {{ tumour = ["{one}", "{two}"] }}\n'
    assert "case.mask_changed" not in codes(told("plan", case_toml(folder, LIST + hashes)))
    less = LIST.replace('["one.nii", "two.nii"]', '"one.nii"')
    changed = finding(told("plan", case_toml(folder, less + hashes)), "case.mask_changed")
    assert "2 files were verified, and 1 of them is given" in changed["message"]
    other = LIST.replace("two.nii", "beside.nii")
    changed = finding(told("plan", case_toml(folder, other + hashes)), "case.mask_changed")
    assert changed["file"] == "beside.nii"


def test_h12_verify_names_a_file_that_came_or_went(folder: Path) -> None:
    from tests.screening.test_verify import written

    case = case_toml(folder, LIST)
    output = written(folder / "volume.json", "volume", case)
    assert told("verify", output, case)["holds"] is True
    case_toml(folder, LIST.replace('two.nii"', 'two.nii", "beside.nii"'))
    messages = [one["message"] for one in told("verify", output, case)["changes"]]
    assert "tumour: beside.nii was not given then" in messages
    case_toml(folder, LIST.replace(', "two.nii"', ""))
    messages = [one["message"] for one in told("verify", output, case)["changes"]]
    assert "tumour: two.nii was given then, and is not now" in messages


def test_a_new_case_lists_the_files_of_a_tumour(folder: Path) -> None:
    case = folder / "new.toml"
    told("new-case", case, *masks(folder, "one", "two"))
    assert 'tumour = ["one.nii", "two.nii"]' in case.read_text("utf-8")
    assert read_case_file(case).files.masks["tumour"] == (folder / "one.nii", folder / "two.nii")


def test_python_unites_a_list_and_refuses_it_for_other_roles(folder: Path) -> None:
    liver, one, two = (folder / f"{name}.nii" for name in ("liver", "one", "two"))
    volumes = plan_masks(liver=liver, tumour=[one, two]).measured.volumes
    assert sure(volumes).tumour_voxels == 800
    for role in ("liver", "labelmap"):
        with refuses("option.repeated", role):
            plan_masks(**{role: [one, two]})  # type: ignore[arg-type]  # what is not allowed


# Options that hold one value.


def every_command() -> Iterator[tuple[list[str], click.Command]]:
    """Give every command with the words that lead to it, but for formulas: they read JSON too."""
    for name in COMMANDS:
        command = planner.get_command(click.Context(planner), name)
        assert command is not None
        if isinstance(command, click.Group) and name != "calc":
            for sub in command.list_commands(click.Context(command)):
                within = command.get_command(click.Context(command), sub)
                assert within is not None
                yield [name, sub], within
        else:
            yield [name], command


def single() -> list[list[str]]:
    cases = []
    for words, command in every_command():
        for option in command.params:
            alone = isinstance(option, click.Option) and not (option.is_flag or option.multiple)
            if alone:
                cases.append([*words, option.opts[-1]])
    return cases


def test_there_are_options_to_be_tried() -> None:
    tried = [tuple(words) for words in single()]
    assert len(tried) > 150
    assert {("volume", "--flr"), ("plan", "--labelmap"), ("dose", "--ct"), ("convert", "--to"),
            ("trials", "judge", "--as-of"), ("verify", "--liver")} <= {*tried}  # fmt: skip


@each_case("words", single())
def test_h03_an_option_of_one_value_given_twice_is_refused(words: list[str]) -> None:
    *command, option = words
    ran = ask(*command, option, "a.nii", f"{option}=b.nii")
    assert (ran.status, ran.out) == (2, "")
    assert f"refused: {option}: was given twice" in ran.err


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["resections", "--named", "--all"], "--all"),
        (["new-case", "x.toml", "--ask", "--no-ask"], "--ask"),
        (["plan", "--flr", "a", "--flr", "b", "--flr", "c"], "--flr"),
    ],
)
def test_options_that_contradict_each_other_are_refused(words: list[str], option: str) -> None:
    refusal = refused(*words)
    assert (refusal["code"], refusal["file"]) == ("option.repeated", option)


def test_a_flag_that_is_said_again_says_nothing_else(folder: Path) -> None:
    again = ["--no-tumour", "--no-tumour", "--json", "--json", "--quiet", "--quiet"]
    assert told("volume", *masks(folder), *again)["volumes_ml"]["liver"] == 1000.0
