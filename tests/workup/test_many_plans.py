"""Many case files in one table: one that is refused stops none of the others, and has no row."""

import csv
import re
import shutil
from io import StringIO
from pathlib import Path

import pytest

from tests.cases import each_case
from tests.cli.outside import BUNDLED, SMALL, ask, case_toml, refused, told
from tests.workup.test_own_trials import TRIAL

CRLM, HCC = (BUNDLED / name / "case.toml" for name in ("crlm", "hcc"))
PASSED = {"crlm": "crlm-demo", "hcc": "hcc-demo"}


def rows(text: str) -> list[dict[str, str]]:
    return [*csv.DictReader(StringIO(text))]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Write a case whose mask is not there."""
    return case_toml(tmp_path, 'id = "p7"\n[masks]\nliver = "nowhere.nii"\nno_tumour = true\n')


@pytest.mark.slow
def test_one_header_and_the_row_that_each_has_by_itself() -> None:
    ran = ask("plan", CRLM, HCC, "--csv")
    assert (ran.status, ran.err) == (0, "")
    header, first = ask("plan", CRLM, "--csv").out.splitlines()
    assert ran.out.splitlines() == [header, first, ask("plan", HCC, "--csv").out.splitlines()[1]]


@pytest.mark.slow
def test_h16_a_refused_case_has_no_row_and_is_named(broken: Path) -> None:
    """A row of blanks would erase the patient's values where a data base imports it."""
    ran = ask("plan", CRLM, broken, HCC, "--csv")
    assert ran.status == 3
    assert [row["record_id"] for row in rows(ran.out)] == [*PASSED.values()]
    said = " ".join(ran.err.split())
    assert "refused: nowhere.nii of the 2nd case file, case.toml" in said
    assert ran.err.count("refused:") == 1


def test_all_refused_leaves_the_header(broken: Path) -> None:
    ran = ask("plan", broken, broken.with_name("gone.toml"), "--csv")
    assert (ran.status, rows(ran.out), ran.out.count("\n")) == (3, [], 1)
    assert "gone.toml" in ran.err


@pytest.mark.slow
def test_h11_two_cases_of_one_id_have_no_row(tmp_path: Path) -> None:
    """Nobody knows which of them the row would be."""
    shutil.copytree(BUNDLED / "crlm", tmp_path / "again")
    ran = ask("plan", CRLM, HCC, tmp_path / "again" / "case.toml", "--csv")
    assert (ran.status, [row["record_id"] for row in rows(ran.out)]) == (3, ["hcc-demo"])
    assert ran.err.count("refused:") == 2
    assert "crlm-demo" in ran.err


@pytest.mark.slow
def test_h12_a_case_with_an_error_has_no_row(tmp_path: Path) -> None:
    SMALL.write(tmp_path, flr=(0, 2400))
    masks = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true'
    was = f'[imaging]\nstatus = "verified"\n[imaging.sha256]\nflr = "{"0" * 64}"'
    case = case_toml(tmp_path, f"{masks}\n{was}\n")
    lesions = tmp_path / "lesions.csv"
    ran = ask("plan", CRLM, case, "--csv", "--lesions-csv", lesions)
    assert (ran.status, [row["record_id"] for row in rows(ran.out)]) == (3, ["crlm-demo"])
    assert "case.mask_changed" in ran.err
    assert {row["record_id"] for row in rows(lesions.read_text("utf-8"))} == {"crlm-demo"}
    alone = refused("plan", case, "--lesions-csv", tmp_path / "other.csv")
    assert (alone["code"], alone["file"]) == ("output.doubtful", "other.csv")
    assert not (tmp_path / "other.csv").exists()


