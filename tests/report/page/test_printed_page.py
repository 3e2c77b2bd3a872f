"""The report on paper: sheets of A4 or Letter, one a page, with all that a case can have."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.shown import keep_units_together
from fl_planner.planning.plan import Plan
from fl_planner.record.growth import GrowthKeys
from fl_planner.record.plan import as_plan_record, as_record
from fl_planner.report.document.blocks import Page, Shown
from fl_planner.report.page.render import Pictures, as_html, as_pdf, draw_report, make_page
from fl_planner.report.picture.charts.growth import draw_growth
from fl_planner.report.picture.draw.picture_files import Print
from tests.cases import of_many
from tests.cli.outside import SMALL, ask, case_toml
from tests.record.planned import TREATED, WHOLE, made, read_part, read_plan
from tests.report.page.test_page import CLEARANCE, GROWN, SHARE, growth_record, needs_poppler, scan

pytestmark = pytest.mark.slow

BROWSER = shutil.which("chromium")
SIZES = {"a4": "A4", "letter": "letter"}
NEXT = "Criteria not satisfied or not answered"
TITLES = (
    "Case", "Volumes", "Comparison with limits", "Lesions", "Function", "FLR growth",
    "Radioembolisation (RESCUE)", "Lesions", "Reasons",
)  # fmt: skip

needs_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium")


SCANS = ("-7", "28", "42")
ON_A_DAY = {"day": 27, "value": -2.15, "grade": 2, "change": 0.65}
SIDE = {"before": 2.97, "last": 3.17, "change": 0.2, "change_percent": 6.9}
FOLLOWED = {  # over three scans, with all that the trials measure
    "embolisation": {"kind": "PVE/HVE", "segments": ["5", "6", "7", "8"]},
    "denominator": {"ml": 1500.0, "of_scan": 1},
    "time_points": [
        {
            "number": number, "days": int(day), "stale": number == 1, "flr_ml": 448.0,
            "flr_interval_ml": [377.0, 518.0], "flr_percent_fixed_shown": "29.96",
            "flr_percent_anew_shown": "29.96", "limit_reached": number > 1 or None,
            "volume_reached": number > 1, "function_reached": True, "files": [],
        }
        for number, day in enumerate(SCANS, start=1)
    ],
    "growth": [{**GROWN, "points_anew": 8.1, "to_scan": number} for number in (2, 3)],
    "footnotes": [{"says": "What is in print. " * 12, "source": "Someone 2013"}],
    "limit_reach": {"reached": True, "first_day": 28, "by": "both"},
    "responses": [
        {
            "from_scan": 1, "to_scan": number, "by": "masks", "baseline_sum_mm": 79.5,
            "followup_sum_mm": 72.7, "change_from_baseline_percent": -8.6,
            "category": "progressive_disease", "gone": [5], "new": [6, 7],
            "unclear_before": [3], "unclear_after": [4], "stated": "stable_disease",
        }
        for number in (2, 3)
    ],
    "score_changes": [
        {"score": score, "to_day": 90, "baseline": ON_A_DAY, "last": ON_A_DAY, "worst": ON_A_DAY}
        for score in ("albi", "child_pugh", "meld", "ecog")
    ],
    "regional_function": {
        "to_day": 180, "baseline_day": -5, "last_day": 29, "untreated": SIDE, "treated": SIDE,
    },
}  # fmt: skip


def full(findings: int) -> tuple[Page, Pictures]:
    """Make a report whose cards are all filled, with findings of two lines each."""
    plan: Plan = made(replace(WHOLE, treated=TREATED), id="case-001")
    pictures = draw_report(plan, as_plan_record(plan), Print(dpi=60))
    record: dict[str, Any] = as_record(plan)
    measured = {"flr_shown": "2.97", "usable": True, "validated_locally": "not said",
                "clearance": CLEARANCE, "share": SHARE}  # fmt: skip
    computed = {"lung_shunt": {"shown": "0.060", "method": "planar"}, "usable": True}
    record["function"] = {"shown": "2.97", "origin": "measured", "measured": measured}
    record["dose"] = {"shown": "3.4", "origin": "computed", "computed": computed}
    record["body"] = {"sflr_percent": 27.7, "flr_bw_percent": 0.6, "sflr_spread_percent": [20, 35]}
    record["denominators"] = []
    told = {"file": None, "code": "doubt.of_something", "severity": "warning"}
    record["findings"] = [told | {"message": "a doubt " * 18}] * findings
    record["inputs"] = [{"role": "case", "file": "a.toml", "format": "toml", "sha256": "a" * 64}]
    chart = draw_growth(growth_record(scan(), scan()))
    shown = {name: Shown("growth.png", f"The {name}.") for name in ("growth", "function")}
    pictures = replace(pictures, files={**pictures.files, "growth.png": chart}, charts=shown)
    return make_page(read_plan(record), pictures, read_part(GrowthKeys, FOLLOWED)), pictures


@pytest.fixture(scope="module")
def whole() -> tuple[Page, Pictures]:
    """Hold the fullest first page: as many findings as it tells."""
    return full(9)


def sheets(pdf: Path) -> list[str]:
    """Give the words of each sheet."""
    command = ["pdftotext", str(pdf), "-"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return ran.stdout.replace("\u00a0", " ").split("\f")


def require_four_sheets(pdf: Path) -> None:
    """Find each page whole on a sheet of its own, that of growth last, and no fifth."""
    first, second, third, fourth, end = sheets(pdf)  # the end of the file follows the last page's
    assert not end
    require_in_order(
        first, "Liver plan: case-001", "20.4 %", "142 mL below", "Volume-based pathway",
        "Look at this first", "Operation", "Trials", "Next question",
    )  # fmt: skip
    assert NEXT not in first
    require_in_order(
        second, "Trials, method and sources", NEXT, "Findings", "Basis of the numbers",
        "Limitations of this report", "Files", "a" * 64, "Reviewed and approved",
    )  # fmt: skip
    require_in_order(third, "All values", "Case: case-001", "Reasons", "enrolment is decided")
    assert fourth.lstrip().startswith("Growth, function and scores")
    for words in ("Growth", "Response of liver lesions", "Function", "Scores"):
        assert f"\n{words}" in fourth
    assert "by volume and by function" in fourth


def require_in_order(sheet: str, *words: str) -> None:
    """Find words on a sheet, one after the other."""
    places, told = [0], " ".join(sheet.split())
    for each in words:
        places.append(told.find(each, places[-1]))
        assert places[-1] >= 0, each


def require_order(sheet: str) -> None:
    """Find the cards one after the other, each with its heading before its lines."""
    told = [line.strip() for line in sheet.splitlines()]
    assert [line for line in told if line in TITLES] == [*TITLES]
    for title, first in (("Case", "Case: "), ("Volumes", "Whole liver")):
        after = next(line for line in told[told.index(title) + 1 :] if line)
        assert after.startswith(first)


@needs_poppler
@pytest.mark.parametrize("paper", of_many(["a4"], [*SIZES]))
def test_each_page_of_a_pdf_is_one_sheet(
    whole: tuple[Page, Pictures], paper: Any, tmp_path: Path
) -> None:
    page, pictures = whole
    tmp_path.joinpath("page.pdf").write_bytes(as_pdf(page, pictures.files, paper))
    require_four_sheets(tmp_path / "page.pdf")
    require_order(sheets(tmp_path / "page.pdf")[2])


@needs_poppler
@needs_browser
@pytest.mark.parametrize("paper", of_many(["letter"], [*SIZES]))
def test_each_page_of_html_prints_on_one_sheet(
    whole: tuple[Page, Pictures], paper: str, tmp_path: Path
) -> None:
    page, pictures = whole
    html = as_html(page, pictures.files).replace(
        b"@page { margin", f"@page {{ size: {SIZES[paper]}; margin".encode()
    )
    tmp_path.joinpath("page.html").write_bytes(html)
    require_four_sheets(print_page(tmp_path / "page.html"))


@needs_poppler
@needs_browser
def test_h11_each_printed_sheet_of_html_names_its_case(tmp_path: Path) -> None:
    """The sheet that is signed named no patient; a name cannot end the style that shows it."""
    page, pictures = full(2)
    hostile = replace(page, title='Liver plan: R-7"; } </style><script>1</script>')
    for shown, name in ((page, "Liver plan: case-001"), (hostile, hostile.title)):
        html = as_html(shown, pictures.files)
        assert b"<script>" not in html
        tmp_path.joinpath("page.html").write_bytes(html)
        command = ["pdftotext", str(print_page(tmp_path / "page.html")), "-"]
        text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        sheets = [" ".join(one.split()) for one in text.split("\f")[:-1]]
        assert len(sheets) > 2
        for number, sheet in enumerate(sheets, 1):
            assert name in sheet, number
            assert "Research use, not a cleared device." in sheet
            assert f"{number}/{len(sheets)}" in sheet.replace(" ", "")


def print_page(page: Path) -> Path:
    """Print with a browser."""
    out = page.with_suffix(".pdf")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")
    profile = f"--user-data-dir={page.parent / 'profile'}"
    command = [str(BROWSER), *options, profile, f"--print-to-pdf={out}", page.as_uri()]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    return out


def test_a_number_is_not_parted_from_its_unit() -> None:
    held = keep_units_together("197 mL (< 1 %), 3 days, 2 hours, 60 Gy; 4 x 5 mm")
    assert held == (
        "197\u00a0mL (<\u00a01\u00a0%), 3\u00a0days, 2 hours, 60\u00a0Gy; 4 x 5\u00a0mm"
    )


@needs_poppler
def test_long_names_of_files_stay_in_their_column(tmp_path: Path) -> None:
    """Names as of real masks: no word of the page with the files is over another."""
    SMALL.write(tmp_path, flr=(0, 2400), vessel=(3000, 3600))
    names = {one: f"MSD-066_{one}_drawn.nii" for one in ("liver", "flr", "vessel")}
    for one, name in names.items():
        (tmp_path / f"{one}.nii").rename(tmp_path / name)
    vessels = f'vessels = {{ liver_vessels = "{names.pop("vessel")}" }}\n'
    masks = "".join(f'{one} = "{name}"\n' for one, name in names.items()) + vessels
    case = case_toml(tmp_path, f"diagnosis = 'other'\n[masks]\nno_tumour = true\n{masks}")
    pdf = tmp_path / "report.pdf"
    assert ask("report", case, "--out", pdf, "--quiet").status == 0
    words = list_words(pdf, 2)
    assert any("MSD-066_" in word for word, *_ in words)
    for n, (word, left, top, right, low) in enumerate(words):
        for other, at, above, to, below in words[:n]:
            beside = min(right, to) - max(left, at) < 1
            apart = min(low, below) - max(top, above) < 2
            assert beside or apart, (word, other)


def list_words(pdf: Path, page: int) -> list[tuple[str, float, float, float, float]]:
    """List the words of a page with their edges in points: left, upper, right, lower."""
    asked = ["pdftotext", "-bbox", "-f", str(page), "-l", str(page), str(pdf), "-"]
    ran = subprocess.run(asked, capture_output=True, text=True, check=True)
    edges = "".join(f' {name}="([0-9.]+)"' for name in ("xMin", "yMin", "xMax", "yMax"))
    found = re.findall(f"<word{edges}>(.*?)</word>", ran.stdout)
    return [(word, float(a), float(b), float(c), float(d)) for a, b, c, d, word in found]
