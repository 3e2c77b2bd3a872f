"""The page of a little cohort, counted by hand: each case where it belongs, and led to."""

import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from docs.site import axe
from fl_planner.cohort.in_words import _is_near as phrase_of_near
from fl_planner.cohort.page import page
from fl_planner.cohort.page.overview import MOST_STACKED, CaseLine, lay_out
from fl_planner.cohort.page.page import NO_PAGE, write_results
from fl_planner.cohort.result import find_folder, format_patient
from fl_planner.record.plan import as_plan_record
from fl_planner.trials.statements import Stated
from tests.cohort.folders import NO_LIVER, Became, write_run
from tests.masks import liver_part
from tests.record.planned import TUMOUR, WHOLE, made

BROWSER = axe.find_browser()
SMALL = made(replace(WHOLE, flr=liver_part([[1, 4, 1, 11, 1, 11]], "flr")), id="small")  # 300 mL
NEAR = made(replace(WHOLE, flr=liver_part([[1, 5, 1, 11, 1, 11]], "flr")), id="near")  # 400 mL
CASES: list[tuple[str, Became]] = [
    ("small", as_plan_record(SMALL)),
    ("<b>", as_plan_record(NEAR)),
    ("r1", NO_LIVER),
    ("r2", NO_LIVER),
    ("k", "its memory ran out"),
    ("later", None),
]


