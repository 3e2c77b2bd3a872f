"""Every record against its JSON Schema: no key that is not described, none described in vain."""

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema_rs import meta
from msgspec import structs

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.cohort.result import CaseResult, Refusal
from fl_planner.dossier.dossier import DossierQuestion, FinishedRun, as_dossier
from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.intake.documents.protocols import read_bundled_trials, read_protocols
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.cut_surface import CutSurface
from fl_planner.liver.transection import Territory, Wedges
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.planning.given.case import Embolisation, InputFile, Operation, Reading, ScoreFacts
from fl_planner.planning.growth.change import TimePoint
from fl_planner.planning.growth.story import GrowthStory, measure_growth
from fl_planner.planning.judgement import Grounds, judge_stated
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.dose import as_dose_record
from fl_planner.record.files.archive import (
    ArchiveFindRecord,
    ArchiveStudyRecord,
    ArchiveTransferRecord,
    GatewayRecord,
    GatewayRowRecord,
)
from fl_planner.record.files.carry import SpectAnswer, WeighedQuantity, as_spect_shift
from fl_planner.record.files.dossier import (
    AnswerChangeRecord,
    BookPatientRecord,
    ComparedAnswerRecord,
    DossierRecord,
    EarlierDossierRecord,
)
from fl_planner.record.files.segment import DrawnMaskRecord, EngineRecord, SegmentationRecord
from fl_planner.record.files.settings import as_settings
from fl_planner.record.files.validation import ValidationRecord
from fl_planner.record.function import as_function_record
from fl_planner.record.growth import PlanGrowthRecord, as_growth
from fl_planner.record.json_schema import DIALECT, names
from fl_planner.record.judgement import as_judgement_record
from fl_planner.record.over_time.new_case import as_new_centre
from fl_planner.record.over_time.worklist import (
    CaseLeftRecord,
    CohortCountKeys,
    CohortRecord,
    FaultRecord,
    FaultRowRecord,
    PlannedAgainRecord,
)
from fl_planner.record.plan import as_plan_record, as_record
from fl_planner.record.resections import as_resections_record
from fl_planner.record.volumes import as_volume_record
from fl_planner.space.mask import Author, Mask, unite
from fl_planner.trials.criterion import Centre, Offer
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.statements import Amount, Stated, parse_stated
from fl_planner.validation.crlm import SetPatient, as_validation
from fl_planner.validation.set_counts import SetCounts, read_counts
from fl_planner.workup.schema import describe_record
from fl_planner.workup.settings import KnownSetting
from fl_planner.y90.partition import Delivery
from tests.cases import each_case, of_many
from tests.cli.outside import BUNDLED, SMALL, ask, bundled, case_toml, told
from tests.dossier.dossiers import case as dossier_case
from tests.dossier.dossiers import file as dossier_file
from tests.function.studies import REFERENCE
from tests.intake.patients.fhir_records import ICD10, condition, stated, write_bundle
from tests.liver.lesions.test_slivers import BOX, having, part
from tests.masks import boxes, liver_part, moved, small_segments
from tests.niftis import both_forms, nifti, upright, write
from tests.nrrds import seg_nrrd, segment
from tests.patients import facts_text
from tests.patients import rows as patients
from tests.planning.assessment.test_function import given as scintigraphy
from tests.record import test_context as beside
from tests.record.functions import answered, by_region
from tests.record.planned import LEFT, NO_TUMOUR, WHOLE, made
from tests.record.schemas import (
    Key,
    Record,
    checker,
    declared,
    described,
    require_valid,
    schema_of,
    shown,
)
from tests.record.test_dose import FOUND
from tests.refusals import refuses
from tests.vessel_liver import GRID, RIGHT_PORTAL, SEGMENTS, VESSELS, vessel_anatomy
from tests.workup.agreement.readers import LIVER, write_readers
from tests.y90.studies import ANATOMY as TREATED_LIVER
from tests.y90.studies import GIVEN as DOSE
from tests.y90.studies import LUNGS, planar, spect

