"""How each mask was made, stated in the form of the page: as on the command line."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from fl_planner.web.branch_cuts import read_branches
from fl_planner.web.case import OpenCase
from fl_planner.web.dossier.planned import CaseText
from fl_planner.web.dossier.plans import add_branches, put_first
from tests.cases import each_case
from tests.cli.outside import ask
from tests.refusals import refuses
from tests.vessel_liver import MASKS, write_masks

NNUNET = {"method": "automatic", "program": "nnU-Net", "version": "2.5"}
VEIN = "right_portal_vein"


def answers(origins: dict[str, dict[str, str]], **more: Any) -> str:
    """Fill the form: each mask with its role, and the origins of some."""
    roles: list[dict[str, Any]] = [
        {"file": f"{role}.nii.gz", "role": role, "origin": origins.get(role)} for role in MASKS
    ]
    roles.append(
        {"file": f"{VEIN}.nii.gz", "role": "vessel", "name": VEIN, "origin": origins.get(VEIN)}
    )
    files = [one["file"] for one in roles]
    return json.dumps({"files": files, "roles": roles, "diagnosis": "crlm", **more})


def opened(folder: Path, origins: dict[str, dict[str, str]], **more: Any) -> OpenCase:
    write_masks(folder)
    case = OpenCase()
    case.open_answers(folder, answers(origins, **more), {})
    return case


def record(case: OpenCase) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(case.record())
    return told


def ask_with(folder: Path, *origins: str) -> dict[str, Any]:
    options = [f"--{name}={folder / name}.nii.gz" for name in MASKS]
    options += [f"--vessel={VEIN}={folder / VEIN}.nii.gz", "--diagnosis=crlm"]
    return ask("plan", *options, *(f"--origin={one}" for one in origins), "--json").record


@each_case(
    "origins, options",
    {
        "not stated": ({}, ()),
        "drawn manually": ({"flr": {"method": "manual"}}, ("flr=manual",)),
        "a program": ({"flr": NNUNET}, ("flr=automatic:nnU-Net:2.5",)),
        "corrected": (
            {"flr": {"method": "semi-automatic", "program": "Slicer"}},
            ("flr=semi-automatic:Slicer",),
        ),
        "carried": ({"flr": {"method": "carried", "error_mm": "2.5"}}, ("flr=carried:2.5",)),
        "unknown": ({"flr": {"method": "unknown"}}, ("flr=unknown",)),
        "several": (
            {"liver": NNUNET, "flr": {"method": "manual"}, VEIN: NNUNET},
            ("liver=automatic:nnU-Net:2.5", "flr=manual", f"{VEIN}=automatic:nnU-Net:2.5"),
        ),
    },
)
def test_h19_the_origin_decides_the_interval_as_on_the_command_line(
    origins: dict[str, dict[str, str]], options: tuple[str, ...], tmp_path: Path
) -> None:
    ours, typed = record(opened(tmp_path, origins)), ask_with(tmp_path, *options)
    for part in ("ratios", "thresholds", "masks", "findings"):
        assert ours[part] == typed[part], part


def test_a_predicted_remnant_has_a_wider_interval_and_its_origin_is_shown(tmp_path: Path) -> None:
    plain, by_program = (
        opened(tmp_path / name, origins) for name, origins in (("a", {}), ("b", {"flr": NNUNET}))
    )
    (low, high), (lower, higher) = (
        record(case)["ratios"]["flr"]["interval_percent"] for case in (plain, by_program)
    )
    assert lower < low < high < higher
    shown = by_program.answer()["strip"]["origins"]
    assert shown == {
        "liver": "unknown",
        "tumour": "unknown",
        "remnant": "automatic (nnU-Net 2.5)",
        "portal": "unknown",
    }


@each_case(
    "origin, says",
    {
        "no error": ({"method": "carried"}, "surface error in mm is required"),
        "no number": ({"method": "carried", "error_mm": "2,5"}, "surface error in mm is required"),
        "a program of a hand": (
            {"method": "manual", "program": "Slicer"},
            "no program can be given for the method manual",
        ),
        "a version alone": ({"method": "automatic", "version": "2"}, "without its program"),
        "a colon": ({"method": "automatic", "program": "a:b"}, "contains a colon"),
        "another method": ({"method": "guessed"}, "'guessed' is not a method"),
    },
)
def test_an_origin_that_cannot_be_is_refused_with_its_file(
    origin: dict[str, str], says: str, tmp_path: Path
) -> None:
    with refuses("page.answers", "flr.nii.gz", says=says):
        opened(tmp_path, {"flr": origin})


def test_files_of_one_structure_have_one_origin(tmp_path: Path) -> None:
    told = json.loads(answers({"tumour": NNUNET}))
    told["roles"].append({"file": "flr.nii.gz", "role": "tumour"})
    write_masks(tmp_path)
    with refuses("page.answers", "flr.nii.gz", says="the files of tumour have different origins"):
        OpenCase().open_answers(tmp_path, json.dumps(told), {})


def test_an_origin_is_changed_and_what_was_stated_before_is_in_the_form(tmp_path: Path) -> None:
    case = opened(tmp_path, {"flr": NNUNET}, id="R-7")
    case.check(tmp_path)
    given = case.checked()["given"]
    (flr,) = (one for one in given["roles"] if one["role"] == "flr")
    assert flr["origin"] == NNUNET
    sent = answers({"flr": {"method": "manual"}}, id="R-7")
    case.change_answers(tmp_path, json.dumps(given), sent)
    assert record(case)["masks"]["flr"] == {"method": "manual"}
    case.enter("undo", {})
    assert record(case)["masks"]["flr"]["engine"] == "nnU-Net"


def test_a_label_map_has_an_origin_too(tmp_path: Path) -> None:
    told = json.loads(answers({}))
    told["roles"].append({"file": "segments.nii.gz", "role": "labelmap", "origin": NNUNET})
    write_masks(tmp_path)
    case = OpenCase()
    case.open_answers(tmp_path, json.dumps({**told, "scheme": "couinaud"}), {})
    assert record(case)["masks"]["segments"]["engine"] == "nnU-Net"
    assert case.answer()["strip"]["origins"]["segments"] == "automatic (nnU-Net 2.5)"


TEXT = '[masks]\nliver = "l"\nflr = "f"\norigin = { "flr" = "manual", "liver" = "automatic" }\n'


def test_h19_a_remnant_keeps_its_origin_where_a_draft_replaces_it() -> None:
    made = tomllib.loads(
        put_first(CaseText(Path("case.toml"), TEXT.encode()), {"remnant_segments": '["2"]'}).text
    )
    assert made["masks"] == {"liver": "l", "origin": {"liver": "automatic"}}
    assert made["plan"][1] == {"name": "remnant as drawn", "flr": "f", "origin": "manual"}
    alone = TEXT.replace(', "liver" = "automatic"', "")
    made = tomllib.loads(
        put_first(CaseText(Path("case.toml"), alone.encode()), {"remnant_segments": '["2"]'}).text
    )
    assert made["masks"] == {"liver": "l"}


def test_h19_a_remnant_keeps_its_origin_in_a_plan_with_cut_branches() -> None:
    cuts = read_branches('[{"tree": "portal", "at_mm": [1, 2, 3]}]')
    text = CaseText(Path("case.toml"), f'{TEXT}[[plan]]\nname = "a"\n'.encode())
    first, second = tomllib.loads(add_branches(text, cuts).text)["plan"]
    assert first == {"name": "a"}
    assert (second["flr"], second["origin"]) == ("f", "manual")
    whole = TEXT.replace('{ "flr" = "manual", "liver" = "automatic" }', '"manual"')
    text = CaseText(Path("case.toml"), f'{whole}[[plan]]\nname = "a"\n'.encode())
    assert "origin" not in tomllib.loads(add_branches(text, cuts).text)["plan"][1]
