"""The form of a case file: filled from it, and only what is changed in the form changes it."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.exact_text import parse_exact_toml
from fl_planner.given.toml import as_toml
from fl_planner.intake.reading.scintigraphy import ENTRIES, OF_DAY, OF_SERIES, OF_SPECT
from fl_planner.planning.given.dose_inputs import DoseGiven
from fl_planner.web.case import OpenCase
from fl_planner.web.dossier.case_form import (
    OF_STUDY,
    STUDY,
    change_case,
    describe_kept_of_ct,
    fill_form,
    list_places,
)
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from fl_planner.web.draft import compose_case, read_as_of, word_for_form
from tests.cases import each_case
from tests.cli.outside import SMALL
from tests.refusals import refuses
from tests.vessel_liver import MASKS, write_masks
from tests.web.served import open_here

FILE = """# case of a study
schema = 1
diagnosis = "hcc"

[masks]
liver = "liver.nii.gz"  # by R1
tumour = ["tumour.nii.gz"]
labelmap = "segments.nii.gz"
origin = "manual"

[masks.vessels]  # by R2
right_portal_vein = "right_portal_vein.nii.gz"
"middle hepatic vein" = "middle_hepatic_vein.nii.gz"

[imaging]
date = 2026-10-01

[patient]
height_cm = 170
weight_kg = 70.5

[embolisation]
date = 2026-09-01
kind = "PVE"

[[plan]]
name = "right"
remnant_segments = [2, 3, 4]
cuts = [
  { tree = "portal", branch = "right_portal_vein" },
]