FUNCTION = BUNDLED / "function" / "function.toml"
UNCORRECTED = structs.replace(REFERENCE, corrected="NONE")  # for decay
RECORDS = [name for name in names() if name != "refusal"]
CASE = """
id = "case-001"
label = "Bed 12"
diagnosis = "crlm"
[patient]
height_cm = 180
weight_kg = 80
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
treated = "treated.nii"
exclude = { cyst = "cyst.nii", devascularised = "lost.nii" }
labelmap = "labels.nii"
[[plan]]
name = "left hepatectomy"
[[plan]]
name = "stage two"
resected_segments = [1]
embolised_segments = [1]
stages = 2
[baseline]
mask = "cyst.nii"
registered = true
[imaging]
ct = "liver.nii"
phase = "portal venous"
date = 2026-05-04
reader = "R1"
status = "verified"
[function]
date = 2026-05-06
[embolisation]
date = 2026-04-20
kind = "PVE"
segments = [1]
[facts]
ecog = 1
flr_function = { value = 2.69, unit = "%/min/m2" }
baseline_nontumorous_volume = { value = 1100, unit = "mL" }
lung_dose = { value = 8.4, unit = "Gy" }
platelets = { value = 214, unit = "10*9/L", date = 2026-05-02 }
[[accepted]]
code = "flr.lesions_stay"
by = "R1"
why = "to be ablated"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold a case with many parts, and what a second reader drew."""
    path = tmp_path_factory.mktemp("many")
    parts = {"flr": (0, 2400), "tumour": (2390, 2600), "treated": (4000, 8000)}
    SMALL.write(path, **parts, cyst=(100, 120), lost=(300, 340), again=(0, 2300))
    SMALL.file(path / "labels.nii", SMALL.segments())
    (path / "beside").mkdir()
    SMALL.file(path / "beside" / "liver.nii", SMALL.mask(0, 4000))
    SMALL.file(path / "beside" / "flr.nii", SMALL.mask(4000, 6000))
    (path / "beside" / "old").mkdir()
    SMALL.file(path / "beside" / "old" / "flr.nii", SMALL.mask(4000, 6000))
    SMALL.file(path / "gapped.nii", SMALL.segments() - SMALL.mask(0, 400))
    forms = both_forms((5.0, 5.0, 5.0), (-40.0, -60.0, 30.0))
    tissue = np.arange(22**3, dtype=np.int16).reshape((22, 22, 22))
    write(path / "tissue.nii", nifti(tissue, **forms))
    finer = both_forms((4.0, 5.0, 5.0), (-40.0, -60.0, 30.0))
    write(path / "other.nii", nifti(np.roll(SMALL.mask(7600, 8000), 3, 2), **finer))
    rows = upright((5.0, 5.0, 5.0), (-40.0, -60.0, 30.0))
    named = seg_nrrd([SMALL.mask(0, 2400)], rows, segment(0, "flr"))
    write(path / "named.seg.nrrd", named)
    case_toml(path, CASE)
    return path


def of_files(folder: Path) -> Iterator[Record]:
    """Give what the commands say of the case and its files."""
    case, again = folder / "case.toml", f"flr={folder}/again.nii"
    dated = ["--as-of", "2026-05-20", "--profile", "clinical"]
    yield told("plan", case, *dated, "--second-reader", again)
    yield told("volume", case)
    yield told("resections", case, "--named")
    yield told("check", folder / "labels.nii", folder / "tissue.nii", folder / "case.toml")
    yield told("check", folder / "liver.nii", folder / "other.nii", folder / "named.seg.nrrd")
    yield told("check", folder / "beside" / "liver.nii", folder / "beside" / "flr.nii")
    yield told("check", folder / "beside")
    yield told("check", folder / "beside" / "flr.nii", folder / "treated.nii")
    yield told("convert", folder / "named.seg.nrrd", "--to", folder / "out.nii")
    yield told("convert", folder / "tissue.nii", "--to", folder / "ct.nii.gz")
    flr = ["--liver", folder / "liver.nii", "--resected", folder / "treated.nii"]
    resampled = ["--tumour", folder / "other.nii", "--resample"]
    yield told("volume", *flr, *resampled)
    yield told("plan", *flr, *resampled)
    yield told("resections", case, *resampled)
    gapped = ["--liver", folder / "liver.nii", "--labelmap", folder / "gapped.nii", "--no-tumour"]
    of_segments = [*gapped, "--remnant-segments", "1,2"]
    yield from (told(command, *of_segments) for command in ("volume", "plan", "resections"))
    yield as_dict(as_function_record(replace(by_region(), ct_days=2)))
    gone = (Withdrawn("function", ("function.moved",), "the patient moved during the study"),)
    yield as_dict(as_function_record(answered(activity=UNCORRECTED), gone))


def of_studies() -> Iterator[Record]:
    """Give what the commands say of the bundled cases.

    What `spect-shift` says is in its own test, which takes seconds [workup/test_spect_shift.py].
    """
    for name in ("crlm", "hcc"):
        yield bundled(name, "--json").record
    yield from (told(command, FUNCTION) for command in ("plan", "function", "resections"))


