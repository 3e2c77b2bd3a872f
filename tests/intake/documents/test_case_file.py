"""A case file: every error at once, each with its key, its line and the nearest right name."""

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.planning.given.case import Accepted, InputFile, Operation, Reading
from fl_planner.trials.statements import Amount
from tests.cases import each_case, sure

SHA = "0" * 64

WHOLE = f"""schema = 1
id = "case-001"
label = "Bed 12"
diagnosis = "crlm"

[masks]
liver = "liver.nii.gz"
tumour = "below/tumour.nii.gz"
flr = "/elsewhere/flr.nii.gz"
resected = "../resected.nii.gz"
treated = "treated.nii.gz"
labelmap = {{ file = "segments.nii.gz", scheme = "couinaud" }}
exclude = {{ cyst = "cyst.nii.gz" }}
absent_segments = [1]
no_tumour = false
gaps_to_nearest = true

[[plan]]
name = "right hepatectomy"
remnant_segments = [1, 2, 3, 4]

[[plan]]
name = "left hepatectomy"
resected_segments = ["II", "segment_3", "IVa", "4B"]
embolised_segments = [2, 3]
stages = 2
clearing_margin_mm = 7.5
flr = "left.nii.gz"

[patient]
height_cm = 171.5
weight_kg = 80

[imaging]
ct = "ct.nii.gz"
phase = "portal venous"
date = 2026-05-04
reader = "R1"
status = "verified"
sha256 = {{ liver = "{SHA}", "exclude cyst" = ["{SHA}", "{"f" * 64}"] }}

[facts]
age = {{ value = 61, unit = "a" }}
chemo_liver_damage = true
largest_lesion = {{ value = 2.60, unit = "cm" }}
platelets = {{ value = 214, unit = "10*9/L", date = 2026-05-02 }}

[[accepted]]
code = "geometry.both_codes_zero"
by = "R1"
why = "exported by our workstation"
"""


