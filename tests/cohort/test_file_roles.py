"""Names of files, which may be a patient's, stand in no table of a run and not on its page."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from fl_planner.cohort import run_folder
from fl_planner.cohort.case import CaseAnswer, CohortCase
from fl_planner.cohort.result import CaseState, Refusal, Status
from fl_planner.cohort.run_folder import hide_in_state, list_roles
from tests.cases import each_case
from tests.cli.outside import SMALL, Ran, case_toml
from tests.cohort.cohorts import run

pytestmark = pytest.mark.filterwarnings("ignore")
NAMES = ("kowalski", "anna")
MASKS = """[masks]
liver = "Kowalski_Anna_liver.nii"
tumour = "Kowalski Anna.nii.gz"
flr = "FLR"
labelmap = { file = "Segmente Kowalski.nii", scheme = "couinaud" }
"""


DATES = (
    '[facts]\nlabs_date = 2026-11-10\nlabs_age = { value = 200, unit = "d" }\n'  # no day is both
)
AS_OF = ("--as-of", "2026-11-20")


def write_cases(folder: Path) -> list[Path]:
    """Write a case with a doubt on a file, one whose file is text, and one whose file is gone."""
    paths = []
    for number, flr in enumerate(("flr_Kowalski.nii", "Kowalski Anna.txt", "Anna_Kowalski")):
        place = folder / f"p{number}"
        place.mkdir(parents=True)
        SMALL.write(place, tumour=(6000, 8000), flr=(0, 800))
        (place / "liver.nii").rename(place / "Kowalski_Anna_liver.nii")
        (place / "tumour.nii").rename(place / "Kowalski Anna.nii.gz")  # a name that says gzip
        (place / "flr.nii").rename(place / "flr_Kowalski.nii")
        SMALL.file(place / "Segmente Kowalski.nii", SMALL.segments())
        (place / "Kowalski Anna.txt").write_text("no mask", "utf-8")
        said = MASKS.replace("FLR", flr) + DATES
        text = f'id = "p{number}"\ndiagnosis = "crlm"\n{said}'
        paths.append(case_toml(place, text, f"Kowalski {number}.toml"))
    return paths


def table(out: Path, name: str) -> list[dict[str, str]]:
    with (out / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def named(out: Path) -> list[str]:
    """Find the files beside the cases that hold the name of the patient."""
    return [
        path.name
        for path in out.iterdir()
        if path.is_file()
        and any(one in path.read_bytes().lower() for one in map(str.encode, NAMES))
    ]


@pytest.mark.slow
def test_no_table_holds_the_name_of_a_file(tmp_path: Path, scheduler: str) -> None:
    cases, out = write_cases(tmp_path / "in"), tmp_path / "out"
    ran = run(cases, out, scheduler, "--json", *AS_OF)
    assert ran.status == 3
    assert named(out) == []
    (doubt,) = (one for one in table(out, "findings") if one["file"] == "tumour")
    assert doubt["code"] == "gzip.name"
    assert doubt["message"].startswith("tumour")
    planned, text, gone = table(out, "cases")
    assert planned["label_map.file"] == "labelmap"
    assert "labs_age and labs_date contradict each other" in planned["route.reasons"]
    assert (text["id"], text["status"], text["refusal.file"]) == ("p1", "refused", "flr")
    assert (gone["refusal.code"], gone["refusal.file"]) == ("file.missing", "flr")
    assert text["refusal.reason"]
    assert text["refusal.remedy"]
    assert_plans_and_terminal_name_files(out, ran)
    run(cases, out, scheduler, "--profile", "clinical", *AS_OF)
    (doubt,) = (one for one in table(out, "findings") if one["code"] == "gzip.name")
    assert doubt["file"] == "Kowalski Anna.nii.gz"
    assert [one["refusal.file"] for one in table(out, "cases")[1:]] == [
        "Kowalski Anna.txt",
        "Anna_Kowalski",
    ]


def assert_plans_and_terminal_name_files(out: Path, ran: Ran) -> None:
    """Who ran it sees which file is wrong, and the plan of a case names its files."""
    left = json.loads(ran.out)["without_plan"]
    assert [one["file"] for one in left] == ["Kowalski Anna.txt", "Anna_Kowalski"]
    plan = json.loads((out / "cases" / "p0" / "plan.json").read_bytes())
    assert "Kowalski Anna.nii.gz" in {one["file"] for one in plan["findings"]}


@pytest.mark.slow
def test_a_file_of_a_layout_whose_name_gives_no_role_is_not_named(
    tmp_path: Path, scheduler: str
) -> None:
    place = tmp_path / "in" / "c1"
    place.mkdir(parents=True)
    SMALL.write(place)
    shutil.copy(place / "liver.nii", place / "Kowalski Anna.nii")
    run([tmp_path / "in"], tmp_path / "out", scheduler, "--layout", "segmenter")
    assert named(tmp_path / "out") == []
    (case,) = table(tmp_path / "out", "cases")
    assert (case["refusal.code"], case["refusal.file"]) == ("cohort.layout", "c1")
    assert case["refusal.reason"] == "a file: the file name states no role"


@pytest.mark.slow
@each_case(
    "text, told, shown",
    {
        "by its role": ('[masks]\nflr = "x/A B.nii"', "A B.nii: empty", "flr: empty"),
        "in a table": (
            '[masks]\nlabelmap = { file = "A.nii", scheme = "c" }',
            "A.nii and c",
            "labelmap and c",
        ),
        "of several": ('[masks]\ntumour = ["AA.nii", "BB.nii"]', "see BB.nii", "see tumour 2"),
        "in two roles": ('[masks]\nflr = "AA.nii"\nliver = "b/AA.nii"', "AA.nii", "a file"),
        "no case file": ("not TOML", "in A_B.nii.gz it", "in a file it"),
        "a slice": ('[imaging]\nct = "scan"', "IM_Anna: cut", "file of ct: cut"),
        "its case file": ("", "Anna.toml: no id", "case file: no id"),
        "an option": ('[masks]\nflr = "A.nii"', "--no-tumour 3.5 %", "--no-tumour 3.5 %"),
        "endings": ("", "NIfTI (.nii.gz) or .seg.nrrd", "NIfTI (.nii.gz) or .seg.nrrd"),
        "a name to choose": ("", "new-case NEW.toml", "new-case NEW.toml"),
        "a name and an ending": ("", "Anna.seg.nrrd .nrrd", "a file .nrrd"),
        "a longer word": ('[masks]\nflr = "Anna"', "Annas Anna", "Annas flr"),
        "a structure": ('[masks]\nflr = "liver"', "the liver, 3 mL", "the liver, 3 mL"),
        "a folder": ('[masks]\nflr = "An na/f.nii"', 'flr = "An na/f.nii"', 'flr = "flr"'),
        "folders of Windows": (
            "[masks]\nflr = 'd\\An na\\f.nii'\nliver = '../An\\l.nii'",
            r"d\An na\f.nii: An\l.nii",
            "flr: liver",
        ),
        "the folder of the case": ('[masks]\nlabelmap = "."', "An_na: empty", "labelmap: empty"),
        "that above a folder": ('[masks]\nlabelmap = "scan/.."', "An_na: empty", "labelmap: empty"),
        "an impossible name": ('[masks]\nflr = "An\\u0000na"', "An\\x00na: no", "flr: no"),
        "a study without an ending": (
            '[function]\ndynamic = "An/IM_1"\nbilirubin = { value = 1, unit = "mg/dL" }',
            'dynamic = "An/IM_1", in mg/dL',
            'dynamic = "dynamic", in mg/dL',
        ),
    },
)
def test_a_reason_calls_a_file_by_its_role(
    text: str, told: str, shown: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("case") / "An_na"
    (folder / "scan").mkdir(parents=True)
    (folder / "scan" / "IM_Anna").write_bytes(b"")
    case = CohortCase(1, "p1", text, str(folder), "Anna.toml")
    refusal = Refusal(code="mask.empty", source="p1", reason=told, remedy="")
    state = kept(case, CaseAnswer("refused", {}, refusal=refusal), status="refused")
    assert state.refusal == Refusal(code="mask.empty", source="p1", reason=shown, remedy="")
    failed = kept(case, CaseAnswer("failed", {}, failure=told), status="failed")
    assert failed.failure == shown


def kept(case: CohortCase, answer: CaseAnswer, status: Status) -> CaseState:
    state = CaseState(
        id=case.id,
        status=status,
        key={},
        refusal=answer.refusal,
        failure=answer.failure,
        files=list_roles(case, answer),
    )
    return hide_in_state(state)


def test_names_are_looked_for_among_as_many_files_as_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"kowalski{number}" for number in range(5)]
    for name in names:
        (tmp_path / "series" / name).mkdir(parents=True)
        (tmp_path / "series" / name / name).touch()
    case = CohortCase(1, "p", '[masks]\nliver = "series"\n', str(tmp_path), "case.toml")
    answer = CaseAnswer("failed", {}, failure=" ".join(names))
    assert {*names} <= list_roles(case, answer).keys()
    monkeypatch.setattr(run_folder, "MOST_MEMBERS", 3)
    assert len({*names} & list_roles(case, answer).keys()) == 3
