"""Readers' masks of the same cases from outside: each number by hand or by another engine."""

import csv
import json
import re
import shutil
from importlib import import_module
from io import StringIO
from math import ceil, floor
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK
from scipy import ndimage, spatial, stats

import fl_planner
from tests.cases import each_case, of_many
from tests.cli.outside import Record, ask, case_toml, codes, told
from tests.refusals import refuses
from tests.shared import shared
from tests.workup.agreement.readers import CHANGED, FLR_ML, LIVER, write_readers

ITK: Any = SimpleITK  # neither has types
NIB: Any = nibabel


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_readers(tmp_path_factory.mktemp("readers"))


@pytest.fixture(scope="module")
def record(readers: list[Path]) -> Record:
    return told("agree", *readers, "--no-tumour")


def quantity(record: Record, name: str) -> Record:
    (one,) = (each for each in record["quantities"] if each["name"] == name)
    found: Record = one
    return found


@pytest.mark.essential
@pytest.mark.slow
def test_figures_over_cases_are_those_of_an_independent_script(record: Record) -> None:
    """Shares are FLR/1000 and FLR/997: the second reader's liver lacks 3 mL."""
    shares = np.array([(one / 10, other / 9.97) for one, other in FLR_ML.values()])
    apart, n = shares[:, 1] - shares[:, 0], len(shares)
    flr = quantity(record, "flr_percent")
    (pair,) = flr["pairs"]
    mean, sd = fmean(apart), stdev(apart)
    assert (pair["first"], pair["second"], pair["cases"]) == ("R1", "R2", n)
    assert pair["bias"] == pytest.approx(mean)
    assert pair["bias_interval"] == pytest.approx(stats.t.interval(0.95, n - 1, mean, sd / n**0.5))
    assert pair["limits_of_agreement"] == pytest.approx([mean - 1.96 * sd, mean + 1.96 * sd])
    reach = stats.nct.ppf((0.025, 0.975), n - 1, 1.96 * n**0.5) * sd / n**0.5
    assert pair["high_interval"] == pytest.approx(mean + reach)
    within = (apart**2).sum() / 2
    assert (flr["cases"], flr["df"]) == (n, n)
    assert flr["within_sd"] == pytest.approx((within / n) ** 0.5)
    chi = stats.chi2.ppf((0.975, 0.025), n)
    assert flr["within_sd_interval"] == pytest.approx((within / chi) ** 0.5)
    assert flr["repeatability"] == pytest.approx(1.96 * (2 * within / n) ** 0.5)
    relative = ((apart / shares.mean(axis=1)) ** 2).sum() / 2
    assert flr["cv_percent"] == pytest.approx(100 * (relative / n) ** 0.5)
    assert flr["cv_interval_percent"] == pytest.approx(100 * (relative / chi) ** 0.5)
    assert record["reading_error"]["cv"] == pytest.approx((relative / n) ** 0.5, abs=1e-6)
    assert record["reading_error"]["df"] == n


def test_h08_intervals_in_the_terminal_are_rounded_outwards(
    readers: list[Path], record: Record
) -> None:
    """Two decimals, never narrower than the interval in the JSON."""
    flr = quantity(record, "flr_percent")
    shown = " ".join(ask("agree", *readers, "--no-tumour").out.split())
    for words, value, ends in (
        ("within-case SD", flr["within_sd"], flr["within_sd_interval"]),
        ("CV", flr["cv_percent"], flr["cv_interval_percent"]),
    ):
        low, high = floor(100 * ends[0]) / 100, ceil(100 * ends[1]) / 100
        unit = "%" if words == "CV" else "percentage points"
        assert f"{words} {value:.2f} {unit} ({low:.2f} to {high:.2f})" in shown


