"""`carry` from outside, and what becomes of a carried mask in the other commands."""

import json
import shutil
from fractions import Fraction
from hashlib import sha256
from math import hypot
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK

import fl_planner
from fl_planner.liver.scatter.crossing_chance import default_scatter
from tests.cases import each_case, of_many
from tests.cli.outside import BUNDLED, CASES, Record, ask, refused, told
from tests.niftis import both_forms, nifti, write
from tests.record.schemas import require_valid
from tests.registration.phantom import GRID, Field, bend, grown, grown_by_a_fifth, moved, rest

SPACING, ORIGIN = (4.0, 4.0, 4.0), (-130.0, -106.0, -86.0)
MARK = b"fl-planner: carried, not drawn; off by 5.00 mm"


def write_scan(folder: Path, name: str, field: Field, seed: int, *, flr: bool = True) -> Path:
    """Write the case of a bent liver: its CT, its masks, and segments in two parts."""
    bent = bend(field, GRID, seed)
    own = folder / name
    own.mkdir()
    forms = both_forms(SPACING, ORIGIN)
    write(own / "ct.nii", nifti(bent.ct.voxels, **forms))
    parts = {"liver": bent.liver, **({"flr": bent.flr} if flr else {})}
    for role, mask in parts.items():
        write(own / f"{role}.nii", nifti(mask.as_array().astype(np.uint8), **forms))
    masks = "".join(f'{role} = "{name}/{role}.nii"\n' for role in parts)
    month = 1 + seed
    path = folder / f"{name}.toml"
    path.write_text(
        f'schema = 1\nid = "case-1"\n[masks]\n{masks}no_tumour = true\n'
        f'[imaging]\nct = "{name}/ct.nii"\ndate = 2026-0{month}-04\n',
        "utf-8",
    )
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold a scan with a remnant, the same liver after it grew, and what was carried there."""
    path = tmp_path_factory.mktemp("carry")
    write_scan(path, "before", rest, 1)
    write_scan(path, "after", grown, 2, flr=False)
    ran = ask("carry", "--from", path / "before.toml", "--to", path / "after.toml",
              "--out", path / "out", "--json")  # fmt: skip
    assert (ran.status, ran.err) == (0, "")
    (path / "printed.json").write_bytes(ran.stdout)
    return path


@pytest.fixture(scope="module")
def record(folder: Path) -> Record:
    return require_valid(json.loads((folder / "printed.json").read_text("utf-8")))


@pytest.mark.essential
@pytest.mark.slow
def test_every_mask_is_a_draft_with_its_quality(record: Record, folder: Path) -> None:
    (flr,) = record["masks"]
    assert record["draft"] == flr["status"] == "carried, not drawn"
    assert flr["file"] == "flr.nii.gz"
    assert flr["sha256"] == sha256((folder / "out" / "flr.nii.gz").read_bytes()).hexdigest()
    truth = bend(grown, GRID, 2).flr.volume_ml
    assert flr["volume_ml"] == pytest.approx(truth, rel=0.08)
    assert flr["kept_percent"] == pytest.approx(100 * flr["volume_ml"] / flr["volume_before_ml"])
    assert record["surfaces"]["mean_mm"] < 1.0 < record["surfaces_before"]["mean_mm"]
    assert record["folding"]["folded_percent"] == 0
    assert record["off_mm"] == pytest.approx(hypot(5, record["surfaces"]["mean_mm"]))
    assert {one["role"] for one in record["inputs"]} >= {"from flr", "from ct", "to liver"}
    assert "carry.same_liver" not in {one["code"] for one in record["findings"]}


@pytest.mark.essential
@pytest.mark.slow
def test_the_record_is_next_to_the_masks_and_is_what_was_printed(folder: Path) -> None:
    assert {one.name for one in (folder / "out").iterdir()} == {"carry.json", "flr.nii.gz"}
    written = (folder / "out" / "carry.json").read_text("utf-8")
    assert json.loads(written) == json.loads((folder / "printed.json").read_text("utf-8"))


@pytest.mark.essential
@pytest.mark.slow
def test_a_carried_mask_is_reported_and_its_interval_holds_the_truth(folder: Path) -> None:
    liver, carried = folder / "after" / "liver.nii", folder / "out" / "flr.nii.gz"
    given = ["--liver", liver, "--flr", carried, "--no-tumour"]
    for command in ("volume", "plan"):
        found = told(command, *given)
        (one,) = (one for one in found["findings"] if one["code"] == "mask.carried")
        assert (one["severity"], one["file"]) == ("warning", "flr.nii.gz")
        assert "carried, not drawn" in one["message"]
    bent = bend(grown, GRID, 2)
    low, high = found["ratios"]["flr"]["interval_percent"]
    assert low < 100 * bent.flr.voxel_count / bent.liver.voxel_count < high
    drawn = bend(grown, GRID, 2).flr
    write(folder / "drawn.nii", nifti(drawn.as_array().astype(np.uint8),
                                      **both_forms(SPACING, ORIGIN)))  # fmt: skip
    by_hand = told("plan", "--liver", liver, "--flr", folder / "drawn.nii", "--no-tumour")
    assert "registration_sd" not in by_hand["ratios"]["flr"]["cv"]
    narrow = by_hand["ratios"]["flr"]["interval_percent"]
    assert high - low > narrow[1] - narrow[0]


@pytest.mark.essential
@pytest.mark.slow
def test_growth_states_that_a_remnant_was_carried(folder: Path) -> None:
    text = (folder / "after.toml").read_text("utf-8")
    kept = text.replace("no_tumour", 'flr = "out/flr.nii.gz"\nno_tumour')
    (folder / "later.toml").write_text(kept, "utf-8")
    story = told("growth", folder / "before.toml", folder / "later.toml")
    assert "mask.carried" in {one["code"] for one in story["findings"]}


@pytest.mark.slow
def test_h04_what_grew_by_a_fifth_is_not_shifted_and_turned_alone(folder: Path) -> None:
    """It would be carried 17 % too small, and the surfaces lie within 2 mm all the same."""
    write_scan(folder, "fifth", grown_by_a_fifth, 3, flr=False)
    given = ["--from", folder / "before.toml", "--to", folder / "fifth.toml"]
    refusal = refused("carry", *given, "--out", folder / "rigid", "--rigid")
    assert refusal["code"] == "carry.changed"
    assert "omit --rigid" in refusal["remedy"]
    assert f"{bend(rest).flr.volume_ml:.0f} mL" in refusal["reason"]
    assert not (folder / "rigid").exists()


@pytest.mark.slow
def test_what_moved_and_did_not_change_is_shifted_and_turned(folder: Path) -> None:
    write_scan(folder, "moved", moved, 4, flr=False)
    given = ["--from", folder / "before.toml", "--to", folder / "moved.toml"]
    (flr,) = told("carry", *given, "--out", folder / "moved-masks", "--rigid")["masks"]
    assert flr["volume_ml"] == pytest.approx(bend(moved, GRID, 4).flr.volume_ml, rel=0.05)


@pytest.fixture(scope="module")
def coarse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold every second voxel, along each axis, of both bundled patients."""
    path = tmp_path_factory.mktemp("coarse")
    for name in CASES:
        own = path / name
        own.mkdir()
        shutil.copy(BUNDLED / name / "case.toml", own)
        for file in (BUNDLED / name).glob("*.nii.gz"):
            image: Any = nibabel.load(file)
            nibabel.save(image.slicer[::2, ::2, ::2], own / file.name)
    return path


