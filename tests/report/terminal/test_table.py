"""Volumes and findings as lines that fit 80 columns."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as with_entries
from rich.console import Console, Group
from rich.text import Text

from fl_planner.planning.assessment.assess import measure_volumes
from fl_planner.planning.given.case import Case, Operation
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.head import AcceptedRecord, FindingRecord
from fl_planner.record.plan import as_plan_record
from fl_planner.record.volumes import VolumeRecord, as_volume_record
from fl_planner.report.page.values import volumes_card
from fl_planner.report.terminal.table import (
    WordTable,
    finding_rows,
    in_order,
    inset,
    narrow_table,
    volume_rows,
    volume_table,
    wide_table,
)
from fl_planner.report.words import describe_excluded
from tests.masks import liver_part, small_liver, small_segments
from tests.record.planned import LEFT, NO_TUMOUR, TREATED, TUMOUR, WHOLE, flat, made, shown

WARNING = FindingRecord(code="a.b", severity="warning", message="look here", file=None)
INFO = FindingRecord(code="c.d", severity="info", message="by the way", file=None)


def record(anatomy: Any, *segments: str) -> VolumeRecord:
    """Tell the volumes of an anatomy; of what remains by segments."""
    case = Case(anatomy, (), operations=(Operation(None, segments),))
    return as_volume_record(case, measure_volumes(case), ())


def rows(told: VolumeRecord) -> str:
    """Show the rows of volumes."""
    return shown(Group(*volume_rows(told.volumes, told)))


def test_the_rows_by_hand() -> None:
    anatomy = replace(WHOLE, treated=TREATED)
    assert rows(record(anatomy)).splitlines() == [
        f"{'Volumes':<67}{'mL':>5}{'voxels':>8}",
        f"{'whole liver, with tumour (TLV)':<67}{'1500':>5}{'1 500':>8}",
        f"{'tumour':<67}{'27.0':>5}{'27':>8}",
        f"{'non-tumorous liver: the denominator':<67}{'1473':>5}{'1 473':>8}",
        f"{'future liver remnant (FLR) in the non-tumorous liver':<67}{'300':>5}{'300':>8}",
        f"{'non-tumorous liver outside the treated area':<67}{'600':>5}{'600':>8}",
        "FLR of the non-tumorous liver: 20.4 %",
        "untreated part of the non-tumorous liver: 40.7 %",
    ]


def test_what_was_not_given_has_no_row_but_for_why_there_is_no_flr() -> None:
    text = flat(shown(volume_table(record(small_liver()))))
    text, why, _ = text.partition("FLR not calculated: give the mask of the remnant (--flr)")
    assert why
    for word in ("FLR", "remnant", "resected", "untreated", "cysts", "%"):
        assert word not in text


def test_a_resected_part_and_a_cyst_have_theirs() -> None:
    right = liver_part([[4, 16, 1, 11, 1, 11]], "resected")
    cyst = replace(liver_part([[1, 2, 1, 11, 1, 11]], "cyst"), name="cyst")
    anatomy = replace(small_liver(), tumour=TUMOUR, resected=right, excluded=(cyst,))
    text = flat(shown(volume_table(record(anatomy))))
    assert "resected part, with its tumour 1200 1 200" in text
    assert "cysts, cavities and similar structures in the liver 100 100" in text
    assert "FLR of the non-tumorous liver: 20.4 %" in text
    assert "FLR excluding cysts and cavities: 14.6 %" in text


def test_what_works_no_more_and_what_is_in_no_segment_have_theirs() -> None:
    """100 of the 300 mL are congested, or in no segment: 200 of 1473 and of 1373 mL."""
    lost = liver_part([[1, 2, 1, 11, 1, 11]], "congested")
    text = flat(rows(record(replace(WHOLE, excluded=(lost,)))))
    assert "devascularised or congested part, deducted from the FLR 100 100" in text
    assert "FLR with its devascularised or congested part: 20.4 %" in text
    segments = {name: part - lost for name, part in small_segments().items()}
    anatomy = replace(small_liver(), tumour=TUMOUR, segments=segments)
    text = flat(rows(record(anatomy, "2", "3")))
    assert "liver outside all segments of the map 100 100" in text
    assert "FLR of the non-tumorous liver: 13.6 %" in text
    assert "FLR as a share of the liver assigned to segments: 14.6 %" in text


def test_h03_the_line_under_the_liver_states_which_parts_left_it() -> None:
    # 10 of 20 mL of a gallbladder and 1 of 2 of a vena cava lie in the mask of 1500 mL
    parts = {
        "gallbladder": [[15, 17, 1, 11, 1, 2]],
        "inferior_vena_cava": [[15, 17, 4, 5, 4, 5]],
        "cyst": [[1, 2, 1, 6, 1, 2]],
        "devascularised": [[3, 4, 1, 11, 1, 2]],
    }
    drawn = tuple(liver_part(boxes, name) for name, boxes in parts.items())
    told = record(replace(small_liver(), excluded=drawn))
    parts_told = told.volumes.excluded_structures
    assert [(one.name, one.volume_ml, one.in_liver_ml, one.counted) for one in parts_told] == [
        ("gallbladder", 20.0, 10.0, "outside"),
        ("inferior_vena_cava", 2.0, 1.0, "outside"),
        ("cyst", 5.0, 5.0, "liver"),
        ("devascularised", 10.0, 10.0, "not_working"),
    ]
    assert told.volumes.volumes_ml.liver == 1489.0
    says = (
        "without gallbladder (10.0 mL) and inferior vena cava (1.0 mL); cyst (5.0 mL) counted as "
        "liver; devascularised (10.0 mL) counted as liver, not as remnant"
    )
    assert describe_excluded(parts_told) == says
    (first, under, *_) = [row for row in rows(told).splitlines() if row[:7] != "Volumes"]
    assert first.startswith("whole liver, with tumour (TLV)")
    assert under.startswith("  without gallbladder (10.0 mL) and inferior vena cava")
    card = volumes_card(with_entries(as_plan_record(made()), volumes=told.volumes))
    assert card.lines[0].beside == says


def test_an_excluded_part_outside_the_liver_is_not_listed_as_subtracted() -> None:
    # 12 mL of a gallbladder in the first column beyond the liver
    away = liver_part([[16, 17, 1, 4, 1, 5]], "gallbladder")
    told = record(replace(small_liver(), excluded=(away,)))
    (part,) = told.volumes.excluded_structures
    assert (part.volume_ml, part.in_liver_ml) == (12.0, 0.0)
    assert told.volumes.volumes_ml.liver == 1500.0
    assert "\n  gallbladder outside the liver mask" in rows(told)


def test_without_excluded_parts_there_is_no_such_line() -> None:
    told = record(small_liver())
    assert "excluded_structures" not in as_dict(told)
    assert describe_excluded(told.volumes.excluded_structures) == ""


@pytest.mark.parametrize(
    ("tumour", "whole"),
    [
        (TUMOUR, "non-tumorous liver"),
        (NO_TUMOUR, "non-tumorous liver"),
        (None, "whole liver (no tumour mask)"),
    ],
)
def test_h03_each_share_is_of_a_named_whole(tumour: Any, whole: str) -> None:
    anatomy = replace(small_liver(), tumour=tumour, flr=LEFT, treated=TREATED)
    text = shown(volume_table(record(anatomy)))
    assert f"FLR of the {whole}: " in text
    assert f"untreated part of the {whole}: " in text
    assert f"{whole}: the denominator" in text
    assert f"future liver remnant (FLR) in the {whole}" in text


def test_the_share_comes_first_then_findings_volumes_and_the_notice() -> None:
    told = with_entries(record(WHOLE), findings=(WARNING,))
    lines = [line.rstrip() for line in shown(volume_table(told)).rstrip().splitlines()]
    assert lines[:4] == [
        "FLR of the non-tumorous liver: 20.4 %",
        "Look at this first",
        "  warning: look here (a.b)",
        "",
    ]
    assert lines[4].startswith("Volumes")
    assert lines[-1] == "Research use, not a cleared device."


def test_an_error_comes_before_the_share() -> None:
    error = FindingRecord(code="a.b", severity="error", message="is it mirrored?", file=None)
    told = with_entries(record(WHOLE), findings=(error,))
    assert shown(volume_table(told)).startswith("Look at this first\n  error: is it mirrored?")


def test_information_is_shown_when_asked_for() -> None:
    assert shown(Group(*finding_rows([INFO]))).strip() == ""
    told = shown(Group(*finding_rows([INFO], verbose=True)))
    assert told.split("\n")[1].rstrip() == "  info: by the way (c.d)"
    both = flat(shown(Group(*finding_rows([INFO, WARNING]))))
    assert both == "Look at this first warning: look here (a.b)"


def test_an_accepted_finding_states_by_whom_and_why() -> None:
    seen = AcceptedRecord(by="R1", why="old scanner")
    accepted = with_entries(WARNING, accepted=seen)
    assert flat(shown(Group(*finding_rows([accepted])))) == (
        "Look at this first warning: look here (accepted by R1: old scanner) (a.b)"
    )


def test_errors_are_reported_first() -> None:
    error = with_entries(WARNING, severity="error", code="e.f")
    told = flat(shown(Group(*finding_rows([WARNING, error]))))
    assert told.index("error: look here (e.f)") < told.index("(a.b)")


def test_names_are_no_markup() -> None:
    odd = with_entries(WARNING, message="[red]liver[/red] :smile: 1500 'a' {b}")
    assert "[red]liver[/red] :smile: 1500 'a' {b}" in flat(shown(Group(*finding_rows([odd]))))


def printed(table: Any, width: int) -> list[str]:
    """Print a table in a terminal of a given width."""
    console = Console(width=width)
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]


def plans() -> Any:
    """Build a table whose longest words have 16, 6 and 12 letters; 8 after a hyphen."""
    table = narrow_table(["FLR mL", "% on the non-tumorous liver"], "Plan")
    table.add_row("right trisectionectomy", "257 mL", "14.5")
    table.add_row(inset(Text("as drawn")), "", "")
    return table


def test_no_letter_of_a_table_is_cut_in_a_narrow_terminal() -> None:
    words = "Plan FLR mL % on the non-tumorous liver right trisectionectomy 257 mL 14.5 as drawn"
    for width in range(20, 70):
        letters = "".join("".join(printed(plans(), width)).split())
        assert sorted(letters) == sorted(words.replace(" ", "")), width


def test_a_narrow_table_by_hand() -> None:
    """The longest words and two gaps need 38 columns; broken at the hyphen, 34."""
    assert printed(plans(), 80)[1] == f"right trisectionectomy{'257 mL':>8}{'14.5':>29}"
    assert printed(plans(), 38) == [
        f"{'% on the':>38}",
        f"{'non-tumorous':>38}",
        f"Plan{'FLR mL':>20}{'liver':>14}",
        f"right{'257 mL':>19}{'14.5':>14}",
        "trisectionectomy",
        "  as drawn",
    ]
    assert printed(plans(), 34) == [
        f"{'% on the':>34}",
        f"{'non-':>34}",
        f"{'tumorous':>34}",
        f"Plan{'FLR mL':>20}{'liver':>10}",
        f"right{'257 mL':>19}{'14.5':>10}",
        "trisectionectomy",
        "  as drawn",
    ]
    assert printed(plans(), 24)[3:6] == [  # 8, 6 and 8 letters, with gaps of 1
        "Plan     FLR mL    liver",
        "right    257 mL     14.5",
        "trisecti",
    ]


def test_a_name_is_folded_before_any_number() -> None:
    """The numbers have 10, 8 and 5 letters; with three gaps they leave 2 of 28 columns."""
    table = narrow_table(["FLR mL", "FLR %", "volume %"], "Plan")
    table.add_row("trisegment", "1234.56 mL", "29.99997", "12.25")
    for width in range(27, 60):
        lines = "\n".join(printed(table, width))
        assert all(number in lines for number in ("1234.56 mL", "29.99997", "12.25")), width
    assert [line[:2].strip() for line in printed(table, 28)[-5:]] == ["tr", "is", "eg", "me", "nt"]


def test_h16_a_mark_in_the_narrowest_column_is_not_lost() -> None:
    """Nothing was printed of an indented text in a column of 2 letters or fewer."""
    table = narrow_table(["FLR mL", "FLR %", "volume %"], "Plan")
    table.add_row("trisegment", "1234.56 mL", "29.99997", "12.25")
    table.add_row(inset(Text("DO NOT USE")), "", "", "")
    for width in range(20, 60):
        assert "".join("".join(printed(table, width)).split()).endswith("DONOTUSE"), width


def test_a_narrow_column_has_room_for_not_and_the_next_word() -> None:
    """The words need 4, 12 and 8 letters, "not known" 9; two gaps and 12 more are 41 columns."""
    table = narrow_table(["95 % inter-reader interval", "Limit reached"], "Scan")
    table.add_row("1", "377 to 518 mL", "not by volume; function not known")
    assert printed(table, 41)[-4:] == [
        f"1{'377 to 518 mL':>29}{'not by':>11}",
        f"{'volume;':>41}",
        f"{'function':>41}",
        f"{'not known':>41}",
    ]
    narrowest = "\n".join(printed(table, 28))  # no word is broken for it
    assert all(word in narrowest for word in ("inter-reader", "volume;", "function"))


def test_numbers_leave_room_for_the_words() -> None:
    """Of the columns of 25, 8 and 26 letters, only the last is narrower, by 3."""
    table = wide_table("Limit", "value is", "largest shunt within limit")
    table.add_row("RESCUE: radioembolisation", "below", "0.174")
    assert printed(table, 60) == [
        f"{'largest shunt within':>60}",
        f"Limit{'value is':>30}{'limit':>25}",
        f"RESCUE: radioembolisation{'below':>10}{'0.174':>25}",
    ]


def test_names_of_trials_stay_above_their_signs_in_every_width() -> None:
    """A header that is not wrapped keeps its lines, also with blanks and hyphens in a name."""
    header = "DRAGON 2\n|low-dose trial two\n||RESCUE"
    for width in range(48, 120):
        table = WordTable(expand=True)
        table.add_column("id")
        table.add_column("route, next question", ratio=1)
        table.add_column(header, no_wrap=True)
        table.add_row("patient-0000123", "! flr_of_nontumorous_liver: 1.2 % is outside", "??-")
        lines = printed(table, width)
        place = lines[0].index("DRAGON 2")
        assert [line[place:].rstrip() for line in lines[:3]] == header.split("\n"), width
        assert any(line[place:].startswith("??-") for line in lines[3:]), width


def test_a_column_with_a_largest_width_leaves_the_rest_to_others() -> None:
    """12 columns for a deadline, as given; its 35 letters would take those of the question."""
    table = WordTable(expand=True)
    table.add_column("until", max_width=12)
    table.add_column("question", ratio=1)
    table.add_row("before the first cycle, if untreated", "word " * 20)
    first, second, *_ = printed(table, 60)[1:]
    assert [first[:14].rstrip(), second[:14].rstrip()] == ["before the", "first cycle,"]
    assert len(first.rstrip()) > 50


def test_findings_without_an_answer_end_without_a_blank_line() -> None:
    """What follows begins with one; with an error, two would be left."""
    error = FindingRecord(code="a.b", severity="error", message="is it mirrored?", file=None)
    for finding in (WARNING, error):
        assert len([*in_order([finding], [])]) == 2  # the heading and the finding
    assert [str(row) for row in in_order([error], [Text("answer")])][-2:] == ["", "answer"]