def of_plans() -> Iterator[Record]:
    """Give plans with what the files above do not hold."""
    vessel = liver_part([[7, 8, 1, 11, 5, 6]], "portal_vein")
    anatomy = replace(WHOLE, segments=small_segments(), vessels={"portal_vein": vessel})
    contours = Finding("contours.derived", Severity.INFO, "drawn", "flr.nii.gz")
    drawn = as_record(made(anatomy, findings=(contours,), territory=Territory(("5",), True, 5.0)))
    assert drawn["ratios"]["flr"]["cv"]["contour_widening"] > 0
    yield drawn
    mirrored = Finding("remnant.side", Severity.ERROR, "is it mirrored?", "flr.nii.gz")
    withdrawn = made(anatomy, findings=(mirrored,))
    yield as_record(withdrawn)
    yield as_dict(as_volume_record(withdrawn.case, withdrawn.measured, ()))
    yield as_dict(as_resections_record(withdrawn, withdrawn.resections[:1]))
    letter = Stated({"flr_of_nontumorous_liver": Amount(Fraction(28), "%")})
    yield as_record(made(replace(WHOLE, flr=None), stated=letter))
    area = Stated({"treated_nontumorous_volume": Amount(Fraction("0.1"), "mL"), COVERS: True})
    by_facts = made(replace(WHOLE, treated=None), stated=area, diagnosis="hcc")
    yield as_record(by_facts)
    operation = Operation("two stages", ("1", "2", "3"), (), ("5",), 2)
    whole = replace(anatomy, flr=None, tumour=NO_TUMOUR)
    once = structs.replace(operation, name="at once", stages=1)
    yield as_record(made(whole, operations=(operation, once)))
    study = scintigraphy(activity=UNCORRECTED)
    size = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}
    counted = made(replace(WHOLE, segments=small_segments()), scintigraphy=study, **size)
    yield as_record(counted)
    yield as_dict(as_resections_record(counted, counted.resections))
    plane = CutPlane((25.0, 0.0, 0.0), (-1.0, 0.0, 0.0), "RAS")
    corners = ((25, 0, 0), (25, 90, 0), (25, 0, 90), (25, 90, 90))
    bent = CutSurface(corners, (-1.0, 0.0, 0.0), "RAS")
    cut = Operation(planes=(plane,), wedges=Wedges((1,)), surfaces=(bent,))
    yield as_record(made(replace(anatomy, flr=None), operations=(cut, cut)))


COVERS = "treated_covers_tumour"


def of_origins() -> Iterator[Record]:
    """Give plans whose masks were drawn by a program, and whose masks were carried."""
    engine = Author("automatic", "an engine", "1.0")
    assert WHOLE.flr is not None
    resected = WHOLE.liver - WHOLE.flr
    parts = {"liver": WHOLE.liver, "tumour": WHOLE.tumour, "treated": resected}
    for last in ({"flr": WHOLE.flr}, {"resected": resected}):
        for carried in (False, True):

            def change(mask: Mask, carried: bool = carried) -> Mask:
                return replace(mask, carried_mm=2.0) if carried else mask.drawn_by(engine)

            drawn = {key: change(mask) for key, mask in {**parts, **last}.items() if mask}
            segments = {key: change(mask) for key, mask in small_segments().items()}
            given: dict[str, Any] = {"flr": None, **drawn, "segments": segments}
            anatomy = replace(WHOLE, **given)
            flr = change(WHOLE.flr)
            operations = (Operation("one", flr=flr), Operation("other", flr=flr))
            plan = made(anatomy, operations=operations)
            yield as_record(plan)
            yield as_dict(as_volume_record(plan.case, plan.measured, ()))
            yield as_dict(as_resections_record(plan, plan.resections[:1]))


def of_slivers() -> Iterator[Record]:
    """Give a lesion of 217 voxels with one in segment 4, which two plans and resections leave."""
    flr = part([[1, 7, 1, 11, 1, 11]], "flr")
    operations = (Operation("drawn"), Operation("left", ("1", "2", "3", "4")))
    plan = made(replace(having(BOX, {"4": 1}), flr=flr), operations=operations)
    yield as_record(plan)
    yield as_dict(as_resections_record(plan, plan.resections))


def of_vessels() -> Iterator[Record]:
    """Give plans that cut branches by place and by name, and trees that tell nothing."""
    place = BranchCut("hepatic", (116.0, 30.0, 42.0))
    segments = {name: boxes(GRID, [spans], name) for name, spans in SEGMENTS.items()}
    operations = (Operation("cut", cuts=(RIGHT_PORTAL, place)),)
    plan = made(vessel_anatomy(segments=segments), operations=operations)
    yield as_record(plan)
    yield as_dict(as_resections_record(plan, plan.resections))
    few = {"portal_veins": VESSELS["left_portal_vein"]}
    yield as_record(made(vessel_anatomy(vessels=few)))
    yield as_record(made(vessel_anatomy()))  # without cuts, nothing is uncertain
    label = {"liver_vessels": unite(VESSELS.values())}
    roots = {"portal": (80.0, 32.0, 24.0), "hepatic": (80.0, 32.0, 44.0)}
    points = {"portal": ((100.0, 32.0, 24.0),)}
    yield as_record(
        made(vessel_anatomy(vessels=label), vessel_roots_mm=roots, vessel_points_mm=points)
    )