def test_each_case_has_volumes_dice_and_distances(record: Record) -> None:
    """290 of 310 voxels, and livers of 1000 and 997: Dice 580/600 and 1994/1997."""
    case = record["cases"][0]
    first, second = case["readings"]
    assert (case["case"], case["counts"]) == ("p01", True)
    assert (first["flr_ml"], second["flr_ml"], second["liver_ml"]) == (290, 310, 997)
    assert (first["flr_percent"], second["flr_percent_shown"]) == (29.0, "31.1")
    (pair,) = case["pairs"]
    by_name = {one["name"]: one for one in pair["structures"]}
    assert by_name["flr"]["dice"] == pytest.approx(580 / 600)
    assert by_name["liver"]["dice"] == pytest.approx(1994 / 1997)
    assert by_name["flr"]["mean_surface_mm"] > 0


def test_h08_patients_who_change_side_of_each_limit_are_counted(record: Record) -> None:
    """p05: 300 of 1000 is at 30 %, 299 of 997 (29.99 %) below it; p03: 41.0 and 39.9 %."""
    limits = {one["name"]: one for one in record["limits"]}
    for percent, cases in CHANGED.items():
        limit = limits[f"dragon2.flr_{percent}"]
        assert limit["cases"] == len(FLR_ML)
        assert [one["case"] for one in limit["changed_cases"]] == cases
        assert limit["changed"] == len(cases)
    at = limits["dragon2.flr_30"]["changed_cases"][1]["sides"]
    assert [one["answer"] for one in at] == ["at", "below"]


def test_m18_one_pair_alone_has_no_interval_and_no_cv(readers: list[Path], tmp_path: Path) -> None:
    for reader in readers:
        shutil.copytree(reader / "p02", tmp_path / reader.name / "p02")
    record = told("agree", tmp_path / "R1", tmp_path / "R2", "--no-tumour")
    flr = quantity(record, "flr_percent")
    assert (flr["cases"], flr["df"]) == (1, 1)
    assert flr.keys() == {"name", "words", "unit", "cases", "df", "pairs"}
    assert flr["pairs"][0].keys() == {"first", "second", "cases", "bias"}
    assert "reading_error" not in record
    (few,) = (one for one in record["findings"] if one["code"] == "agree.too_few")
    assert "1 degree of freedom" in few["message"]
    shown = ask("agree", tmp_path / "R1", tmp_path / "R2", "--no-tumour").out
    assert "one case: no SD, CV or interval" in shown
    assert "[reading_error]" not in shown


def test_without_a_word_on_the_tumour_no_limit_is_reported(readers: list[Path]) -> None:
    record = told("agree", *readers)
    assert record["limits"] == []
    assert quantity(record, "flr_percent")["cases"] == len(FLR_ML)


def test_h04_h11_swapped_cases_are_named_and_left_out(readers: list[Path], tmp_path: Path) -> None:
    """A remnant on the other side, as of another case: next to nothing in common."""
    for reader in readers:
        shutil.copytree(reader, tmp_path / reader.name)
    LIVER.file(tmp_path / "R2" / "p01" / "flr.nii", LIVER.mask(600, 990))
    ran = ask("agree", tmp_path / "R1", tmp_path / "R2", "--no-tumour", "--json")
    assert ran.status == 0
    assert ran.record["cases"][0]["counts"] is False
    assert quantity(ran.record, "flr_ml")["cases"] == len(FLR_ML) - 1
    (found,) = (one for one in ran.record["findings"] if one["code"] == "agree.nothing_common")
    assert found["message"].startswith("p01, R1 and R2: the drawn remnants hardly overlap")


