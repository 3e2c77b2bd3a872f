"""Results as one dict: sorted, rounded once, strict JSON, and nothing in it that was not given."""

import json
import math
import re
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.version import __version__
from fl_planner.planning.assessment.assess import measure_volumes
from fl_planner.planning.given.case import Accepted, Case, InputFile, Operation
from fl_planner.record.declaration.part import DENOMINATORS, as_dict, as_json, as_plain, printable
from fl_planner.record.head import as_findings, as_refusal
from fl_planner.record.volumes import as_volume_record
from fl_planner.workup.schema import describe_record
from tests.cases import each_case, how_many
from tests.masks import liver_part, small_liver
from tests.record.planned import LEFT, TUMOUR

LIMITS = (Fraction(3, 10), Fraction(2, 5))
HEAD = {"schema", "version", "status", "refusal", "notice", "inputs", "findings"}


# JSON


def test_json_is_sorted_indented_and_not_ascii() -> None:
    text = as_json({"b": [1, {"d": "é", "c": 0.1}], "a": None})
    assert text == (
        '{\n  "a": null,\n  "b": [\n    1,\n    {\n      "c": 0.1,\n      "d": "é"\n    }\n  ]\n}'
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (29.999999999999993, "30.0"),  # a double's noise, not a share: counts decide
        (29.9604825, "29.9604825"),
        (29.96048250000001, "29.9604825"),
        (1559.5097600000001, "1559.50976"),
        (0.00128, "0.00128"),
        (123456789.123, "123456789.0"),
        (1e-12, "1e-12"),
        (-0.0, "0.0"),
        (-0.590464, "-0.590464"),
        (100.0, "100.0"),
        (7, "7"),
        (True, "true"),
        (12345678901234567890, "12345678901234567890"),  # a count is never rounded
    ],
)
def test_floats_are_rounded_to_nine_digits_and_counts_never(value: float, written: str) -> None:
    assert json.loads(as_json({"x": value})) == json.loads(f'{{"x": {written}}}')
    assert as_json({"x": value}) == f'{{\n  "x": {written}\n}}'


@given(st.floats(min_value=1e-6, max_value=1e6))
def test_at_least_six_digits_of_every_float_stay(value: float) -> None:
    again = json.loads(as_json({"x": value}))["x"]
    assert math.isclose(again, value, rel_tol=1e-8)
    assert as_json({"x": again}) == as_json({"x": value})  # rounding twice is rounding once


@given(st.floats(min_value=0, max_value=100))
def test_at_least_six_decimals_of_every_percentage_stay(percent: float) -> None:
    assert abs(json.loads(as_json({"x": percent}))["x"] - percent) <= 5e-7


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_h16_what_json_does_not_have_is_a_defect(value: float) -> None:
    for record in ({"x": value}, {"x": [value]}, {"x": {"y": (value,)}}):
        with pytest.raises(ValueError, match="Out of range float values"):
            as_json(record)


def test_tables_and_lists_of_every_kind_are_written() -> None:
    record = {"x": MappingProxyType({"y": (0.1000000001, 2)})}
    assert json.loads(as_json(record)) == {"x": {"y": [0.1, 2]}}


def test_a_byte_that_is_no_utf_8_is_escaped() -> None:
    text = as_json({"file": "liver\udcff.nii"})
    assert text.encode("utf-8")
    assert '"liver\\udcff.nii"' in text
    assert json.loads(text) == {"file": "liver\udcff.nii"}


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    written = as_json({"x": text})
    assert json.loads(written) == {"x": text}
    assert written.encode("utf-8")


# texts for a terminal


def test_what_a_terminal_obeys_is_escaped_and_the_rest_is_not() -> None:
    record = {"a": ["é 肝 ²·\n\x1b[31m", 1, None, 0.5, True], "b": {"c": "\udcff\u202e\x00"}}
    assert printable(record) == {
        "a": [r"é 肝 ²·\n\x1b[31m", 1, None, 0.5, True],
        "b": {"c": r"\udcff\u202e\x00"},
    }