def of_doses() -> Iterator[Record]:
    """Give doses by studies and by typed numbers."""
    moment = datetime(2026, 5, 20, 12, tzinfo=UTC)
    both = replace(
        DOSE, planar=planar(), spect=spect(lungs=LUNGS), decides="planar", ct_lung_kg=Fraction(1),
        lung_mass_kg=Fraction("0.9"), tumour_dose_gy=Fraction(200), calibrated_at=moment,
        administered_at=moment, delivery=Delivery(Fraction("0.02"), Fraction(0)),
    )  # fmt: skip
    counted = replace(both, lung_shunt=None, tumour_to_normal=None, ct_lung_kg=Fraction("0.8"))
    for given in (both, counted, replace(DOSE, tumour_to_normal=None)):
        plan = made(TREATED_LIVER, diagnosis="hcc", dose=given, id="case-001")
        yield as_dict(as_dose_record(plan, "clinical"))
        yield as_record(plan)


def of_growth() -> Iterator[Record]:
    """Give the growth of a remnant between two scans, with all that may be told of it."""
    function = Stated({"flr_function": Amount(Fraction("2.4"), "%/min/m2")})
    case = {"height_cm": Fraction(180), "weight_kg": Fraction(80), "stated": function,
            "operations": (Operation("right hepatectomy"),), "id": "case-001", "label": "Bed 12",
            "embolisation": Embolisation(date(2026, 3, 2), "PVE", ("5",))}  # fmt: skip
    reading = Reading("R1", "draft", "portal venous")
    files = [(InputFile("flr", "flr.nii", "nifti1", digit * 64),) for digit in "ab"]
    plans = [made(moved(WHOLE, mm), reading=reading, **case) for mm in (0, 1)]
    days = (date(2026, 2, 20), date(2026, 3, 23))
    points = [
        TimePoint(replace(one, case=structs.replace(one.case, inputs=own)), on)
        for one, own, on in zip(plans, files, days, strict=True)
    ]
    yield from of_story(measure_growth(points))
    yield from of_endpoints()
    barred = (
        Withdrawn("flr", ("remnant.side",), "it is mirrored"),
        Withdrawn("lesions", ("case.mask_changed",), "another version"),
    )
    withdrawn = replace(points[1], plan=replace(points[1].plan, withdrawn=barred))
    yield from of_story(measure_growth([points[0], withdrawn]))


def of_endpoints() -> Iterator[Record]:
    """Give endpoints over scans: lesions gone, new, unclear, drawn once, scores, function."""
    lesions = ([5, 9, 2, 3, 5, 6], [5, 8, 5, 6, 5, 6], [11, 14, 8, 9, 5, 6])
    unclear = ([11, 12, 8, 9, 5, 6], [13, 14, 8, 9, 5, 6], [1, 2, 9, 10, 9, 10])
    masks = (lesions, (lesions[0], *unclear), lesions[:1], lesions[:1])
    days = [date(2026, 3, 2) + timedelta(days=day) for day in (0, 21, 42, 63)]
    points = []
    for at, spans, on in zip((1, 2, 3, 4), masks, days, strict=True):
        values: dict[str, Any] = {
            "albumin": Amount(Fraction(40), "g/L", on), "ecog": Fraction(1),
            "bilirubin_total": Amount(Fraction(20), "umol/L", on), "chemo_liver_damage": False,
            "largest_lesion": Amount(Fraction(4), "cm"),
            "recist_response_after_chemo": "stable_disease",
        }  # fmt: skip
        corner = liver_part([[1, 2, 1, 2, at, at + 1]], "corner")  # no two scans are drawn alike
        drawn = replace(WHOLE, liver=WHOLE.liver - corner, flr=LEFT - corner)
        plan = made(
            replace(drawn, tumour=liver_part([*spans], "tumour")), stated=Stated(values),
            embolisation=Embolisation(days[0], "PVE", (), date(2026, 7, 1)),
            scintigraphy=scintigraphy(), height_cm=Fraction(180), weight_kg=Fraction(80),
        )  # fmt: skip
        points.append(TimePoint(plan, on))
    yield from of_story(measure_growth(points))


def of_story(story: GrowthStory) -> Iterator[Record]:
    """Give a story by itself, and in the plan of its last scan."""
    told_of = as_growth(story, "clinical")
    yield as_dict(told_of)
    plan = as_plan_record(story.points[-1].plan)
    yield as_dict(structs.replace(plan, growth=PlanGrowthRecord(story=told_of.story)))


