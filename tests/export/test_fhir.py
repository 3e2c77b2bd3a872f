"""A plan as a FHIR Bundle: its numbers by hand, two libraries' shapes, and our own checks.

The liver is that of `tests.record.planned`: 1500 mL, 27 of them tumour, 300 of them remnant.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from msgspec import structs

from fl_planner.basis.clinical_codes import LOCAL
from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import Finding, Severity
from fl_planner.export.fhir.bundle import as_bundle, find_faults, require_sound
from fl_planner.export.fhir.observations import as_concept, list_observed
from fl_planner.export.save import require_trusted
from fl_planner.liver.agreement.second_reader import SecondMasks
from fl_planner.planning.given.case import Accepted, Embolisation, Operation, Reading
from fl_planner.record.declaration.part import as_exact_json, as_json
from fl_planner.record.growth import PlanGrowthRecord
from fl_planner.record.plan import PlanRecord, as_plan_record, as_record
from fl_planner.space.mask import Author
from fl_planner.trials.statements import Amount, EarlierEmbolisation, Stated
from tests.cases import each_case
from tests.cli.outside import bundled, truth
from tests.masks import liver_part, small_liver
from tests.record.planned import LEFT, NO_TUMOUR, TREATED, WHOLE, made, read_plan
from tests.record.test_withdrawal_words import ERROR, grown
from tests.refusals import refuses

r4b: Any = import_module("fhir.resources.R4B.bundle")  # untyped
smart: Any = import_module("fhirclient.models.bundle")

Bundle = dict[str, Any]
EVERYTHING: dict[str, Any] = {
    "height_cm": Fraction(175),
    "weight_kg": Fraction(80),
    "id": "case-001",
    "stated": Stated({
        "flr_function": Amount(Fraction("2.69"), "%/min/m2"),
        "lung_dose": Amount(Fraction("8.4"), "Gy"),
    }),
}  # fmt: skip


def record(*args: Any, profile: Profile = "shareable", **entries: Any) -> Bundle:
    """Tell a plan, as it comes back from JSON."""
    told: Bundle = json.loads(as_json(as_record(made(*args, **entries), profile)))
    return told


def plan_record(**entries: Any) -> PlanRecord:
    return as_plan_record(made(**entries))


def bundle(*args: Any, profile: Profile = "shareable", **entries: Any) -> Bundle:
    """Tell a plan as a Bundle, as it comes back from JSON, after every check."""
    told = require_valid_bundle(as_bundle(as_plan_record(made(*args, **entries), profile)))
    assert [*find_faults(told)] == []
    return told


def require_valid_bundle(written: Bundle) -> Bundle:
    """Give a Bundle as it comes back from JSON, valid to two other programs."""
    text = as_exact_json(written)
    told: Bundle = json.loads(text)
    r4b.Bundle.model_validate_json(text)
    smart.Bundle(told, strict=True)
    return told


def codes_of(told: Bundle) -> set[str]:
    """Give the first code of each Observation."""
    return {one["code"]["coding"][0]["code"] for one in resources(told, "Observation")}


@cache
def _everything() -> str:
    return json.dumps(bundle(replace(WHOLE, treated=TREATED), **EVERYTHING))


def everything() -> Bundle:
    """Tell a plan that has all that is told."""
    told: Bundle = json.loads(_everything())
    return told


def resources(told: Bundle, kind: str) -> list[Bundle]:
    """List the resources of a kind."""
    every = [entry["resource"] for entry in told["entry"]]
    return [one for one in every if one["resourceType"] == kind]


def observed(told: Bundle, code: str) -> Bundle:
    """Give the one Observation of a code."""
    (found,) = (
        one for one in resources(told, "Observation") if one["code"]["coding"][0]["code"] == code
    )
    return found


def value(told: Bundle, code: str) -> tuple[float, str]:
    """Give a number and its unit."""
    quantity = observed(told, code)["valueQuantity"]
    assert quantity["system"] == "http://unitsofmeasure.org"
    assert quantity["code"] == quantity["unit"]
    return quantity["value"], quantity["unit"]


@each_case(
    "code, number, unit",
    [
        ("liver-volume", 1500, "mL"),
        ("tumour-volume", 27, "mL"),
        ("nontumorous-liver-volume", 1473, "mL"),
        ("flr-volume", 300, "mL"),
        ("untreated-volume", 600, "mL"),  # 1473 less 900 - 27
        ("flr-percent", 100 * 300 / 1473, "%"),
        ("untreated-percent", 100 * 600 / 1473, "%"),
        ("flr-function", 2.69, "%/min/m2"),
        ("lung-dose", 8.4, "Gy"),
        ("29463-7", 80, "kg"),
        ("8302-2", 175, "cm"),
        ("8277-6", (175 * 80 / 3600) ** 0.5, "m2"),  # Mosteller 1987
        ("standardised-flr-percent", 100 * 300 / 1704.69986, "%"),  # -794.41 + 1267.28 BSA
        ("flr-body-weight-percent", 100 * 300 / 80_000, "%"),
    ],
)
def test_numbers_are_the_plans(code: str, number: float, unit: str) -> None:
    found, in_unit = value(everything(), code)
    assert found == pytest.approx(number, rel=1e-8)
    assert in_unit == unit


def test_h15_the_flr_after_clearing_is_with_it_with_its_margin() -> None:
    """One lesion of 1 mL in the 300 mL that stay: six neighbours go with it, of 1472 mL."""
    tumour = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 5, 6, 5, 6]], "tumour")
    told = bundle(replace(WHOLE, tumour=tumour))
    after = "flr-after-clearing"
    known = {f"{after}-volume": 293, f"{after}-percent": 100 * 293 / 1472, "clearing-margin": 10}
    assert {code: value(told, code)[0] for code in known} == pytest.approx(known)
    assert [value(told, code)[1] for code in known] == ["mL", "%", "mm"]
    share = observed(told, "flr-after-clearing-percent")
    assert len(share["component"]) == 2
    assert len(share["derivedFrom"]) == 3
    (first, *_) = (one["text"] for one in share["referenceRange"])
    assert first.endswith("applied to the FLR after clearing: the share is below 30 %")
    assert not {code for code in codes_of(everything()) if "clearing" in code}


def test_the_spread_of_two_readings_is_not_coded_as_a_95_percent_interval() -> None:
    """One difference gives no distribution [clinical.md 13]."""
    tumour = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 5, 6, 5, 6]], "tumour")
    other = SecondMasks(liver_part([[1, 5, 1, 11, 1, 11]], "flr"))
    for second, coded in ((None, True), (other, False)):
        told = bundle(replace(WHOLE, tumour=tumour), second=second)
        for code in ("flr-percent", "flr-after-clearing-percent"):
            noted = [one["text"] for one in observed(told, code)["note"]]
            assert ("component" in observed(told, code)) is coded, code
            assert any("inter-reader interval: " in text for text in noted) is coded, code


def test_the_share_states_its_denominator_interval_limits_and_parents() -> None:
    plan, told = record(replace(WHOLE, treated=TREATED), **EVERYTHING), everything()
    share = observed(told, "flr-percent")
    assert share["method"]["text"] == "share of the non-tumorous liver"
    parts = {one["code"]["coding"][0]["code"]: one for one in share["component"]}
    ends = {code: one["valueQuantity"]["value"] for code, one in parts.items()}
    low, high = plan["ratios"]["flr"]["interval_percent"]
    assert ends == {"interval-low": low, "interval-high": high}
    source = plan["ratios"]["flr"]["cv"]["source"]
    assert f"95 % inter-reader interval: {source}" in {one["text"] for one in share["note"]}
    texts = {
        (one["low"]["value"], one["low"]["code"], one["text"]) for one in share["referenceRange"]
    }
    source = "DRAGON 2 (NCT05428735), inclusion 1: the share is below"
    assert {(30, "%", f"{source} 30 %"), (40, "%", f"{source} 40 %")} <= texts
    injured = bundle(WHOLE, stated=Stated({"chemo_liver_damage": True}))
    noted = [one["text"] for one in observed(injured, "flr-percent")["referenceRange"]]
    assert noted == [f"{source} 30 % (not applicable)", f"{source} 40 %"]
    assert {one["type"]["text"] for one in share["referenceRange"]} == {
        "trial limit, not a reference range"
    }
    urls = {entry["fullUrl"]: entry["resource"] for entry in told["entry"]}
    parents = [urls[one["reference"]] for one in share["derivedFrom"]]
    assert parents == [observed(told, code) for code in ("flr-volume", "nontumorous-liver-volume")]


def test_codes_have_the_liver_and_the_volume_of_snomed() -> None:
    flr = observed(everything(), "flr-volume")
    assert [one["code"] for one in flr["code"]["coding"]] == ["flr-volume", "118565006"]
    assert flr["bodySite"]["coding"][0]["code"] == "10200004"
    assert flr["code"]["coding"][0]["display"].endswith("(local code of fl_planner)")
    share = observed(everything(), "flr-percent")
    assert [one["code"] for one in share["code"]["coding"]] == ["flr-percent"]


def test_h16_what_is_not_known_has_a_reason_and_no_value() -> None:
    told = bundle(small_liver())
    for code in ("tumour-volume", "flr-volume", "flr-percent", "flr-function", "lung-dose"):
        found = observed(told, code)
        assert found["dataAbsentReason"]["coding"][0]["code"] == "unknown"
        assert not [key for key in found if key.startswith("value")]
        assert "component" not in found


def test_a_part_that_was_not_planned_is_left_out() -> None:
    unplanned = {"resected-volume", "untreated-volume", "untreated-percent", "29463-7"}
    assert not codes_of(bundle()) & unplanned
    alone = codes_of(bundle(weight_kg=Fraction(80)))
    assert "29463-7" in alone
    assert not alone & {"8302-2", "8277-6", "standardised-flr-percent"}


def test_no_tumour_is_zero_and_an_unknown_one_changes_the_denominator() -> None:
    assert value(bundle(replace(WHOLE, tumour=NO_TUMOUR)), "tumour-volume") == (0, "mL")
    share = observed(bundle(replace(small_liver(), flr=LEFT)), "flr-percent")
    assert share["method"]["text"] == "share of the whole liver (no tumour mask)"
    assert share["valueQuantity"]["value"] == 20  # 300 of 1500
    assert "referenceRange" not in share


def test_h03_the_whole_liver_is_not_coded_as_non_tumorous_liver() -> None:
    """Without a tumour mask, a receiving system would calculate 20 % of the wrong denominator."""
    told = bundle(replace(small_liver(), flr=LEFT))
    assert "nontumorous-liver-volume" not in codes_of(told)
    share = observed(told, "flr-percent")
    urls = {entry["fullUrl"]: entry["resource"] for entry in told["entry"]}
    parents = [urls[one["reference"]] for one in share["derivedFrom"]]
    assert parents == [observed(told, code) for code in ("flr-volume", "liver-volume")]
    none = bundle(replace(small_liver(), flr=LEFT, tumour=NO_TUMOUR))
    assert value(none, "nontumorous-liver-volume") == (1500, "mL")


def test_h03_the_untreated_part_is_not_coded_as_non_tumorous_without_a_tumour_mask() -> None:
    of_non_tumorous = {"untreated-volume", "untreated-percent"}
    assert of_non_tumorous <= codes_of(bundle(replace(WHOLE, treated=TREATED)))
    assert not of_non_tumorous & codes_of(bundle(replace(small_liver(), treated=TREATED)))


def test_an_interval_ends_where_a_share_does() -> None:
    plan = record()
    plan["ratios"]["flr"]["interval_percent"] = [-3.5, 104.0]
    parts = observed(as_bundle(read_plan(plan)), "flr-percent")["component"]
    assert [one["valueQuantity"]["value"] for one in parts] == [0, 100]


def test_h19_numbers_from_masks_that_a_program_drew_state_it() -> None:
    drawn = replace(WHOLE, liver=WHOLE.liver.drawn_by(Author("automatic", "CANARY", "1.0")))
    note = {"text": "liver mask: automatic, not verified"}
    told = bundle(drawn, **EVERYTHING)
    for code in ("liver-volume", "flr-volume", "flr-percent"):
        assert note in observed(told, code)["note"]
    assert note not in observed(told, "29463-7")["note"]  # the weight
    assert "CANARY" not in json.dumps(told)
    verified = bundle(drawn, reading=Reading(status="verified"))
    assert {"text": "liver mask: automatic"} in observed(verified, "flr-percent")["note"]
    assert "mask: " not in json.dumps(bundle(**EVERYTHING))


@pytest.mark.essential
@pytest.mark.slow
def test_a_given_number_states_this_and_a_measured_one_how() -> None:
    plan = record(**EVERYTHING)
    function = observed(as_bundle(read_plan(plan)), "flr-function")
    assert function["method"]["text"] == "as entered, not calculated"
    plan["function"]["origin"] = "measured"
    function = observed(as_bundle(read_plan(plan)), "flr-function")
    assert function["method"]["text"].startswith("by scintigraphy")
    assert "extrahepatic normalisation" in function["method"]["text"]  # clinical.md 5.1
    assert "method" not in observed(bundle(small_liver()), "flr-function")


def test_a_doubt_about_an_entered_number_is_on_it_and_one_about_masks_is_not() -> None:
    of_numbers = ("body.unlikely", "evidence.lung_dose_apart", "evidence.function_apart")
    codes = (*of_numbers, "cut.face", "discordance.portal_pressure")
    seen = tuple(Finding(code, Severity.WARNING, "CANARY") for code in codes)
    told = bundle(findings=seen, **EVERYTHING)
    for number, code in {
        "29463-7": "body.unlikely",
        "8302-2": "body.unlikely",
        "8277-6": "body.unlikely",
        "flr-function": "evidence.function_apart",
        "lung-dose": "evidence.lung_dose_apart",
    }.items():
        notes = [one["text"] for one in observed(told, number)["note"]]
        assert f"warning: {code}" in notes, number
        assert not {"warning: cut.face", "warning: discordance.portal_pressure"} & {*notes}, number


def test_an_entered_flr_states_that_function_contradicts_it() -> None:
    entered = {"flr_of_nontumorous_liver": Amount(Fraction(25), "%")}
    apart = Finding("discordance.volume_function", Severity.WARNING, "CANARY")
    left = Finding("discordance.diagnosis", Severity.WARNING, "CANARY")
    without = replace(WHOLE, flr=None)
    told = bundle(without, stated=Stated(entered), findings=(apart, left))
    notes = {one["text"] for one in observed(told, "flr-percent-typed")["note"]}
    assert "warning: discordance.volume_function" in notes
    assert "warning: discordance.diagnosis" not in notes


def test_findings_of_the_same_code_are_one_note() -> None:
    twice = [Finding("cut.face", Severity.WARNING, place) for place in ("at I", "at II")]
    plan = as_plan_record(made(findings=(*twice, ERROR)))
    assert [one.code for one in plan.findings].count("cut.face") == 2
    notes = [one["text"] for one in observed(as_bundle(plan), "flr-volume")["note"]]
    assert notes.count("warning: cut.face") == 1
    assert notes.count("error: remnant.side") == 1


def test_every_observation_is_preliminary_and_states_by_what_and_for_what_use() -> None:
    told = everything()
    (device,) = resources(told, "Device")
    assert device["deviceName"][0]["name"] == "fl_planner"
    assert device["version"][0]["value"] == record()["version"]
    urls = {entry["fullUrl"]: entry["resource"] for entry in told["entry"]}
    for one in resources(told, "Observation"):
        assert one["status"] == "preliminary"
        assert one["note"][0]["text"] == "research use, not a cleared device"
        assert urls[one["device"]["reference"]] == device
        assert urls[one["subject"]["reference"]]["resourceType"] == "Patient"


def test_every_trial_is_summed_up() -> None:
    plan, told = record(**EVERYTHING), bundle(**EVERYTHING)
    sums = [one for one in resources(told, "Observation") if "focus" in one]
    assert [one["focus"][0]["identifier"]["value"] for one in sums] == [
        "NCT05428735", "NCT06449937", "NCT04562727", "NCT06857773", "NCT06178198",
    ]  # fmt: skip
    for one, trial, rule in zip(sums, plan["trials"], plan["rules"], strict=False):
        assert one["valueCodeableConcept"]["text"] == trial["shown"]
        assert one["valueCodeableConcept"]["coding"][0]["code"] == trial["verdict"]
        assert one["focus"][0]["identifier"]["system"] == "http://clinicaltrials.gov"
        listed = {x["code"]["coding"][0]["code"]: x["valueString"] for x in one["component"]}
        assert listed.get("criteria-failed", "") == ", ".join(trial["failed"])
        assert listed.get("criteria-unknown", "") == ", ".join(trial["unknown"])
        assert one["note"][1]["text"] == f"rules with SHA-256 {rule['sha256']}"


def test_h15_a_trial_that_excludes_states_why_in_words() -> None:
    """`trials.md` 1: reasons of every *not eligible*; after PVE, no criterion of a registry."""
    treated = Stated({"prior_pve_hve": EarlierEmbolisation("PVE"), "hcc_present": False})
    told = resources(bundle(stated=treated), "Observation")
    trials = {one["focus"][0]["display"]: one for one in told if "focus" in one}
    notes = [one["text"] for one in trials["DRAGON 2"]["note"]]
    assert (
        "PVE already performed; randomisation between PVE and PVE/HVE is no longer possible."
        in (notes)
    )
    failed = {x["code"]["coding"][0]["code"] for x in trials["DRAGON 2"]["component"]}
    assert "criteria-failed" not in failed  # excluded by design only
    assert len(trials["RESCUE"]["note"]) == 2  # for another diagnosis


def test_a_trial_of_ones_own_is_not_reported_as_registered() -> None:
    plan = json.loads(json.dumps(record()).replace("NCT05428735", "LOCAL-7"))
    plan["trials"][0].update(failed=[], unknown=[], verdict="eligible")
    first = next(
        one for one in resources(as_bundle(read_plan(plan)), "Observation") if "focus" in one
    )
    assert first["focus"][0]["identifier"]["system"].startswith("urn:uuid:")
    assert "component" not in first
    assert [*find_faults(as_bundle(read_plan(plan)))] == []


def test_dates_and_the_label_come_out_in_the_clinical_profile_alone() -> None:
    given = {"reading": Reading(scanned_on=date(2026, 5, 4)), "label": "Bed 12", **EVERYTHING}
    shared, clinical = bundle(**given), bundle(profile="clinical", **given)
    assert "2026-05" not in json.dumps(shared)
    assert "Bed 12" not in json.dumps(shared)
    (patient,) = resources(shared, "Patient")
    assert [one["value"] for one in patient["identifier"]] == ["case-001"]
    assert observed(clinical, "flr-percent")["effectiveDateTime"] == "2026-05-04"
    (patient,) = resources(clinical, "Patient")
    assert [one["value"] for one in patient["identifier"]] == ["case-001", "Bed 12"]
    for code in ("29463-7", "8302-2", "8277-6"):  # weighed on a day that nobody gave
        body = observed(clinical, code)
        assert "effectiveDateTime" not in body
        assert body["_effectiveDateTime"]["extension"][0]["valueCode"] == "unknown"


def test_a_patient_without_a_pseudonym_has_no_identifier() -> None:
    (patient,) = resources(bundle(), "Patient")
    assert set(patient) == {"resourceType", "id"}


def test_names_of_files_readers_and_plans_stay_inside() -> None:
    seen = Finding("cut.face", Severity.WARNING, "CANARY.nii: cut", "CANARY.nii")
    accepted = Accepted("cut.face", "CANARY^DOCTOR", "CANARY said so")
    operation = Operation("CANARY hepatectomy")
    plan = record(findings=(seen,), accepted=(accepted,), reading=Reading("CANARY^READER"),
                  operations=(operation,))  # fmt: skip
    files = {"liver": "CANARY_19610203.nii", "exclude CANARY": "c.nii"}
    plan["inputs"] = [
        {"role": role, "file": file, "format": "nifti1", "sha256": role[0] * 64}
        for role, file in files.items()
    ]
    assert "CANARY" in json.dumps(plan)
    told = as_bundle(read_plan(plan))
    assert "CANARY" not in as_exact_json(told)
    assert "19610203" not in as_exact_json(told)
    notes = [one["text"] for one in observed(told, "liver-volume")["note"]]
    assert "warning: cut.face, reviewed and accepted by a reader" in notes
    assert f"liver file of this plan, SHA-256 {'l' * 64}" in notes
    assert f"exclude file of this plan, SHA-256 {'e' * 64}" in notes
    assert observed(told, "flr-percent")["note"][1]["text"].startswith("warning: cut.face")


@each_case(
    "key, code, whole",
    [
        ("flr_percent", "flr-percent", ""),
        (
            "flr_percent_without_excluded",
            "flr-percent-without-excluded",
            ", both excluding cysts, cavities and ablation zones",
        ),
        (
            "flr_percent_of_segments",
            "flr-percent-of-segments",
            ", without its part outside all segments",
        ),
    ],
)
def test_h03_each_share_names_its_own_denominator(key: str, code: str, whole: str) -> None:
    plan = {**record(), key: 28.5, f"{key}_shown": "28.5"}
    share = observed(as_bundle(read_plan(plan)), code)
    assert share["valueQuantity"]["value"] == 28.5
    assert share["method"]["text"] == f"share of the non-tumorous liver{whole}"


def test_h03_the_volume_of_the_flr_is_without_the_tumour_that_was_drawn() -> None:
    """Without a tumour mask, the volume of the FLR may include tumour."""
    told = observed(as_bundle(read_plan(record())), "flr-volume")
    assert told["code"]["text"] == "Volume of the future liver remnant, without drawn tumour"


def test_the_same_record_gives_the_same_bytes_and_another_one_other_ids() -> None:
    one, again, other = (as_json(bundle(id=id_)) for id_ in ("a", "a", "b"))
    assert one == again
    ids = [{entry["fullUrl"] for entry in json.loads(text)["entry"]} for text in (one, other)]
    assert ids[0].isdisjoint(ids[1])


def test_h16_an_error_that_nobody_accepted_goes_to_no_other_system() -> None:
    wrong = Finding("remnant.side", Severity.ERROR, "is it mirrored?")
    with refuses("output.doubtful", "out.json", says="remnant.side"):
        require_trusted(plan_record(findings=(wrong,)), "out.json")
    accepted = Accepted("remnant.side", "R1", "situs inversus")
    require_trusted(plan_record(findings=(wrong,), accepted=(accepted,)), "out.json")
    require_trusted(plan_record(findings=(replace(wrong, severity=Severity.WARNING),)), "out.json")


@pytest.mark.slow
def test_h12_what_an_area_spares_that_misses_tumour_is_withheld() -> None:
    """9 of 27 mL of tumour lie outside: 600 of 1473 mL are spared, and that is no answer."""
    narrow = TREATED - liver_part([[14, 15, 5, 8, 5, 8]], "out")
    told = bundle(replace(WHOLE, treated=narrow), diagnosis="hcc")
    for code in ("untreated-volume", "untreated-percent"):
        found = observed(told, code)
        assert "valueQuantity" not in found
        assert found["dataAbsentReason"]["coding"][0]["code"] == "error"
        assert "part of the tumour is outside the treated area" in found["note"][1]["text"]
    assert value(told, "liver-volume")[0] > 0
    whole = bundle(replace(WHOLE, treated=TREATED), diagnosis="hcc")
    assert value(whole, "untreated-percent")[0] == pytest.approx(100 * 600 / 1473)
    seen = Accepted("treated.tumour_outside", "R1", "ablated since")
    kept = bundle(replace(WHOLE, treated=narrow), diagnosis="hcc", accepted=(seen,))
    assert "valueQuantity" in observed(kept, "untreated-percent")


def spoilt(change: Callable[[Bundle], object]) -> list[str]:
    """Spoil the share of a bundle, and list the faults that are found."""
    told = everything()
    change(observed(told, "flr-percent"))
    return [*find_faults(told)]


NOT_ONE = "it must have either one value or one reason for absence"


@each_case(
    "change, says",
    [
        (lambda one: one.update(status="final"), "its status is 'final', not 'preliminary'"),
        (lambda one: one.update(status="draftish"), "its status is 'draftish'"),
        (lambda one: one.pop("status"), "its status is None"),
        (lambda one: one["valueQuantity"].update(code="parsec"), "has an unknown unit: 'parsec'"),
        (lambda one: one["valueQuantity"].update(unit="mL"), "has an unknown unit: '%'"),
        (lambda one: one["valueQuantity"].pop("system"), "has a unit without a system"),
        (lambda one: one["valueQuantity"].update(value=float("nan")), "value is not a number"),
        (lambda one: one.update(dataAbsentReason={"text": "why"}), NOT_ONE),
        (lambda one: one.pop("valueQuantity"), NOT_ONE),
        (lambda one: one.update(valueString="20 %"), NOT_ONE),
        (lambda one: one["component"][0].pop("valueQuantity"), NOT_ONE),
        (
            lambda one: one["derivedFrom"][0].update(reference="urn:uuid:0"),
            "derivedFrom[0] refers to a resource that is not in the bundle",
        ),
        (lambda one: one.update(id="other"), "its fullUrl does not match its id"),
        (lambda one: one.update(note=[]), "note is empty"),
        (lambda one: one.update(method=None), "method is empty"),
        (lambda one: one["method"].update(text=""), "text is empty"),
    ],
)
def test_what_libraries_let_pass_is_found(change: Callable[[Bundle], object], says: str) -> None:
    assert any(says in fault for fault in spoilt(change))


def test_other_faults_of_a_bundle() -> None:
    told = bundle(small_liver())
    observed(told, "flr-percent")["dataAbsentReason"]["coding"][0]["code"] = "lost"
    assert [*find_faults(told)] == [
        f"entry[{_entry(told, 'flr-percent')}].resource.dataAbsentReason.coding[0] has an "
        "unknown reason for absence: 'lost'"
    ]
    told = bundle()
    told["entry"].append(told["entry"][-1])
    assert [*find_faults(told)] == ["two resources have the same fullUrl"]
    with refuses("fhir.not_sound", "out.json"):
        require_sound(told, "out.json")
    require_sound(bundle(), "out.json")


def _entry(told: Bundle, code: str) -> int:
    return [entry["resource"] for entry in told["entry"]].index(observed(told, code))


def test_local_codes_state_that_they_are() -> None:
    own = [one.observation.term for one in list_observed() if one.observation.term.system == LOCAL]
    assert len({term.code for term in own}) == len(own) == 29
    for term in own:
        (first, *_) = as_concept(term)["coding"]
        assert first["display"] == f"{term.display} (local code of fl_planner)"


@pytest.mark.parametrize(
    ("name", "parts"),
    [("crlm", ["flr", "liver", "tumour"]), ("hcc", ["liver", "tumour", "nontumorous_liver"])],
    ids=["crlm", "hcc"],
)
def test_the_bundled_cases(name: str, parts: list[str]) -> None:
    """Their voxels were counted without any image library."""
    text = as_exact_json(as_bundle(read_plan(bundled(name, "--json").record)))
    told: Bundle = json.loads(text)
    assert [*find_faults(told)] == []
    r4b.Bundle.model_validate_json(text)
    counted = truth()[name]
    for part in parts:
        ml = counted["voxels"][part] * counted["voxel_mm3"] / 1000
        found, _ = value(told, f"{part.replace('_', '-')}-volume")
        assert found == pytest.approx(ml, rel=1e-8)
    if "flr" in counted:
        found, _ = value(told, "flr-percent")
        assert found == pytest.approx(counted["flr"]["percent"], abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "key", "origin", "code", "words"),
    [
        ("function", "flr_function_pct_per_min_per_m2", "measured", "flr-function", "clearance"),
        ("dose", "lung_dose_gy_at_150gy_tumour", "computed", "lung-dose", "partition model"),
    ],
)
def test_a_number_that_was_measured_carries_the_doubts_and_an_entered_one_none(
    part: str, key: str, origin: str, code: str, words: str
) -> None:
    plan = record(WHOLE)
    plan["findings"] = [{"code": "function.share_by_shift", "severity": "warning", "message": "x"}]
    plan[part] = {key: 2.5, "shown": "2.5", "origin": origin}
    told = observed(as_bundle(read_plan(plan)), code)
    assert {"text": "warning: function.share_by_shift"} in told["note"]
    assert words in told["method"]["text"]
    plan[part]["origin"] = "given"
    typed = observed(as_bundle(read_plan(plan)), code)
    assert len(typed["note"]) == 1
    assert typed["method"]["text"] == "as entered, not calculated"


# a bundle that a server stores


@cache
def _transaction(id_: str) -> str:
    plan = as_plan_record(made(WHOLE, **{**EVERYTHING, "id": id_}))
    return json.dumps(require_valid_bundle(as_bundle(plan, "transaction")))


def transaction(id_: str = "case-001") -> Bundle:
    told: Bundle = json.loads(_transaction(id_))
    return told


def store(server: dict[str, Bundle], told: Bundle) -> int:
    """Store a transaction as a server does [FHIR R4, transaction and conditional create].

    Return how many resources were created.
    """
    created = 0
    for entry in told["entry"]:
        resource, request = entry["resource"], entry["request"]
        assert (request["method"], request["url"]) == ("POST", resource["resourceType"])
        key, _, wanted = request["ifNoneExist"].partition("=")
        assert key == "identifier"
        system, _, value = wanted.partition("|")
        same = [
            one
            for one in server.values()
            if one["resourceType"] == request["url"]
            and {"system": system, "value": value} in one["identifier"]
        ]
        assert len(same) <= 1  # else the server refuses all
        if not same:
            server[f"{request['url']}/{len(server) + 1}"] = resource
            created += 1
    return created


def test_a_transaction_that_is_sent_twice_adds_nothing() -> None:
    told, server = transaction(), {}  # type: ignore[var-annotated]
    assert told["type"] == "transaction"
    assert [*find_faults(told)] == []
    assert store(server, told) == len(told["entry"]) > 3
    assert store(server, told) == 0
    _transaction.cache_clear()
    assert store(server, transaction()) == 0  # the same plan, written again
    assert store(server, transaction("case-002")) == len(told["entry"])


def test_a_transaction_has_the_resources_of_the_collection() -> None:
    plain = bundle(WHOLE, **EVERYTHING)
    assert plain["type"] == "collection"
    assert "request" not in plain["entry"][0]
    for one, other in zip(transaction()["entry"], plain["entry"], strict=True):
        assert one["fullUrl"] == other["fullUrl"]
        own = {"system": LOCAL.uri, "value": one["fullUrl"].removeprefix("urn:uuid:")}
        kept = [known for known in one["resource"].pop("identifier") if known != own]
        assert kept == other["resource"].pop("identifier", [])
        assert one["resource"] == {k: v for k, v in other["resource"].items() if k != "id"}


@each_case(
    "change, fault",
    [
        (lambda one: one["resource"].pop("identifier"), "no identifier that matches its fullUrl"),
        (lambda one: one["request"].pop("ifNoneExist"), "it would be stored twice"),
        (lambda one: one["request"].update(method="PUT"), "its request does not create it"),
    ],
)
def test_a_transaction_that_could_be_stored_twice_is_a_fault(
    change: Callable[[Bundle], object], fault: str
) -> None:
    told = transaction()
    change(told["entry"][1])
    assert [one for one in find_faults(told) if fault in one]


def test_h12_the_embolisation_before_the_scan_goes_to_other_systems() -> None:
    """300 of 2000 mL of the liver before the PVE of 29 April, 21 days before 20 May."""
    first = Stated({"baseline_nontumorous_volume": Amount(Fraction(2000), "mL")})
    scanned = Reading(scanned_on=date(2026, 5, 20))
    given: dict[str, Any] = {
        "embolisation": Embolisation(date(2026, 4, 29), "PVE"),
        "reading": scanned,
    }
    told = bundle(**given, stated=first)
    assert value(told, "flr-of-baseline-percent") == (15, "%")
    share = observed(told, "flr-of-baseline-percent")
    assert share["method"]["text"] == "share of the non-tumorous liver on the baseline scan"
    days = "embolisation-to-scan-days"
    assert value(told, days) == (21, "d")
    (kind,) = observed(told, days)["component"]
    assert kind["code"]["coding"][0]["code"] == "embolisation-kind"
    assert kind["valueCodeableConcept"]["coding"][0]["code"] == "PVE"
    later: dict[str, Any] = {**given, "reading": Reading(scanned_on=date(2026, 4, 28))}
    assert not {"flr-of-baseline-percent", days} & codes_of(bundle(**later, stated=first))
    undated = Stated({"prior_pve_hve": EarlierEmbolisation("HVE")})
    (kind,) = (seen := observed(bundle(stated=undated), days))["component"]
    assert kind["valueCodeableConcept"]["coding"][0]["code"] == "HVE"
    assert seen["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_h16_growth_that_is_not_answered_has_no_value() -> None:
    """The remnant of the later scan is mirrored."""
    told = grown(ERROR)
    growth = PlanGrowthRecord(story=told.story)
    plan = structs.replace(plan_record(), growth=growth, withdrawn=told.withdrawn)
    sent = require_valid_bundle(as_bundle(plan))
    for code in ("flr-gain-volume", "flr-degree-of-hypertrophy", "kinetic-growth-rate"):
        found = observed(sent, code)
        assert "valueQuantity" not in found
        assert "component" not in found
        assert found["dataAbsentReason"]["coding"][0]["code"] == "error"