class Seen(HTMLParser):
    """What a reader meets: tables by their caption, links, and what would be fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self._open, self._rows = "", []
        self.feed(text.replace("\u00a0", " "))

    _rows: list[list[str]]

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Note what begins."""
        self.tags.append(tag)
        named = dict(attrs)
        if tag == "a":
            self.links.append(named["href"] or "")
        self.fetched += [value or "" for name, value in attrs if name in ("src", "srcset", "data")]
        if tag in ("caption", "th", "td"):
            self._open = tag
        if tag == "tr":
            self._rows.append([])
        if tag in ("th", "td"):
            self._rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        if tag in ("caption", "th", "td"):
            self._open = ""

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if self._open == "caption":
            self._rows = self.tables[data] = []
        elif self._open:
            self._rows[-1][-1] += data.replace("\xa0", " ")  # which holds units to numbers


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tell a run of six, two of them planned: the second has a picture and a report."""
    out = write_run(tmp_path_factory.mktemp("run"), CASES)
    for name, plan in (("small", SMALL), ("<b>", NEAR)):
        (find_folder(out, name) / "worklist.json").write_bytes(format_patient(plan))
    for made_of in ("picture.png", "report.html"):
        (find_folder(out, "<b>") / made_of).write_bytes(b"of this case")
    write_results(out)
    return out


@pytest.fixture(scope="module")
def seen(run: Path) -> Seen:
    """Read the page."""
    return Seen((run / "index.html").read_text("utf-8"))


def test_cases_are_counted_by_what_became_of_them(run: Path) -> None:
    text = (run / "index.html").read_text("utf-8")
    assert "<h1>Cohort: 6 cases</h1>" in text
    assert "2 planned, 2 refused, 1 failed, 1 not yet processed." in text
    assert "Research use, not a cleared device" in text


def test_the_distribution_is_reported_by_numbers_too(seen: Seen) -> None:
    """By hand: 300 and 400 mL of 1473 mL without tumour, 20.4 and 27.2 %."""
    assert seen.tables["Cases by FLR"] == [
        ["FLR", "cases"],
        ["20 to below 25 %", "1"],
        ["25 to below 30 %", "1"],
    ]


def test_the_position_of_a_mark_is_explained(run: Path) -> None:
    """A mark of 29.96 % is at 29.5, the middle of its percentage point."""
    text = (run / "index.html").read_text("utf-8").replace("\xa0", " ")
    assert "The marks of each percentage point are stacked in its middle." in text
    assert "95 % inter-reader interval includes a limit with which the FLR is compared." in text
    found = lay_out([line("29.96")], [29.5])
    assert found is not None
    assert found.marks[0].x == found.limits[0].x


def test_who_is_near_a_limit_is_reported(seen: Seen) -> None:
    """By hand: 400 mL is 41.9 mL below 30 % of 1473 mL, 441.9 mL; 300 mL is far from it."""
    head, *rows = seen.tables["Cases whose 95 % inter-reader interval includes a limit"]
    assert head[:2] == ["Case", "share %"]
    assert [(row[0], row[3], row[4]) for row in rows] == [
        ("<b> (2 warnings)", "DRAGON 2: FLR 30 %", "41.9 mL below")
    ]


def test_h08_a_limit_that_does_not_apply_is_near_no_case(tmp_path: Path) -> None:
    """27.2 % is 3 points below 30 %, and far below 40 %, the limit of an injured liver."""
    wide = replace(WHOLE, flr=liver_part([[1, 5, 1, 11, 1, 11]], "flr"))
    states = {name: Stated({"chemo_liver_damage": name == "injured"}) for name in ("injured", "no")}
    plans = [as_plan_record(made(wide, stated=stated)) for stated in states.values()]
    write_run(tmp_path, zip(states, plans, strict=True))
    write_results(tmp_path)
    told = Seen((tmp_path / "index.html").read_text("utf-8"))
    _, *rows = told.tables["Cases whose 95 % inter-reader interval includes a limit"]
    assert [row[0].split()[0] for row in rows] == ["no"]
    assert [phrase_of_near(plan) for plan in plans] == ["no", "yes"]


def test_h08_a_share_near_a_limit_is_the_one_that_the_limit_is_for(tmp_path: Path) -> None:
    """By hand: 400 of 1473 mL are untreated, 27.2 %; 393 of 1472 mL stay after clearing, 26.7 %."""
    treated = replace(WHOLE, treated=liver_part([[5, 16, 1, 11, 1, 11]], "treated"))
    wide = liver_part([[1, 5, 1, 11, 1, 11]], "flr")
    left = replace(WHOLE, flr=wide, tumour=TUMOUR | liver_part([[2, 3, 5, 6, 5, 6]], "tumour"))
    of_two = (made(treated, diagnosis="hcc"), made(left))
    write_run(tmp_path, zip(("treated", "left"), map(as_plan_record, of_two), strict=True))
    write_results(tmp_path)
    told = Seen((tmp_path / "index.html").read_text("utf-8"))
    _, *rows = told.tables["Cases whose 95 % inter-reader interval includes a limit"]
    shares = {(row[0].split()[0], row[3].partition(": ")[2]): row[1] for row in rows}
    assert shares[("treated", "untreated liver 30 %")] == "27.2"
    assert shares[("left", "FLR 30 %")] == "27.1"
    assert shares[("left", "FLR after clearing 30 %")] == "26.7"
    for row in rows:  # each interval includes its limit
        low, high = map(float, row[2].removesuffix(" %").split(" to "))
        assert low <= float(row[3].split()[-2]) <= high, row


def test_h03_a_share_of_the_whole_liver_is_named_as_such(tmp_path: Path) -> None:
    """Without a tumour mask, 300 of 1500 mL; with one, 300 of 1473 mL."""
    whole = as_plan_record(made(replace(WHOLE, tumour=None)))
    write_run(tmp_path, [("whole", whole), ("small", as_plan_record(SMALL))])
    write_results(tmp_path)
    told = Seen((tmp_path / "index.html").read_text("utf-8"))
    _, *rows = told.tables["In the order of the source"]
    assert [row[1] for row in rows] == ["20.0 (whole liver)", "20.4"]


def test_refusals_are_by_reason(seen: Seen) -> None:
    _, (reason, *rest) = seen.tables["Refused, by reason"]
    assert "liver" in reason
    assert rest[:2] == ["2", "r1, r2"]
    assert seen.tables["Not completed"][1] == ["its memory ran out", "1", "k"]


def test_each_trial_answers_for_each_case(seen: Seen) -> None:
    head, *rows = seen.tables["Verdicts by trial"]
    assert {row[0] for row in rows} >= {"DRAGON 2", "RESCUE"}
    assert {sum(map(int, row[1:])) for row in rows} == {2}
    assert "for another diagnosis" in head


def test_missing_facts_are_with_the_most_informative_first(seen: Seen) -> None:
    _, *rows = seen.tables["Most informative first"]
    settles = [int(row[2]) for row in rows]
    assert settles == sorted(settles, reverse=True)
    assert all(int(row[1]) <= 2 for row in rows)


def test_each_case_leads_to_its_report_or_its_plan(run: Path, seen: Seen) -> None:
    inside = {link for link in seen.links if not link.startswith("#")}
    assert "cases/small/plan.json" in inside
    folder = find_folder(run, "<b>").name
    assert f"cases/{folder}/report.html" in inside
    assert all((run / link).is_file() for link in inside)
    assert seen.links.count("cases/small/plan.json") >= 2  # its mark, and its row


def test_pictures_hang_on_a_wall(run: Path, seen: Seen) -> None:
    assert seen.fetched == [f"cases/{find_folder(run, '<b>').name}/picture.png"]


def test_nothing_is_fetched_from_elsewhere_and_no_name_acts(run: Path, seen: Seen) -> None:
    text = (run / "index.html").read_text("utf-8")
    assert "default-src 'none'" in text
    assert not {"script", "iframe", "form", "object", "b"} & {*seen.tags}
    assert not re.search(r"https?:|url\(|@import", text)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no chromium, or no axe for playwright")
def test_nothing_bars_a_reader_from_it(run: Path, tmp_path: Path) -> None:
    """By axe, in light and in the dark, on a screen and at the width of a phone."""
    assert BROWSER is not None
    page_alone = tmp_path / "index.html"
    page_alone.write_bytes((run / "index.html").read_bytes())
    assert [*axe.look(tmp_path, BROWSER)] == []


def test_the_worklist_is_that_of_screen(run: Path, seen: Seen) -> None:
    """What presses on both is one trial's window; the two refused and the failed come last."""
    rows = (run / "worklist.csv").read_text("utf-8").splitlines()
    assert rows[0].startswith("record_id,row,urgency,")
    assert [row.split(",")[0] for row in rows[1:]] == ["small", "near", "r1", "r2", "k"]
    title = "Cases without an FLR result first, then by urgency"
    told = [row[0].partition(" ")[0] for row in seen.tables[title][1:]]
    assert told == ["small", "<b>"]