def of_scores() -> Iterator[Record]:
    """Give every score known, and why one is not."""
    on = {"date": date(2026, 5, 2)}
    stated, _ = parse_stated({
        "bilirubin_total": {"value": 20, "unit": "umol/L", **on},
        "albumin": {"value": 40, "unit": "g/L", **on}, "inr": {"value": 1, "unit": "1", **on},
        "creatinine": {"value": 85, "unit": "umol/L", **on}, "ascites": "none",
        "sex": "male", "age": {"value": 61, "unit": "a"},
    })  # fmt: skip
    more = ScoreFacts(Fraction(138), on["date"], "none", False)
    plan = made(score_facts=more, stated=stated, as_of=date(2026, 5, 20), weight_kg=Fraction(80))
    yield as_record(plan, "clinical")


def of_context() -> Iterator[Record]:
    """Give all that stands beside a remnant, and one that lacks a part."""
    yield beside.everything()
    yield beside.record({**beside.FACTS, "ast_uln": None})


def of_trials(folder: Path) -> Iterator[Record]:
    """Give trials, and a patient for whom two of them fit at a centre."""
    yield told("trials", "list")
    yield told("trials", "show", "NCT05428735")
    yield told("trials", "judge", folder / "case.toml", "--as-of", "2026-05-20")
    letter = '{"crlm_present": true, "flr_of_nontumorous_liver": {"value": 28, "unit": "%"}}'
    (folder / "letter.json").write_text(letter, "utf-8")
    reserve = 'schema = 1\n[facts]\nhcc_present = true\n[context]\nhvpg = { value = 8, unit = "'
    (folder / "reserve.toml").write_text(f'{reserve}mm[Hg]" }}\n', "utf-8")
    yield told("trials", "judge", folder / "reserve.toml")
    yield told("trials", "judge", folder / "letter.json")
    yield of_record(folder, "trials", "judge")
    yield from of_patients(patients("cases")[::10])


def of_record(folder: Path, *command: str) -> Record:
    """Give what is written of the resources of an electronic record."""
    seen = stated("cirrhosis", valueBoolean=False, id="o1", effectiveDateTime="2026-05-02")
    person = {"resourceType": "Patient", "id": "p1"}
    bundle = write_bundle(folder / "record.json", person, seen, condition(ICD10, "C78.7"))
    return told(*command, bundle, "--as-of", "2026-05-20", "--profile", "clinical")


def of_patients(rows: Iterable[Any]) -> Iterator[Record]:
    """Give what trials say of patients at a centre that lists none: all by referral."""
    centre = Centre("Site 7", date(2026, 11, 1))
    for row in rows:
        as_of = date.fromisoformat(row["as_of"]) if "as_of" in row else None
        grounds = Grounds(read_bundled_trials(), read_protocols(), centre, as_of)
        judged = judge_stated(parse_facts(facts_text(row), "facts.json"), grounds)
        told_of = as_judgement_record(judged, (), judged.findings, case_id=row["id"])
        yield as_dict(told_of)


def over_time(folder: Path) -> Iterator[Record]:
    """Give a log, whole and changed, and outputs that hold and that do not."""
    log, case, out = folder / "log.sqlite", folder / "case.toml", folder / "plan.json"
    dated = ["--as-of", "2026-05-20"]
    out.write_bytes(ask("plan", case, *dated, "--log", log, "--json").stdout)
    yield told("verify", out, case, *dated)
    yield told("log", log, "--profile", "clinical")
    other = folder / "moved.json"
    other.write_text(out.read_text("utf-8").replace("0.1.0", "0.0.9"), "utf-8")
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "liver.nii").write_bytes(b"")
    yield told("verify", other.rename(folder / "elsewhere" / "plan.json"))
    with closing(sqlite3.connect(log)) as base:
        base.execute("DROP TRIGGER entry_no_UPDATE")
        base.execute("UPDATE entry SET case_id = 'another'")
        base.commit()
    yield ask("log", log, "--json").record  # status 2, and what still holds of it


LIST = """\
id,crlm_present,hcc_present,platelets [10*9/L],labs_age [d],prior_systemic_therapy_crc,prior_pve_hve
p1,yes,no,214,9,no,
p2,no,yes,90,99999,no,
p3,no,no,x,,,
p4,yes,no,214,9,no,yes
"""