def test_h06_a_case_on_two_lattices_is_refused_or_brought_together(
    readers: list[Path], tmp_path: Path
) -> None:
    for reader in readers:
        for case in ("p01", "p02"):
            shutil.copytree(reader / case, tmp_path / reader.name / case)
    moved = NIB.load(tmp_path / "R2" / "p01" / "liver.nii")
    for name in ("liver", "flr"):
        path = tmp_path / "R2" / "p01" / f"{name}.nii"
        voxels = np.asarray(NIB.load(path).dataobj).copy()
        affine = moved.affine.copy()
        affine[:3, 3] += 4.0
        NIB.save(NIB.Nifti1Image(voxels, affine), path)
    asked = ("agree", tmp_path / "R1", tmp_path / "R2", "--no-tumour", "--json")
    ran = ask(*asked)
    assert ran.status == 3
    (left,) = ran.record["refused"]
    assert (left["case"], left["code"]) == ("p01", "grid.differs")
    assert "p01, R1" in left["message"]
    assert [one["case"] for one in ran.record["cases"]] == ["p02"]
    together = ask(*asked, "--resample").record
    assert [one["case"] for one in together["cases"]] == ["p01", "p02"]
    assert "grid.resampled" in codes(together)
    assert "excluded" in ask(*asked[:-1]).out


def test_a_reading_that_cannot_be_read_leaves_its_case_out(
    readers: list[Path], tmp_path: Path
) -> None:
    for reader in readers:
        shutil.copytree(reader / "p01", tmp_path / reader.name / "p01")
    (tmp_path / "R2" / "p01" / "liver.nii").write_bytes(b"no image")
    with pytest.raises(fl_planner.InputRefused):
        fl_planner.agree(tmp_path / "R1", tmp_path / "R2", no_tumour=True)
    shutil.copytree(readers[0] / "p02", tmp_path / "R1" / "p02")
    shutil.copytree(readers[1] / "p02", tmp_path / "R2" / "p02")
    shutil.copytree(readers[1] / "p03", tmp_path / "R2" / "p03")
    ran = ask("agree", tmp_path / "R1", tmp_path / "R2", "--no-tumour", "--json")
    assert ran.status == 3
    assert ran.record["refused"][0]["reader"] == "R2"
    assert "agree.read_once" in codes(ran.record)
    of_table = ask("agree", tmp_path / "R1", tmp_path / "R2", "--no-tumour", "--csv", "--quiet")
    assert "p01" not in of_table.out
    assert "excluded p01, R2: liver.nii: " in of_table.err
    assert "(agree.read_once)" in " ".join(of_table.err.split())


def test_h16_a_missing_flr_of_one_reading_is_reported(readers: list[Path], tmp_path: Path) -> None:
    """Its liver is in the summary, its FLR is not; a reader of livers alone has none."""
    for reader in readers:
        for case in ("p01", "p02"):
            shutil.copytree(reader / case, tmp_path / reader.name / case)

    def found() -> list[str]:
        record = told("agree", tmp_path / "R1", tmp_path / "R2", "--no-tumour")
        return [one["message"] for one in record["findings"] if one["code"] == "agree.no_flr"]

    assert found() == []
    (missing,) = (tmp_path / "R2" / "p01").glob("flr*")
    missing.unlink()
    (message,) = found()
    assert message.endswith(": p01 (R2)")
    next((tmp_path / "R2" / "p02").glob("flr*")).unlink()
    assert found() == []


def test_cases_whose_names_look_the_same_are_one_case(readers: list[Path], tmp_path: Path) -> None:
    """An accent with its letter in one folder, and one of its own in that of a macOS reader."""
    for reader, name in zip(readers, ("\u00c9a", "E\u0301a"), strict=True):
        shutil.copytree(reader / "p01", tmp_path / reader.name / name)
    found = told("agree", tmp_path / "R1", tmp_path / "R2", "--no-tumour")
    assert [one["case"] for one in found["cases"]] == ["\u00c9a"]