PATHS_OF_ANOTHER: dict[str, list[str]] = {"bent": [], "shifted and turned": ["--rigid"]}


@pytest.mark.slow
@each_case("words", of_many(["shifted and turned"], PATHS_OF_ANOTHER))
def test_h11_masks_are_not_carried_onto_another_patient(
    words: list[str], coarse: Path, tmp_path: Path
) -> None:
    """Two bundled patients, whose livers are of one size and not of one form."""
    given = ["--from", coarse / "crlm" / "case.toml", "--to", coarse / "hcc" / "case.toml"]
    refusal = refused("carry", *given, "--out", tmp_path / "out", *words)
    assert refusal["code"] in ("carry.strained", "carry.poor")
    assert not (tmp_path / "out").exists()


def carried(path: Path, source: Path) -> Path:
    """Write a mask with the mark of one that was carried."""
    image: Any = nibabel.load(source)
    image.header["descrip"] = MARK
    path.write_bytes(image.to_bytes())
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_block(tmp_path, 10.0)


@pytest.fixture
def smaller(tmp_path: Path) -> Path:
    """Hold the same block of 250 mL, which is registered in an eighth of the time."""
    return write_block(tmp_path, 5.0)


def write_block(tmp_path: Path, edge_mm: float) -> Path:
    """Write a block of 20 x 10 x 10 cubes, a quarter of it the remnant."""
    forms = both_forms((edge_mm,) * 3, (-11 * edge_mm, -6 * edge_mm, -6 * edge_mm))
    whole = np.zeros((22, 12, 12), np.uint8)
    whole[1:21, 1:11, 1:11] = 1
    part = whole.copy()
    part[6:] = 0
    write(tmp_path / "liver.nii", nifti(whole, **forms))
    write(tmp_path / "drawn.nii", nifti(part, **forms))
    carried(tmp_path / "flr.nii", tmp_path / "drawn.nii")
    return tmp_path