def of_cohort() -> CohortRecord:
    """Tell a cohort of four: planned, refused and failed."""
    names = ("cases", "planned", "refused", "failed", "held", "held_by_hash", "left_out")
    counts = CohortCountKeys(**dict(zip(names, (4, 2, 1, 1, 1, 0, 3), strict=True)))
    refused = CaseLeftRecord(
        id="p3", number=3, status="refused", code="mask.empty", file="flr.nii",
        reason="no voxel set", remedy="check the label number",
    )  # fmt: skip
    failed = CaseLeftRecord(id="p4", number=4, status="failed", reason="took longer than 30 min")
    again = (PlannedAgainRecord(changed="its files", cases=1),)
    left = (refused, failed)
    fault = FaultRecord(
        fault="ecog: give a whole number", remedy="correct the cells", count=1, judged=True,
        rows=(FaultRowRecord(row=2, id="p1"),),
    )  # fmt: skip
    return CohortRecord(
        refusal=None, counts=counts, planned_again=again, without_plan=left, faults=(fault,)
    )


def of_validation() -> ValidationRecord:
    """Tell of patients of a public set: with another count, refused, and unreadable."""
    counts = SetCounts(liver=1000, remnant=290, hepatic=9, portal=9, tumour=720)
    refused = Refusal(code="mask.empty", source="flr.nii", reason="no voxel set", remedy="check")
    plan = as_plan_record(made())
    here = Path("cases")
    planned = CaseResult("CRLM-CT-1001", "planned", here, plan)
    unplanned = CaseResult("CRLM-CT-1002", "refused", here, refusal=refused)
    unread = InputRefused("validation.liver", "CRLM-CT-1003", "no liver", "name it")
    given = {
        planned.id: SetPatient(counts, planned),
        unplanned.id: SetPatient(read_counts()[unplanned.id], unplanned),
        "CRLM-CT-1003": SetPatient(None, unplanned, unread),
        "CRLM-CT-9999": SetPatient(counts, planned),
    }
    return as_validation(given, images=True)


def of_dossier() -> DossierRecord:
    """Tell of a run with every outcome, and of an earlier one."""
    patient = BookPatientRecord(id="x", facts={"sex": ("female",)}, answers={"route": "C1"})
    refused = dossier_case(
        "p2", "refused", answers={}, code="mask.empty", reason="no voxel", remedy="check"
    )
    text = ComparedAnswerRecord(name="route", expected="a", answer=None, outcome="refused")
    other = dossier_case("p3", "refused", compared=(text,), inputs=(dossier_file("a"),))
    done = FinishedRun(
        (dossier_case("p1", "passed"), refused, other), (patient,), 1, read_bundled_trials()
    )
    change = AnswerChangeRecord(
        group="own", id="p1", name="route", before="a", after=None, files_changed=True
    )
    earlier = EarlierDossierRecord(
        file="a.json", sha256="0" * 64, version="0.0.9", commit=None, compared=1,
        not_compared=("p9",), added=1,
    )  # fmt: skip
    table = InputFile("cases", "cases.csv", "csv", "0" * 64)
    return as_dossier(DossierQuestion(Path("dossier")), done, (table,), earlier, (change,))


def of_lists(folder: Path) -> Iterator[Record]:
    """Give worklists, and what became of a patient."""
    table, log, many = folder / "list.csv", folder / "outcomes.sqlite", folder / "patients"
    table.write_text(LIST, "utf-8")
    yield told("new-case", folder / "new.toml", "--diagnosis", "crlm")
    centre = Centre("Site 7", date(2026, 11, 1), {"NCT05428735": Offer("open")})
    yield as_dict(as_new_centre("centre.toml", centre, read_bundled_trials()))
    said = (KnownSetting("size_limit", 8, "option"), KnownSetting("size_limit", 4, "project", 3))
    yield as_dict(as_settings({"size_limit": said, "bom": (KnownSetting("bom", True, "user", 2),)}))
    yield told("outcome", log, "p2", "NCT06178198", "consented")
    yield told("outcome", log, "p2", "NCT06178198", "screen_failure", "--criterion", "I7")
    yield told("outcome", log, "p2", "--withdraw", 2)
    yield told("outcome", log, "p2", "NCT06178198", "screen_failure", "--criterion", "I7")
    for words in (("consented",), ("treated", "--arm", "I"), ("resected",)):
        yield told("outcome", log, "p3", "NCT06449937", *words)
    for words in (("consented",), ("randomised", "--arm", "PVE")):
        yield told("outcome", log, "p1", "NCT05428735", *words)
    for id_ in ("p1", "P1"):
        yield told("outcome", folder / "alike.sqlite", id_, "NCT06178198", "approached")
    yield as_dict(of_cohort())
    yield as_dict(of_validation())
    yield as_dict(of_dossier())
    yield told("log", log)
    yield told("outcome", log, "p1", "--withdraw", 9)
    yield told("outcome", log, "p1", "NCT05428735", "randomised", "--arm", "PVE")
    yield told("log", log)
    ran = ask("screen", table, "--outcomes", log, "--json")
    assert ran.status == 3
    yield ran.record
    many.mkdir()
    facts = {
        "crlm_present": True, "sex": "male", "age": {"value": 55, "unit": "a"},
        "creatinine": {"value": 1.09, "unit": "mg/dL"},
        "flr_of_nontumorous_liver": {"value": 28, "unit": "%"},
    }  # fmt: skip
    (many / "a.json").write_text(json.dumps(facts), "utf-8")
    (many / "b.json").write_text("[]", "utf-8")
    shutil.copytree(BUNDLED / "crlm", many / "crlm")
    yield ask("screen", many, "--profile", "clinical", "--json").record
    part = ("--trial", "dragon2", "--only", "undecided", "--top", "1")
    yield ask("screen", many, *part, "--json").record
    yield of_record(many, "screen")