def test_who_reads_is_reported_by_names_or_a_list(readers: list[Path], tmp_path: Path) -> None:
    one, two = readers
    named = told("agree", f"Anna={one}", f"tool={two}", "--no-tumour")
    assert named["readers"] == ["Anna", "tool"]
    rows = [
        f"{case},{reader.name},{reader / case / 'liver.nii'},{reader / case / 'flr.nii'}"
        for reader in readers
        for case in ("p01", "p02")
    ]
    path = tmp_path / "readings.csv"
    path.write_text("\n".join(["id,reader,liver,flr", *rows]), "utf-8")
    listed = told("agree", path, "--no-tumour")
    assert listed["inputs"][0]["role"] == "readings"
    assert [each["case"] for each in listed["cases"]] == ["p01", "p02"]
    path.write_text("\n".join(["id,reader,liver,flr", *rows, rows[0]]), "utf-8")
    with refuses("agree.twice", "p01"):
        fl_planner.agree(path)
    path.write_text("id,reader,liver,,\n" + "p01,R1,l.nii,,\np01,R2,l.nii,,f.nii\n", "utf-8")
    with refuses("agree.list", says="row 3: a value in a column without a name"):
        fl_planner.agree(path)


def test_h11_readers_and_cases_alike_but_for_capitals_have_a_finding(
    readers: list[Path], tmp_path: Path
) -> None:
    """R1 and r1 may be one reader, whose two drawings are then counted as those of two."""
    rows = [
        f"{case},{name},{folder / 'p01' / 'liver.nii'},{folder / 'p01' / 'flr.nii'}"
        for case in ("p01", "P01", "p02")
        for name, folder in zip(("R1", "r1"), readers, strict=True)
    ]
    path = tmp_path / "readings.csv"
    path.write_text("\n".join(["id,reader,liver,flr", *rows]), "utf-8")
    found = told("agree", path, "--no-tumour")["findings"]
    assert [one["message"] for one in found if one["code"] == "screen.ids_alike"] == [
        "the ids of readers R1, r1 differ only in upper and lower case, blanks or leading zeros",
        "the ids of cases p01, P01 differ only in upper and lower case, blanks or leading zeros",
    ]


@each_case("given", {"one": ("R1",), "of one name": ("a=R1", "a=R2"), "nothing": ("R1", "empty")})
def test_less_than_two_readers_of_one_case_are_refused(
    given: tuple[str, ...], readers: list[Path]
) -> None:
    folder = readers[0].parent
    (folder / "empty").mkdir(exist_ok=True)
    paths = [_within(folder, one) for one in given]
    code = "agree.no_common" if "empty" in given else "agree.readers"
    with refuses(code, "readers"):
        fl_planner.agree(*paths)


def test_two_readers_of_one_name_are_named_though_another_follows(readers: list[Path]) -> None:
    paths = [f"{name}={readers[0]}" for name in ("a", "a", "b")]
    with refuses("agree.readers", "readers", says="two readers have the name a"):
        fl_planner.agree(*paths)


def _within(folder: Path, given: str) -> str:
    name, equals, place = given.rpartition("=")
    return f"{name}{equals}{folder / place}"


@pytest.mark.essential
@pytest.mark.slow
def test_the_table_csv_and_picture_state_what_the_record_states(
    readers: list[Path], tmp_path: Path
) -> None:
    picture, book = tmp_path / "agree.png", tmp_path / "agree.xlsx"
    ran = ask("agree", *readers, "--no-tumour", "--picture", picture, "--xlsx", book)
    assert ran.status == 0
    shown = " ".join(ran.out.split())
    assert "11 cases read by R1 and R2" in shown
    assert "DRAGON 2: FLR 30 % 2 11" in shown
    assert "p01 (R1 below, R2 above 30 %)" in shown
    assert "[reading_error]" in shown
    assert "picture: agree.png" in ran.err
    assert picture.read_bytes().startswith(b"\x89PNG")
    before = picture.read_bytes()
    ask("agree", *readers, "--no-tumour", "--picture", picture, "--force")
    assert picture.read_bytes() == before
    table = csv.DictReader(StringIO(ask("agree", *readers, "--no-tumour", "--csv").out))
    flr = next(row for row in table if (row["record_id"], row["structure"]) == ("p01", "flr"))
    names = ("reader_1", "reader_2", "ml_1", "ml_2", "dice")
    assert [flr[name] for name in names] == ["R1", "R2", "290", "310", "0.966666667"]
    percents = [float(flr[f"flr_pct_{which}"]) for which in ("1", "2", "2_less_1")]
    assert percents == pytest.approx([29, 31.0933, 2.0933], abs=1e-4)
    assert 0 < float(flr["surface_mm"]) < float(flr["surface_95_mm"])
    assert ask("agree", *readers, "--csv", "--json").status == 2
    assert book.exists()