def test_the_interval_is_wider_by_what_the_registration_cannot_know(small: Path) -> None:
    """A cut of 100 cm², 0.5 cm off as a whole, is 50 of 2000 mL: 2.5 points of 25 %, a tenth."""
    found = told("plan", "--liver", small / "liver.nii", "--flr", small / "flr.nii", "--no-tumour")
    cv = found["ratios"]["flr"]["cv"]
    assert cv["registration_sd"] == pytest.approx(0.1)
    read = max(default_scatter("drawn").relative_sd, cv["geometry_sd"])
    assert cv["relative_sd"] == pytest.approx(hypot(read, 0.1))
    low, high = found["ratios"]["flr"]["interval_percent"]
    assert (high - low) / 2 == pytest.approx(25 * float(Fraction("1.96")) * hypot(read, 0.1), 1e-3)
    ran = ask("plan", "--liver", small / "liver.nii", "--flr", small / "flr.nii", "--no-tumour")
    assert "carried" in ran.out


def test_a_carried_mask_keeps_its_mark_as_nifti(small: Path) -> None:
    told("convert", small / "flr.nii", "--to", small / "again.nii.gz")
    image: Any = nibabel.load(small / "again.nii.gz")
    assert bytes(image.header["descrip"]).rstrip(b"\0") == MARK


def test_the_mark_is_read_of_images_in_memory(small: Path) -> None:
    """As nibabel and SimpleITK hold the file's header; each by its own library."""
    liver: Any = nibabel.load(small / "liver.nii")
    flr: Any = nibabel.load(small / "flr.nii")
    images = [SimpleITK.ReadImage(small / f"{name}.nii") for name in ("liver", "flr")]
    for pair in ((liver, flr), images):
        found = fl_planner.volume(liver=pair[0], flr=pair[1], no_tumour=True)
        assert "mask.carried" in {one["code"] for one in found.findings}


@each_case("name", ("again.nrrd", "again.seg.nrrd"))
def test_a_carried_mask_is_not_written_where_nothing_can_state_this(name: str, small: Path) -> None:
    chosen = ["--structure", "flr=1"] if "seg" in name else []
    refusal = refused("convert", small / "flr.nii", "--to", small / name, *chosen)
    assert refusal["code"] == "convert.carried"
    assert "made (carried, not drawn; off by " in refusal["reason"]
    assert not (small / name).exists()


def test_a_registration_is_not_measured_by_a_liver_that_was_carried(small: Path) -> None:
    carried(small / "other.nii", small / "liver.nii")
    refusal = refused("carry", *cases(small, "other.nii"))
    assert refusal["code"] == "carry.carried"
    assert not (small / "out").exists()


def cases(small: Path, other: str = "liver.nii") -> list[object]:
    (small / "a.toml").write_text(
        'schema = 1\n[masks]\nliver = "liver.nii"\nflr = "drawn.nii"\nno_tumour = true\n', "utf-8"
    )
    (small / "b.toml").write_text(
        f'schema = 1\n[masks]\nliver = "{other}"\nno_tumour = true\n', "utf-8"
    )
    return ["--from", small / "a.toml", "--to", small / "b.toml", "--out", small / "out"]


def dated(small: Path, days: tuple[str, str], *, by_facts: bool = False) -> list[object]:
    """Write both case files with the day of each scan, and an embolisation on 1 March."""
    given = cases(small)
    told_by = '[facts]\nprior_pve_hve = { kind = "PVE", date = 2026-03-01 }\n'
    if not by_facts:
        told_by = '[embolisation]\ndate = 2026-03-01\nkind = "PVE"\n'
    for name, day, more in zip("ab", days, ("", told_by), strict=True):
        path = small / f"{name}.toml"
        scan = f"[imaging]\ndate = {day}\n" if day else ""
        path.write_text(path.read_text("utf-8") + scan + more, "utf-8")
    return given


