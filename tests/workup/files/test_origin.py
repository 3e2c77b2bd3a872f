"""The origin of masks as stated by option, case file and Python, against what files state.

The remnant is 30 % of the liver. Its interval is 30 * (1 -/+ 1.96 * SD): the SD of a reader's
drawing is 0.07616 (0.07 and 0.03 in quadrature), that of an automatic one 0.15297 (0.15 and 0.03).
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fl_planner
from tests.cli.outside import SMALL, Record, case_toml, codes, finding, refused, told
from tests.workup.files.test_authors import by_highdicom, fill

nibabel: Any = import_module("nibabel")
hd: Any = import_module("highdicom")

BY_READER, AUTOMATIC = 0.07616, 0.15297
CASE = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\n'
TOTAL = "automatic:TotalSegmentator:2.4.0"


def interval(sd: float) -> object:
    return pytest.approx([30 * (1 - 1.96 * sd), 30 * (1 + 1.96 * sd)], 1e-4)


def interval_of(record: Record) -> list[float]:
    found: list[float] = record["ratios"]["flr"]["interval_percent"]
    return found


@pytest.fixture
def masks(tmp_path: Path) -> list[str]:
    """Write NIfTI masks, as TotalSegmentator and MONAI do: they do not state how they were made."""
    return SMALL.write(tmp_path, flr=(0, 2400))


@pytest.mark.parametrize("engine", ["TotalSegmentator:2.4.0", "MONAI Deploy:1.3"])
def test_h19_a_nifti_of_a_program_has_the_wider_interval(engine: str, masks: list[str]) -> None:
    record = told("plan", *masks, "--no-tumour", "--origin", f"automatic:{engine}")
    assert interval_of(record) == interval(AUTOMATIC)
    name, version = engine.split(":")
    made = {"method": "automatic", "engine": name, "version": version}
    assert record["masks"] == {"liver": made, "flr": made}
    assert f"automatically by {name} {version}, " in finding(record, "remnant.automatic")["message"]


def test_without_a_statement_it_is_unknown(masks: list[str]) -> None:
    record = told("plan", *masks, "--no-tumour")
    assert record["masks"] == {"liver": {"method": "unknown"}, "flr": {"method": "unknown"}}
    assert interval_of(record) == interval(BY_READER)


def test_one_structure_is_stated_apart_from_the_others(masks: list[str]) -> None:
    record = told("plan", *masks, "--no-tumour", "--origin", TOTAL, "--origin", "flr=manual")
    assert record["masks"]["flr"] == {"method": "manual"}
    assert record["masks"]["liver"]["engine"] == "TotalSegmentator"
    assert interval_of(record) == interval(BY_READER)
    assert "remnant.automatic" not in codes(record)


@pytest.mark.parametrize("entry", [f'"{TOTAL}"', f'{{ flr = "{TOTAL}", liver = "unknown" }}'])
def test_a_case_file_states_it(entry: str, masks: list[str], tmp_path: Path) -> None:
    case = case_toml(tmp_path, f"{CASE}origin = {entry}\n")
    record = told("plan", case, "--no-tumour")
    assert record["masks"]["flr"]["engine"] == "TotalSegmentator"
    assert interval_of(record) == interval(AUTOMATIC)
    over = told("plan", case, "--no-tumour", "--origin", "flr=manual")
    assert over["masks"]["flr"] == {"method": "manual"}


def test_h19_another_mask_by_option_does_not_inherit_the_statement(
    masks: list[str], tmp_path: Path
) -> None:
    """It was made of the file of the case, not of this one."""
    case = case_toml(tmp_path, f'{CASE}origin = {{ flr = "manual", liver = "manual" }}\n')
    (tmp_path / "new").mkdir()
    SMALL.write(tmp_path / "new", flr=(0, 2399))
    record = told("plan", case, "--no-tumour", "--flr", tmp_path / "new" / "flr.nii")
    assert record["masks"] == {"liver": {"method": "manual"}, "flr": {"method": "unknown"}}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["seg", "seg-nrrd", "nnunet"])
def test_h19_a_statement_against_the_file_is_a_finding_and_keeps_the_wider_interval(
    kind: str, tmp_path: Path
) -> None:
    case = fill(tmp_path, kind, 0)
    record = told("plan", case, "--no-tumour", "--origin", "flr=manual")
    message = finding(record, "mask.origin_differs")["message"]
    assert "the origin in the file is automatic by" in message
    assert "the stated origin is manual" in message
    assert record["masks"]["flr"]["method"] == "automatic"
    assert interval_of(record) == interval(AUTOMATIC)


@pytest.mark.slow
def test_a_manual_file_that_is_stated_automatic(tmp_path: Path) -> None:
    case = fill(tmp_path, "seg", 0)
    by_highdicom(tmp_path, "", "", method="MANUAL")
    record = told("plan", case, "--no-tumour", "--origin", "flr=automatic:nnU-Net")
    assert "mask.origin_differs" in codes(record)
    assert interval_of(record) == interval(AUTOMATIC)
    record = told("plan", case, "--no-tumour", "--origin", "flr=semi-automatic")
    assert "mask.origin_differs" in codes(record)
    assert record["masks"]["flr"] == {"method": "unknown"}


@pytest.mark.essential
@pytest.mark.slow
def test_a_statement_completes_that_of_the_file(tmp_path: Path) -> None:
    case = fill(tmp_path, "nnunet", 0)
    record = told("plan", case, "--no-tumour", "--origin", "flr=automatic:nnU-Net:2.5")
    assert "mask.origin_differs" not in codes(record)
    assert record["masks"]["flr"] == {
        "method": "automatic", "engine": "nnU-Net", "version": "2.5"
    }  # fmt: skip
    unknown = told("plan", case, "--no-tumour", "--origin", "unknown")
    assert unknown["masks"]["flr"] == {"method": "automatic", "engine": "nnU-Net"}


@pytest.mark.slow
def test_it_is_in_the_seg_that_is_written(tmp_path: Path) -> None:
    """Of NIfTI masks, whose origin only the option states."""
    fill(tmp_path, "seg", 0)
    SMALL.write(tmp_path, flr=(0, 2400))
    masks = ["--liver", tmp_path / "liver.nii", "--flr", tmp_path / "flr.nii"]
    told("plan", *masks, "--no-tumour", "--ct", tmp_path / "ct", "--dicom", tmp_path / "out",
         "--origin", TOTAL, "--origin", "flr=manual", "--quiet")  # fmt: skip
    made = hd.seg.segread(tmp_path / "out" / "segmentation.dcm")
    (liver, flr) = (made.get_segment_description(number) for number in made.segment_numbers)
    assert liver.algorithm_type.value == "AUTOMATIC"
    (engine,) = liver.algorithm_identification
    assert (engine.AlgorithmName, engine.AlgorithmVersion) == ("TotalSegmentator", "2.4.0")
    assert flr.algorithm_type.value == "MANUAL"


def test_a_carried_mask_has_its_error(masks: list[str]) -> None:
    drawn = told("plan", *masks, "--no-tumour")
    record = told("plan", *masks, "--no-tumour", "--origin", "flr=carried:4")
    assert record["masks"]["flr"] == {"method": "carried", "error_mm": 4.0}
    assert finding(record, "mask.carried")["value"] == 4.0
    low, high = interval_of(record)
    assert high - low > interval_of(drawn)[1] - interval_of(drawn)[0]


@pytest.mark.essential
@pytest.mark.slow
def test_a_carried_mask_in_a_file_of_segments(tmp_path: Path) -> None:
    """The file states AUTOMATIC, which contradicts the statement."""
    case = fill(tmp_path, "seg-nrrd", 0)
    record = told("plan", case, "--no-tumour", "--origin", "flr=carried:4")
    assert {"mask.carried", "mask.origin_differs"} <= set(codes(record))
    assert record["masks"]["flr"] == {"method": "carried", "error_mm": 4.0}
    assert interval_of(record)[1] > 30 * (1 + 1.96 * AUTOMATIC)


def test_h19_a_mark_of_a_carried_file_is_not_overruled(tmp_path: Path) -> None:
    SMALL.write(tmp_path, flr=(0, 2400))
    content = bytearray((tmp_path / "flr.nii").read_bytes())
    mark = b"fl-planner: carried, not drawn; off by 04.00 mm"
    content[148 : 148 + 80] = mark.ljust(80, b"\0")
    (tmp_path / "flr.nii").write_bytes(content)
    masks = ["--liver", tmp_path / "liver.nii", "--flr", tmp_path / "flr.nii", "--no-tumour"]
    marked = told("plan", *masks)
    record = told("plan", *masks, "--origin", "flr=manual")
    assert "the masks are carried" in finding(record, "mask.origin_differs")["message"]
    assert interval_of(record) == interval_of(marked)
    assert "mask.origin_differs" not in codes(told("plan", *masks, "--origin", "flr=unknown"))


def test_h19_rows_of_an_automatic_map_have_the_wider_interval(tmp_path: Path) -> None:
    """Segments V to VIII remain, 50 % of a liver of eight equal segments: 20 points above 30 %."""
    labels = np.zeros_like(SMALL.mask(0, 1))
    for n in range(8):
        labels[SMALL.mask(n * 1000, (n + 1) * 1000).astype(bool)] = n + 1
    SMALL.write(tmp_path)
    SMALL.file(tmp_path / "map.nii", labels)
    masks = ["--liver", tmp_path / "liver.nii", "--labelmap", tmp_path / "map.nii",
             "--no-tumour", "--diagnosis", "crlm"]  # fmt: skip
    read, made = (told("plan", *masks, *more) for more in ((), ("--origin", TOTAL)))
    assert made["masks"]["segments"]["engine"] == "TotalSegmentator"

    def chances(record: Record) -> list[float]:
        rows = record["resections"]
        return [one["crossing_chance"] for row in rows for one in row["thresholds"]]

    pairs = [*zip(chances(read), chances(made), strict=True)]
    assert all(wide >= narrow for narrow, wide in pairs)
    assert any(wide > narrow for narrow, wide in pairs)


def test_a_further_plan_states_its_own(tmp_path: Path) -> None:
    SMALL.write(tmp_path, flr=(0, 2400))
    SMALL.file(tmp_path / "b.nii", SMALL.mask(0, 3000))
    plans = f'[[plan]]\nname = "A"\n[[plan]]\nname = "B"\nflr = "b.nii"\norigin = "{TOTAL}"\n'
    case = case_toml(tmp_path, CASE + plans)
    record = told("plan", case, "--no-tumour")
    assert record["masks"]["flr"] == {"method": "unknown"}
    (other,) = record["case"]["other_plans"]
    assert other["mask_made"] == "automatic (TotalSegmentator 2.4.0)"
    case = case_toml(tmp_path, f'{CASE}[[plan]]\nremnant_segments = [2]\norigin = "manual"\n')
    assert "origin requires flr or resected" in refused("plan", case)["reason"]


def test_a_reader_who_verified_the_masks_narrows_it(masks: list[str], tmp_path: Path) -> None:
    from hashlib import sha256

    hashes = {name: sha256((tmp_path / f"{name}.nii").read_bytes()).hexdigest()
              for name in ("liver", "flr")}  # fmt: skip
    signed = (
        f'origin = "{TOTAL}"\n[imaging]\nreader = "R1"\nstatus = "verified"\n[imaging.sha256]\n'
    )
    signed += "".join(f'{name} = "{one}"\n' for name, one in hashes.items())
    record = told("plan", case_toml(tmp_path, CASE + signed), "--no-tumour")
    assert interval_of(record) == interval(BY_READER)
    assert "remnant.verified" in codes(record)
    assert record["masks"]["flr"]["method"] == "automatic"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--origin", "tumour=manual"), "mask.origin_of_none"),
        (("--origin", "flr=manual", "--origin", "flr=automatic"), "usage.wrong"),
        (("--origin", "=manual"), "usage.wrong"),
        (("--origin", "flr=by hand"), "usage.wrong"),
    ],
)
def test_wrong_statements_are_refused(
    options: tuple[str, ...], code: str, masks: list[str]
) -> None:
    assert refused("plan", *masks, *options)["code"] == code


def test_h19_one_structure_stated_by_two_names_is_refused(masks: list[str], tmp_path: Path) -> None:
    """The last one was used, and the other was not: a program's structure passed as manual."""
    SMALL.file(tmp_path / "cyst.nii", SMALL.mask(5000, 5100))
    origins = ("--origin", f"exclude cyst={TOTAL}", "--origin", "cyst=manual")
    refusal = refused("plan", *masks, "--exclude", f"cyst={tmp_path / 'cyst.nii'}", *origins)
    assert refusal["code"] == "usage.wrong"
    assert "stated twice" in refusal["reason"]