@pytest.mark.slow
def test_words_are_with_the_codes() -> None:
    (row,) = rows(ask("plan", CRLM, "--csv").out)
    record = told("plan", CRLM)
    assert (row["diagnosis"], row["diagnosis_word"]) == ("1", "CRLM")
    assert (row["pathway"], row["pathway_word"]) == ("13", record["pathway"]["headline"])
    assert row["route_word"] == record["route"]["headline"]
    assert row["dragon2_flr_30_word"] == record["thresholds"][0]["answer"] == "below"
    assert row["denominator_word"] == "non-tumorous liver"
    assert row["flr_function_origin_word"] == ""
    assert row["nct05428735_shown_word"] == record["trials"][0]["shown"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write a case of each diagnosis on the cube."""
    cases = {}
    for diagnosis in ("crlm", "hcc"):
        folder = tmp_path_factory.mktemp(diagnosis)
        SMALL.write(folder, flr=(0, 2400), tumour=(7800, 8000))
        masks = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\ntumour = "tumour.nii"\n'
        text = f'id = "small-{diagnosis}"\ndiagnosis = "{diagnosis}"\n{masks}'
        cases[diagnosis] = case_toml(folder, text)
    return cases


@pytest.mark.slow
@each_case("own", {id_: id_ for id_ in ("HARBOUR-1", "harbour.1", "2-harbour", "h" * 40)})
def test_a_hospital_s_trials_have_columns_of_their_own(
    tmp_path: Path, own: str, small: dict[str, Path]
) -> None:
    folder = tmp_path / f"own{own}"
    folder.mkdir()
    text = TRIAL.replace("HARBOUR-1", own)
    (folder / "harbour.toml").write_text(text, "utf-8")
    record = told("plan", small["crlm"], "--trials", folder)
    answers = {one["id"]: one for one in record["trials"]}
    for cases in ([small["crlm"]], [small["crlm"], small["hcc"]]):
        row = rows(ask("plan", *cases, "--trials", folder, "--csv").out)[0]
        (name,) = (name for name in row if name.endswith("_verdict") and "nct" not in name)
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,25}", name)
        stem = name.removesuffix("_verdict")
        assert row[f"{stem}_shown_word"] == answers[own]["shown"]
        codes = ("eligible", "not_eligible", "indeterminate")
        assert codes[int(row[name]) - 1] == answers[own]["verdict"]
    book = rows(ask("schema", "codebook", "--trials", folder).out)
    assert [one["column"] for one in book] == [*row]
    assert refused("schema", "plan", "--trials", folder)["code"] == "usage.wrong"


@pytest.mark.essential
@pytest.mark.slow
def test_lesions_and_resections_of_all_cases_as_files(tmp_path: Path) -> None:
    lesions, resections = tmp_path / "lesions.csv", tmp_path / "resections.csv"
    ran = ask("plan", CRLM, HCC, "--lesions-csv", lesions, "--resections-csv", resections)
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == "table of lesions: lesions.csv\ntable of resections: resections.csv\n"
    table = rows(lesions.read_text("utf-8"))
    for name, case in (("crlm-demo", CRLM), ("hcc-demo", HCC)):
        record = told("plan", case)
        mine = [row for row in table if row["record_id"] == name]
        assert [float(row["volume_ml"]) for row in mine] == [
            one["volume_ml"] for one in record["lesions"]
        ]
        assert [row["segments"].split() for row in mine] == [
            [part["name"] for part in one["segments"]] for one in record["lesions"]
        ]
        left = [row["lesion"] for row in mine if row["in_remnant"] == "1"]
        assert left == [str(one) for one in record["clearing"]["lesions_in_remnant"]]
        cut = [row for row in rows(resections.read_text("utf-8")) if row["record_id"] == name]
        assert [row["code"] for row in cut] == [one["code"] for one in record["resections"]]
    other = "dragon2_flr_30"
    assert {row[other] for row in cut} == {""}  # a limit of the other diagnosis


@each_case(
    "wrong",
    {
        "no table": ((), "command line"),
        "json": (("--json",), "--json"),
        "a mask": (("--csv", "--liver", CRLM), "--liver"),
        "a fact": (("--csv", "--cirrhosis", "no"), "--cirrhosis"),
        "a picture": (("--csv", "--picture", "a.png"), "--picture"),
        "growth": (("--csv", "--earlier", HCC), "--earlier"),
    },
)
def test_what_is_about_one_case_is_refused_next_to_several(
    wrong: tuple[tuple[object, ...], str],
) -> None:
    options, source = wrong
    refusal = refused("plan", CRLM, HCC, *options) if "--json" in options else None
    ran = ask("plan", CRLM, HCC, *options)
    assert ran.status == 2
    assert refusal is None or refusal["file"] == source
    assert source in (ran.err or ran.out)


@pytest.mark.slow
def test_a_table_s_file_is_named_for_what_it_is(tmp_path: Path) -> None:
    out = tmp_path / "lesions.txt"
    assert refused("plan", CRLM, "--lesions-csv", out)["file"] == "--lesions-csv"
    same = tmp_path / "same.csv"
    both = ("--lesions-csv", same, "--resections-csv", same)
    assert refused("plan", CRLM, *both)["code"] == "output.twice"
    same.write_text("mine", "utf-8")
    assert refused("plan", CRLM, HCC, "--csv", *both[:2], "--json")["code"] == "usage.wrong"
    capitals = refused("plan", CRLM, CRLM.with_suffix(".TOML"), "--json")
    assert capitals["file"] == "--json"
    ran = ask("plan", CRLM, HCC, *both[:2])
    assert (ran.status, same.read_text("utf-8")) == (2, "mine")
    assert ask("plan", CRLM, HCC, *both[:2], "--force").status == 0


@pytest.mark.slow
def test_each_case_is_logged(tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite"
    assert ask("plan", CRLM, HCC, "--csv", "--log", log).status == 0
    assert [one["case"] for one in told("log", log)["entries"]] == [*PASSED.values()]


def test_a_wrong_centre_file_is_reported_once_and_before_any_case(tmp_path: Path) -> None:
    centre = tmp_path / "centre.toml"
    centre.write_text("schema = 1\n", "utf-8")
    ran = ask("plan", CRLM, HCC, "--csv", "--centre", centre)
    assert (ran.status, ran.out, ran.err.count("refused:")) == (2, "", 1)


@pytest.mark.essential
@pytest.mark.slow
def test_h11_two_cases_with_one_patients_files_are_reported(tmp_path: Path) -> None:
    """Rows of two ids: the liver of one stands in both, in a copy; the third has its own."""
    cases: list[Path] = []
    for name, liver in (("p1", 0), ("p2", 0), ("p3", 8)):
        place = tmp_path / name
        place.mkdir()
        SMALL.write(place, flr=(0, 2400 + len(cases)))
        SMALL.file(place / "liver.nii", SMALL.mask(liver, 8000))
        masks = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true\n'
        cases.append(case_toml(place, f'id = "{name}"\n{masks}'))
    ran = ask("plan", *cases, "--csv")
    said = " ".join(ran.err.split())
    assert [row["record_id"] for row in rows(ran.out)] == ["p1", "p2", "p3"]
    assert "warning: p1 has the same files as p2 (liver): one patient under two ids" in said
    assert "warning: p2 has the same files as p1 (liver)" in said
    assert said.count("cohort.one_patient") == 2