@each_case("by_facts", {"of the case": False, "of its facts": True})
def test_h04_nothing_is_shifted_and_turned_over_an_embolisation(
    by_facts: bool, small: Path
) -> None:
    given = dated(small, ("2026-02-20", "2026-04-02"), by_facts=by_facts)
    assert refused("carry", *given, "--rigid")["code"] == "carry.embolised_between"
    assert not (small / "out").exists()


@pytest.mark.slow
def test_h04_a_scan_without_a_day_next_to_an_embolisation_is_reported(smaller: Path) -> None:
    given = dated(smaller, ("", "2026-04-02"))
    (found,) = (one for one in told("carry", *given, "--rigid")["findings"]
                if one["code"] == "carry.embolised")  # fmt: skip
    assert found["severity"] == "warning"
    assert "flr" in found["message"]
    bent = told("carry", *given, "--force")["findings"]
    assert "carry.embolised" not in {one["code"] for one in bent}


@pytest.mark.slow
def test_below_the_quality_nothing_is_written(smaller: Path) -> None:
    """A block of another form: 4 x 8 x 8 cm, which shifting lays nowhere near."""
    forms = both_forms((5.0, 5.0, 5.0), (-55.0, -30.0, -30.0))
    block = np.zeros((22, 18, 18), np.uint8)
    block[1:9, 1:17, 1:17] = 1
    write(smaller / "other.nii", nifti(block, **forms))
    refusal = refused("carry", *cases(smaller, "other.nii"), "--rigid")
    assert refusal["code"] == "carry.poor"
    assert not (smaller / "out").exists()


@pytest.mark.slow
def test_onto_itself_nothing_changes(smaller: Path) -> None:
    record = require_valid(told("carry", *cases(smaller), "--rigid"))
    assert record["masks"][0]["kept_percent"] == pytest.approx(100.0)
    assert record["surfaces"]["mean_mm"] == 0
    codes = [one["code"] for one in record["findings"]]
    assert codes.count("carry.surface_alone") == codes.count("carry.same_liver") == 1
    ran = ask("carry", *cases(smaller), "--rigid")
    assert ran.status == 2  # the folder is there already
    ran = ask("carry", *cases(smaller), "--rigid", "--force")
    assert "carried, not drawn" in ran.out


@pytest.mark.slow
def test_h04_a_mask_with_a_layer_that_was_not_drawn_is_reported(smaller: Path) -> None:
    """One of the five layers of the remnant: registration carries what is there."""
    gapped = np.zeros((22, 12, 12), np.uint8)
    gapped[[1, 2, 4, 5], 1:11, 1:11] = 1
    forms = both_forms((5.0,) * 3, (-55.0, -30.0, -30.0))
    write(smaller / "drawn.nii", nifti(gapped, **forms))
    found = told("carry", *cases(smaller), "--rigid")["findings"]
    (gap,) = (one for one in found if one["code"] == "parts.gap")
    assert (gap["severity"], gap["file"], gap["value"]) == ("warning", "drawn.nii", 1)
    assert gap["message"].startswith("scan given with --from: drawn.nii: ")


@each_case("name, option", {"the scan of the masks": ("a", "from"), "the other": ("b", "to")})
def test_h04_a_liver_outside_its_ct_is_not_registered(name: str, option: str, small: Path) -> None:
    """The CT begins 1 m away from the liver."""
    given = cases(small)
    far = both_forms((5.0,) * 3, (1000.0, 0.0, 0.0))
    write(small / "ct.nii", nifti(np.full((22, 12, 12), 60, np.int16), **far))
    path = small / f"{name}.toml"
    path.write_text(path.read_text("utf-8") + '[imaging]\nct = "ct.nii"\n', "utf-8")
    refusal = refused("carry", *given, "--rigid")
    assert refusal["code"] == "carry.ct_doubts"
    assert f"scan given with --{option}: liver.nii on ct.nii: " in refusal["message"]
    assert not (small / "out").exists()


@pytest.mark.slow
def test_a_mask_that_was_carried_twice_is_off_by_both(smaller: Path) -> None:
    """By 5 mm before, and by no less now although the livers are the same: 7.07 mm."""
    given = cases(smaller)
    text = (smaller / "a.toml").read_text("utf-8")
    (smaller / "a.toml").write_text(text.replace("drawn.nii", "flr.nii"), "utf-8")
    assert told("carry", *given, "--rigid")["off_mm"] == pytest.approx(hypot(5, 5), abs=0.005)


