"""Every option, alone and beside a case file: it replaces its entry, and nothing else."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fl_planner.cli import planner
from fl_planner.cli.commands import COMMANDS
from tests.cases import each_case
from tests.cli.outside import SMALL, ask, case_toml, refused, told

CASE = """
diagnosis = "crlm"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[[plan]]
name = "right hepatectomy"
[facts]
chemo_liver_damage = true
cirrhosis = false
lung_dose = { value = 8.4, unit = "Gy" }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold a case of 8000 voxels: FLR 2400, tumour 400, and other files."""
    folder = tmp_path_factory.mktemp("case")
    SMALL.write(folder, flr=(0, 2400), tumour=(7600, 8000))
    SMALL.file(folder / "empty.nii", SMALL.mask(0, 0))
    SMALL.file(folder / "labels.nii", SMALL.segments())
    SMALL.file(folder / "lits.nii", SMALL.mask(0, 8000) + SMALL.mask(7600, 8000))
    case_toml(folder, CASE)
    return folder


@pytest.fixture
def case(folder: Path) -> Path:
    return folder / "case.toml"


# masks


def test_a_tumour_and_none_exclude_each_other(folder: Path) -> None:
    masks = ["--liver", folder / "liver.nii", "--tumour", folder / "tumour.nii"]
    refusal = refused("volume", *masks, "--no-tumour")
    assert (refusal["code"], refusal["file"]) == ("input.tumour_twice", "tumour")
    options = ["--labelmap", folder / "lits.nii", "--scheme", "lits", "--no-tumour"]
    refusal = refused("volume", *options)
    assert (refusal["code"], refusal["file"]) == ("input.tumour_twice", "lits.nii")


@pytest.mark.parametrize("empty", ["", " "])
@pytest.mark.parametrize(
    "given",
    [
        ("volume", "--liver"),
        ("volume", "--liver", "liver.nii", "--flr"),
        ("plan", "--labelmap"),
        ("plan", "case.toml", "--ct"),
        ("plan", "case.toml", "--picture"),
        ("plan",),
        ("check",),
        ("check", "liver.nii"),
        ("screen",),
        ("cohort", "--out", "out"),
        ("agree", "case.toml"),
        ("verify",),
    ],
    ids=" ".join,
)
def test_h04_an_empty_name_is_not_the_current_folder(
    given: tuple[str, ...], empty: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from a variable of the shell that was never set: `--labelmap "$MAP"`."""
    monkeypatch.chdir(folder)
    refusal = refused(*given, empty)
    assert (refusal["code"], "empty" in refusal["reason"]) in {
        ("usage.wrong", True),
        ("agree.readers", False),
    }
    assert not (folder / "out").exists()


@each_case("entry", ["cyst", "cyst=", "=cyst.nii", "="])
def test_an_excluded_structure_needs_name_and_file(entry: str, folder: Path) -> None:
    refusal = refused("volume", "--liver", folder / "liver.nii", "--exclude", entry)
    assert (refusal["code"], refusal["file"]) == ("usage.wrong", "--exclude")
    assert "cyst=cyst.nii.gz" in refusal["remedy"]


def test_a_name_with_an_equals_sign_in_its_file(folder: Path, tmp_path: Path) -> None:
    path = SMALL.file(tmp_path / "a=b.nii", SMALL.mask(0, 100))
    record = told("volume", "--liver", folder / "liver.nii", "--exclude", f"cyst={path}")
    assert {"role": "exclude cyst", "file": "a=b.nii"}.items() <= record["inputs"][-1].items()


NO_SEGMENTS = [
    *("", "9", "2,,3", "IX", "5a", "3-2", "2-2", "2-3-4"),
    *("4a-6", "23", "2 x", "-1", "1 -4"),
]
TWO_AND_THREE = [
    *("II,iii", "S2, segment_3", "2, 3,2", "2 3", "2;3"),
    *("2-3", "II - III", "2\N{EN DASH}3"),
]


@each_case("text", NO_SEGMENTS)
def test_a_segment_that_is_none_is_refused_at_once(text: str, folder: Path) -> None:
    for option in ("--remnant-segments", "--absent-segment"):
        refusal = refused("volume", "--liver", folder / "liver.nii", option, text)
        assert (refusal["code"], refusal["file"]) == ("usage.wrong", option)
        assert refusal["reason"].startswith("not a Couinaud segment: ")
        assert refusal["remedy"] == "give segments as 1 to 8, I to VIII, 4a or 4b"


