"""Settings once for all: what they stand for, what goes before them, and what is refused."""

import json
import shutil
from pathlib import Path

import pytest
from platformdirs import user_config_path

from fl_planner.workup.settings import user_folder
from tests.cases import each_case
from tests.cli.outside import BUNDLED, Ran, ask, refused, told
from tests.record.schemas import require_valid
from tests.workup.test_own_trials import TRIAL

CENTRE = """schema = 1
name = "Site 7"
as_of = 2026-11-01
[trials.NCT05428735]
status = "referral"
"""
AS_OF = ("--as-of", "2026-11-20")


@pytest.fixture(autouse=True)
def _read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let settings be read: of an empty folder of the user's, where nothing else is said."""
    monkeypatch.delenv("FL_PLANNER_NO_SETTINGS")
    (tmp_path / "config").mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@each_case(
    "home, config",
    [
        ("/home/someone", None),
        ("/home/someone", ""),
        ("/home/someone", "relative/folder"),
        ("/home/someone", "/etc/of a user"),
        (None, "/etc/of a user"),
        (None, None),
        ("relative", None),
    ],
)
def test_the_users_folder_is_where_platformdirs_finds_it(
    monkeypatch: pytest.MonkeyPatch, home: str | None, config: str | None
) -> None:
    for name, value in {"HOME": home, "XDG_CONFIG_HOME": config}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert user_folder() == user_config_path("fl-planner", appauthor=False)


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Copy a case, with a centre file and a folder of trials beside it."""
    folder = tmp_path / "project"
    shutil.copytree(BUNDLED / "crlm", folder)
    (folder / "centre.toml").write_text(CENTRE, "utf-8")
    (folder / "own").mkdir()
    (folder / "own" / "harbour.toml").write_text(TRIAL, "utf-8")
    return folder / "case.toml"


def write(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "fl-planner.toml"
    path.write_text(f"schema = 1\n{text}\n", "utf-8")
    return path


def user(tmp_path: Path, text: str) -> Path:
    return write(tmp_path / "config" / "fl-planner", text)


def without(*args: object) -> Ran:
    return ask("--no-settings", *args)


@pytest.mark.slow
@each_case(
    "setting",
    {
        "centre": ('centre = "centre.toml"', ("--centre", "centre.toml")),
        "trials": ('trials = "own"', ("--trials", "own")),
        "profile": ('profile = "clinical"', ("--profile", "clinical")),
        "size limit": ("size_limit = 2", ("--size-limit", "2")),
    },
)
def test_a_setting_is_its_option_to_the_byte(
    case: Path, setting: tuple[str, tuple[str, str]], tmp_path: Path
) -> None:
    """Files that an output rests on are named in it, whoever named them."""
    text, (option, value) = setting
    own_file = (case.parent / value).exists()
    typed = case.parent / value if own_file else value
    by_option = without("plan", case, option, typed, *AS_OF, "--json")
    write(case.parent, text)
    if own_file:  # what loosens is for the user's own file
        by_setting = ask("plan", case, *AS_OF, "--json")
        assert (by_setting.status, by_setting.stdout) == (0, by_option.stdout)
        assert f"settings: {option.strip('-').replace('-', '_')}" in by_setting.err
        assert "the project's fl-planner.toml" in by_setting.err
        assert ask("plan", case, *AS_OF, "--json", "--quiet").err == ""
    case.with_name("fl-planner.toml").unlink()
    mine = tmp_path / "config" / "fl-planner"
    shutil.copytree(case.parent, mine)
    user(tmp_path, text)
    by_user = ask("plan", case, *AS_OF, "--json")
    shutil.rmtree(mine)
    assert by_user.stdout == by_option.stdout
    assert "the user's fl-planner.toml" in by_user.err


@pytest.mark.essential
@pytest.mark.slow
def test_form_of_tables(case: Path) -> None:
    write(case.parent, "semicolons = true\nbom = true")
    ran = ask("plan", case, "--csv", "--quiet")
    assert ran.out.startswith("\ufeffrecord_id;")
    assert ask("plan", case, "--csv", "--commas", "--no-bom").out.startswith("record_id,")


def test_options_go_before_the_project_and_that_before_the_user(case: Path, tmp_path: Path) -> None:
    user(tmp_path, "size_limit = 6\nsemicolons = true")
    write(case.parent, "\n\nsize_limit = 4")
    record = require_valid(told("settings", case, "--size-limit", 8))
    found = {one["key"]: one for one in record["settings"]}
    size = found["size_limit"]
    assert (size["value"], size["origin"], size["option"]) == ("8", "option", "--size-limit")
    assert [(one["value"], one["origin"], one["line"]) for one in size["overrides"]] == [
        ("4", "project", 4),
        ("6", "user", 2),
    ]
    assert (found["semicolons"]["value"], found["semicolons"]["origin"]) == ("yes", "user")
    assert (found["profile"]["value"], found["profile"]["origin"]) == ("shareable", "default")
    text = ask("settings", case, "--size-limit", 8).out
    assert "overrides 4, set by the project's fl-planner.toml, line 4" in text
    assert "set by the command line; option --size-limit" in text
    assert "set by the user's fl-planner.toml, line 3; option --semicolons" in text
    assert "the default, not set anywhere; option --profile" in text
    none = {
        one["origin"] for one in json.loads(without("settings", case, "--json").out)["settings"]
    }
    assert none == {"default"}


def test_settings_of_a_missing_case_are_refused(case: Path) -> None:
    assert refused("settings", case.with_name("cas.toml"))["code"] == "file.missing"
    assert ask("settings", case.parent).status == 0


def test_the_working_folder_where_none_is_next_to_the_case(case: Path, tmp_path: Path) -> None:
    user(tmp_path, "size_limit = 4")
    write(Path.cwd(), "size_limit = 3")
    (size,) = (one for one in told("settings", case)["settings"] if one["key"] == "size_limit")
    assert (size["value"], size["origin"]) == ("3", "project")
    write(case.parent, "bom = true")  # the whole file goes before the other
    (size,) = (one for one in told("settings", case)["settings"] if one["key"] == "size_limit")
    assert (size["value"], size["origin"]) == ("4", "user")


@pytest.mark.slow
def test_other_people_s_scripts_can_switch_them_off(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(case.parent, "siez_limit = 3")
    assert refused("plan", case)["code"] == "settings.unreadable"
    assert without("plan", case, "--json").status == 0
    monkeypatch.setenv("FL_PLANNER_NO_SETTINGS", "1")
    assert ask("plan", case, "--json").status == 0


@each_case(
    "wrong",
    {
        "key": ("\nsiez_limit = 3", "line 3: siez_limit: unknown key; did you mean size_limit?"),
        "fact": ('diagnosis = "crlm"', "line 2: diagnosis: unknown key"),
        "size": ("size_limit = 0", "line 2: size_limit: give a whole number from 1 to 64, in GiB"),
        "text": (
            'size_limit = "2"',
            "line 2: size_limit: give a whole number from 1 to 64, in GiB",
        ),
        "profile": ('profile = "all"', "line 2: profile: give 'shareable' or 'clinical'"),
        "yes": ('bom = "yes"', "line 2: bom: give true or false"),
        "lost file": ('centre = "gone.toml"', "line 2: centre: no such file"),
        "lost folder": ('trials = "gone"', "line 2: trials: no such folder"),
        "no TOML": ("bom", "not valid TOML: "),
        "another version": ("schema = 2", "a key or table occurs twice"),
    },
)
def test_what_is_wrong_is_named_with_its_line(case: Path, wrong: tuple[str, str]) -> None:
    text, said = wrong
    write(case.parent, text)
    for command in (("plan", case), ("settings", case), ("screen", case.parent)):
        refusal = refused(*command)
        assert (refusal["code"], refusal["file"]) == ("settings.unreadable", "fl-planner.toml")
        assert said in refusal["reason"]
        assert "not valid TOML" in refusal["reason"] or "--no-settings" in refusal["remedy"]


@pytest.mark.slow
def test_cases_of_folders_with_other_settings_are_refused(case: Path, tmp_path: Path) -> None:
    shutil.copytree(BUNDLED / "hcc", tmp_path / "other")
    other = tmp_path / "other" / "case.toml"
    write(case.parent, "size_limit = 1")
    ran = ask("plan", case, other, "--csv")
    assert (ran.status, "settings" in ran.err) == (2, True)
    write(other.parent, "size_limit = 1")
    assert ask("plan", case, other, "--csv").status == 2
    assert without("plan", case, other, "--csv").status == 0


@pytest.mark.slow
def test_h12_an_output_is_verified_by_its_own_options(case: Path) -> None:
    """A centre that a setting names now is not the one that a plan rests on."""
    made = case.with_name("plan.json")
    made.write_bytes(without("plan", case, "--json").stdout)
    write(case.parent, 'centre = "centre.toml"\ntrials = "own"')
    assert told("verify", made, "--quiet")["holds"] is True


def test_a_profile_that_comes_with_the_data_is_refused(case: Path) -> None:
    write(case.parent, 'profile = "clinical"')
    assert refused("plan", case)["code"] == "settings.loosens"


def test_a_stricter_setting_that_a_project_loosens_is_named(case: Path, tmp_path: Path) -> None:
    """The default if the user has no file; of two keys, the first by name."""
    write(case.parent, 'size_limit = 4\nprofile = "clinical"')
    reason = refused("settings", case)["reason"]
    assert reason.endswith("profile = clinical is less strict than the default (shareable)")
    user(tmp_path, 'profile = "clinical"\nsize_limit = 2')
    reason = refused("settings", case)["reason"]
    assert reason.endswith("size_limit = 4 is less strict than the user's settings (2)")


@pytest.mark.slow
def test_settings_that_come_with_the_data_show_no_more_of_a_patient(
    case: Path, tmp_path: Path
) -> None:
    """Beside the case and in the working folder; the user's own file, and options, may."""
    loose = {"profile": ("clinical", "--profile"), "size_limit": ("2", "--size-limit")}
    for key, (value, option) in loose.items():
        said = f'{key} = "{value}"' if key == "profile" else f"{key} = {value}"
        for folder in (case.parent, Path.cwd()):
            path = write(folder, said)
            for command in (("plan", case), ("volume", case), ("settings", case)):
                if (command[0], key) == ("volume", "profile"):
                    continue  # it has none
                refusal = refused(*command)
                assert refusal["code"] == "settings.loosens", (key, folder, command)
                assert (refusal["file"], key in refusal["reason"]) == ("fl-planner.toml", True)
            assert ask("plan", case, option, value, "--json").status == 0
            user(tmp_path, said)
            assert ask("plan", case, "--json").status == 0
            (tmp_path / "config" / "fl-planner" / "fl-planner.toml").unlink()
            path.unlink()


def test_settings_that_cannot_be_read_are_refused_in_words(case: Path, tmp_path: Path) -> None:
    path = case.with_name("fl-planner.toml")
    path.mkdir()
    assert refused("plan", case)["code"] == "file.folder"
    path.rmdir()
    path.write_bytes("centre = 'z\u00fcrich.toml'".encode("latin-1"))
    assert refused("plan", case)["code"] == "settings.unreadable"
    path.unlink()
    path.symlink_to(path)
    assert refused("plan", case)["code"] == "file.unreadable"
    path.unlink()
    assert refused("plan", tmp_path / ("a" * 300))["code"] == "file.unreadable"