@each_case(
    "words, code",
    {
        "no such mask": (["--carry", "tumour"], "carry.unknown"),
        "a mask beside a case file": (["--to-mask", "liver=liver.nii"], "usage.wrong"),
    },
)
def test_words_that_cannot_be_meant(words: list[str], code: str, small: Path) -> None:
    given = cases(small)
    assert refused("carry", *given, *words)["code"] == code
    for name in ("a", "b"):
        (small / f"{name}.toml").rename(small / f"{name}.TOML")
        given[given.index(small / f"{name}.toml")] = small / f"{name}.TOML"
    assert refused("carry", *given, *words)["code"] == code


def test_a_scan_without_a_mask_next_to_its_liver(small: Path) -> None:
    given = cases(small)
    given[1] = small / "b.toml"
    assert refused("carry", *given)["code"] == "carry.nothing"


def shown_in_part(folder: Path, whose: str) -> list[object]:
    """Write the liver at rest twice, once without the lowest 30 % of its slices."""
    bent, forms = bend(rest), both_forms(SPACING, ORIGIN)
    low = bent.liver.box.start[2] + (3 * bent.liver.box.shape[2]) // 10
    higher = both_forms(SPACING, (*ORIGIN[:2], ORIGIN[2] + low * SPACING[2]))
    for name, roles in (
        ("from", {"liver": bent.liver, "flr": bent.flr}),
        ("to", {"liver": bent.liver}),
    ):
        masks = ""
        for role, mask in roles.items():
            voxels = mask.as_array().astype(np.uint8)
            is_cut = name == whose
            made = nifti(voxels[:, :, low:] if is_cut else voxels, **(higher if is_cut else forms))
            write(folder / f"{name}-{role}.nii", made)
            masks += f'{role} = "{name}-{role}.nii"\n'
        (folder / f"{name}.toml").write_text(
            f"schema = 1\n[masks]\n{masks}no_tumour = true\n", "utf-8"
        )
    return ["--from", folder / "from.toml", "--to", folder / "to.toml", "--out", folder / "out"]


@each_case("whose", ["from", "to"])
def test_h04_a_liver_is_not_deformed_to_fit_the_part_that_a_scan_shows(
    whose: str, tmp_path: Path
) -> None:
    refusal = refused("carry", *shown_in_part(tmp_path, whose))
    assert refusal["code"] == "carry.cut_off"
    assert f"the liver of the scan given with --{whose} is cut off" in refusal["reason"]
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_h04_a_liver_that_a_scan_cuts_off_is_reported_with_rigid(smaller: Path) -> None:
    """The lowest 5 of its 50 mm are missing; its surfaces match nevertheless."""
    low = np.zeros((22, 12, 10), np.uint8)
    low[1:21, 1:11, :9] = 1
    forms = both_forms((5.0, 5.0, 5.0), (-55.0, -30.0, -20.0))
    write(smaller / "cut.nii", nifti(low, **forms))
    found = told("carry", *cases(smaller, "cut.nii"), "--rigid")["findings"]
    assert [one["file"] for one in found if one["code"] == "edge.cut"] == ["cut.nii"]


@pytest.mark.slow
def test_h04_a_liver_of_which_a_scan_shows_a_part_is_not_matched_rigidly(tmp_path: Path) -> None:
    given = shown_in_part(tmp_path, "to")
    assert refused("carry", *given, "--rigid")["code"] == "carry.poor"


@pytest.mark.slow
def test_h04_one_liver_for_two_scans_is_reported(tmp_path: Path) -> None:
    """The distances would be 0 although the second scan shows a liver that grew."""
    write_scan(tmp_path, "before", rest, 1)
    ct, liver, flr = (tmp_path / "before" / f"{name}.nii" for name in ("ct", "liver", "flr"))
    given = ["--from", ct, "--from-mask", f"liver={liver}", "--from-mask", f"flr={flr}"]
    given += ["--to", ct, "--to-mask", f"liver={liver}"]
    (found,) = (
        one
        for one in told("carry", *given, "--out", tmp_path / "same", "--rigid")["findings"]
        if one["code"] == "carry.same_liver"
    )
    assert (found["file"], found["severity"]) == ("liver.nii", "warning")