@each_case("text", TWO_AND_THREE)
def test_segments_as_people_write_them(text: str, folder: Path) -> None:
    options = ["--labelmap", folder / "labels.nii", "--remnant-segments", text]
    assert told("volume", *options)["remnant"]["segments"] == ["2", "3"]


@pytest.mark.parametrize(
    ("option", "text", "code", "reason"),
    [
        ("--height-cm", "1.75", "body.height", "1.75 is outside the range of 100 to 250 cm"),
        ("--height-cm", "1E9999", "body.height", "1e+9999 is outside the range of 100 to 250 cm"),
        ("--height-cm", "1e-9999", "body.height", "1e-9999 is outside the range of 100 to 250 cm"),
        ("--height-cm", "71", "body.height", "71 is outside the range of 100 to 250 cm"),
        ("--weight-kg", "80000", "body.weight", "80000 is outside the range of 25 to 300 kg"),
        ("--weight-kg", "nan", "usage.wrong", "'nan' is not a number"),
        ("--weight-kg", "heavy", "usage.wrong", "'heavy' is not a number"),
        ("--clearing-margin-mm", "nan", "usage.wrong", "'nan' is not a number"),
        (
            "--clearing-margin-mm",
            "51",
            "usage.wrong",
            "a margin of 51 mm is outside the range of 0 to 50 mm",
        ),
        (
            "--clearing-margin-mm",
            "1E9999",
            "usage.wrong",
            "a margin of 1e+9999 mm is outside the range of 0 to 50 mm",
        ),
    ],
)
def test_h09_a_size_in_another_unit_is_refused(
    option: str, text: str, code: str, reason: str, case: Path
) -> None:
    refusal = refused("plan", case, option, text)
    assert (refusal["code"], refusal["reason"]) == (code, reason)


def test_h12_files_of_facts_and_of_the_centre_are_among_the_inputs(
    case: Path, folder: Path
) -> None:
    (folder / "more.json").write_text('{"ecog": 1}')
    centre = 'schema = 1\nname = "Here"\nas_of = 2026-11-01\n'
    (folder / "centre.toml").write_text(centre)
    options = ["--facts", folder / "more.json", "--centre", folder / "centre.toml"]
    inputs = {one["role"]: one for one in told("plan", case, *options)["inputs"]}
    assert {"case", "liver", "facts", "centre"} <= inputs.keys()
    for role, name in (("facts", "more.json"), ("centre", "centre.toml")):
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert (inputs[role]["file"], inputs[role]["sha256"]) == (name, digest)


# facts


def test_unknown_withdraws_what_any_file_states(case: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"chemo_liver_damage": false}')
    assert told("plan", case, "--facts", facts)["pathway"]["name"] == "no_growth_needed"
    options = ["--facts", facts, "--chemo-damage", "unknown"]
    tumour = SMALL.file(tmp_path / "beside.nii", SMALL.beside())
    masks = [*SMALL.write(tmp_path, flr=(0, 2400)), "--tumour", tumour]
    for source in (["plan", case], ["plan", *masks]):
        record = told(*source, "--diagnosis", "crlm", *options)
        assert record["pathway"]["name"] == "depends_on_chemo_damage"
        asked = ["chemo_liver_damage", "flr_function", "prior_pve_hve"]
        assert record["pathway"]["to_ask"] == asked


@each_case("text", ["2,9", "", "much", "2.9 %", "0x2", "nan", "inf", "-Infinity"])
def test_a_quantity_that_is_no_number_is_refused(text: str, case: Path) -> None:
    for option in ("--flr-function", "--lung-dose"):
        refusal = refused("plan", case, option, text)
        assert (refusal["code"], refusal["file"]) == ("usage.wrong", option)
        assert repr(text) in refusal["reason"]


def test_a_quantity_of_too_many_digits_is_refused(case: Path) -> None:
    refusal = refused("plan", case, "--flr-function", "1e200")
    assert (refusal["code"], refusal["file"]) == ("facts.unreadable", "command line")
    assert refusal["reason"].startswith("flr_function: ")