def test_the_same_results_give_the_same_page(run: Path) -> None:
    before = (run / "index.html").read_bytes()
    assert write_results(run) == ()
    assert (run / "index.html").read_bytes() == before


def test_without_jinja_no_page_stays_that_is_not_of_these_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path, CASES[:1])
    (tmp_path / "index.html").write_text("of an earlier run")
    monkeypatch.setattr(page, "find_spec", lambda _: None)
    assert write_results(tmp_path) == (NO_PAGE,)
    assert not (tmp_path / "index.html").exists()


def test_a_run_without_a_plan_has_a_page(tmp_path: Path) -> None:
    write_run(tmp_path, CASES[2:])
    write_results(tmp_path)
    told = Seen((tmp_path / "index.html").read_text("utf-8"))
    assert [*told.tables] == ["Refused, by reason", "Not completed"]


def line(flr: str | None, name: str = "a") -> CaseLine:
    """Make a case with an FLR."""
    return CaseLine(name, "plan.json", flr, "", "non-tumorous liver", "", near_limit=False)


def test_h08_a_case_is_on_its_side_of_a_limit() -> None:
    """29.996 % is below 30 %, and 30 % is not, however near they are."""
    found = lay_out([line("29.996"), line("30.0")], [30.0])
    assert found is not None
    below, at = found.marks
    (limit,) = found.limits
    assert below.x < limit.x < at.x
    assert found.rows == (("25 to below 30 %", 1), ("30 to below 35 %", 1))


def test_cases_of_one_percent_are_piled_up_and_too_many_are_a_bar() -> None:
    few = lay_out([line("20.4")] * MOST_STACKED, [])
    many = lay_out([line("20.4")] * (MOST_STACKED + 1) + [line("33.0")], [30.0])
    assert few is not None
    assert many is not None
    assert len({mark.y for mark in few.marks}) == MOST_STACKED
    assert not many.marks
    assert [bar.says for bar in many.bars] == [
        f"20 to below 21 %: {MOST_STACKED + 1} cases",
        "33 to below 34 %: 1 case",
    ]
    assert many.bars[0].height > 20 * many.bars[1].height
    assert many.rows == (("20 to below 25 %", 31), ("25 to below 30 %", 0), ("30 to below 35 %", 1))


def test_without_an_flr_nothing_is_drawn() -> None:
    assert lay_out([line(None)], [30.0]) is None