def of_carried(folder: Path) -> Iterator[Record]:
    """Give what is said of a mask that was carried onto its own scan, and of a plan with it."""
    masks = '[masks]\nliver = "liver.nii"\nno_tumour = true\n'
    for name, more in (("a", 'flr = "flr.nii"\n'), ("b", "")):
        case_toml(folder, masks + more, f"{name}.toml")
    given = ["--from", folder / "a.toml", "--to", folder / "b.toml", "--out", folder / "carried"]
    yield told("carry", *given, "--rigid")
    laid = ("spect_on_ct.nii.gz", b"a moved SPECT")
    moved_file = InputFile("spect", "spect.nii.gz", "nifti1", "ab" * 32)
    doubt = Finding("spect.moved", Severity.WARNING, "look", "spect.nii.gz")
    weighed = (WeighedQuantity("flr_share", 31.5, 30.0),)
    answer = SpectAnswer("function", "spect.nii.gz", FOUND, weighed, (moved_file,), (doubt,), laid)
    yield as_dict(as_spect_shift(answer))
    flr = folder / "carried" / "flr.nii.gz"
    yield told("plan", "--liver", folder / "liver.nii", "--flr", flr, "--no-tumour")


def of_readers(folder: Path) -> Iterator[Record]:
    """Give what two readers of several cases come to, a consensus, and a plan with their CV."""
    place = folder / "readers"
    readers = write_readers(place)
    LIVER.file(readers[0] / "p01" / "segments.nii", LIVER.segments())
    LIVER.file(readers[1] / "p01" / "segments.nii", LIVER.segments(2))
    shutil.copytree(readers[0] / "p02", readers[0] / "px")
    shutil.copytree(readers[0] / "p02", readers[1] / "px")
    (readers[1] / "px" / "liver.nii").write_bytes(b"no image")
    asked = ("agree", *readers, "--no-tumour", "--json")
    yield ask(*asked, "--out", place / "a", "--consensus", "staple").record
    case = folder / "own.toml"
    masks = f'[masks]\nliver = "{readers[0]}/p01/liver.nii"\nflr = "{readers[0]}/p01/flr.nii"\n'
    case_toml(folder, f"{masks}no_tumour = true\n", case.name)
    centre = folder / "own-centre.toml"
    centre.write_text(OWN_CENTRE, "utf-8")
    yield told("plan", case, "--centre", centre)


def of_engines() -> Iterator[Record]:
    """Give a segmentation by an engine."""
    mask = DrawnMaskRecord(
        file="tumour.nii.gz", role="tumour", sha256="0" * 64, volume_ml=0.0, used=False
    )
    engine = EngineRecord(
        name="mine", title="Mine", version="1.0", weights_sha256="0" * 64,
        licence="for research", offline=True,
    )  # fmt: skip
    yield as_dict(
        SegmentationRecord(
            refusal=None, inputs=(), engine=engine, folder="draft", case_file="case.toml",
            masks=(mask,), findings=(),
        )
    )  # fmt: skip


def of_archives() -> Iterator[Record]:
    """Give studies found, a transfer, and the worklist of a gateway."""
    study = ArchiveStudyRecord(study_uid="1.2", date="20260504", modalities=("CT",), instances=3)
    yield as_dict(ArchiveFindRecord(refusal=None, archive="pacs", studies=(study,)))
    yield as_dict(
        ArchiveTransferRecord(
            refusal=None, action="withdraw", archive="pacs", objects=5, new=1, folder="results",
            reasons=("flr: was 31, now 32",),
        )
    )  # fmt: skip
    row = GatewayRowRecord(
        id="study-2", state="planned", images_missing=1, flr_percent=31.5, flr_percent_shown="31.5",
        denominator="measured_nontumour",
        headline="FLR 31.5 %", warnings=1, archive="pacs", replaces="study-1",
        superseded_by="study-3", changed_drawings=1, attempts=1,
        code="archive.login", reason="refused", remedy="check it",
    )  # fmt: skip
    yield as_dict(GatewayRecord(refusal=None, rows=(row,)))


