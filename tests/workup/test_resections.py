"""`fl-planner resections`: the bundled case, whose segments were counted without this program."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from tests.cli.outside import BUNDLED, CASES, SMALL, Record, ask, refused, told, truth
from tests.record.planned import flat

pytestmark = pytest.mark.slow

CRLM = BUNDLED / "crlm" / "case.toml"


@pytest.fixture(scope="module")
def record() -> Record:
    return told("resections", CRLM)


def segment_counts(name: str) -> dict[str, int]:
    """Tumour-free voxels of each segment, from the recount."""
    segments = truth()[name]["segments"]
    return {segment: counted["without_tumour"] for segment, counted in segments.items()}


def segments(folder: Path, first: int = 1) -> list[str | Path]:
    """Write a map of segments of 1000 voxels each, from the first on; give its option."""
    return ["--labelmap", SMALL.file(folder / "labels.nii", SMALL.segments(first))]


@pytest.mark.parametrize("name", CASES)
def test_every_set_of_segments_is_the_sum_of_the_recount(name: str) -> None:
    counted = segment_counts(name)
    rows = told("resections", BUNDLED / name / "case.toml")["resections"]
    assert len(rows) == 254
    assert len({row["code"] for row in rows}) == 254
    for row in rows:
        assert row["flr_voxels"] == sum(counted[segment] for segment in row["kept"])
        assert set(row["kept"]) | set(row["removed"]) == set(counted)


@pytest.mark.essential
def test_lesions_are_cleared_where_their_segments_go(record: Record) -> None:
    lesions = [set(lesion["voxels_by_segment"]) for lesion in truth()["crlm"]["lesions"]]
    for row in record["resections"]:
        gone = set(row["removed"])
        cleared = [n for n, held in enumerate(lesions, start=1) if held <= gone]
        left = [n for n, held in enumerate(lesions, start=1) if not held & gone]
        assert (row["lesions"]["cleared"], row["lesions"]["left"]) == (cleared, left)


@pytest.mark.essential
def test_a_person_sees_what_clears_most(record: Record) -> None:
    shown = [row["code"] for row in record["resections"] if row["shown"]]
    assert shown == ["H45678", "H145678", "H234", "H5678"]  # right and left hepatectomy always
    text = ask("resections", CRLM).out
    assert "H45678 right trisectionectomy" in text
    assert "Inflow, outflow and bile ducts not assessed" in text
    _, _, discussed = text.partition("For discussion")
    said = "right hepatectomy with ablation or wedge resection of L4 (largest 2.3 cm): H5678"
    assert said in " ".join(discussed.split())
    assert "\n250 further sets of segments; " in text


def test_what_is_asked_for_is_shown_too() -> None:
    rows = told("resections", CRLM, "--resect", "VI,7", "--resect", "5 , 6")["resections"]
    shown = ["H45678", "H145678", "H234", "H5678", "H67", "H56"]
    assert [row["code"] for row in rows if row["shown"]] == shown


@pytest.mark.parametrize(("option", "shown"), [("--named", 18), ("--all", 254)])
def test_more_are_shown_when_asked_for(option: str, shown: int) -> None:
    rows = told("resections", CRLM, option)["resections"]
    assert sum(row["shown"] for row in rows) == shown
    both = told("resections", CRLM, option, "--resect", "2,5")["resections"]
    assert sum(row["shown"] for row in both) == (shown + 1 if option == "--named" else shown)
    text = ask("resections", CRLM, option).out
    assert (" further sets of segments; " in text) is (option == "--named")
    assert "\n\n\n" not in text


@pytest.mark.essential
def test_csv_states_the_same(record: Record) -> None:
    table = list(csv.DictReader(StringIO(ask("resections", CRLM, "--csv").out)))
    found = [one["code"] for one in record["findings"]]
    assert "identity.not_verified" in found
    assert {row["findings_codes"] for row in table} == {" ".join(dict.fromkeys(found))}
    assert all(len(column) <= 26 for column in table[0])
    for row, line in zip(record["resections"], table, strict=True):
        assert line["record_id"] == "crlm-demo"
        assert line["code"] == row["code"]
        assert int(line["flr_voxels"]) == row["flr_voxels"]
        assert float(line["flr_pct"]) == pytest.approx(row["flr_percent"])
        after = row["flr_after_clearing"][-1]["flr_percent"]
        assert float(line["flr_pct_clearing_10mm"]) == pytest.approx(after)
        assert line["margin_mm"] == (f"{row['margin_mm']:.9g}" if "margin_mm" in row else "")
        named = {name: row[name] for name in ("removed", "kept")}
        named |= {f"lesions_{fate}": lesions for fate, lesions in row["lesions"].items()}
        assert {name: line[name].split() for name in named} == {
            name: [*map(str, each)] for name, each in named.items()
        }
        assert int(line["nontumorous_voxels"]) == record["voxels"]["nontumorous_liver"]
        assert line["sflr_pct"] == ""
        assert line["dragon2_flr_30"] == row["thresholds"][0]["answer"]


def test_body_size_fills_its_columns() -> None:
    size = ("--height-cm", "180", "--weight-kg", "80")
    row = told("resections", CRLM, *size)["resections"][0]
    assert row["sflr_percent"] == pytest.approx(100 * row["flr_ml"] / 1740.15)
    assert row["flr_bw_percent"] == pytest.approx(row["flr_ml"] / 800)
    line, *_ = csv.DictReader(StringIO(ask("resections", CRLM, *size, "--csv").out))
    keys = {"sflr_pct": "sflr_percent", "flr_bw_pct": "flr_bw_percent", "flr_ml": "flr_ml"}
    for column, key in keys.items():
        assert float(line[column]) == pytest.approx(row[key])
    assert "sFLR %" in ask("resections", CRLM, *size).out


@pytest.mark.essential
def test_a_case_without_segments_is_refused(tmp_path: Path) -> None:
    masks = SMALL.write(tmp_path)
    refusal = refused("resections", *masks, "--no-tumour")
    assert refusal["code"] == "resections.no_segments"
    assert "--labelmap" in refusal["remedy"]


@pytest.mark.essential
def test_a_missing_segment_is_asked_for_first(tmp_path: Path) -> None:
    labels = [*segments(tmp_path, first=2), "--no-tumour"]
    refusal = refused("resections", *labels)
    assert refusal["code"] == "resections.no_segments"
    assert "--absent-segment" in refusal["remedy"]
    assert len(told("resections", *labels, "--absent-segment", "1")["resections"]) == 2**7 - 2


@pytest.mark.essential
def test_no_tumour_shows_all_names(tmp_path: Path) -> None:
    rows = told("resections", *segments(tmp_path), "--no-tumour")["resections"]
    assert sum(row["shown"] for row in rows) == 18
    assert all("margin_mm" not in row for row in rows)


@pytest.mark.parametrize("command", ["plan", "resections"])
def test_h16_what_becomes_of_lesions_not_drawn_is_not_reported(
    command: str, tmp_path: Path
) -> None:
    """Without a mask neither which lesions stay nor what clearing them costs is known."""
    unknown = told(command, *segments(tmp_path))["resections"]
    none = told(command, *segments(tmp_path), "--no-tumour")["resections"]
    assert len(unknown) == len(none) > 0
    for row, other in zip(unknown, none, strict=True):
        assert {*other} - {*row} == {"lesions", "flr_after_clearing"}
        assert other["lesions"] == {"cleared": [], "cut": [], "left": []}
        for after in other["flr_after_clearing"]:
            assert after["flr_voxels"] == other["flr_voxels"] == row["flr_voxels"]


def test_h03_a_table_of_resections_names_its_denominator(tmp_path: Path) -> None:
    """A plan names it in its first line, so its table only if it is the whole liver."""
    masks = segments(tmp_path)
    whole = "FLR %: share of the whole liver (no tumour mask)."
    rest = "FLR %: share of the non-tumorous liver."
    assert whole in flat(ask("resections", *masks).out)
    assert rest in flat(ask("resections", *masks, "--no-tumour").out)
    assert whole in flat(ask("plan", *masks).out)
    assert "FLR %: share" not in ask("plan", *masks, "--no-tumour").out


def test_h16_lesions_not_drawn_are_blank_in_csv(tmp_path: Path) -> None:
    text = ask("resections", *segments(tmp_path), "--csv").out
    (row,) = (one for one in csv.DictReader(StringIO(text)) if one["code"] == "H5678")
    assert row["flr_voxels"] == "4000"  # of four segments that stay
    unknown = [key for key in row if key.startswith(("lesions_", "flr_pct_clearing_"))]
    assert len(unknown) == 3 + 4
    assert {row[key] for key in unknown} == {""}


@pytest.mark.essential
def test_a_resection_is_asked_for_by_its_name() -> None:
    (row,) = (one for one in named_rows("H67") if one["code"] == "H67")
    assert row["shown"]
    assert refused("resections", CRLM, "--resect", "H9")["code"] == "usage.wrong"
    assert refused("resections", CRLM, "--resect", "H4a5")["code"] == "resections.unknown"
    wrong = refused("plan", CRLM, "--remnant-segments", "H67")  # it names what goes, not what stays
    assert wrong["code"] == "usage.wrong"


def named_rows(name: str) -> list[Record]:
    rows: list[Record] = told("resections", CRLM, "--resect", name)["resections"]
    return rows


@pytest.mark.essential
@pytest.mark.parametrize("command", ["volume", "resections", "dose", "function"])
def test_a_cut_is_refused_where_nothing_would_be_reported_of_it(command: str) -> None:
    wrong = refused(command, CRLM, "--cut", "portal=1,2,3")
    assert wrong["code"] == "usage.wrong"
    assert "--cut" in wrong["reason"]
    assert "--cut" not in ask(command, "--help").out


def test_one_form_at_a_time() -> None:
    assert refused("resections", CRLM, "--csv", "--json")["code"] == "usage.wrong"
    assert refused("resections", CRLM, "--resect", "9")["code"] == "usage.wrong"
    assert refused("resections", CRLM, "--resect", "4a")["code"] == "resections.unknown"


def test_h12_resections_of_changed_masks_go_into_no_data_base(tmp_path: Path) -> None:
    text = CRLM.read_text("utf-8").replace(
        '"draft"', f'"draft"\nsha256 = {{ liver = "{"0" * 64}" }}'
    )
    for name in ("liver", "tumour", "flr", "segments", "ct"):
        (tmp_path / f"{name}.nii.gz").symlink_to(CRLM.parent / f"{name}.nii.gz")
    (tmp_path / "case.toml").write_text(text, "utf-8")
    ran = ask("resections", tmp_path / "case.toml", "--csv")
    assert (ran.status, ran.out) == (2, "")
    assert "case.mask_changed" in ran.err
    assert "DO NOT USE" in ask("resections", tmp_path / "case.toml").out
