"""`fl-planner calc`: options, one JSON object, and every way to be refused."""

import json
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from fl_planner.calculator.formula import every_formula
from tests.cli.outside import Ran, Record, ask, real, refusal_of
from tests.test_cheap_import import loaded_by

BSA = {"height_cm": 180, "weight_kg": 80}
NAMES = [one.name for one in every_formula()]


class Terminal(TextIOWrapper):
    """A stdin at which somebody sits."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(BytesIO(b'{"height_cm": 180}')))


def piped(monkeypatch: pytest.MonkeyPatch, name: str, text: str | bytes, *args: str) -> Ran:
    content = text if isinstance(text, bytes) else text.encode()
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(content)))
    return ask("calc", name, *args)


def told(monkeypatch: pytest.MonkeyPatch, name: str, inputs: dict[str, Any]) -> Record:
    ran = piped(monkeypatch, name, json.dumps(inputs), "--json")
    assert (ran.status, ran.err) == (0, "")
    return ran.record


def test_one_object_in_and_one_out(monkeypatch: pytest.MonkeyPatch) -> None:
    record = told(monkeypatch, "bsa", BSA)
    assert record["bsa_m2"] == 2.0
    assert record["schema"] == "fl-planner/calc/1"
    assert (record["status"], record["refusal"], record["findings"]) == ("ok", None, [])
    assert (record["calc"], record["inputs"]) == ("bsa", BSA)
    assert record["not_given"] == ["formula"]


def test_numbers_have_twelve_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    record = told(monkeypatch, "bsa", {**BSA, "formula": "dubois"})
    assert record["bsa_m2"] == 1.99642102228  # 1.996421022275045 of the reference


def test_decimals_as_text_and_as_numbers_are_both_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    y90 = '"m_tumour_kg": 0.6, "m_normal_treated_kg": 1.2, "tnr": 4, "lsf": 0.1'
    ran = piped(monkeypatch, "y90_required", f"{{{y90}}}", "--json")
    assert ran.record["lung_exclusion_met"] is False  # in doubles 15.000000000000002
    assert ran.record["dose_lung_gy_at_150"] == 15


def test_what_cannot_be_decided_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    record = told(monkeypatch, "child_pugh", {"bilirubin_mg_dl": 1, "ascites": None})
    assert record["points"] is record["class"] is None
    assert "ascites" in record["not_given"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "neither an option nor a JSON object"),
        ("  \n", "neither an option nor a JSON object"),
        ("{", "the input is not JSON on line 1"),
        ("[1]", "the input is not a single JSON object"),
        ("3", "the input is not a single JSON object"),
        ("[" * 100_000, "lists nested too deeply"),
        (b"\xff\xfe", "the input is not JSON in UTF-8; give one JSON object"),
        (json.dumps(BSA).encode("utf-16"), "the input is not JSON in UTF-8"),
        (json.dumps(BSA).encode("utf-16-le"), "the input is not JSON in UTF-8"),
        ('{"é": 1}'.encode("latin-1"), "the input is not JSON in UTF-8"),
        ('{"height_cm": NaN}', "height_cm: NaN is not a finite number"),
        ('{"height_cm": 180, "height_cm": 181}', "height_cm: given twice"),
        ('{"height": 180}', "did you mean height_cm?"),
        ('{"height_cm": "tall", "weight_kg": true}', "weight_kg: true is not a number in kg"),
        ('{"height_cm": 1.75, "weight_kg": 70}', "height_cm: 1.75 is outside 100 to 250 cm"),
        ('{"height_cm": 1' + " " * (1 << 20) + "}", "the input is larger than 1 MiB"),
        ("{}", "no input was given"),
    ],
)
def test_what_cannot_be_read_is_refused(
    text: str | bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = refusal_of(piped(monkeypatch, "bsa", text, "--json"))
    assert said in refusal["message"]


def test_a_byte_order_mark_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\ufeff" + json.dumps(BSA)
    assert piped(monkeypatch, "bsa", text, "--json").record["bsa_m2"] == 2.0


@pytest.mark.usefixtures("typing")
def test_options_at_a_terminal() -> None:
    ran = ask("calc", "bsa", "--height-cm", "180", "--weight-kg", "80")
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "Body surface area, m2: 2  (bsa_m2)"
    assert ask("calc", "bsa", "--height-cm=180", "--weight-kg=80", "--json").record["bsa_m2"] == 2


@pytest.mark.usefixtures("typing")
def test_lists_by_comma_and_negative_numbers() -> None:
    ran = ask("calc", "display_rule", "--value", "29.96", "--thresholds", "30,40")
    assert ran.out.startswith("The number as text: 29.96  (display)")
    ran = ask("calc", "decay", "--elapsed-min", "-5", "--json")
    assert "elapsed_min: -5 is outside" in refusal_of(ran)["message"]


@pytest.mark.usefixtures("typing")
def test_what_only_json_can_state_is_named_where_it_is_wanted() -> None:
    alone = " ".join(ask("calc", "segments", "--resection", "right hepatectomy").out.split())
    assert alone.startswith(
        "No result can be calculated from the given inputs. not given: whether segment I is "
        "resected"
    )
    how = "segment_nontumour_ml: give all inputs as one JSON object, fl-planner calc segments < "
    assert how in alone
    ran = ask("calc", "segments", "--resection", "right hepatectomy", "--caudate-resected", "no")
    assert "Remaining segments: 1234" in ran.out
    assert how in " ".join(ran.out.split())


@pytest.mark.usefixtures("typing")
def test_a_list_of_words_by_comma() -> None:
    ran = ask("calc", "best_response", "--responses", "SD,PR,PD", "--json")
    assert ran.record["best_category"] == "partial_response"
    unknown = ask("calc", "best_response", "--responses", "SD,unknown,PR").out
    assert unknown.startswith("Best category before progression, unconfirmed: unknown")


@pytest.mark.usefixtures("typing")
def test_an_option_given_twice_is_refused() -> None:
    ran = ask("calc", "bsa", "--height-cm", "180", "--height-cm", "170", "--json")
    assert refusal_of(ran)["reason"] == "given twice"


@pytest.mark.usefixtures("typing")
def test_nobody_is_kept_waiting_at_a_terminal() -> None:
    refusal = refusal_of(ask("calc", "bsa", "--json"))
    assert (refusal["code"], refusal["file"]) == ("calc.nothing", "bsa")
    assert "height_cm, weight_kg" in refusal["remedy"]


def test_a_closed_stdin_is_no_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert refusal_of(ask("calc", "bsa", "--json"))["code"] == "calc.nothing"


def test_json_before_the_name_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(json.dumps(BSA).encode())))
    assert ask("calc", "--json", "bsa").record["bsa_m2"] == 2.0


def test_lines_for_a_person_state_the_unknown_and_the_doubtful(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"bilirubin_mg_dl": 17, "inr": 1.2, "creatinine_mg_dl": 1.9}
    lines = " ".join(piped(monkeypatch, "meld", json.dumps(given)).out.split())
    assert "MELD-Na (OPTN 2016), 6 to 40: unknown (meld_na_optn2016)" in lines
    assert "not given: sodium (sodium_mmol_l); dialysis (dialysis); age (age) " in lines
    assert "creatinine_umol_l" not in lines  # it was given in the other unit
    assert "MELD before rounding: 25.324 (meld_raw)" in lines
    assert "warning: bilirubin_mg_dl: 17 mg/dL is 290.8 umol/L" in lines
    spread = piped(monkeypatch, "tlv_est", '{"bsa_m2": 1.8}').out
    assert "all applicable formulas, mL: 1170.0392 to 1616" in " ".join(spread.split())
    asked = piped(monkeypatch, "flr_bw", '{"flr_ml": 350, "weight_kg": 70}').out
    assert "FLR-to-body-weight ratio, %: 0.5  (flr_bw_percent)\n" in asked
    assert ": yes (at_risk_0_5_or_less)" in " ".join(asked.split())


def test_a_person_reads_five_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"height_cm": 181, "weight_kg": 82}
    assert "m2: 2.0305  (bsa_m2)\n" in piped(monkeypatch, "bsa", json.dumps(inputs)).out


def test_no_result_is_rounded_onto_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """0.49999996 % of body weight is not the half of a percent that a limit is written at."""
    inputs = {"flr_ml": "349.99997", "weight_kg": 70}
    assert "%: 0.49999995" in piped(monkeypatch, "flr_bw", json.dumps(inputs)).out


def test_the_list_has_one_line_each() -> None:
    lines = ask("calc", "--list").out.splitlines()
    assert [line.split()[0] for line in lines] == NAMES
    record = ask("calc", "--list", "--json").record
    assert [one["name"] for one in record["formulas"]] == NAMES
    height = record["formulas"][0]["inputs"][0]
    assert height == {
        "name": "height_cm",
        "kind": "number",
        "says": "height",
        "unit": "cm",
        "required": False,
        "words": [],
        "bounds": "100 to 250",
        "parts": [],
    }
    (regions,) = next(one for one in record["formulas"] if one["name"] == "spect_share")["inputs"]
    assert [part["name"] for part in regions["parts"]][:2] == ["kind", "in_flr"]


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_help_names_every_input_and_result(name: str) -> None:
    ran = ask("calc", name, "--help")
    assert ran.status == 0
    record = next(
        one for one in ask("calc", "--list", "--json").record["formulas"] if one["name"] == name
    )
    for one in record["inputs"]:
        option = f"--{one['name'].replace('_', '-')}"
        assert option in ran.out or f"{one['name']}:" in ran.out
        assert one["unit"] is None or one["unit"] in ran.out
    assert all(f"{result}:" in ran.out for result in record["results"])


def test_help_of_the_command_lists_the_formulas() -> None:
    shown = ask("calc", "--help").out
    assert all(name in shown for name in NAMES)


@pytest.mark.parametrize("args", [[], ["--json"], ["bsa", "--size", "1"]])
def test_wrong_usage(args: list[str]) -> None:
    ran = ask("calc", *args, *([] if "--json" in args else ["--json"]))
    assert refusal_of(ran)["code"] == "usage.wrong"


@pytest.mark.essential
@pytest.mark.slow
def test_the_same_bytes_from_run_to_run(tmp_path: Path) -> None:
    args = ("calc", "renal", "--sex", "F", "--age", "65", "--creatinine-umol-l", "85", "--json")
    first, second = (real(*args, cwd=tmp_path, env={"PYTHONHASHSEED": seed}) for seed in ("1", "2"))
    assert first.stdout == second.stdout
    assert first.record["mdrd4_no_race"] == pytest.approx(58.22064548763259, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    "args",
    [
        ["bsa", "--height-cm", "180", "--weight-kg", "80", "--json"],
        ["bsa", "--height-cm", "1.8", "--json"],
        ["dragon2_combined", "--flr-percent", "28", "--json"],
        ["y90_required", "--lsf", "0.1", "--json"],
        ["--list", "--json"],
    ],
)
def test_a_formula_of_numbers_loads_nothing_heavy(args: list[str], tmp_path: Path) -> None:
    loaded = loaded_by(f"import fl_planner.cli as c; c.run(['calc', *{args}])", tmp_path)
    assert {"numpy", "scipy", "matplotlib", "nibabel"}.isdisjoint(loaded)
