"""Published thresholds and reading errors stand beside the numbers with their sources.

`clinical.md` 3.2, 3.3, 5.3, 12.1, 13: context, never fed into a rule.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from fl_planner.liver.scatter.crossing_chance import default_scatter
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.report.page.appendix import appendix_of
from fl_planner.report.page.board import LIMITS
from fl_planner.report.page.prose import measurements
from fl_planner.report.terminal.plan import plan_table
from tests.calculator.asking import results
from tests.planning.assessment.test_function import given as scintigraphy
from tests.record.planned import WHOLE, flat, made, shown

SIZE: dict[str, Any] = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}
SFLR = (
    "20 % in normal liver (Kishi), 30 % after more than 12 weeks of chemotherapy (Shindoh), 40 % "
    "in injured liver, as a share of the measured volume (Azoulay) (PMC6422720 table 1)"
)
WEIGHT = (
    "0.5 % or less",
    "Truant 2007, non-cirrhotic liver",
    "0.8 % in injured liver",
    "1.4 % in cirrhosis (Lin 2014)",
)


def printed(record: PlanRecord) -> tuple[str, str, str]:
    """Give terminal, page and appendix as text."""
    page = str([*measurements(record, None, {})])
    return flat(shown(plan_table(record, verbose=True))), page, str(appendix_of(record, ()))


def test_lines_of_sflr_and_of_body_weight_name_their_sources() -> None:
    for text in printed(as_plan_record(made(WHOLE, **SIZE))):
        assert SFLR in text
        for words in WEIGHT:
            assert words in text


def test_without_body_size_no_line_is_shown() -> None:
    for text in printed(as_plan_record(made(WHOLE))):
        assert "Kishi" not in text
        assert "Truant 2007" not in text


def test_the_figure_of_biliary_tumours_is_with_a_function() -> None:
    """`clinical.md` 5.3: 8.5 %/min beside 4.5 %/min/m²; doi 10.1016/j.hpb.2022.12.005."""
    plan = made(WHOLE, scintigraphy=scintigraphy(), **SIZE)
    terminal, page, _ = printed(as_plan_record(plan))
    for text in (terminal, page):
        assert "4.5 %/min/m² for biliary tumours" in text
        assert "10.1016/j.hpb.2022.12.005" in text


def test_the_reading_error_of_a_drawing_names_its_readers() -> None:
    """`clinical.md` 13: two observers, 71 patients with cirrhosis; not measured in CRLM."""
    said = "two observers, 71 patients with cirrhosis; not measured in CRLM"
    record = as_plan_record(made(WHOLE))
    assert said in record.ratios.by_part["flr"].cv.source
    assert said in str(appendix_of(record, ()))
    assert said in default_scatter("drawn", only_2_and_3_remain=True).source
    assert "cirrhotic" not in default_scatter("segments").source
    assert results("uncertainty", flr_percent=28, origin="drawn")["rel_sd"] is not None


def test_what_is_not_covered_is_stated_once_with_the_consensus() -> None:
    """`clinical.md` 12.1: not covered, and said once; Innsbruck, Br J Surg 2023."""
    (line,) = [one for one in LIMITS if one.startswith("Not covered")]
    for words in (
        *("PVE/HVE outside a trial", "biliary drainage", "cholangiocarcinoma", "liver stiffness"),
        *("Innsbruck", "Br J Surg 2023"),
    ):
        assert words in line
    text = str(appendix_of(as_plan_record(made(replace(WHOLE))), ()))
    assert text.count("Not covered") == 1
