"""Every option over a case file that says all: it replaces its own entry, and no other."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from msgspec import Struct

from fl_planner.basis.overlay import list_fields
from fl_planner.cli.plan import plan
from fl_planner.cli.studies import dose, function
from fl_planner.intake.request.request import OF_REMNANT, Request
from fl_planner.planning.given.case import Operation
from fl_planner.workup.request import make_request
from tests.refusals import refuses

CASE = """
schema = 1
id = "case-1"
diagnosis = "crlm"
[imaging]
ct = "ct"
date = 2026-01-02
reader = "R1"
status = "verified"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
spleen = "spleen.nii"
labelmap = { file = "map.nii", scheme = "couinaud_4_9" }
exclude = { cyst = "cyst.nii" }
vessels = { portal_veins = "portal.nii" }
absent_segments = ["1"]
[vessels]
portal_root_mm = [1, 2, 3]
hepatic_root_mm = [4, 5, 6]
portal_points_mm = [[1, 1, 1]]
frame = "RAS"
[patient]
height_cm = 180
weight_kg = 80
[treated]
segments = ["5"]
margin_mm = 4
[[plan]]
name = "first"
clearing_margin_mm = 3
remnant_segments = ["2"]
embolised_segments = ["6"]
stages = 2
[[plan]]
name = "second"
remnant_segments = ["3"]
clearing_margin_mm = 5
[second_reader]
flr = "flr-2.nii"
[function]
dynamic = "dynamic.dcm"
date = 2026-01-03
validated_locally = true
fasting_hours = 5
bilirubin = { value = 12, unit = "umol/L" }
spect = "spect.nii"
registered = true
tracer = "mebrofenin"
decay_corrected = true
regions = { liver = "liver-roi.nii", heart = "heart-roi.nii", field = "field-roi.nii" }
[dose]
lung_shunt = 0.05
shunt_method = "planar"
tumour_to_normal = 3
lung_mass_kg = 0.9
density_g_per_ml = 1.05
tumour_dose_gy = 120
residual_fraction = 0.01
[embolisation]
kind = "PVE"
date = 2026-01-01
[facts]
cirrhosis = true
chemo_liver_damage = false
underlying_liver_disease = false
portal_hypertension = false
prior_pve_hve = false
"""
REMNANT = ["operations.0.remnant_segments", "second_reader"]
OF_DAY = ["function.studied_on", "function.fasting_h", "function.bilirubin_umol_per_l"]
SERIES = [  # what a case file states of its own series, and of no other
    *("function.dynamic", "function.curves", "function.regions", "function.overrides"),
    *OF_DAY,
]
FACT = "stated.values."
# by option: what it is given, and what of the request may change with it
LAID: dict[str, tuple[list[str], list[str]]] = {
    "--liver": (["x.nii"], ["files.masks.liver"]),
    "--flr": (["x.nii"], ["files.masks.flr", "second_reader"]),
    "--resected": (["x.nii"], ["files.masks.resected", "second_reader"]),
    "--tumour": (["x.nii"], ["files.masks.tumour"]),
    "--no-tumour": ([], ["files.masks.tumour", "files.no_tumour"]),
    "--treated": (["x.nii"], ["files.masks.treated", "territory"]),
    "--treated-segments": (["6"], ["territory.segments"]),
    "--treat-tumour": ([], ["territory.with_tumour", "territory.segments"]),
    "--treated-margin-mm": (["7"], ["territory.margin_mm"]),
    "--exclude": (["scar=x.nii"], ["files.excluded.scar"]),
    "--vessel": (["hepatic_veins=x.nii"], ["files.vessels.hepatic_veins"]),
    "--origin": (["liver=manual"], ["files.origins.liver"]),
    "--portal-root": (["7,8,9"], ["vessel_roots_mm.portal"]),
    "--hepatic-root": (["7,8,9"], ["vessel_roots_mm.hepatic"]),
    "--portal-point": (["7,8,9"], ["vessel_points_mm.portal"]),
    "--hepatic-point": (["7,8,9"], ["vessel_points_mm.hepatic"]),
    "--cut": (["hepatic=middle_hepatic_vein"], ["cuts"]),
    "--place-frame": (["LPS"], []),  # of places that options name; none is named here
    "--labelmap": (["x.nii"], ["files.label_map", "files.scheme"]),
    "--scheme": (["couinaud"], ["files.scheme"]),
    "--ct": (["x.nii"], ["ct"]),
    "--remnant-segments": (["2,3,4"], REMNANT),
    "--plane": (["1,2,3;0,0,1"], [*REMNANT, "operations.0.planes"]),
    "--wedge": (["1"], [*REMNANT, "operations.0.wedges"]),
    "--wedge-margin-mm": (["5", "--wedge", "1"], [*REMNANT, "operations.0.wedges"]),
    "--clearing-margin-mm": (["6"], ["clearing_margin_mm"]),
    "--absent-segment": (["8"], ["files.absent_segments"]),
    "--gaps-to-nearest": ([], ["files.gaps_to_nearest"]),
    "--resample": ([], ["files.resample"]),
    "--size-limit": (["2"], ["limits"]),
    "--spleen": (["x.nii"], ["spleen"]),
    "--second-reader": (["flr=x.nii"], ["second_reader.flr"]),
    "--diagnosis": (["hcc"], ["diagnosis"]),
    "--chemo-damage": (["yes"], [f"{FACT}chemo_liver_damage"]),
    "--liver-disease": (["yes"], [f"{FACT}underlying_liver_disease"]),
    "--cirrhosis": (["no"], [f"{FACT}cirrhosis"]),
    "--portal-hypertension": (["yes"], [f"{FACT}portal_hypertension"]),
    "--prior-embolisation": (["unknown"], [f"{FACT}prior_pve_hve", "withdrawn"]),
    "--flr-of-nontumorous-liver": (["31"], [f"{FACT}flr_of_nontumorous_liver"]),
    "--flr-of-whole-liver": (["31"], [f"{FACT}flr_of_whole_liver"]),
    "--flr-function": (["2.9"], [f"{FACT}flr_function"]),
    "--flr-function-normalisation": (["total_field"], [f"{FACT}flr_function_normalisation"]),
    "--lung-dose": (["20"], [f"{FACT}lung_dose"]),
    "--facts": (["facts.json"], [f"{FACT}ecog", "facts_file"]),
    "--as-of": (["2026-02-03"], ["as_of"]),
    "--centre": (["centre.toml"], ["centre"]),
    "--height-cm": (["170"], ["height_cm"]),
    "--weight-kg": (["70"], ["weight_kg"]),
    "--dynamic": (["x.dcm"], SERIES),
    "--region-liver": (["x.nii"], ["function.regions.liver"]),
    "--region-heart": (["x.nii"], ["function.regions.heart"]),
    "--region-field": (["x.nii"], ["function.regions.field"]),
    "--curves": (["x.csv"], SERIES),
    "--spect": (["x.nii"], ["function.spect", "function.registered", *OF_DAY]),
    "--registered": ([], []),  # the file says so already
    "--decay-corrected": (["no"], ["function.overrides.decay_corrected"]),
    "--one-head": ([], ["function.overrides.one_head"]),
    "--tracer": (["galactosyl"], ["function.overrides.tracer"]),
    "--validated-locally": (["no"], ["function.validated_locally"]),
    "--fasting-hours": (["6"], ["function.fasting_h"]),
    "--bilirubin-umol-per-l": (["13"], ["function.bilirubin_umol_per_l"]),
    "--lung-shunt": (["0.06"], ["dose.lung_shunt", "dose.decides", "dose.shunt_method"]),
    "--shunt-method": (["spect_ct"], ["dose.shunt_method"]),
    "--tumour-to-normal": (["2"], ["dose.tumour_to_normal"]),
    "--lung-mass-kg": (["1.1"], ["dose.lung_mass_kg"]),
    "--density": (["1.03"], ["dose.density_g_per_ml"]),
    "--tumour-dose-gy": (["140"], ["dose.tumour_dose_gy"]),
    "--residual-fraction": (["0.02"], ["dose.residual_fraction"]),
}
# of what is printed or written, and of files beside the case
NO_REQUEST = {
    "--csv", "--semicolons", "--bom", "--xlsx", "--lesions-csv", "--resections-csv", "--earlier",
    "--trials", "--picture", "--fhir", "--fhir-as", "--dicom", "--replaces", "--study", "--archive",
    "--archives", "--series", "--routing", "--route", "--push", "--log", "--profile",
    "--engine", "--masks-out", "--accept-licence", "--engine-log",
    "--force", "--json", "--quiet", "--verbose",
}  # fmt: skip
COMMANDS = {"plan": plan, "function": function, "dose": dose}


def options_of(command: click.Command) -> set[str]:
    """Name every long option of a command."""
    return {
        next(name for name in one.opts if name.startswith("--"))
        for one in command.params
        if isinstance(one, click.Option)
    }


def ask(command: click.Command, case: Path, *args: str) -> Request:
    """Make the request of a command line, as the command does."""
    words = command.make_context(str(command.name), [str(case), *args]).params
    named = words.get("case_file") or words["case_files"][0]
    return make_request(named, words)


def flatten(part: Any, *keys: str) -> Iterator[tuple[str, object]]:
    """List every entry of a request under the keys that lead to it."""
    if is_dataclass(part):
        held: Mapping[str, Any] = {one.name: getattr(part, one.name) for one in fields(part)}
    elif isinstance(part, Struct):
        held = {name: getattr(part, name) for name in part.__struct_fields__}
    elif isinstance(part, Mapping):
        held = {str(key): value for key, value in part.items()}
    elif keys == ("operations",):
        held = {str(number): one for number, one in enumerate(part)}
    else:
        yield ".".join(keys), part
        return
    for key, value in held.items():
        yield from flatten(value, *keys, key)


def find_changed(before: Request, after: Request) -> set[str]:
    """Name the entries that differ."""
    old, new = dict(flatten(before)), dict(flatten(after))
    apart = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    apart = {key.replace("stated.files.", FACT) for key in apart}  # where a fact comes from
    return {key for key in apart if not key.startswith(("written.", "options", "findings"))}


def write_case(folder: Path, text: str = CASE) -> Path:
    """Write the case file, and what its options read."""
    (folder / "facts.json").write_text('{"ecog": 1}')
    (folder / "centre.toml").write_text('schema = 1\nname = "S"\nas_of = 2026-01-01\n')
    case = folder / "case.toml"
    case.write_text(text)
    return case


def test_every_option_of_a_case_is_placed_over_one() -> None:
    known = LAID.keys() | NO_REQUEST
    assert {one for command in COMMANDS.values() for one in options_of(command)} == known


@pytest.mark.slow
def test_h03_an_option_replaces_its_own_entry_of_a_case_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    case = write_case(tmp_path)
    for option, (values, may) in LAID.items():
        command = next(one for one in COMMANDS.values() if option in options_of(one))
        before = ask(command, case)
        after = ask(command, case, option, *values)
        changed = find_changed(before, after)
        stray = {key for key in changed if not key.startswith(tuple(may))}
        assert not stray, (option, stray)
        assert bool(changed) == bool(may), option


def test_h03_what_an_option_cannot_leave_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each entry that goes with another option's is in a finding."""
    monkeypatch.chdir(tmp_path)
    case = write_case(tmp_path)
    told = {
        ("--remnant-segments", "2,3,4"): ["second reader", "plan first"],
        ("--plane", "1,2,3;0,0,1"): ["remnant_segments", "second reader", "plan first"],
        ("--labelmap", "x.nii"): ["scheme couinaud_4_9"],
        ("--ct", "x.nii"): ["of its CT, apply to this: date, registration of a SPECT"],
        ("--no-tumour",): ["tumour mask in the case file"],
        ("--treated", "x.nii"): ["treated segments"],
        ("--treat-tumour",): ["treated segments"],
        ("--curves", "x.csv"): ["dynamic study"],
        ("--dynamic", "x.dcm"): ["decay_corrected"],
        ("--spect", "x.nii"): ["registered"],
        ("--lung-shunt", "0.06"): ["shunt_method"],
    }
    commands = {"--curves": function, "--dynamic": function, "--spect": function}
    for args, words in told.items():
        command = dose if args[0] == "--lung-shunt" else commands.get(args[0], plan)
        findings = ask(command, case, *args).findings
        assert [one.code for one in findings] == ["options.replaced"] * len(words), args
        assert all(word in one.message for word, one in zip(words, findings, strict=True)), args
    assert ask(plan, case, "--clearing-margin-mm", "6").findings == ()
    text = f'{CASE}flr_function = {{ value = 2.9, unit = "%/min/m2" }}\n'
    case = write_case(tmp_path, text)
    (finding,) = ask(plan, case, "--flr-function", "3.1").findings
    assert finding.message.startswith("flr_function: check that the date under [function]")
    assert ask(plan, case, "--flr-function", "2.9").findings == ()
    case = write_case(tmp_path, text.replace("date = 2026-01-03", ""))
    assert ask(plan, case, "--flr-function", "3.1").findings == ()
    case = write_case(tmp_path, f'{CASE}[baseline]\nmask = "b.nii"\nregistered = true\n')
    (finding,) = ask(function, case, "--ct", "x.nii", "--registered").findings
    assert finding.message.endswith("apply to this: date, registration of an earlier scan")
    case = write_case(tmp_path, CASE.replace("date = 2026-01-02\n", 'phase = "arterial"\n'))
    (finding,) = ask(function, case, "--ct", "x.nii", "--registered").findings
    assert finding.message.endswith("apply to this: phase")