def write(folder: Path, text: str | bytes, name: str = "case.toml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refuse(folder: Path, text: str | bytes) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        read_case_file(write(folder, text))
    assert caught.value.source == "case.toml"
    return caught.value


def errors(folder: Path, text: str) -> list[str]:
    refused = refuse(folder, text)
    assert refused.code == "case.unreadable"
    assert refused.remedy == (
        "correct these keys; fl-planner new-case NEW.toml --diagnosis crlm (or hcc) lists keys, "
        "units and codes"
    )
    first, *rest = refused.reason.split("; line ")
    number, words, told = first.rpartition(" errors: ")
    found = [told.removeprefix("line "), *rest]
    assert (len(found) == int(number)) if words else (len(found) == 1)
    return found


def test_everything_that_a_case_file_may_hold(tmp_path: Path) -> None:
    request = read_case_file(write(tmp_path, WHOLE))
    files = request.files
    assert files.masks == {
        "liver": tmp_path / "liver.nii.gz",
        "tumour": tmp_path / "below" / "tumour.nii.gz",
        "flr": Path("/elsewhere/flr.nii.gz"),
        "resected": tmp_path / ".." / "resected.nii.gz",
        "treated": tmp_path / "treated.nii.gz",
    }
    assert files.excluded == {"cyst": tmp_path / "cyst.nii.gz"}
    assert (files.label_map, files.scheme) == (tmp_path / "segments.nii.gz", "couinaud")
    assert files.absent_segments == {"1"}
    assert (files.no_tumour, files.gaps_to_nearest) == (False, True)
    assert request.ct == tmp_path / "ct.nii.gz"
    assert (request.id, request.label, request.diagnosis) == ("case-001", "Bed 12", "crlm")
    assert request.operations == (
        Operation("right hepatectomy", ("1", "2", "3", "4")),
        Operation(
            "left hepatectomy",
            ("1", "5", "6", "7", "8"),
            resected_segments=("2", "3", "4a", "4b"),
            embolised_segments=("2", "3"),
            stages=2,
            clearing_margin_mm=7.5,
        ),
    )
    assert files.planned == {"plan 2 flr": tmp_path / "left.nii.gz"}
    assert (request.height_cm, request.weight_kg) == (Fraction(343, 2), Fraction(80))
    assert request.reading == Reading("R1", "verified", "portal venous", date(2026, 5, 4))
    assert request.expected_sha256 == (
        ("liver", SHA),
        ("exclude cyst", SHA),
        ("exclude cyst", "f" * 64),
    )
    assert request.stated.values == {
        "age": Amount(Fraction(61), "a"),
        "chemo_liver_damage": True,
        "largest_lesion": Amount(Fraction(13, 5), "cm"),
        "platelets": Amount(Fraction(214), "10*9/L", date(2026, 5, 2)),
    }
    assert set(request.stated.files.values()) == {"case.toml"}
    why = "exported by our workstation"
    assert request.accepted == (Accepted("geometry.both_codes_zero", "R1", why),)
    digest = hashlib.sha256(WHOLE.encode()).hexdigest()
    assert request.case_file == InputFile("case", "case.toml", "toml", digest)


def test_the_least_that_a_case_file_may_hold(tmp_path: Path) -> None:
    request = read_case_file(write(tmp_path, "schema = 1\n[masks]\n"))
    assert request.files.masks == {}
    assert (request.id, request.diagnosis, request.ct, request.as_of) == (None, None, None, None)
    assert (request.operations, request.accepted, request.expected_sha256) == ((), (), ())
    assert request.reading == Reading()


@each_case(
    "typed, kind",
    [
        *[("pve", "PVE"), ("Y90", "Y90"), ("alpps", "ALPPS"), ("elvd", "PVE/HVE")],
        *[("PVL", "PVE"), ("pvl", "PVE")],  # portal vein ligation as PVE [trials.md 7.2]
    ],
)
def test_an_acronym_is_read_in_small_letters_too(typed: str, kind: str, tmp_path: Path) -> None:
    done = f'[embolisation]\nkind = "{typed}"\ndate = 2026-03-02\n'
    roots = '[vessels]\nportal_root_mm = [4, -20, 60]\nframe = "lps"\n'
    read = read_case_file(write(tmp_path, f"schema = 1\n[masks]\n{done}{roots}"))
    assert read.embolisation is not None
    assert read.embolisation.kind == kind
    assert read.vessel_roots_mm == {"portal": (-4.0, 20.0, 60.0)}


def test_a_label_map_by_its_name_alone(tmp_path: Path) -> None:
    text = 'schema = 1\n[masks]\nlabelmap = "segments.nii"\n'
    files = read_case_file(write(tmp_path, text)).files
    assert (files.label_map, files.scheme) == (tmp_path / "segments.nii", None)


def test_a_label_map_with_labels_of_one_s_own(tmp_path: Path) -> None:
    text = """schema = 1
[masks]
[masks.labelmap]
file = "x.nii"
labels = { 1 = "liver", 2 = "tumour", 7 = "IVa", 9 = "flr", 10 = "exclude scar", 11 = "spleen" }
"""
    files = read_case_file(write(tmp_path, text)).files
    assert (files.label_map, files.scheme) == (tmp_path / "x.nii", None)
    assert files.labels == {
        1: "liver", 2: "tumour", 7: "segment_4a", 9: "flr", 10: "exclude scar", 11: "spleen",
    }  # fmt: skip


def test_decimals_are_exact(tmp_path: Path) -> None:
    text = 'schema = 1\n[masks]\n[facts]\nflr_function = { value = 2.67, unit = "%/min/m2" }\n'
    amount = read_case_file(write(tmp_path, text)).stated.values["flr_function"]
    assert amount == Amount(Fraction(267, 100), "%/min/m2")
    assert Fraction(2.67) != Fraction(Decimal("2.67"))


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + WHOLE.encode(),
        WHOLE.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode(),
        WHOLE.replace("Bed 12", "Bett 12 é 肝 \U0001fac0").encode(),
    ],
)
def test_what_editors_make_of_a_text_is_read(content: bytes, tmp_path: Path) -> None:
    request = read_case_file(write(tmp_path, content))
    assert request.id == "case-001"
    assert sure(request.case_file).sha256 == hashlib.sha256(content).hexdigest()