@given(st.text())
def test_no_text_holds_an_order_for_a_terminal(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert (shown == text) is text.isprintable()


def volumes(case: Case, *, limits: tuple[Fraction, ...] = LIMITS) -> dict[str, object]:
    """Tell the volumes of a case, by the keys of JSON."""
    return as_dict(as_volume_record(case, measure_volumes(case), limits))


def test_volumes_by_hand() -> None:
    anatomy = replace(small_liver(), tumour=TUMOUR, flr=LEFT)
    record = volumes(Case(anatomy, (InputFile("liver", "liver.nii.gz", "nifti1", "0" * 64),)))
    assert {key: record[key] for key in HEAD - {"findings"}} == {
        "schema": "fl-planner/volume/1",
        "version": __version__,
        "status": "ok",
        "refusal": None,
        "notice": "research use, not a cleared device",
        "inputs": [
            {"role": "liver", "file": "liver.nii.gz", "format": "nifti1", "sha256": "0" * 64}
        ],
    }
    assert record["voxels"] == {"liver": 1500, "tumour": 27, "nontumorous_liver": 1473, "flr": 300}
    assert record["volumes_ml"] == record["voxels"]  # a voxel is one mL
    assert record["flr_percent"] == 100 * 300 / 1473
    assert record["flr_percent_shown"] == "20.4"
    assert record["denominator"] == "measured_nontumour"
    assert record["remnant"] == {"origin": "drawn", "segments": []}


def test_h16_nothing_is_nothing() -> None:
    record = volumes(Case(small_liver(), ()))
    measured = {"voxels", "volumes_ml", "voxel_ml", "denominator", "share_limits_percent", "masks"}
    assert set(record) == HEAD | measured
    assert record["voxels"] == {"liver": 1500, "nontumorous_liver": 1500}


def test_h03_every_denominator_has_a_name_for_people() -> None:
    drawn = [replace(small_liver(), tumour=one) for one in (None, TUMOUR, TUMOUR - TUMOUR)]
    named = {str(volumes(Case(one, ()))["denominator"]) for one in drawn}
    assert named == DENOMINATORS.keys()


@each_case("name", ["volume", "growth", "screen", "agree"])
def test_h03_the_flr_is_described_as_without_the_tumour_that_was_drawn(name: str) -> None:
    """Without a tumour mask, it may include tumour."""
    text = as_json(describe_record(name))
    told = re.findall(r'"(?:FLR|Future liver remnant) without ((?:drawn )?tumour)', text)
    assert {*told} == {"drawn tumour"}


def test_h03_cysts_stay_in_one_share_and_leave_the_other() -> None:
    cyst = replace(liver_part([[1, 2, 1, 11, 1, 11]], "cyst"), name="cyst")  # 100 mL of the FLR
    anatomy = replace(small_liver(), tumour=TUMOUR, flr=LEFT, excluded=(cyst,))
    record = volumes(Case(anatomy, ()))
    assert record["flr_percent"] == 100 * 300 / 1473
    assert record["flr_percent_without_excluded"] == 100 * 200 / 1373
    assert record["flr_percent_without_excluded_shown"] == "14.6"
    voxels = record["voxels"]
    assert isinstance(voxels, dict)
    assert voxels["excluded"] == 100


def test_h08_the_shown_share_stays_on_its_side_of_the_limits_given() -> None:
    """442 of 1473 are 30.0068 %."""
    flr = liver_part([[1, 5, 1, 11, 1, 11], [5, 6, 1, 5, 1, 11], [5, 6, 5, 6, 1, 3]], "flr")
    case = Case(replace(small_liver(), tumour=TUMOUR, flr=flr), ())
    assert volumes(case)["flr_percent_shown"] == "30.01"
    assert volumes(case, limits=())["flr_percent_shown"] == "30.0"


def test_a_segment_remnant_names_its_segments() -> None:
    from tests.masks import small_segments

    anatomy = replace(small_liver(), segments=small_segments())
    record = volumes(Case(anatomy, (), operations=(Operation("left", ("2", "3")),)))
    assert record["remnant"] == {"origin": "segments", "segments": ["2", "3"]}


def test_the_label_map_is_reported() -> None:
    told = {"file": "segments.nii", "scheme": "couinaud", "labels": {"1": "segment_1"}}
    assert volumes(Case(small_liver(), (), label_map=told))["label_map"] == told
    assert "label_map" not in volumes(Case(small_liver(), ()))


# findings and refusals


ODD = Finding("gzip.name", Severity.WARNING, "liver.nii: is gzipped", "liver.nii")
SIZE = Finding("plausibility.liver_volume", Severity.ERROR, "too small", None, 12.5, "mL")


def test_h16_the_scan_before_an_embolisation_is_the_first_warning_of_the_record() -> None:
    """It affects every answer; other warnings keep their order, and errors come before it."""
    later = Finding("date.embolised_later", Severity.WARNING, "PVE after this scan")
    small = replace(ODD, code="flr.small")
    found = [one.code for one in as_findings([ODD, small, later, SIZE])]
    assert found == [SIZE.code, later.code, ODD.code, small.code]


def test_a_finding_has_its_keys_and_null_for_no_file() -> None:
    assert as_plain(as_findings([ODD, SIZE])) == [  # the error first
        {
            "code": "plausibility.liver_volume",
            "severity": "error",
            "message": "too small",
            "file": None,
            "value": 12.5,
            "unit": "mL",
        },
        {
            "code": "gzip.name",
            "severity": "warning",
            "message": "liver.nii: is gzipped",
            "file": "liver.nii",
        },
    ]


def test_an_accepted_finding_states_who_and_why_and_no_other_does() -> None:
    other, accepted = as_plain(as_findings([ODD, SIZE], [Accepted("gzip.name", "R1", "known")]))
    assert accepted["accepted"] == {"by": "R1", "why": "known"}
    assert "accepted" not in other


def test_an_accepted_finding_stays_in_volume_and_keeps_its_severity() -> None:
    seen = Accepted("tumour.not_given", "R1", "benign")
    case = Case(small_liver(), (), findings=(ODD,), accepted=(seen,))
    found = volumes(case)["findings"]
    assert isinstance(found, list)
    (told,) = (one for one in found if one["code"] == "tumour.not_given")
    assert (told["severity"], told["accepted"]) == ("info", {"by": "R1", "why": "benign"})
    assert found[0] == as_plain(as_findings([ODD]))[0]  # reading comes before measuring


def test_a_refusal_names_command_code_reason_and_remedy() -> None:
    refused = InputRefused("mask.empty", "flr.nii", "no voxel set", "check the label")
    assert as_dict(as_refusal(refused, "plan")) == {
        "schema": "fl-planner/plan/2",
        "status": "refused",
        "version": __version__,
        "refusal": {
            "code": "mask.empty",
            "message": "flr.nii: no voxel set; check the label",
            "file": "flr.nii",
            "reason": "no voxel set",
            "remedy": "check the label",
        },
    }


def test_more_digits_may_be_asked_for() -> None:
    assert "0.123456789012\n" in as_json({"share": 0.1234567890123}, 12)