@pytest.mark.slow
def test_h16_the_same_masks_twice_differ_by_nothing(readers: list[Path], tmp_path: Path) -> None:
    """Two folders of the same masks: no SD, no limits and no CV, and a word on each case."""
    picture = tmp_path / "a.png"
    asked = ("agree", f"a={readers[0]}", f"b={readers[0]}", "--no-tumour")
    record = ask(*asked, "--picture", picture, "--json").record
    for name in ("liver_ml", "flr_ml", "flr_percent"):
        found = quantity(record, name)
        assert (found["cases"], found["df"]) == (len(FLR_ML), len(FLR_ML))
        assert not found.keys() & {"within_sd", "cv", "repeatability"}
        assert (found["pairs"][0]["bias"], found["pairs"][0]["sd"]) == (0, 0)
        assert "limits_of_agreement" not in found["pairs"][0]
    assert codes(record).count("agree.same") == len(FLR_ML)
    assert "reading_error" not in record
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_h16_a_reader_who_agrees_in_one_case_counts_there(tmp_path: Path) -> None:
    """FLR of 1000 mL: 290 and 310, 350 and 350, 410 and 400 mL; liver 1000 mL for both.

    By hand: squares of differences 400, 0 and 100, halved, over 3 pairs: SD² 250/3.
    """
    record = told(
        "agree",
        *write_readers(tmp_path, {"a": (290, 310), "b": (350, 350), "c": (410, 400)}, liver=0),
        "--no-tumour",
    )
    flr = quantity(record, "flr_ml")
    assert (flr["cases"], flr["pairs"][0]["cases"]) == (3, 3)
    assert flr["within_sd"] == pytest.approx((250 / 3) ** 0.5)
    assert flr["pairs"][0]["bias"] == pytest.approx(10 / 3)


def test_h11_two_cases_with_one_patients_files_are_reported(tmp_path: Path) -> None:
    """Case b is a copy of a by the first reader; c has files of its own."""
    told_ml = {"a": (290, 310), "b": (350, 370), "c": (410, 400)}
    readers = write_readers(tmp_path, told_ml)
    voxels = LIVER.mask(0, LIVER.voxels - 50)
    for reader in readers:
        LIVER.file(reader / "c" / "liver.nii", voxels)
    shutil.copy(readers[0] / "a" / "flr.nii", readers[0] / "b" / "flr.nii")
    found = told("agree", *readers, "--no-tumour")["findings"]
    said = [one["message"] for one in found if one["code"] == "cohort.one_patient"]
    assert [one.partition(":")[0] for one in said] == ["a", "b"]
    assert "the same files as b (flr, liver)" in said[0]