# Lines of a case file, and what is told of them; each follows "schema = 1" but those with a "!".
ONE_ERROR = """
! # / [masks] / liver = "a" => schema: is missing
! schema = 2 / [masks] => 1: schema: this version of fl_planner reads schema = 1
! schema = "1" / [masks] => 1: schema: this version of fl_planner reads schema = 1
masks = 3 => 2: masks: give a table of keys
[masks] / livr = "a" => 3: masks.livr: unknown key; did you mean liver?
[masks] / xyz = "a" => 3: masks.xyz: unknown key
diagnose = "crlm" / [masks] => 2: diagnose: unknown key; did you mean diagnosis?
[masks] / liver = 3 => 3: masks.liver: give text in quotes
[masks] / liver = "" => 3: masks.liver: must not be empty
id = "" / [masks] => 2: id: must not be empty
diagnosis = "CRC" / [masks] => 2: diagnosis: give 'crlm', 'hcc' or 'other'
[masks] / no_tumour = "yes" => 3: masks.no_tumour: give true or false
[masks] / absent_segments = [9]
    => 3: masks.absent_segments.0: give a segment: 1 to 8, I to VIII, 4a or 4b
[masks] / [[plan]] / remnant_segments = [2, 0]
    => 4: plan.0.remnant_segments.1: give a segment: 1 to 8, I to VIII, 4a or 4b
[masks] / [[plan]] / embolised_segments = ["IX"]
    => 4: plan.0.embolised_segments.0: give a segment: 1 to 8, I to VIII, 4a or 4b
[masks] / [[plan]] / remnant_segments = [-4]
    => 4: plan.0.remnant_segments.0: give a segment: 1 to 8, I to VIII, 4a or 4b
[masks] / [[plan]] / remnant_segments = [true]
    => 4: plan.0.remnant_segments.0: give a segment: 1 to 8, I to VIII, 4a or 4b
[masks] / [[plan]] / remnant_segments = 2 => 4: plan.0.remnant_segments: give a list in brackets
[masks] / [[plan]] / remnant_segments = [2.5]
    => 4: plan.0.remnant_segments.0: give a segment: 1 to 8, I to VIII, 4a or 4b
[masks] / [[plan]] / remnant_segments = [2] / resected_segments = [3]
    => 5: plan.0.resected_segments: give either this or remnant_segments
[masks] / [[plan]] / resected_segments = [1, 2, 3, 4, 5, 6, 7, 8]
    => 3: plan.0: resected_segments include every segment; omit the segments of the remnant
[masks] / [[plan]] / flr = "a" / resected = "b" => 5: plan.0.resected: give either this or flr
[masks] / resected = "a" / [[plan]] / flr = "b"
    => 5: plan.0.flr: the first plan's remnant is also given in [masks]
[masks] / [[plan]] / name = "a" / [[plan]] / name = "a" => 6: plan.1.name: plan.0 is also named 'a'
[masks] / labelmap = { file = "a", labels = { a = "liver" } }
    => 3: masks.labelmap.labels.a: give a label number of 1 or more; 0 is the background
[masks] / labelmap = { file = "a", labels = { 0 = "liver" } }
    => 3: masks.labelmap.labels.0: give a label number of 1 or more; 0 is the background
[masks] / labelmap = { file = "a", labels = { 1 = "liver", 2 = "tumuor" } }
    => 3: masks.labelmap.labels.2: no structure has the name 'tumuor'; did you mean tumour?
[masks] / [masks.labelmap] / file = "a" / [masks.labelmap.labels] / 7 = 4
    => 6: masks.labelmap.labels.7: give the name of a structure, in quotes
[masks] / labelmap = { file = "a", scheme = "lits", labels = { 1 = "liver" } }
    => 3: masks.labelmap.labels: give either labels or scheme
[masks] / labelmap = { file = "a", labels = {} } => 3: masks.labelmap.labels: must not be empty
[masks] / labelmap = { file = "a", labels = "couinaud" }
    => 3: masks.labelmap.labels: give a table of keys
[masks] / [[plan]] / clearing_margin_mm = 51
 => 4: plan.0.clearing_margin_mm: a margin of 51 mm is outside the range of 0 to 50 mm;
    give the margin in mm
[masks] / [[plan]] / stages = 3 => 4: plan.0.stages: give 1 or 2
[masks] / [[plan]] / [[plan]] / flr = "a" / [imaging.sha256] / "plan 1 flr" = "SHA"
    => 7: imaging.sha256.plan 1 flr: this case has no file with that role; did you mean plan 2 flr?
[masks] / [patient] / height_cm = 1.75
    => 4: patient.height_cm: 1.75 is outside the range of 100 to 250 cm; give it in cm,
       not in metres or inches, or omit it for a patient outside this range
[masks] / [patient] / weight_kg = 80000
    => 4: patient.weight_kg: 80000 is outside the range of 25 to 300 kg; give it in kg, not in grams
       or pounds, or omit it for a patient outside this range
[masks] / [patient] / weight_kg = "80" => 4: patient.weight_kg: give a number
[masks] / [patient] / height_cm = true => 4: patient.height_cm: give a number
[masks] / [patient] / height_cm = nan
    => 4: patient.height_cm: nan is outside the range of 100 to 250 cm; give it in cm,
       not in metres or inches, or omit it for a patient outside this range
[masks] / [plan] / name = "a" => 3: plan: write [[plan]], in double brackets
[masks] / [accepted] / code = "a" => 3: accepted: write [[accepted]], in double brackets
[masks] / [[plan]] / name = "a" / [[plan]] / name = 4 => 6: plan.1.name: give text in quotes
[masks] / labelmap = { scheme = "lits" } => 3: masks.labelmap.file: is missing
[masks.exclude] / cyst = 2 => 3: masks.exclude.cyst: give text in quotes
[masks] / [imaging] / date = "2026-05-04"
    => 4: imaging.date: give a date without quotes, such as 2026-05-04
[masks] / [imaging] / date = 2026-05-04T10:00:00
    => 4: imaging.date: give a date without quotes, such as 2026-05-04
[masks] / [imaging] / status = "done" => 4: imaging.status: give 'draft' or 'verified'
[masks] / liver = "a" / [imaging] / sha256 = { liver = "ab" }
    => 5: imaging.sha256.liver.0: give a SHA-256, 64 digits of 0-9 and a-f
[masks] / liver = "a" / [imaging] / sha256 = { liver = 3 }
    => 5: imaging.sha256.liver.0: give text in quotes
[masks] / [[accepted]] / code = "a" / by = "R1" => 3: accepted.0.why: is missing
[masks] / "a.b" = "a" => 3: masks.a.b: unknown key
[masks] / 'livr' = 'a' => 3: masks.livr: unknown key; did you mean liver?
masks.liver = "a" / masks.flr = 3 => 3: masks.flr: give text in quotes
facts = 3 / [masks] => 2: facts: give a table of keys
[masks] / [facts] / ecog = "1" => 4: facts.ecog: "1" is not a number
[masks] / [facts] / age = { value = 61 } => 4: facts.age: unit missing; units are never assumed
[masks] / [facts] / platelet = 3 => 4: facts.platelet: unknown key; did you mean platelets?
[masks] / [facts] / ecog = nan => 4: facts.ecog: NaN is not a finite number
[masks] / [imaging] / sha256 = 3 => 4: imaging.sha256: give a table of keys
masks = 3 / [imaging] => 2: masks: give a table of keys
imaging = 3 / [masks] => 2: imaging: give a table of keys
[masks] / [treated] / with_tumour = false => 3: treated: give segments, or with_tumour = true
[masks] / [treated] / segments = [9]
 => 4: treated.segments.0: give a segment: 1 to 8, I to VIII, 4a or 4b
[masks] / [treated] / segments = [5] / margin_mm = 1E9999
 => 5: treated.margin_mm: a margin of 1e+9999 mm is outside the range of 0 to 50 mm;
    give the margin in mm
[masks] / [treated] / segments = [5] / margin_mm = 51
 => 5: treated.margin_mm: a margin of 51 mm is outside the range of 0 to 50 mm;
    give the margin in mm
[masks] / [treated] / segment = [5] => 4: treated.segment: unknown key; did you mean segments?
[masks] / [baseline] / mask = "b.nii" => 3: baseline.registered: is missing
[masks] / [baseline] / mask = "b.nii" / registered = false
    => 5: baseline.registered: register the two scans with each other, then give true
[masks] / [baseline] / registered = true => 3: baseline: give either mask or points_mm
[masks] / [baseline] / mask = "b.nii" / points_mm = [[1, 2, 3]] / frame = "RAS" / registered = true
 => 3: baseline: give either mask or points_mm
[masks] / [baseline] / points_mm = [[1, 2, 3]] / registered = true
 => 3: baseline: points_mm requires frame = "RAS" or "LPS"
[masks] / [baseline] / mask = "b.nii" / frame = "RAS" / registered = true
 => 3: baseline: points_mm requires frame = "RAS" or "LPS"
[masks] / [baseline] / points_mm = [[1, 2]] / frame = "RAS" / registered = true
 => 4: baseline.points_mm.0: give x, y, z in mm, not 2 numbers
[masks] / [baseline] / points_mm = [[1, 2, nan]] / frame = "RAS" / registered = true
 => 4: baseline.points_mm.0.2: give a finite number
[masks] / [second_reader] / liver = "l2.nii" => 3: second_reader.flr: is missing
[masks] / [second_reader] / flr = "f.nii" / resected = "x.nii"
 => 5: second_reader.resected: unknown key
[masks] / [dose] / lung_shunt = "6 %" => 4: dose.lung_shunt: give a number
[masks] / [dose] / lung_shunt = 6
 => 4: dose.lung_shunt: 6 is outside the permitted range (0 to below 1): a fraction is
    required, not a percentage
[masks] / [dose] / lung_shunt = true => 4: dose.lung_shunt: give a number
[masks] / [dose] / tumour_to_normal = 0
 => 4: dose.tumour_to_normal: 0 is outside the permitted range (above 0, to 100): a ratio of
    activity concentrations is required
[masks] / [dose] / lung_mass_kg = 1000
 => 4: dose.lung_mass_kg: 1000 is outside 0.2 to 5 kg: possibly grams or millilitres
[masks] / [dose] / lung_mass_kg = "CT" => 4: dose.lung_mass_kg: give a number
[masks] / [dose] / residual_fraction = 2
 => 4: dose.residual_fraction: 2 is outside the permitted range (0 to below 0.5): a fraction is
    required, not a percentage
[masks] / [dose] / calibration = 2026-05-20
 => 4: dose.calibration: give a date and time without quotes, such as 2026-05-20T12:00:00
[masks] / [dose] / regions = { lever = "a.nii" }
 => 4: dose.regions.lever: unknown key; did you mean liver?
[masks] / [dose] / regions = { liver = true }
    => 4: dose.regions.liver: give a file, or the number of a label
[masks] / [dose] / lung_shant = 0.1 => 4: dose.lung_shant: unknown key; did you mean lung_shunt?
[masks] / [function] / transform = [[1, 0, 0, 0]]
 => 4: function.transform: a transform must have three rows of four numbers;
    give the rotation, and the translation in mm, from the CT to the SPECT, in
    RAS+
[masks] / [function] / bilirubin = 12
 => 4: function.bilirubin: write { value = 12, unit = "umol/L" }
[masks] / [function] / bilirubin = { value = 12, unit = "g/L" }
 => 4: function.bilirubin: 'g/L' is not a unit for bilirubin; give bilirubin in umol/L or
 mg/dL
[masks] / [function] / bilirubin = { value = 2000, unit = "umol/L" }
 => 4: function.bilirubin: 2000 umol/L is not plausible; check the unit:
    give bilirubin in umol/L or mg/dL
[masks] / [function] / bilirubin = { value = 12, unit = "umol/L", date = 1 }
 => 4: function.bilirubin: write { value = 12, unit = "umol/L" }
[masks] / [function] / fasting_hours = 100 => 4: function.fasting_hours: give 0 to 72 hours
[masks] / [function] / fasting_hours = "6" => 4: function.fasting_hours: give 0 to 72 hours
[masks] / [function] / fasting_hours = nan => 4: function.fasting_hours: give 0 to 72 hours
[masks] / [function] / fasting_hours = -inf => 4: function.fasting_hours: give 0 to 72 hours
[masks] / [function] / regions = { spleen = 1 }
 => 4: function.regions.spleen: unknown key
[masks] / [function] / regions = { liver = 1.5 }
 => 4: function.regions.liver: give a file, or the number of a label
[masks] / [function] / regions = { labels = 1 }
 => 4: function.regions.labels: give text in quotes
[masks] / [function] / regions = { liver = true }
 => 4: function.regions.liver: give a file, or the number of a label
[masks] / [function] / heads = ["left"] => 4: function.heads.0: give 'anterior' or 'posterior'
[masks] / [function] / dynamc = 1 => 4: function.dynamc: unknown key; did you mean dynamic?
[masks] / [embolisation] / date = 2026-03-02 / segments = [5, 6] / kind = "TACE"
 => 6: embolisation.kind: give 'PVE', 'HVE', 'PVE/HVE', 'ALPPS' or 'Y90'
[masks] / [embolisation] / kind = "PVE/HVE" / segments = [5, 6] / date = 2026-03-02T10:00:00
 => 6: embolisation.date: give a date without quotes, such as 2026-05-04
[masks] / [embolisation] / date = 2026-03-02 / kind = "Y90" / next_treatment = 2026-03-02
 => 3: embolisation: next_treatment must be after date
[masks] / [embolisation] / date = 2026-03-02 / kind = "PVE/HVE" / segments = [9]
 => 6: embolisation.segments.0: give a segment: 1 to 8, I to VIII, 4a or 4b
[masks] / [masks.vessels] / "RPV#x" = "portal.nii"
 => 4: masks.vessels.RPV#x: no label follows #: give a whole number of 1 or more
[masks] / [masks.vessels] / portal_vains = "portal.nii"
 => 4: masks.vessels.portal_vains: unknown vessel; did you mean portal_veins?; give one of
    hepatic_veins, right_hepatic_vein, middle_hepatic_vein, left_hepatic_vein, portal_veins,
    right_portal_vein, left_portal_vein, right_anterior_portal_vein, right_posterior_portal_vein,
    liver_vessels, hepatic_vessel, portal_vein_and_splenic_vein, inferior_vena_cava,
    hepatic_artery, bile_duct, portal_vein_trunk
[masks] / [imaging.sha256] / "vessel RHV" = "SHA"
 => 4: imaging.sha256.vessel RHV: this case has no file with that role
[masks] / [vessels] / portal_root_mm = [1, 2, 3, 4] / frame = "RAS"
 => 4: vessels.portal_root_mm: give x, y, z in mm, not 4 numbers
[masks] / [vessels] / portal_root_mm = [1, 2, 3]
 => 3: vessels: points require frame = "RAS" or "LPS"
[masks] / [[plan]] / cuts = [{ tree = "portal", at_mm = [1, 2], frame = "RAS" }]
 => 4: plan.0.cuts.0.at_mm: give x, y, z in mm, not 2 numbers
[masks] / [[plan]] / cuts = [{ tree = "portal" }] => 4: plan.0.cuts.0: give either at_mm or branch
[masks] / [[plan]] / cuts = [{ tree = "portal", at_mm = [1, 2, 3] }]
 => 4: plan.0.cuts.0: at_mm requires frame = "RAS" or "LPS"
[masks] / [[plan]] / cuts = [{ tree = "portal", branch = "right_portal_vain" }]
 => 4: plan.0.cuts.0: branch: 'right_portal_vain' is not a branch of the portal veins; did you mean
    right_portal_vein?; give one of right_portal_vein, left_portal_vein,
    right_anterior_portal_vein, right_posterior_portal_vein
[masks] / [[plan]] / cuts = [{ tree = "biliary" }]
 => 4: plan.0.cuts.0.tree: give 'portal' or 'hepatic'
[masks] / [[plan]] / cuts = "portal=1,2,3"
 => 4: plan.0.cuts: write cuts = [{ tree = ... }], a list of tables
[masks] / [[plan]] / plane = { point_mm = [1, 2, 3], normal = [1], frame = "RAS" }
 => 4: plan.0.plane.0.normal: give a direction as x, y, z, not 1 number
[masks] / [[plan]] / plane = { points_mm = [[1, 2, 3], [1, 2, 4]], frame = "RAS" }
 => 4: plan.0.plane.0.points_mm: give three points, not 2
"""