@pytest.mark.slow
def test_h11_masks_carried_to_the_scan_of_another_patient_are_reported(smaller: Path) -> None:
    """Livers of two patients can be registered, and the drafts look like those of one."""
    for ids, sexes, differ in (
        (("p1", "p2"), ("male", "male"), "id"),
        (("p1", "p1"), ("male", "female"), "sex"),
        (("p1", "p1"), ("male", "male"), None),
        (("p1", None), (None, "male"), None),
    ):
        given = cases(smaller)
        for name, case_id, sex in zip("ab", ids, sexes, strict=True):
            path = smaller / f"{name}.toml"
            head = "" if case_id is None else f'id = "{case_id}"\n'
            facts = "" if sex is None else f'[facts]\nsex = "{sex}"\n'
            path.write_text(head + path.read_text("utf-8") + facts, "utf-8")
        found = told("carry", *given, "--rigid", "--force")["findings"]
        words = f"the case files differ in {differ}: check that they belong to the same patient"
        said = [one["message"] for one in found if one["code"] == "growth.cases_differ"]
        assert said == ([] if differ is None else [words])


@pytest.mark.slow
def test_h04_a_copy_of_the_liver_at_another_place_is_reported(smaller: Path) -> None:
    """30 mm further to the left: moved back, its surfaces match as those of one mask."""
    whole = np.zeros((22, 12, 12), np.uint8)
    whole[1:21, 1:11, 1:11] = 1
    forms = both_forms((5.0, 5.0, 5.0), (-85.0, -30.0, -30.0))
    write(smaller / "moved.nii", nifti(whole, **forms))
    record = told("carry", *cases(smaller, "moved.nii"), "--rigid")
    (found,) = (one for one in record["findings"] if one["code"] == "carry.same_liver")
    assert found["file"] == "moved.nii"
    assert record["surfaces"]["mean_mm"] == pytest.approx(0, abs=0.5)


NIB: Any = nibabel
NAMES = ("other cyst 1", "other cyst-1", "other 囊肿", "other 疤痕")


@pytest.mark.slow
def test_h16_structures_with_similar_names_are_written_to_separate_files(tmp_path: Path) -> None:
    """Blocks of 8, 12, 16 and 20 voxels, carried onto the same liver."""
    forms = both_forms((5.0,) * 3, (-55.0, -30.0, -30.0))
    liver = np.zeros((22, 12, 12), np.uint8)
    liver[1:21, 1:11, 1:11] = 1
    write(tmp_path / "liver.nii", nifti(liver, **forms))
    drawn = []
    for number, name in enumerate(NAMES, 2):
        block = np.zeros_like(liver)
        block[4 * number - 5 : 4 * number - 3, 5:7, 4 : 4 + number] = 1
        write(tmp_path / f"{number}.nii", nifti(block, **forms))
        drawn.append(f'"{name}" = "{number}.nii"')
    for case, more in (("a", f"exclude = {{ {', '.join(drawn)} }}\n"), ("b", "")):
        (tmp_path / f"{case}.toml").write_text(
            f'schema = 1\n[masks]\nliver = "liver.nii"\nno_tumour = true\n{more}', "utf-8"
        )
    record = told("carry", "--from", tmp_path / "a.toml", "--to", tmp_path / "b.toml",
                  "--rigid", "--out", tmp_path / "out")  # fmt: skip
    files = [each["file"] for each in record["masks"]]
    assert [each["name"] for each in record["masks"]] == [*NAMES]
    images = [NIB.load(tmp_path / "out" / file) for file in files]
    assert [int(np.count_nonzero(image.get_fdata())) for image in images] == [8, 12, 16, 20]


def test_a_ct_without_a_liver_mask_is_refused_by_the_option_that_it_lacks(tmp_path: Path) -> None:
    ct, flr = tmp_path / "ct.nii", tmp_path / "flr.nii"
    given = ("carry", "--from", ct, "--from-mask", f"flr={flr}", "--to", ct, "--out", "new")
    refusal = refused(*given)
    assert (refusal["code"], refusal["file"]) == ("input.no_liver", "--from-mask")
    assert refusal["remedy"] == "give --from-mask liver=liver.nii.gz"


def test_a_plan_in_place_of_a_case_file_is_refused_as_such(tmp_path: Path) -> None:
    refusal = refused("carry", "--from", tmp_path / "plan.json", "--to", "b.toml", "--out", "new")
    assert (refusal["code"], refusal["file"]) == ("input.no_liver", "--from")
    assert refusal["reason"] == "plan.json is not a case file, and no liver mask was given"
    assert refusal["remedy"] == (
        "give CASE.toml; or if it is a CT, give --from-mask liver=liver.nii.gz"
    )