def test_h03_a_mass_of_the_lungs_that_is_entered_is_reported(tmp_path: Path) -> None:
    text = CASE.replace("lung_mass_kg = 0.9", 'lung_mass_kg = "ct"\nlungs = "l.nii"')
    case = write_case(tmp_path, text)
    (finding,) = ask(dose, case, "--lung-mass-kg", "1.1").findings
    assert finding.code == "options.replaced"


CUTS = """
plane = { point_mm = [1, 2, 3], normal = [1, 0, 0], frame = "RAS" }
surface = { points_mm = [[0, 0, 0], [0, 9, 0], [0, 0, 9], [1, 9, 9]], normal = [1, 0, 0], frame = "RAS" }
wedges = { lesions = [1], margin_mm = 5 }
"""  # noqa: E501 - an inline table is one line
KEPT = {  # of a first plan, whatever options define its remnant
    "name", "embolised_segments", "stages", "clearing_margin_mm", "cuts", "flr", "resected",
}  # fmt: skip


def test_h03_every_part_of_a_remnant_is_replaced_by_the_options_that_define_it() -> None:
    """`flr` and `resected` of an operation are masks, which are read after options are laid."""
    named = {*list_fields(Operation)}
    assert named == KEPT | {*OF_REMNANT}


@pytest.mark.parametrize(
    ("option", "value", "left"),
    [
        ("--remnant-segments", "2,3,4", {"remnant_segments"}),
        ("--plane", "7,8,9;0,0,1", {"planes"}),
        ("--wedge", "2", {"wedges"}),
        ("--flr", "x.nii", {"remnant_segments"}),  # with which a drawing is compared
        ("--resected", "x.nii", {"remnant_segments"}),
    ],
)
def test_h03_options_replace_planes_surfaces_and_wedges_of_a_case_file(
    option: str, value: str, left: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A surface that stays would cut what remains of the new remnant."""
    monkeypatch.chdir(tmp_path)
    case = write_case(tmp_path, CASE.replace("stages = 2\n", f"stages = 2{CUTS}"))
    before, after = ask(plan, case).operations[0], ask(plan, case, option, value).operations[0]
    assert all(getattr(before, name) for name in OF_REMNANT if name != "resected_segments")
    assert {name for name in OF_REMNANT if getattr(after, name)} == left
    told = ask(plan, case, option, value).findings[0]
    lost = {"planes": "plane", "surfaces": "surface", "wedges": "wedges"}
    assert all((key in told.message) == (name not in left) for name, key in lost.items())


@pytest.mark.parametrize(
    ("args", "reported"),
    [
        (("--tumour", "x.nii"), True),
        (("--labelmap", "x.nii", "--scheme", "lits"), True),
        (("--tumour", "x.nii", "--wedge", "2"), False),
        (("--liver", "x.nii"), False),
    ],
)
def test_h13_the_numbers_of_wedges_are_of_the_tumour_of_the_case_file(
    args: tuple[str, ...], reported: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    case = write_case(tmp_path, CASE.replace("stages = 2\n", f"stages = 2{CUTS}"))
    found = [one.message for one in ask(plan, case, *args).findings]
    message = "the lesion numbers of wedges in the case file refer to its masks, not to these"
    assert (message in found) is reported


def test_h03_an_origin_of_a_mask_that_options_replace_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = CASE.replace("[masks]\n", '[masks]\nflr = "flr.nii"\norigin = { flr = "manual" }\n')
    case = write_case(tmp_path, text.replace('remnant_segments = ["2"]\n', ""))
    assert ask(plan, case).files.origins["flr"].method == "manual"
    by_segments = ask(plan, case, "--remnant-segments", "2,3", "--origin", "automatic")
    assert by_segments.files.origins.keys() == {*by_segments.files.roles}
    for stray, args in (("flr", ("--remnant-segments", "2,3")), ("tumour", ("--no-tumour",))):
        assert stray not in ask(plan, case, *args).files.origins
        with refuses("mask.origin_of_none", stray):
            ask(plan, case, *args, "--origin", f"{stray}=automatic")