def of_table(table: str) -> Iterator[tuple[str, str]]:
    for row in re.split(r"\n(?! )", table.strip().replace('"SHA"', f'"{SHA}"')):
        text, told = (" ".join(part.split()) for part in row.split("=>"))
        lines = text.removeprefix("! ") if text.startswith("!") else f"schema = 1 / {text}"
        yield lines.replace(" / ", "\n") + "\n", told


@each_case("text, told", of_table(ONE_ERROR))
def test_an_error_is_reported_with_key_line_and_remedy(
    text: str, told: str, tmp_path: Path
) -> None:
    assert errors(tmp_path, text) == [told]


def test_every_error_at_once(tmp_path: Path) -> None:
    text = """schema = 2
diagnose = "crlm"
[masks]
livr = "a"
labelmap = { fil = "x", labels = { 1 = "livr", 03 = "segment_9", -1 = "flr", 5 = " " } }
[[plan]]
remnant_segments = [1, 12]
[facts]
age = { value = 61 }
"""
    number = "give a label number of 1 or more; 0 is the background"
    assert sorted(errors(tmp_path, text)) == sorted(
        [
            "1: schema: this version of fl_planner reads schema = 1",
            "2: diagnose: unknown key; did you mean diagnosis?",
            "4: masks.livr: unknown key; did you mean liver?",
            "5: masks.labelmap.file: is missing",
            "5: masks.labelmap.fil: unknown key; did you mean file?",
            "5: masks.labelmap.labels.1: no structure has the name 'livr'; did you mean liver?",
            f"5: masks.labelmap.labels.03: {number}",
            "5: masks.labelmap.labels.03: no structure has the name 'segment_9'; did you mean "
            "segment_8?",
            f"5: masks.labelmap.labels.-1: {number}",
            "5: masks.labelmap.labels.5: give the name of a structure, in quotes",
            "7: plan.0.remnant_segments.1: give a segment: 1 to 8, I to VIII, 4a or 4b",
            "9: facts.age: unit missing; units are never assumed",
        ]
    )