OWN_CENTRE = """\
schema = 1
name = "Site 7"
as_of = 2026-11-01
[reading_error]
cv = 0.2
cases = 20
df = 20
origin = "drawn"
source = "two readers"
"""


@pytest.fixture(scope="module")
def records(folder: Path) -> list[Record]:
    """Hold each record against its schema."""
    told_by_all = (
        of_files(folder), of_plans(), of_trials(folder), over_time(folder), of_lists(folder),
        of_slivers(), of_origins(), of_vessels(), of_doses(), of_growth(), of_scores(),
        of_context(), of_carried(folder), of_readers(folder), of_archives(), of_engines(),
    )  # fmt: skip
    every = [record for each in told_by_all for record in each]
    return [require_valid(record) for record in (*every, told("schema"))]


@pytest.fixture(scope="module")
def seen(records: list[Record]) -> set[Key]:
    """Gather the described keys that any of the records has."""
    return {
        key for record in records for key in shown(declared(record["schema"].split("/")[1]), record)
    }


@pytest.mark.slow
def test_studies_and_every_patient_fit_their_schemas() -> None:
    book = patients("cases")
    for record in (*of_studies(), *of_patients(of_many(book[::6], book))):
        require_valid(record)


@pytest.mark.slow
@each_case("name", names())
def test_each_is_a_schema_of_the_draft_it_names(name: str) -> None:
    schema = describe_record(name)
    assert schema["$schema"] == DIALECT
    meta.validate(schema)


def test_a_schema_of_no_record_is_refused_with_the_nearest_name() -> None:
    with refuses("schema.unknown") as refused:
        describe_record("plans")
    assert "did you mean plan?" in refused.value.remedy


@each_case("name", RECORDS)
def test_every_key_that_is_described_is_written(name: str, seen: set[Key]) -> None:
    wanted = described(declared(name))
    # a patient has some of the facts; that each is one of the trials' is tested below
    never = {place for key, place in wanted if key not in seen and ".facts." not in place}
    assert sorted(never) == []


def test_the_facts_described_are_those_of_the_trials() -> None:
    facts = schema_of("plan")["oneOf"][0]["properties"]["facts"]["properties"]
    assert set(facts) == set(FACTS)
    assert facts["ecog"]["type"] == "integer"
    assert facts["sex"]["enum"] == ["female", "male"]
    assert facts["flr_fraction"]["type"] == "number"


@pytest.mark.parametrize(
    "args",
    [
        ("plan", "--flr", "none.nii"), ("volume",), ("trials", "judge", "none.json"),
        ("trials", "show", "none"), ("check", "none.nii"), ("resections",), ("demo", "none"),
        ("convert", "none.nii", "--to", "none.nii.gz"), ("log", "none.sqlite"),
        ("verify", "none.json"), ("schema", "none"), ("calc", "none"), ("none",),
        ("screen", "none.csv"), ("outcome", "none.sqlite", "p1", "none", "approached"),
        ("new-case", "none"),
    ],
    ids=lambda args: "-".join(args[:2]),
)  # fmt: skip
def test_every_refusal_fits_the_schema_of_its_command(args: tuple[str, ...]) -> None:
    ran = ask(*args, "--json")
    assert ran.status == 2
    assert checker(schema_of("refusal")).is_valid(ran.record)
    command = args[0]
    if command in RECORDS:
        assert checker(schema_of(command)).is_valid(ran.record)
        number = 2 if command in ("plan", "resections", "trials", "screen") else 1
        assert ran.record["schema"] == f"fl-planner/{command}/{number}"


def test_a_demo_that_is_refused_fits_the_schema_of_plans() -> None:
    assert checker(schema_of("plan")).is_valid(ask("demo", "none", "--json").record)


@pytest.mark.parametrize("command", ["plan", "volume", "trials", "check"])
def test_another_command_s_refusal_does_not_fit(command: str) -> None:
    assert not checker(schema_of(command)).is_valid(ask("log", "none", "--json").record)


def test_a_key_too_many_too_few_or_of_another_kind_is_seen(records: list[Record]) -> None:
    plan = records[0]
    schema = checker(schema_of("plan"))
    assert schema.is_valid(plan)
    assert not schema.is_valid({**plan, "patient_name": "x"})
    assert not schema.is_valid({**plan, "version": 1})
    assert not schema.is_valid({**plan, "facts": {"ecog": "1"}})
    for key in ("findings", "voxels", "rules", "schema"):
        assert not schema.is_valid({name: entry for name, entry in plan.items() if name != key})


def test_the_list_names_every_schema(records: list[Record]) -> None:
    assert [one["name"] for one in records[-1]["schemas"]] == [*names()]
    for name in names():
        assert ask("schema", name).record == schema_of(name)