def test_h19_one_mask_stated_in_masks_and_in_its_plan_is_refused(
    masks: list[str], tmp_path: Path
) -> None:
    """That of the plan was used: a program's FLR passed as manual, with the narrower interval."""
    text = f'[masks]\nliver = "liver.nii"\norigin = {{ flr = "{TOTAL}" }}\n'
    text += '[[plan]]\nflr = "flr.nii"\norigin = "manual"\n'
    refusal = refused("plan", case_toml(tmp_path, text), "--no-tumour")
    assert (refusal["code"], refusal["reason"]) == (
        "usage.wrong",
        "the origin of flr was stated twice",
    )


def test_an_excluded_structure_and_a_vessel_by_their_names(
    masks: list[str], tmp_path: Path
) -> None:
    SMALL.file(tmp_path / "cyst.nii", SMALL.mask(5000, 5100))
    record = told("plan", *masks, "--no-tumour", "--exclude", f"cyst={tmp_path / 'cyst.nii'}",
                  "--origin", "cyst=automatic:nnU-Net")  # fmt: skip
    assert "automatically by nnU-Net" in finding(record, "segments.automatic")["message"]


@pytest.mark.parametrize(
    "origin", [TOTAL, [TOTAL], {"flr": TOTAL}, ["liver=manual", f"flr={TOTAL}"]]
)
def test_an_image_in_memory_in_python(origin: Any) -> None:
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    affine[:3, 3] = (-40, -60, 30)
    liver, flr = (nibabel.Nifti1Image(SMALL.mask(*ends), affine) for ends in ((0, 8000), (0, 2400)))
    made = fl_planner.plan(liver=liver, flr=flr, no_tumour=True, origin=origin).as_record()
    assert made["masks"]["flr"]["engine"] == "TotalSegmentator"
    assert interval_of(made) == interval(AUTOMATIC)


def test_it_is_printed_and_in_the_table(masks: list[str], tmp_path: Path) -> None:
    from tests.cli.outside import ask

    shown = ask("volume", *masks, "--origin", TOTAL).out
    assert "FLR mask: automatic (TotalSegmentator 2.4.0)" in shown
    table = ask("plan", *masks, "--no-tumour", "--origin", TOTAL, "--csv").out.splitlines()
    row = dict(zip(table[0].split(","), table[1].split(","), strict=True))
    assert (row["flr_program"], row["flr_method"]) == ("TotalSegmentator", "1")
    book = ask("schema", "codebook").out
    (described,) = (line for line in book.splitlines() if line.startswith("flr_method,"))
    assert "1, automatic" in described