@pytest.mark.parametrize(
    ("role", "meant"),
    [
        ("flr", ""),
        ("livr", "; did you mean liver?"),
        ("segments", "; did you mean labelmap?"),
        ("label map", "; did you mean labelmap?"),
        ("exclude cist", "; did you mean exclude cyst?"),
        ("cyst", ""),
        ("ct", ""),
    ],
)
def test_h12_a_hash_of_a_file_that_was_not_read_verifies_nothing(
    role: str, meant: str, tmp_path: Path
) -> None:
    text = f"""schema = 1
[masks]
liver = "liver.nii"
labelmap = "segments.nii"
exclude = {{ cyst = "cyst.nii" }}
[imaging]
[imaging.sha256]
"{role}" = "{SHA}"
"""
    told = f"8: imaging.sha256.{role}: this case has no file with that role{meant}"
    assert errors(tmp_path, text) == [told]


@pytest.mark.parametrize("role", ["liver", "labelmap", "exclude cyst", "ct"])
def test_a_hash_of_each_file_that_was_read(role: str, tmp_path: Path) -> None:
    text = f"""schema = 1
[masks]
liver = "liver.nii"
labelmap = "segments.nii"
exclude = {{ cyst = "cyst.nii" }}
[imaging]
ct = "ct.nii"
sha256 = {{ "{role}" = "{SHA}" }}
"""
    assert read_case_file(write(tmp_path, text)).expected_sha256 == ((role, SHA),)


