"""Draft cuts of the page over a real socket: what is asked, what is told, what is refused."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.planning.given.case import Case
from fl_planner.planning.plan import plan
from fl_planner.record.head import SEE
from fl_planner.web.case import OpenCase
from fl_planner.web.cutting import Cutter
from fl_planner.web.dossier.planned import PlannedCase
from tests.cases import each_case
from tests.cli.outside import ask
from tests.liver.all_resections.test_half_resections import with_tumour
from tests.record.planned import PROTOCOLS, TRIALS
from tests.refusals import refuses
from tests.vessel_liver import VESSELS, VOXEL_ML, write_masks
from tests.web.served import CRLM, Browser, Told, open_here

PLANE = {"point_mm": [14.0, 12.0, 10.0], "normal": [1, 0, 0], "keeps": "back"}


def address(browser: Browser) -> str:
    return f"/cases/{browser.first()}"


def cut(browser: Browser, wish: Any, what: str = "draft") -> Told:
    text = wish if isinstance(wish, str) else json.dumps(wish)
    return browser.get(f"{address(browser)}/{what}?cut={quote(text)}")


@pytest.mark.slow
def test_what_can_be_chosen(browser: Browser) -> None:
    told = browser.get(f"{address(browser)}/drafts").json()
    assert told["segments"] == [*"12345678"]
    by_command = ask("resections", str(CRLM), "--json").record["resections"]
    rows = {one["code"]: one for one in by_command}
    assert [one["code"] for one in told["rows"]] == [
        one["code"] for one in by_command if one.get("name")
    ]
    for one in told["rows"]:
        row = rows[one["code"]]
        assert (one["name"], one["kept"]) == (row["name"], row["kept"])
        assert one["percent"] == row["flr_percent_shown"]
        assert one["clears"] == (row["lesions"]["cleared"] == [1, 2, 3, 4, 5])
    assert told["notes"] == ["Draft resection, not drawn by a reader."]
    assert told["plane"]["normal"] == [1.0, 0.0, 0.0]
    assert "no_plane" not in told


@pytest.mark.slow
def test_a_resection_answers_as_resections_does(browser: Browser) -> None:
    rows = ask("resections", str(CRLM), "--json").record["resections"]
    for row in [one for one in rows if one.get("name")][:4]:
        told = cut(browser, {"segments": row["kept"]}).json()
        for key in ("flr_voxels", "flr_percent", "flr_percent_shown", "flr_ml", "lesions"):
            assert told["plan"][key] == row[key]
        limits = [
            {key: one[key] for key in ("name", "answer", "crossing_chance")}
            for one in told["thresholds"]
        ]
        assert [one for one in limits if ".flr_" in one["name"]] == row["thresholds"]


def test_an_answer_is_as_small_as_a_move_wants(browser: Browser) -> None:
    told = cut(browser, PLANE)
    assert told.status == 200
    assert len(told.body) < 8000
    assert told.json()["plan"]["origin"] == "drawn"


@pytest.mark.slow
@each_case(
    "wish, code",
    [
        ("", "page.draft"),
        ("[]", "page.draft"),
        ({"segments": ["9"]}, "page.draft"),
        ({"segments": "2"}, "page.draft"),
        ({**PLANE, "keeps": "both"}, "page.draft"),
        ({**PLANE, "point_mm": [1, 2]}, "page.draft"),
        ({**PLANE, "point_mm": [1, 2, "3"]}, "page.draft"),
        ({**PLANE, "normal": [1e999, 0, 0]}, "page.draft"),
        ({**PLANE, "normal": [True, 0, 0]}, "page.draft"),
        ({**PLANE, "point_mm": [10**400, 0, 0]}, "page.draft"),
        ("[" * 2_000, "page.draft"),
        ('{"segments": ["2"], "segments": ["2", "3"]}', "page.draft"),
        ({**PLANE, "more": 1}, "page.draft"),
        ({**PLANE, "normal": [0, 0, 0]}, "cut.no_plane"),
        ({**PLANE, "point_mm": [900, 0, 0]}, "cut.removes_nothing"),
        ({**PLANE, "point_mm": [-900, 0, 0]}, "cut.leaves_nothing"),
        ({"segments": []}, "cut.leaves_nothing"),
        ({"segments": [*"12345678"]}, "cut.removes_nothing"),
    ],
)
def test_h18_what_is_no_cut_is_reported(browser: Browser, wish: Any, code: str) -> None:
    told = cut(browser, wish)
    assert (told.status, told.json()["code"]) == (422, code)
    assert told.json()["remedy"]


@pytest.mark.slow
def test_a_draft_is_taken_away(browser: Browser) -> None:
    told = cut(browser, PLANE, "drafts/draft-cut.nii.gz")
    assert told.headers["content-disposition"].endswith('_draft-cut.nii.gz"')
    assert told.body[:2] == b"\x1f\x8b"
    assert cut(browser, PLANE, "drafts/draft-cut.exe").status == 404
    told = cut(browser, PLANE, "drafts/draft-cut.dcm")
    assert (told.status, told.json()["code"]) == (422, "dicom.no_ct")


@pytest.mark.parametrize(("level", "mark"), [("error", SEE), ("warning", "")])
def test_h02_resections_of_a_mirrored_map_bear_the_mark(level: str, mark: str) -> None:
    wrong = Finding("segments.side", Severity(level), "is it mirrored?", "segments.nii.gz")
    anatomy = with_tumour([12, 13, 8, 9, 8, 9], [5, 6, 8, 9, 2, 3])
    made = plan(Case(anatomy, (), findings=(wrong,)), TRIALS, PROTOCOLS)
    case = SimpleNamespace(plan=made, grounds=SimpleNamespace(protocols=PROTOCOLS))
    rows = Cutter(cast(PlannedCase, case)).describe()["rows"]
    assert {row["not_to_use"] for row in rows} == {mark}


def test_halves_of_iv_are_no_rows_of_the_page() -> None:
    """The page lets whole segments stay: what keeps half of IV is answered by the command line."""
    anatomy = with_tumour([12, 13, 8, 9, 8, 9], [5, 6, 8, 9, 2, 3])
    made = plan(Case(anatomy, ()), TRIALS, PROTOCOLS)
    assert "H4b5678" in {row.resection.code for row in made.resections}
    case = SimpleNamespace(plan=made, grounds=SimpleNamespace(protocols=PROTOCOLS))
    rows = Cutter(cast(PlannedCase, case)).describe()["rows"]
    assert {"H45678", "H5678"} <= {row["code"] for row in rows}
    assert all({*row["kept"]} <= {*"12345678"} for row in rows)


# ---- what a draft leaves without its vessels


COLUMN = 144  # voxels of liver at one place along x
# between columns 19 and 20: the left side stays, and the trunk is halved
MIDDLE = {"point_mm": [78.0, 30.0, 30.0], "normal": [1.0, 0.0, 0.0], "keeps": "back"}
LEFT = {"segments": ["1", "2", "3", "4"]}
SHARED = ("flr_inflow_lost", "flr_outflow_lost", "flr_either_lost", "flr_supplied_percent")


def case_file(folder: Path, *, vessels: bool = True, plan: str = "") -> Path:
    write_masks(folder)
    names = [*VESSELS] if vessels else []
    drawn = "".join(f'{name} = "{name}.nii.gz"\n' for name in names)
    masks = (
        '[masks]\nliver = "liver.nii.gz"\ntumour = "tumour.nii.gz"\nlabelmap = "segments.nii.gz"\n'
    )
    path = folder / "case.toml"
    text = f'schema = 1\ndiagnosis = "crlm"\n{masks}{plan}[masks.vessels]\n{drawn}'
    path.write_text(text, "utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("supply")


@pytest.fixture(scope="module")
def case(folder: Path) -> OpenCase:
    return open_here(case_file(folder))


def supply(case: OpenCase, wish: dict[str, Any]) -> Any:
    return json.loads(case.draft_supply(json.dumps(wish)))


def planned(folder: Path, *options: str) -> Any:
    vessels = [f"--vessel={name}={folder / name}.nii.gz" for name in VESSELS]
    masks = [f"--{name}={folder / name}.nii.gz" for name in ("liver", "tumour")]
    record = ask("plan", *masks, *vessels, *options, "--json").record
    return record["vessels"]["plans"][0]


@pytest.mark.slow
def test_a_plane_leaves_what_the_plan_of_its_saved_mask_does(case: OpenCase, folder: Path) -> None:
    told = supply(case, MIDDLE)
    (folder / "flr.nii.gz").write_bytes(case.export_draft("draft-cut.nii.gz", json.dumps(MIDDLE)))
    plan = planned(folder, f"--flr={folder / 'flr.nii.gz'}")
    assert {key: told[key] for key in SHARED} == {key: plan[key] for key in SHARED}
    assert "does not change the answer" in told["notes"][0]


def test_segments_leave_what_their_plan_does(case: OpenCase, folder: Path) -> None:
    told = supply(case, LEFT)
    options = (f"--labelmap={folder / 'segments.nii.gz'}", "--remnant-segments=1,2,3,4")
    plan = planned(folder, *options)
    assert {key: told[key] for key in SHARED} == {key: plan[key] for key in SHARED}


def test_what_is_left_is_reported_by_counting(case: OpenCase) -> None:
    # columns 2 to 19 stay: portal branches of the left side begin there, in the trunk's half
    told = supply(case, MIDDLE)
    assert case.drafts()["trees"] == ["portal", "hepatic"]
    kept = told["flr_supplied_ml"] / VOXEL_ML + told["flr_either_lost"]["voxels"]
    excluded = 36 // 2  # the halves of cava and trunk that lie in these columns of the liver
    assert kept == pytest.approx(18 * COLUMN - excluded)


def test_without_trees_there_is_no_supply(tmp_path: Path, browser: Browser) -> None:
    case = open_here(case_file(tmp_path, vessels=False))
    assert case.drafts()["trees"] == []
    with refuses("vessels.no_tree"):
        supply(case, MIDDLE)
    refused = browser.get(f"/cases/{browser.first()}/draft-supply?cut=x")
    assert (refused.status, refused.json()["code"]) == (422, "page.draft")