def test_a_file_of_facts_goes_between_case_file_and_options(case: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text(
        json.dumps(
            {
                "chemo_liver_damage": False,
                "lung_dose": {"value": 10, "unit": "Gy"},
                "flr_function": {"value": 2.5, "unit": "%/min/m2"},
            }
        )
    )
    record = told("plan", case, "--facts", facts, "--flr-function", "2.9")
    assert (record["dose"]["shown"], record["function"]["shown"]) == ("10", "2.9")
    assert record["pathway"]["name"] == "no_growth_needed"


# files, sizes and the picture


def test_the_size_limit_is_judged_before_unpacking(tmp_path: Path) -> None:
    import struct

    from tests.niftis import both_forms, nifti

    content = bytearray(nifti(SMALL.mask(0, 8000), **both_forms((5.0, 5.0, 5.0))))
    struct.pack_into("<8h", content, 40, 3, 1024, 1024, 1025, 1, 1, 1, 1)  # dim, over 2^30
    path = tmp_path / "liver.nii"
    path.write_bytes(content)
    refusal = refused("volume", "--liver", path)
    assert refusal["code"].startswith("limit.")
    assert "--size-limit" in refusal["remedy"]
    refusal = refused("volume", "--liver", path, "--size-limit", "4")
    assert refusal["code"] == "header.too_few_bytes"
    case = tmp_path / "case.toml"
    case.write_text('schema = 1\ndiagnosis = "crlm"\n[masks]\nliver = "liver.nii"\n')
    for options, code in (((), "limit."), (("--size-limit", "4"), "header.too_few_bytes")):
        assert refused("trials", "judge", case, *options)["code"].startswith(code)
        ran = ask("screen", case, *options, "--json")
        (row,) = ran.record["refused"]
        assert ran.status == 3
        assert row["code"].startswith(code)


def test_a_picture_that_cannot_be_is_refused_before_the_work(case: Path, tmp_path: Path) -> None:
    options = ["--liver", tmp_path / "none.nii", "--picture", tmp_path / "none" / "plan.png"]
    refusal = refused("plan", case, *options)
    assert (refusal["code"], refusal["file"]) == ("output.no_folder", "plan.png")
    assert str(tmp_path) not in refusal["message"]


def test_a_plan_refused_later_leaves_no_picture(case: Path, folder: Path, tmp_path: Path) -> None:
    options = ["--flr", folder / "empty.nii", "--picture", tmp_path / "plan.png"]
    assert refused("plan", case, *options)["code"] == "mask.empty"
    (tmp_path / "old.png").write_bytes(b"mine")
    options = ["--flr", folder / "empty.nii", "--picture", tmp_path / "old.png", "--force"]
    assert refused("plan", case, *options)["code"] == "mask.empty"
    assert [path.name for path in tmp_path.iterdir()] == ["old.png"]
    assert (tmp_path / "old.png").read_bytes() == b"mine"


# ---- options given more than once


ENDS = {  # unguarded, these would wait for a browser
    "serve": ["absent.toml"],
    "hooks": ["--origin", "not a URL"],
}


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


@pytest.mark.slow
@each_case("words", single())
def test_h03_an_option_of_one_value_given_twice_is_refused(words: list[str]) -> None:
    *command, option = words
    ran = ask(*command, *ENDS.get(command[0], []), option, "a.nii", f"{option}=b.nii")
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


def test_a_flag_that_is_stated_again_states_nothing_else(tmp_path: Path) -> None:
    again = ["--no-tumour", "--no-tumour", "--json", "--json", "--quiet", "--quiet"]
    assert told("volume", *SMALL.write(tmp_path), *again)["volumes_ml"]["liver"] == 1000.0


@pytest.mark.parametrize(
    "twice", [("--tumour", "one", "two"), ("--exclude", "cyst=one", "ivc=two")]
)
def test_an_option_of_many_values_takes_each(twice: tuple[str, str, str], tmp_path: Path) -> None:
    masks, (option, one, two) = SMALL.write(tmp_path, one=(0, 400), two=(7600, 8000))[:2], twice
    given = [one.replace("one", f"{tmp_path}/one.nii"), two.replace("two", f"{tmp_path}/two.nii")]
    record = told("volume", *masks, option, given[0], option, given[1])
    assert [entry["file"] for entry in record["inputs"]][1:] == ["one.nii", "two.nii"]