def test_a_line_is_reported_only_where_it_is_sure(tmp_path: Path) -> None:
    """The same words stand in a text of several lines."""
    text = 'schema = 1\nid = """\n[masks]\nlivr = 1\n"""\n[masks]\nlivr = "a"\n'
    assert refuse(tmp_path, text).reason == "masks.livr: unknown key; did you mean liver?"


def test_a_key_that_a_terminal_would_obey(tmp_path: Path) -> None:
    reason = refuse(tmp_path, 'schema = 1\n[masks]\n"li\\u001bver" = "a"\n').reason
    assert reason.isprintable()
    assert r"masks.li\x1bver: unknown key" in reason


@pytest.mark.parametrize("value", ["in_situ", "yes", "crlm  # or hcc", "Leber"])
def test_a_word_without_quotation_marks_is_asked_for_with_them(value: str, tmp_path: Path) -> None:
    refused = refuse(tmp_path, f"schema = 1\ndiagnosis = {value}\n")
    assert refused.reason == "not valid TOML: Invalid value (at line 2, column 13)"
    assert refused.remedy == 'write a word in quotation marks ("..."), but true or false without'
    assert refuse(tmp_path, "schema = 1\nid = truely\n").remedy.startswith("correct that line: ")


@pytest.mark.parametrize(
    "line",
    ["date = 4.5.2026", "height_cm = 178,5", "liver = liver.nii.gz", "liver = “liver.nii.gz”"],
)
def test_usual_writing_that_is_no_toml_is_answered_by_how_to_write_it(
    line: str, tmp_path: Path
) -> None:
    """A day as in a letter, a decimal comma, a path as on the command line, curly marks."""
    refused = refuse(tmp_path, f"schema = 1\n{line}\n")
    assert "line 2" in refused.reason
    for form in ('quotation marks ("...")', "1.5", "2026-05-04"):
        assert form in refused.remedy


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("9" * 5000, "too many digits"),
        ("0x" + "f" * 5000, "more than 100 digits"),
        ("1e99999999999999999999", "too many digits"),
        ("[" * 100_000, "too deep"),
        ("{a=" * 5000, "too deep"),
    ],
)
def test_a_file_made_to_break_readers(value: str, words: str, tmp_path: Path) -> None:
    refused = refuse(tmp_path, f"schema = 1\nid = {value}\n")
    assert refused.code == "case.unreadable"
    assert words in refused.reason


def test_a_number_of_many_digits_is_refused_with_its_key(tmp_path: Path) -> None:
    text = f"schema = 1\n[masks]\n[facts]\necog = 1.{'0' * 200}\n"
    assert errors(tmp_path, text) == ["4: facts.ecog: has more than 100 digits"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"\x89PNG\r\n\x1a\n", "a PNG picture"), (bytes(128) + b"DICM" + bytes(9), "a DICOM file")],
)
def test_what_is_no_text_is_called_by_its_name(content: bytes, kind: str, tmp_path: Path) -> None:
    refused = refuse(tmp_path, content)
    assert (refused.code, refused.reason) == (
        "case.unreadable",
        f"the file is {kind}, not a case file",
    )


def test_a_mask_is_not_to_be_saved_as_utf_8(tmp_path: Path) -> None:
    assert "UTF-8" not in refuse(tmp_path, b"\x5c\x01\x00\x00" + bytes(400)).remedy
