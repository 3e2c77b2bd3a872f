"""A patient's file to answers: facts alone, a case with masks, a case without any."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.intake.documents.samples import sample_case
from fl_planner.workup.judge import JudgedFile, judge_file
from tests.intake.patients.fhir_records import as_resources, write_bundle, write_lines
from tests.patients import facts_text, limits, patients

CENTRE = 'schema = 1\nname = "Site 7"\nas_of = 2026-11-01\n'


def write_facts(folder: Path, **case: Any) -> Path:
    path = folder / "facts.json"
    path.write_text(facts_text({"set": {}, **case}))
    return path


def test_facts_by_themselves(tmp_path: Path) -> None:
    done = judge_file(write_facts(tmp_path, profile="crlm_small_flr"))
    assert done.judged.route.name == "trial_dragon2"
    assert [(file.role, file.file) for file in done.inputs] == [("facts", "facts.json")]
    assert done.findings == done.judged.findings == ()


def test_every_file_that_a_result_rests_on_is_named_with_its_hash(tmp_path: Path) -> None:
    centre = tmp_path / "centre.toml"
    centre.write_text(CENTRE)
    own = tmp_path / "own"
    own.mkdir()
    bundled = Path(__file__).parents[2] / "fl_planner/trials/data/dragon2.toml"
    alone, _, _ = bundled.read_text("utf-8").partition("\n[plan]\n")
    text = alone.replace("NCT05428735", "HOSPITAL-1")
    (own / "ours.toml").write_text(text.replace('"dragon2"', '"ours"'))
    facts = write_facts(tmp_path, profile="crlm_small_flr")
    done = judge_file(facts, as_of=date(2027, 3, 1), centre=centre, trials=own)
    assert [file.role for file in done.inputs] == ["facts", "trial", "centre"]
    assert all(len(file.sha256) == 64 for file in done.inputs)
    codes = [finding.code for finding in done.findings]
    assert codes == ["centre.trial_not_listed"] * 6 + ["centre.stale"]
    assert [one.trial.id for one in done.judged.judgements][-1] == "HOSPITAL-1"
    names = [other.name for other in done.judged.route.alternatives]
    assert names == ["trial_dragon2", "trial_ours"]


def test_a_centre_file_may_name_a_trial_of_ones_own_only_next_to_it(tmp_path: Path) -> None:
    centre = tmp_path / "centre.toml"
    centre.write_text(CENTRE + '[trials.HOSPITAL-1]\nstatus = "open"\n')
    with pytest.raises(InputRefused, match=r"trials\.HOSPITAL-1: unknown trial"):
        judge_file(write_facts(tmp_path, profile="crlm_small_flr"), centre=centre)


@pytest.mark.slow
def test_h02_the_ct_is_asked_as_by_plan(tmp_path: Path) -> None:
    """Masks mirrored in their files, on the CT as it was."""
    for file in sample_case("crlm").iterdir():
        mirrored = nib.load(file) if file.name.endswith(".nii.gz") else None
        if mirrored is None or file.name == "ct.nii.gz":
            shutil.copy2(file, tmp_path)
            continue
        voxels = np.flip(np.asarray(mirrored.dataobj), 0)  # type: ignore[attr-defined]
        nib.save(nib.Nifti1Image(voxels, mirrored.affine), tmp_path / file.name)  # type: ignore[attr-defined, no-untyped-call]
    done = judge_file(tmp_path / "case.toml")
    severity = {one.code: one.severity.value for one in done.findings}
    assert severity["ct.mask_mirrored"] == "error"


def test_a_case_without_masks_is_judged_by_its_facts(tmp_path: Path) -> None:
    facts = json.loads(facts_text({"profile": "crlm_small_flr", "set": {}}))
    lines = [f"{key} = {_toml(value)}" for key, value in facts.items() if key[:3] != "hcc"]
    case = tmp_path / "case.TOML"
    head = 'schema = 1\ndiagnosis = "crlm"\n[masks]\n[facts]\n'
    accepted = '\n[[accepted]]\ncode = "a.b"\nby = "R1"\nwhy = "seen"\n'
    case.write_text(head + "\n".join(lines) + accepted)
    done = judge_file(case, as_of=date(2026, 11, 20))
    assert done.judged.route.name == "trial_dragon2"
    assert [file.role for file in done.inputs] == ["case"]
    assert [one.code for one in done.accepted] == ["a.b"]


def test_h04_the_dates_of_a_case_without_masks_state_of_an_embolisation(tmp_path: Path) -> None:
    case = tmp_path / "case.toml"
    dates = "[imaging]\ndate = 2026-05-04\n[embolisation]\ndate = 2026-04-20\nkind = 'LVD'\n"
    case.write_text(f'schema = 1\ndiagnosis = "crlm"\n[masks]\n{dates}')
    facts = judge_file(case, as_of=date(2026, 5, 11)).judged.facts
    assert (facts["prior_pve_hve"], facts["prior_pve_hve_kind"]) == (True, "PVE/HVE")
    assert facts["prior_pve_hve_age_days"] == 21
    case.write_text(case.read_text().replace("date = 2026-05-04\n", ""))
    done = judge_file(case, as_of=date(2026, 5, 11))
    assert done.judged.facts.get("prior_pve_hve") is None
    assert [one.code for one in done.findings] == ["date.scan_missing"]


def test_h04_the_facts_of_a_case_also_date_its_scan(tmp_path: Path) -> None:
    """Otherwise an embolisation that preceded the scan would pass as not known to precede it."""
    case = tmp_path / "case.toml"
    done = "[embolisation]\ndate = 2026-04-20\nkind = 'ALPPS'\n"
    text = f'schema = 1\ndiagnosis = "crlm"\n{done}[facts]\nscan_date = 2026-05-04\n'
    case.write_text(text)
    found = judge_file(case)
    assert found.judged.facts["prior_pve_hve"] is True
    assert found.judged.facts["prior_pve_hve_day"] == 14
    assert found.findings == ()
    case.write_text(f"{text}[imaging]\ndate = 2026-04-19\n")
    baseline = judge_file(case)
    assert baseline.judged.facts.get("prior_pve_hve") is None
    codes = [one.code for one in baseline.findings]
    assert codes == ["date.scan_apart", "date.embolised_later"]


def test_h15_facts_that_state_another_embolisation_than_the_case_go_to_the_board(
    tmp_path: Path,
) -> None:
    """Both tell one before the scan: what differs is not known, and rows R1 and V11a stand."""
    case = tmp_path / "case.toml"
    volumes = {"total_liver_volume": 1700, "tumour_volume": 200, "flr_volume": 300}
    facts = [f"{key} = {{ value = {ml}, unit = 'mL' }}" for key, ml in volumes.items()]
    case.write_text(
        "schema = 1\ndiagnosis = 'crlm'\n[masks]\n[imaging]\ndate = 2026-05-04\n"
        "[embolisation]\ndate = 2026-04-20\nkind = 'PVE'\n[facts]\n"
        "prior_pve_hve = { kind = 'HVE', date = 2026-04-20 }\n" + "\n".join(facts)
    )
    done = judge_file(case, as_of=date(2026, 5, 11)).judged
    assert "contradiction.prior_treatment" in [one.code for one in done.findings]
    assert (done.route.row, done.pathway.row) == ("R1", "V11a")
    assert ", day 14 after embolisation of unrecorded type, " in done.pathway.headline


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {json.dumps(v)}" for key, v in value.items()) + " }"
    return json.dumps(value)


def test_a_mask_that_is_missing_is_refused_not_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(sample_case("crlm"), folder)
    next(file for file in folder.iterdir() if file.name.endswith(".nii.gz")).unlink()
    with pytest.raises(InputRefused, match=r"\.nii\.gz"):
        judge_file(folder / "case.toml")


@pytest.mark.parametrize("name", ["facts.json", "case.toml"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRefused, match=name):
        judge_file(tmp_path / name)


@pytest.mark.parametrize(
    ("studied", "as_of", "seen"),
    [
        ("date = 2026-05-01", date(2026, 6, 20), ["function.embolised_between"]),
        ("fasting_hours = 6", date(2026, 6, 20), ["function.embolised_between"]),  # of no day
        ("date = 2026-06-05", date(2026, 6, 20), []),
        ("date = 2026-06-30", date(2026, 6, 20), ["function.date_after_assessment"]),
    ],
)
def test_h04_the_day_of_an_entered_function_is_compared_as_in_a_plan(
    tmp_path: Path, studied: str, as_of: date, seen: list[str]
) -> None:
    """PVE on 7 May between the scintigraphy and the CT of 4 June: two states of the liver."""
    path = tmp_path / "case.toml"
    text = (
        'schema = 1\ndiagnosis = "crlm"\n[imaging]\ndate = 2026-06-04\n'
        '[embolisation]\ndate = 2026-05-07\nkind = "PVE"\n'
        f"[function]\n{studied}\n[facts]\n"
        'flr_function_normalisation = "extrahepatic"\n'
    )
    path.write_text(text + 'flr_function = { value = 2.9, unit = "%/min/m2" }\n')
    found = [one.code for one in judge_file(path, as_of=as_of).findings]
    assert [code for code in found if code.startswith("function.")] == seen
    path.write_text(text + "ecog = 1\n")  # without a function, its day says nothing
    found = [one.code for one in judge_file(path, as_of=as_of).findings]
    assert not [code for code in found if code.startswith("function.")]


# ---- every patient of the book, as resources of a record


LATER = "P80"
BOOK = {**patients(), **limits()}


def by_file(path: Path, case: dict[str, Any], as_of: date | None) -> JudgedFile:
    path.write_text(facts_text(case), "utf-8")
    return judge_file(path, as_of=as_of)


def seen(judged: JudgedFile) -> list[object]:
    """Tell what a person would read of a judgement, without its inputs."""
    told = judged.judged
    verdicts = [
        (one.trial.id, one.verdict, one.failed, one.unknown, one.only_human_open)
        for one in told.judgements
    ]
    codes = {finding.code for finding in judged.findings if not finding.code.startswith("fhir.")}
    return [verdicts, told.pathway, told.route.name, told.route.row, dict(told.facts), codes]


@pytest.mark.parametrize("name", BOOK)
def test_h11_the_record_of_a_patient_gives_the_verdicts_of_the_file(
    name: str, tmp_path: Path
) -> None:
    case = BOOK[name]
    as_of = date.fromisoformat(case["as_of"]) if "as_of" in case else None
    wanted = by_file(tmp_path / "facts.json", case, as_of)
    resources = as_resources(json.loads(facts_text(case)), as_of)
    judged = judge_file(write_bundle(tmp_path / "bundle.json", *resources), as_of=as_of)
    odd = {finding.code for finding in judged.findings if finding.code.startswith("fhir.")}
    if name == LATER:  # its embolisation is after the assessment date: not used, not implausible
        assert odd == {"fhir.not_used"}
        assert seen(judged)[:4] == seen(wanted)[:4]
        return
    assert seen(judged) == seen(wanted)
    # the facts of a hepatectomy include those of the last four weeks, from an assessment date
    assert odd == ({"fhir.not_used"} if as_of is None and had_hepatectomy(case) else set())
    assert {source.key for source in judged.sources} == stated_keys(case)


def had_hepatectomy(case: dict[str, Any]) -> bool:
    return json.loads(facts_text(case)).get("prior_hepatectomy") is True


def stated_keys(case: dict[str, Any]) -> set[str]:
    facts = {key: value for key, value in json.loads(facts_text(case)).items() if value is not None}
    more = {"anticoagulant_use"} if facts.get("coumarin_use") is True else set()
    return {*facts} | more


def test_lines_give_the_verdicts_of_the_bundle(tmp_path: Path) -> None:
    resources = as_resources(json.loads(facts_text(BOOK["P01"])))
    bundle = judge_file(write_bundle(tmp_path / "bundle.json", *resources))
    addressed = [
        {**one, "subject": {"reference": "Patient/p1"}} if "subject" in one else one
        for one in resources
    ]
    lines = judge_file(write_lines(tmp_path / "lines.ndjson", addressed[::-1]))
    assert seen(lines) == seen(bundle)