def test_cases_that_do_not_count_have_nothing_to_draw(tmp_path: Path) -> None:
    readers = write_readers(tmp_path, {"a": (290, 310)})
    LIVER.file(readers[1] / "a" / "flr.nii", LIVER.mask(600, 990))
    with refuses("agree.no_picture"):
        fl_planner.agree(*readers, no_tumour=True, picture=tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


@pytest.mark.slow
def test_three_readers_and_segments_are_reported_by_pairs(tmp_path: Path) -> None:
    cases = {"a": (290, 310, 300), "b": (350, 360, 340)}
    readers = write_readers(tmp_path, cases)
    for n, reader in enumerate(readers):
        voxels = LIVER.segments()
        voxels[1 + n, 1, 1] = 0
        for case in cases:
            LIVER.file(reader / case / "segments.nii", voxels)
    result = fl_planner.agree(*readers, no_tumour=True, picture=tmp_path / "a.png")
    record = result.as_record()
    assert quantity(record, "flr_ml")["df"] == 4
    assert len(quantity(record, "flr_ml")["pairs"]) == 3
    assert len(record["cases"][0]["readings"][0]["segments"]) == 8
    html = result._repr_html_()
    assert "segments are shown with -v" in html or "Segment" in html
    shown = ask("agree", *readers, "--no-tumour", "-v").out
    assert "a (R1, R3): FLR" in shown


@pytest.mark.slow
def test_a_list_of_many_cases_is_shortened(
    readers: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = import_module("fl_planner.report.terminal.readers")
    monkeypatch.setattr(table, "MOST_CASES", 2)
    assert "\n  9 more cases with -v\n" in ask("agree", *readers, "--no-tumour").out
    whole = ask("agree", *readers, "--no-tumour", "-v").out
    assert "more cases" not in whole
    (head,) = (line for line in whole.splitlines() if line.startswith("Case "))
    columns = ["Case", "1st mL", "2nd mL", "Dice", "mean mm", "95 % mm"]
    assert re.split(" {2,}", head.strip()) == columns  # no two columns have the same name


@pytest.mark.slow
def test_a_consensus_is_written_and_states_what_it_is(tmp_path: Path) -> None:
    """Most of 290, 310 and 300 voxels in order are the first 300; SD 10 mL."""
    readers = write_readers(tmp_path, {"a": (290, 310, 300), "b": (350, 360, 340)})
    out = tmp_path / "consensus"
    record = told("agree", *readers, "--no-tumour", "--out", out)
    flr = next(one for one in record["consensus"] if one["file"] == "a_flr.nii.gz")
    assert (flr["volume_ml"], flr["sd_ml"], flr["vote"]) == (300, 10, "majority")
    assert (flr["undisputed_ml"], flr["disputed_ml"]) == (290, 20)
    assert [one["dice"] for one in flr["readers"]] == pytest.approx([580 / 590, 600 / 610, 1])
    assert json.loads((out / "agree.json").read_text("utf-8")) == record
    held = NIB.load(out / "a_flr.nii.gz")
    assert int(np.asarray(held.dataobj).sum()) == 300
    volume = told("volume", "--liver", out / "a_liver.nii.gz", "--flr", out / "a_flr.nii.gz")
    (mark,) = (one for one in volume["findings"] if one["file"] == "a_flr.nii.gz")
    assert (mark["code"], mark["value"]) == ("mask.consensus_majority", 10)
    copy = tmp_path / "copy.nii.gz"
    told("convert", out / "a_flr.nii.gz", "--to", copy)
    assert NIB.load(copy).header["descrip"] == held.header["descrip"]
    assert ask("convert", out / "a_flr.nii.gz", "--to", tmp_path / "c.nrrd").status == 2
    assert ask("agree", *readers, "--no-tumour", "--out", out).status == 2
    shown = ask("agree", *readers, "--no-tumour", "--out", out, "--force").out
    assert "Consensus (computed, not drawn)" in shown


@pytest.mark.essential
@pytest.mark.slow
def test_staple_gives_the_same_bytes_twice(tmp_path: Path) -> None:
    readers = write_readers(tmp_path, {"a": (290, 310), "b": (350, 360)})
    for out in ("one", "two"):
        told("agree", *readers, "--no-tumour", "--out", tmp_path / out, "--consensus", "staple")
    names = sorted(one.name for one in (tmp_path / "one").iterdir())
    assert names == [
        "a_flr.nii.gz",
        "a_liver.nii.gz",
        "agree.json",
        "b_flr.nii.gz",
        "b_liver.nii.gz",
    ]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    record = json.loads((tmp_path / "one" / "agree.json").read_text("utf-8"))
    assert "agree.two_readings" in codes(record)
    assert {one["vote"] for one in record["consensus"]} == {"staple"}
    assert record["consensus"][0]["readers"][0]["sensitivity"] <= 1


def test_what_no_two_drew_has_no_consensus_and_names_of_files_stay_apart(tmp_path: Path) -> None:
    readers = write_readers(tmp_path, {"a b": (300, 310), "a-b": (300, 310)})
    with refuses("agree.file_twice", "a-b"):
        fl_planner.agree(*readers, no_tumour=True, out=tmp_path / "out")
    shutil.rmtree(readers[0] / "a-b")
    for reader, span in zip(readers, ((0, 3), (500, 503)), strict=True):
        LIVER.file(reader / "a b" / "tumour.nii", LIVER.mask(*span))
    record = fl_planner.agree(*readers, out=tmp_path / "out").as_record()
    assert "agree.no_consensus" in codes(record)
    assert [one["file"] for one in record["consensus"]] == ["a-b_liver.nii.gz", "a-b_flr.nii.gz"]


@pytest.mark.slow
def test_a_centre_s_own_reading_error_makes_the_interval_of_a_plan(
    record: Record, readers: list[Path], tmp_path: Path
) -> None:
    """What `agree` prints is what the centre file takes; the interval is ± t · CV."""
    shown = ask("agree", *readers, "--no-tumour").out
    start = shown.index("[reading_error]")
    block = "\n".join(line.strip() for line in shown[start:].splitlines()[:6])
    centre = tmp_path / "centre.toml"
    centre.write_text(f'schema = 1\nname = "Site 7"\nas_of = 2026-11-01\n{block}\n', "utf-8")
    place = readers[0] / "p01"
    case = case_toml(
        tmp_path,
        f'[masks]\nliver = "{place}/liver.nii"\nflr = "{place}/flr.nii"\nno_tumour = true\n',
    )
    plain = told("plan", case)["ratios"]["flr"]
    own = told("plan", case, "--centre", centre)["ratios"]["flr"]
    cv, df = record["reading_error"]["cv"], record["reading_error"]["df"]
    half = 29 * cv * float(stats.t.ppf(0.975, df))
    assert own["cv"]["centre"]["cv"] == pytest.approx(cv)
    if half > 1.96 * 29 * own["cv"]["geometry_sd"]:
        assert own["interval_percent"] == pytest.approx([29 - half, 29 + half])
        assert own["cv"]["decided_by"] == "centre"
    assert own["interval_percent"] != plain["interval_percent"]
    told_ = ask("plan", case, "--centre", centre, "-v").out
    by_centre = own["cv"]["decided_by"] == "centre"
    assert ("interval based on this centre's readers, " in told_) == by_centre
    assert ("interval determined by the voxel size of the masks" in told_) != by_centre
    few = centre.read_text("utf-8").replace(f"df = {df}", "df = 9")
    centre.write_text(few, "utf-8")
    assert ask("plan", case, "--centre", centre).status == 2


def test_a_centre_s_error_of_drawn_remnants_states_nothing_of_segments(tmp_path: Path) -> None:
    centre = tmp_path / "centre.toml"
    centre.write_text(
        'schema = 1\nname = "Site 7"\nas_of = 2026-11-01\n[reading_error]\n'
        'cv = 0.2\ncases = 20\ndf = 20\norigin = "drawn"\nsource = "two readers"\n',
        "utf-8",
    )
    labels = LIVER.file(tmp_path / "map.nii", LIVER.segments())
    asked = ("plan", "--labelmap", labels, "--remnant-segments", "2,3", "--no-tumour")
    plain, own = told(*asked), told(*asked, "--centre", centre)
    assert own["ratios"]["flr"] == plain["ratios"]["flr"]
    assert "centre.other_origin" in codes(own)


def of_tools(name: str) -> tuple[Any, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    path = shared("data", "totalsegmentator_example", f"{name}.nii.gz")
    image = ITK.ReadImage(str(path)) == 5
    return image, ITK.GetArrayFromImage(image).astype(bool)


@pytest.mark.essential
@pytest.mark.slow
def test_two_public_readings_of_a_ct_are_those_of_an_independent_script(tmp_path: Path) -> None:
    """TotalSegmentator and its fast model on one CT: SimpleITK's overlap, scipy's distances."""
    names = ("example_seg", "example_seg_fast")
    paths = []
    for name in names:
        place = tmp_path / name / "ct"
        place.mkdir(parents=True)
        source = shared("data", "totalsegmentator_example", f"{name}.nii.gz")
        shutil.copy(source, place / "segments.nii.gz")
        paths.append(place.parent)
    record = told("agree", *paths, "--scheme", "totalsegmentator")
    (one,) = record["cases"][0]["pairs"][0]["structures"]
    (first, a), (second, b) = map(of_tools, names)
    overlap = ITK.LabelOverlapMeasuresImageFilter()
    overlap.Execute(first, second)
    assert one["dice"] == pytest.approx(overlap.GetDiceCoefficient(), abs=1e-9)
    assert (one["first_ml"], one["second_ml"]) == pytest.approx((1043.118, 1062.45), abs=1e-3)
    cross = ndimage.generate_binary_structure(3, 1)
    edges = [np.argwhere(m & ~ndimage.binary_erosion(m, cross)) * 3.0 for m in (a, b)]
    there = spatial.cKDTree(edges[1]).query(edges[0])[0]
    back = spatial.cKDTree(edges[0]).query(edges[1])[0]
    assert one["mean_surface_mm"] == pytest.approx(np.concatenate([there, back]).mean(), rel=1e-6)
    far = max(np.percentile(there, 95), np.percentile(back, 95))
    assert one["surface_95_mm"] == pytest.approx(far, rel=1e-6)


@pytest.mark.slow
def test_public_segment_maps_read_by_a_second_tool_give_the_script_s_figures(
    tmp_path: Path,
) -> None:
    """Couinaud maps of public CTs, and the same after SimpleITK's median of each label."""
    every = ("MSD-011", "MSD-022", "MSD-030", "MSD-289")
    cases, shares, dice = of_many(("MSD-022", "MSD-289"), every), [], []
    for case in cases:
        source = shared("data", "couinaud_msd08", f"{case}_couinaud.nii.gz")
        image = ITK.ReadImage(str(source), ITK.sitkUInt8)
        other = ITK.Median(image, (3, 3, 0))
        pair = []
        for reader, held in (("public", image), ("median", other)):
            (tmp_path / reader).mkdir(exist_ok=True)
            ITK.WriteImage(held, str(tmp_path / reader / f"{case}.nii.gz"))
            labels = ITK.GetArrayFromImage(held)
            pair.append((np.isin(labels, (2, 3)), labels > 0))
        (a, whole_a), (b, whole_b) = pair
        shares.append((100 * a.sum() / whole_a.sum(), 100 * b.sum() / whole_b.sum()))
        dice.append(2 * (a & b).sum() / (a.sum() + b.sum()))
    readers = (tmp_path / "public", tmp_path / "median")
    record = told(
        "agree", *readers, "--role", "labelmap", "--remnant-segments", "2,3", "--no-tumour"
    )
    for case, (one, other), expected in zip(record["cases"], shares, dice, strict=True):
        assert [each["flr_percent"] for each in case["readings"]] == pytest.approx([one, other])
        structures = {each["name"]: each.get("dice") for each in case["pairs"][0]["structures"]}
        assert structures["flr"] == pytest.approx(expected)
    apart = np.diff(np.array(shares))[:, 0]
    flr = quantity(record, "flr_percent")
    assert flr["pairs"][0]["bias"] == pytest.approx(apart.mean())
    assert flr["pairs"][0]["sd"] == pytest.approx(apart.std(ddof=1))
    assert flr["within_sd"] == pytest.approx(((apart**2).sum() / 2 / len(apart)) ** 0.5)