[facts]
cirrhosis = false  # entered on the page by R1, 2026-11-25
ecog = 1
"""


ROLE, CURVES = {"file": "a.nii", "role": "liver"}, {"file": "b.dcm", "role": "curves"}


def test_h13_a_role_of_one_file_is_given_to_one() -> None:
    """Two files of a liver are refused by name; two of tumours are two tumours."""
    places = {name: [name] for name in ("a.nii", "b.nii")}

    def answers(role: str) -> str:
        return json.dumps({"roles": [{"file": name, "role": role} for name in places]})

    with refuses("option.repeated", "liver", says="2 files"):
        compose_case(answers("liver"), places)
    told = tomllib.loads(compose_case(answers("tumour"), places))
    assert told["masks"]["tumour"] == ["a.nii", "b.nii"]


@each_case(
    "answered, source",
    {
        "no role": ({"roles": []}, "roles"),
        "neither yes nor no": ({"facts": {"cirrhosis": "maybe"}}, "answers"),
        "a list": ({"facts": {"cirrhosis": ["yes"]}}, "answers"),
        "of a study": ({"decay_corrected": "perhaps", "roles": [ROLE, CURVES]}, "answers"),
    },
)
def test_h15_an_answer_that_is_none_is_refused(answered: dict[str, Any], source: str) -> None:
    places = {name: [name] for name in ("a.nii", "b.dcm")}
    with refuses("page.answers", source):
        compose_case(json.dumps({"roles": [ROLE], **answered}), places)


@each_case(
    "given, lacking",
    {"a kind": ({"closed_kind": "PVE"}, "date"), "a date": ({"closed": "2026-09-01"}, "kind")},
)
def test_h15_half_an_embolisation_is_refused_in_words_of_the_form(
    given: dict[str, str], lacking: str
) -> None:
    with refuses("page.answers", "embolisation", says=f"the {lacking} of the embolisation"):
        compose_case(json.dumps({"roles": [ROLE], **given}), {"a.nii": ["a.nii"]})


@each_case(
    "given, field",
    {
        "scan": ({"date": "2026-13-45"}, "Scan date"),
        "assessment": ({"as_of": "13.1.2026"}, "Assessment date"),
        "embolisation": ({"closed": "2026-02-30", "closed_kind": "PVE"}, "Embolisation date"),
    },
)
def test_h15_a_day_that_is_none_is_refused_by_its_field(given: dict[str, str], field: str) -> None:
    answers = json.dumps({"roles": [ROLE], **given})
    with refuses("page.answers", field, says="is not a date of the calendar") as refused:
        read_as_of(answers)
        compose_case(answers, {"a.nii": ["a.nii"]})
    assert refused.value.remedy == "enter it as yyyy-mm-dd"


def test_h15_an_entry_that_no_case_file_may_have_is_refused_without_lines_of_a_file(
    tmp_path: Path,
) -> None:
    """The page wrote the case file: nobody has seen its lines."""
    SMALL.write(tmp_path)
    roles = [{"file": "liver.nii", "role": "liver"}]
    answers = {"roles": roles, "height_cm": "170", "weight_kg": "900"}
    with refuses("case.unreadable", "Weight, kg", says="900 is outside the range") as refused:
        OpenCase().open_answers(tmp_path, json.dumps(answers), {})
    assert "line" not in refused.value.reason
    assert "weight_kg" not in refused.value.reason
    assert refused.value.remedy == "correct this entry of the form"
    both = {**answers, "height_cm": "7"}
    with refuses("case.unreadable", "entries", says="2 errors") as refused:
        OpenCase().open_answers(tmp_path, json.dumps(both), {})
    assert "line" not in refused.value.reason
    unknown = {"roles": [{"file": "no.nii", "role": "liver"}]}
    with refuses("file.missing", "no.nii"):
        OpenCase().open_answers(tmp_path, json.dumps(unknown), {})
    with refuses("input.no_liver"):
        roles = [{"file": "liver.nii", "role": "tumour"}]
        OpenCase().open_answers(tmp_path, json.dumps({"roles": roles}), {})


@each_case("scheme", [{}, {"scheme": ""}])
def test_h13_a_scheme_that_was_not_chosen_is_not_in_the_case_file(scheme: dict[str, str]) -> None:
    answers = json.dumps({"roles": [{**ROLE, "role": "labelmap"}], **scheme})
    told = tomllib.loads(compose_case(answers, {"a.nii": ["a.nii"]}))
    assert told["masks"] == {"labelmap": {"file": "a.nii"}}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> PlannedCase:
    folder = tmp_path_factory.mktemp("case")
    write_masks(folder)
    (folder / "case.toml").write_text(FILE, "utf-8")
    return open_here(folder / "case.toml")._planned()


def change(planned: PlannedCase, shown: dict[str, Any], sent: dict[str, Any]) -> str:
    names = (*MASKS, "segments", "left_portal_vein")
    places = {f"{name}.nii.gz": [f"{name}.nii.gz"] for name in names}
    places |= {name: [place] for name, place in list_places(planned.text.table).items()}
    texts = (parse_exact_toml(compose_case(json.dumps(one), places)) for one in (shown, sent))
    return change_case(planned, *texts).text


def test_the_form_is_filled_from_the_case_file(planned: PlannedCase) -> None:
    form = fill_form(planned)
    roles = {one["file"]: (one["role"], one["name"]) for one in form["roles"]}
    assert roles == {
        "liver.nii.gz": ("liver", ""),
        "tumour.nii.gz": ("tumour", ""),
        "segments.nii.gz": ("labelmap", ""),
        "right_portal_vein.nii.gz": ("vessel", "right_portal_vein"),
        "middle_hepatic_vein.nii.gz": ("vessel", "middle hepatic vein"),
    }
    assert all(one["origin"] == {"method": "manual"} for one in form["roles"])
    shown = {key: form[key] for key in ("diagnosis", "remnant_segments", "plan", "date", "closed")}
    assert shown == {
        "diagnosis": "hcc", "remnant_segments": "2,3,4", "plan": "right", "date": "2026-10-01",
        "closed": "2026-09-01",
    }  # fmt: skip
    assert (form["facts"], form["height_cm"], form["weight_kg"]) == (
        {"cirrhosis": "no"}, "170", "70.5",
    )  # fmt: skip


def test_h11_what_is_not_changed_in_the_form_stays_to_the_byte(planned: PlannedCase) -> None:
    form = fill_form(planned)
    assert change(planned, form, form) == FILE


def accepting(text: CaseText, *entries: dict[str, str]) -> CaseText:
    """Add findings that were accepted."""
    for one in entries:
        text = text.with_table("accepted", {key: json.dumps(value) for key, value in one.items()})
    return text


def with_role(form: dict[str, Any], file: str, **more: Any) -> dict[str, Any]:
    """Change the role of a file, or add it; None removes it."""
    others = [one for one in form["roles"] if one["file"] != file]
    old = next((one for one in form["roles"] if one["file"] == file), {"file": file})
    return {**form, "roles": others if more.get("role") == "" else [*others, {**old, **more}]}


ALL = dict.fromkeys(("liver", "tumour", "labelmap", "vessel right_portal_vein"), "manual")
ALL["vessel middle_hepatic_vein"] = "manual"


@each_case(
    "make, table, entries",
    {
        "a diagnosis": (lambda form: {**form, "diagnosis": "crlm"}, "", {"diagnosis": "crlm"}),
        "a pseudonym": (lambda form: {**form, "id": "R-7"}, "", {"id": "R-7"}),
        "no diagnosis": (lambda form: {**form, "diagnosis": ""}, "", {"diagnosis": None}),
        "a role": (
            lambda form: with_role(form, "tumour.nii.gz", role="spleen", origin=None),
            "masks",
            {"tumour": None, "spleen": "tumour.nii.gz"},
        ),
        "a further vessel": (
            lambda form: with_role(
                form, "left_portal_vein.nii.gz", role="vessel", name="left portal vein"
            ),
            "masks",
            {
                "vessels": {
                    "right_portal_vein": "right_portal_vein.nii.gz",
                    "middle hepatic vein": "middle_hepatic_vein.nii.gz",
                    "left portal vein": "left_portal_vein.nii.gz",
                }
            },
        ),
        "a scheme": (
            lambda form: {**form, "scheme": "couinaud"},
            "masks",
            {"labelmap": {"file": "segments.nii.gz", "scheme": "couinaud"}},
        ),
        "an origin": (
            lambda form: with_role(form, "liver.nii.gz", origin={"method": "automatic"}),
            "masks",
            {"origin": {**ALL, "liver": "automatic"}},
        ),
        "a date": (lambda form: {**form, "date": ""}, "imaging", None),
        "no embolisation": (
            lambda form: {**form, "closed": "", "closed_kind": ""},
            "embolisation",
            None,
        ),
        "a fact": (lambda form: {**form, "facts": {"cirrhosis": "yes"}}, "facts",
                   {"cirrhosis": True}),
        "a fact taken back": (lambda form: {**form, "facts": {}}, "facts", {"cirrhosis": None}),
    },
)  # fmt: skip
def test_h11_one_change_changes_one_entry(
    make: Any, table: str, entries: dict[str, Any] | None, planned: PlannedCase
) -> None:
    form = fill_form(planned)
    sent = make(form)
    if table == "masks" and "spleen" in (entries or {}):
        form, sent = ({**one, "roles": [{**r, "origin": None} for r in one["roles"]]}
                      for one in (form, sent))  # fmt: skip
    made = tomllib.loads(change(planned, form, sent))
    meant = tomllib.loads(FILE)
    within = meant.setdefault(table, {}) if table else meant
    within.update(entries or {})
    for key in [key for key, one in within.items() if one is None]:
        del within[key]
    if table == "masks":  # a mask changed: the one origin of all is stated by structure
        meant["masks"]["origin"] = (entries or {}).get("origin", ALL)
    if entries is None:
        del meant[table]
    assert made == meant


@each_case(
    "make, kept",
    {
        "another tumour": (lambda form: with_role(form, "tumour.nii.gz", role="spleen"), False),
        "a scheme": (lambda form: {**form, "scheme": "couinaud"}, False),
        "no tumour mask": (lambda form: with_role(form, "tumour.nii.gz", role=""), False),
        "an origin": (
            lambda form: with_role(form, "liver.nii.gz", origin={"method": "automatic"}),
            True,
        ),
        "a fact": (lambda form: {**form, "facts": {"cirrhosis": "yes"}}, True),
        "a date": (lambda form: {**form, "date": "2026-10-02"}, True),
        "other segments": (lambda form: {**form, "remnant_segments": "2,3"}, True),
    },
)
def test_h02_a_finding_accepted_for_one_image_is_not_accepted_for_another(
    make: Any, kept: bool, planned: PlannedCase
) -> None:
    entries = [{"code": "segments.side", "by": "R1", "why": why} for why in ("situs", "seen")]
    text, form = accepting(planned.text, *entries), fill_form(planned)
    made = tomllib.loads(change(replace(planned, text=text), form, make(form)))
    assert made.get("accepted") == (entries if kept else None)


@each_case(
    "make, kept",
    {
        "other segments": (lambda form: {**form, "remnant_segments": "2,3"}, False),
        "a fact": (lambda form: {**form, "facts": {"cirrhosis": "yes"}}, False),
        "a date": (lambda form: {**form, "date": "2026-10-02"}, True),
        "another weight": (lambda form: {**form, "weight_kg": "290"}, False),
        "no height": (lambda form: {**form, "height_cm": ""}, False),
        "another diagnosis": (lambda form: {**form, "diagnosis": "crlm"}, False),
        "a further entry": (lambda form: {**form, "id": "case-7"}, True),
    },
)
def test_h02_a_warning_accepted_for_one_remnant_is_not_accepted_for_another(
    make: Any, kept: bool, planned: PlannedCase
) -> None:
    side, stays = ({"code": code, "by": "R1", "why": "seen"}
                   for code in ("segments.side", "flr.lesions_stay"))  # fmt: skip
    text, form = accepting(planned.text, stays, side), fill_form(planned)
    made = tomllib.loads(change(replace(planned, text=text), form, make(form)))
    assert made["accepted"] == ([stays, side] if kept else [side])


@each_case("sent", {"another": [{"flr": "b.nii"}], "none": [{"remnant_segments": [2]}]})
def test_h02_a_finding_accepted_for_a_drawn_remnant_is_not_accepted_for_another(
    sent: list[dict[str, Any]], planned: PlannedCase
) -> None:
    one = {"code": "remnant.side", "by": "R1", "why": "situs"}
    shown = [{"name": "right", "flr": "a.nii"}]
    text = planned.text.without_table("plan", 0)
    text = text.with_table("plan", {"name": '"right"', "flr": '"a.nii"'})
    case = replace(planned, text=accepting(text, one))
    asked = [{"name": "right", **sent[0]}]
    assert "accepted" not in change_case(case, {"plan": shown}, {"plan": asked}).table
    assert "accepted" in change_case(case, {"plan": shown}, {"plan": shown}).table


@each_case(
    "sent, lost",
    {
        "another SPECT": ({"dynamic": "d.dcm", "spect": "b.nii"}, {"date", "bilirubin",
                                                                   "transform"}),
        "another series": ({"dynamic": "b.dcm", "spect": "s.nii"}, {"date", "bilirubin", "heads",
                                                                    "tracer"}),
        "no SPECT": ({"dynamic": "d.dcm"}, {"date", "bilirubin", "transform"}),
        "curves added": ({"dynamic": "d.dcm", "spect": "s.nii", "curves": "c.csv"}, set()),
    },
)  # fmt: skip
def test_h17_entries_of_a_study_are_not_those_of_another(
    sent: dict[str, str], lost: set[str], planned: PlannedCase
) -> None:
    shown = {"dynamic": "d.dcm", "spect": "s.nii"}
    others = {
        "date": "2031-05-01", "bilirubin": '{ value = 11, unit = "umol/L" }',
        "heads": '["anterior", "posterior"]', "tracer": '"mebrofenin"', "fasting_hours": "6",
        "transform": "[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]",
    }  # fmt: skip
    text = planned.text
    for key, value in {**{key: f'"{one}"' for key, one in shown.items()}, **others}.items():
        text = text.with_entry("function", key, value)
    made = change_case(replace(planned, text=text), {"function": shown}, {"function": sent})
    assert made.table["function"].keys() == {*sent, *others} - lost


@each_case(
    "before, after, left",
    {
        "segments": ({"plan": [{"remnant_segments": ["2"]}]},
                     {"plan": [{"remnant_segments": ["3"]}]}, ["lung_dose"]),
        "a drawing": ({"masks": {"flr": "a.nii"}}, {"masks": {"flr": "b.nii"}}, ["lung_dose"]),
        "a drawing instead of planes": ({}, {"masks": {"flr": "b.nii"}}, ["lung_dose"]),
        "a name": ({"plan": [{"name": "a"}]}, {"plan": [{"name": "b"}]},
                   ["flr_function", "lung_dose"]),
        "an area": ({"masks": {"treated": "a.nii"}}, {"masks": {"treated": "b.nii"}},
                    ["flr_function"]),
    },
)  # fmt: skip
def test_h03_function_of_one_remnant_and_dose_of_one_area_are_not_those_of_another(
    before: dict[str, Any], after: dict[str, Any], left: list[str], planned: PlannedCase
) -> None:
    text = CaseText(Path("case.toml"), b"schema = 1\n")
    for key, unit in (("flr_function", "%/min/m2"), ("lung_dose", "Gy")):
        text = text.with_entry("facts", key, f'{{ value = 2.9, unit = "{unit}" }}')
    for key, value in before.get("masks", {}).items():
        text = text.with_entry("masks", key, f'"{value}"')
    for plan in before.get("plan", [{"plane": {}}]):
        text = text.with_table("plan", {key: as_toml(one) for key, one in plan.items()})
    made = change_case(replace(planned, text=text), before, after)
    assert [*made.table["facts"]] == left


def test_h03_numbers_of_lesions_in_one_mask_are_not_those_of_another(planned: PlannedCase) -> None:
    """The page would cut a wedge around another lesion."""
    form = fill_form(planned)
    other = with_role(form, "tumour.nii.gz", role="spleen")
    one, every = (
        replace(planned, text=planned.text.with_table("plan", {"wedges": f"{{ lesions = {of} }}"}))
        for of in ("[1]", '"all"')
    )
    assert "lesions = [1]" in change(one, form, {**form, "date": "2026-10-02"})
    assert 'lesions = "all"' in change(every, form, other)
    with refuses("page.entry", "wedges", says="by their numbers in the replaced mask"):
        change(one, form, other)


@each_case("kind, replaced", {"series": ("dynamic", OF_SERIES), "SPECT": ("spect", OF_SPECT)})
def test_h17_what_an_option_replaces_with_a_study_the_form_replaces_or_shows(
    kind: str, replaced: tuple[str, ...]
) -> None:
    shown = {"dynamic", "curves", "registered", "regions", *STUDY}
    shown |= {"labels of regions"}  # of the regions; see the next test
    names = {part for one in (*replaced, *OF_DAY) for part in ENTRIES.get(one, one).split(", ")}
    (removed,) = (entries for key, entries in OF_STUDY.items() if key[:2] == ("function", kind))
    assert names - shown - {"dynamic study"} == {*removed} - shown


@each_case(
    "study, file, sent, left",
    {
        "another series": ("function", "dynamic", {}, None),
        "another MAA study": ("dose", "maa_planar", {}, None),
        "with its own region": ("function", "dynamic", {"regions": {"heart": "h.nii"}},
                                {"heart": "h.nii"}),
        "another SPECT": ("function", "spect", {},
                          {"labels": "r.nii", "liver": 1, "heart": "h.nii"}),
    },
)  # fmt: skip
def test_h17_labelled_regions_of_a_study_are_not_those_of_another(
    study: str, file: str, sent: dict[str, Any], left: object, planned: PlannedCase
) -> None:
    """The form does not show them, and their places are those of the replaced study."""
    regions = '{ labels = "r.nii", liver = 1, heart = "h.nii" }'
    text = planned.text.with_entry(study, file, '"a.nii"').with_entry(study, "regions", regions)
    shown = {file: "a.nii", "regions": {"heart": "h.nii"}}
    asked = {file: "b.nii", "regions": shown["regions"] if file == "spect" else {}} | sent
    asked = {key: one for key, one in asked.items() if one}
    made = change_case(replace(planned, text=text), {study: shown}, {study: asked})
    assert made.table[study].get("regions") == left


def test_h17_a_transform_of_one_maa_spect_is_not_that_of_another(planned: PlannedCase) -> None:
    text = planned.text.with_entry("dose", "maa_spect", '"s.nii"')
    text = text.with_entry("dose", "transform", "[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]")
    text = text.with_entry("dose", "lung_shunt", "0.05")
    shown, sent = ({"dose": {"maa_spect": name}} for name in ("s.nii", "b.nii"))
    made = change_case(replace(planned, text=text), shown, sent).table["dose"]
    assert made == {"maa_spect": "b.nii", "lung_shunt": Decimal("0.05")}


def test_segments_of_the_first_plan_are_changed_and_its_cuts_stay(planned: PlannedCase) -> None:
    form = fill_form(planned)
    made = change(planned, form, {**form, "remnant_segments": "2,3"})
    (plan,) = tomllib.loads(made)["plan"]
    assert plan["remnant_segments"] == ["2", "3"]
    assert plan["cuts"] == [{"tree": "portal", "branch": "right_portal_vein"}]


def test_a_further_plan_is_added_and_removed(planned: PlannedCase) -> None:
    form = fill_form(planned)
    more = with_role(form, "flr.nii.gz", role="plan_flr", name="left")
    made, before = tomllib.loads(change(planned, form, more)), tomllib.loads(FILE)
    assert made["plan"] == [*before["plan"], {"name": "left", "flr": "flr.nii.gz"}]
    with refuses("page.entry", says="differs between the case file and the form"):
        change(planned, more, form)  # it is not in this case file


def test_a_plan_is_added_to_a_case_file_without_one(tmp_path: Path) -> None:
    write_masks(tmp_path)
    text = 'schema = 1\n[masks]\nliver = "liver.nii.gz"\nlabelmap = "segments.nii.gz"\n'
    (tmp_path / "case.toml").write_text(text, "utf-8")
    case = open_here(tmp_path / "case.toml")
    form = fill_form(case._planned())
    sent = {**form, "remnant_segments": "2,3", "no_tumour": True}
    made = tomllib.loads(change(case._planned(), form, sent))
    assert made["plan"] == [{"remnant_segments": ["2", "3"]}]
    assert made["masks"]["no_tumour"] is True
    told = case.change_answers(None, json.dumps(form), json.dumps(sent))
    assert told["steps"][-1]["says"] == "files, roles or facts changed"
    assert json.loads(case.record())["case"]["plan"]["remnant_segments"] == ["2", "3"]
    now = fill_form(case._planned())
    back = json.dumps({**now, "remnant_segments": ""})
    case.change_answers(None, json.dumps(now), back)
    assert "plan" not in tomllib.loads(case.own_text()[1].decode())


def test_h02_the_log_names_what_is_removed_with_a_replaced_remnant(tmp_path: Path) -> None:
    """As options do: facts of the remnant, and findings accepted for it."""
    write_masks(tmp_path)
    text = (
        'schema = 1\n[masks]\nliver = "liver.nii.gz"\nlabelmap = "segments.nii.gz"\n'
        "[[plan]]\nremnant_segments = [2, 3]\n[function]\ndate = 2026-06-05\n"
        '[facts]\necog = 1\nflr_function = { value = 2.9, unit = "%/min/m2" }\n'
    )
    (tmp_path / "case.toml").write_text(text, "utf-8")
    draft = json.dumps({"segments": ["2"]})
    for replace_remnant in (True, False):
        case = open_here(tmp_path / "case.toml")
        doubt = next(one for one in case.dossier()["findings"])
        words = {"code": doubt["code"], "why": "seen", "by": "R1", "on": "2026-11-20"}
        case.enter("accept", words)
        form = fill_form(case._planned())
        sent = json.dumps({**form, "remnant_segments": "2,3,4"})
        told = (
            case.change_answers(None, json.dumps(form), sent)
            if replace_remnant
            else case.adopt(draft)
        )
        removed = f"removed: FLR function (mebrofenin); acceptance of: {doubt['message']}"
        assert told["steps"][-1]["notes"] == (removed,)
        assert told["steps"][-1]["says"].endswith(f"; {removed}")
        assert told["steps"][0]["notes"] == ()
        now = tomllib.loads(case.own_text()[1].decode())
        assert now["facts"] == {"ecog": 1}
        assert "accepted" not in now


OF_SCAN = {"phase": '"portal venous"', "date": "2026-10-01"}
OF_CT = "check that these entries, of the replaced CT, apply to the new one: "


@each_case(
    "sent, listed",
    {
        "another CT": ({"ct": "b.nii"}, OF_CT + "date, phase, registration of a SPECT, "
                       "registration of a previous scan"),
        "and its date": ({"ct": "b.nii", "date": "2026-11-01"}, OF_CT + "phase, registration of a "
                         "SPECT, registration of a previous scan"),
        "no CT": ({}, None),
        "the same CT": ({"ct": "a.nii", "date": "2026-11-01"}, None),
    },
)  # fmt: skip
def test_h04_entries_of_a_replaced_ct_are_named(sent: dict[str, str], listed: str | None) -> None:
    """As `--ct` names them: a scan registered with one CT may not be so with another."""
    text = CaseText(Path("case.toml"), b"schema = 1\n")
    for key, value in {"ct": '"a.nii"', **OF_SCAN}.items():
        text = text.with_entry("imaging", key, value)
    before = {"imaging": {"ct": "a.nii", "date": "2026-10-01"}}
    after = {"imaging": {"date": "2026-10-01", **sent}}
    alone = [*describe_kept_of_ct(text, before, after)]
    assert len(alone) == (listed is not None)
    assert all("registration" not in one for one in alone)
    text = text.with_entry("dose", "registered", "true")
    text = text.with_entry("baseline", "registered", "true")
    assert [*describe_kept_of_ct(text, before, after)] == ([listed] if listed else [])
    assert not [*describe_kept_of_ct(text, {"imaging": {}}, after)]  # there was none before


def test_h11_an_entry_changed_since_is_not_overwritten(planned: PlannedCase) -> None:
    form = fill_form(planned)
    stale = {**form, "diagnosis": "crlm"}  # as another tab showed it
    with refuses("page.entry", "diagnosis", says="differs between the case file and the form"):
        change(planned, stale, {**form, "diagnosis": "other"})


def test_h19_one_origin_for_all_masks_is_not_that_of_a_mask_added(planned: PlannedCase) -> None:
    form = fill_form(planned)
    made = change(planned, form, with_role(form, "flr.nii.gz", role="flr"))
    masks = tomllib.loads(made)["masks"]
    assert masks["flr"] == "flr.nii.gz"
    assert masks["origin"] == ALL


IMPLAUSIBLE = "value.implausible"
DOSED = f"""{FILE}
[dose]
lung_shunt = 0.06
shunt_method = "planar"
lung_mass_kg = "ct"
calibration = 2026-05-20T12:00:00
"""


def test_h17_numbers_of_a_dose_are_in_the_form_and_only_the_changed_one_is_changed(
    planned: PlannedCase,
) -> None:
    planned = replace(planned, text=CaseText(Path("case.toml"), DOSED.encode()))
    form = fill_form(planned)
    shown = {key: one for key, one in form["dose"].items() if one}
    typed = {"lung_shunt": "0.06", "shunt_method": "planar", "lung_mass_kg": "ct"}
    assert shown == {**typed, "calibration": "2026-05-20T12:00:00"}
    assert change(planned, form, form) == DOSED
    sent = {**form, "dose": {**form["dose"], "lung_shunt": "0.05", "tumour_to_normal": " 3.2 "}}
    made = tomllib.loads(change(planned, form, sent), parse_float=Decimal)["dose"]
    assert made["lung_shunt"] == Decimal("0.05")
    assert made["tumour_to_normal"] == Decimal("3.2")
    assert (made["shunt_method"], made["lung_mass_kg"]) == ("planar", "ct")
    assert made["calibration"].hour == 12
    later = {**form, "dose": {**form["dose"], "calibration": "2026-05-20 14:30"}}
    made = tomllib.loads(change(planned, form, later))["dose"]
    assert made["calibration"].isoformat() == "2026-05-20T14:30:00"
    assert made["lung_shunt"] == 0.06
    assert "[dose]" not in change(planned, form, {**form, "dose": {}})


def test_a_moment_with_parts_of_a_second_is_no_hindrance_to_a_change(planned: PlannedCase) -> None:
    written = DOSED.replace("12:00:00", "12:00:00.25Z")
    planned = replace(planned, text=CaseText(Path("case.toml"), written.encode()))
    form = fill_form(planned)
    made = change(planned, form, {**form, "dose": {**form["dose"], "lung_shunt": "0.05"}})
    assert "calibration = 2026-05-20T12:00:00.25Z\n" in made
    assert tomllib.loads(made)["dose"]["lung_shunt"] == 0.05


@each_case(
    "name, typed, code, says",
    {
        "a shunt in percent": (
            "lung_shunt",
            "6",
            IMPLAUSIBLE,
            "a fraction is required, not a percentage",
        ),
        "a shunt with its unit": ("lung_shunt", "6 %", "usage.wrong", "is not a number"),
        "a shunt of 100 %": ("lung_shunt", "1", IMPLAUSIBLE, "outside the permitted range"),
        "a mass in grams": ("lung_mass_kg", "1000", IMPLAUSIBLE, "possibly grams"),
        "a dose in centigray": ("tumour_dose_gy", "15000", IMPLAUSIBLE, "possibly cGy"),
        "a date without its time": (
            "calibration",
            "2026-05-20",
            "usage.wrong",
            "is not a date with its time",
        ),
        "a day first": ("administration", "20.05.2026 12:00", "usage.wrong", "with its time"),
        "a day of no calendar": ("calibration", "2026-02-30 12:00", "usage.wrong", "its time"),
        "digits of another script": (
            "tumour_to_normal",
            "\u0663",
            "usage.wrong",
            "is not a number",
        ),
    },
)
def test_h09_a_number_of_a_dose_is_refused_as_its_option_is(
    name: str, typed: str, code: str, says: str
) -> None:
    answers = {"roles": [{"file": "liver.nii", "role": "liver"}], "dose": {name: typed}}
    with refuses(code, says=says):
        compose_case(json.dumps(answers), {"liver.nii": ["liver.nii"]})


def test_entries_of_a_dose_that_are_no_table_are_refused() -> None:
    answers = {"roles": [{"file": "liver.nii", "role": "liver"}], "dose": "0.06"}
    with refuses("page.answers"):
        compose_case(json.dumps(answers), {"liver.nii": ["liver.nii"]})


def test_a_dose_that_cannot_be_computed_is_refused_by_its_field(tmp_path: Path) -> None:
    """A field is named by its label, not by its key in the case file."""
    SMALL.write(tmp_path)
    roles = [{"file": "liver.nii", "role": "liver"}]
    by_ct = json.dumps({"roles": roles, "dose": {"lung_mass_kg": "ct"}})
    with refuses(
        "dose.lung_ct",
        "Lung mass, kg (or ct, to measure it on the CT)",
        says="no CT with a lung mask",
    ) as refused:
        OpenCase().open_answers(tmp_path, by_ct, {})
    assert refused.value.remedy == "enter a mass, or give the lungs and their CT"
    with refuses("dose.method") as refused:
        DoseGiven(Fraction("0.06"), decides="planar")
    worded = word_for_form(refused.value)
    assert worded.source == "Lung shunt used, if there are several"
    assert worded.reason == refused.value.reason
    assert "[dose]" not in worded.remedy
