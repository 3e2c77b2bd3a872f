"""A case file to which the page adds: what stands there stays, and it says no more than meant."""

import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.record.plan import as_plan_record
from fl_planner.web.dossier import sign_off
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from tests.cases import each_case
from tests.record.planned import made
from tests.refusals import refuses

HEAD = 'schema = 1\n[masks]\nliver = "liver.nii.gz"\n'


def text(content: str) -> CaseText:
    return CaseText(Path("case.toml"), content.encode())


@each_case(
    "content",
    {
        "a table": f"{HEAD}[facts]\nsex = 'male'\n\n[imaging]\nreader = 'R1'\n",
        "no table": HEAD,
        "an empty one at the end": f"{HEAD}[facts]",
        "a comment behind its name": f"{HEAD}[facts]  # what is known\n# and this\n",
        "lines of Windows": f"{HEAD}[facts]\nsex = 'male'\n".replace("\n", "\r\n"),
        "a byte-order mark": f"\ufeff{HEAD}",
        "a fact that is replaced": f"{HEAD}[facts]\necog = 0  # of March\n",
        "a key of that name elsewhere": f"{HEAD}[scores]\n[facts]\n",
    },
)
def test_a_fact_is_added_and_all_else_stays(content: str) -> None:
    made = text(content).with_entry("facts", "ecog", "1", "entered on the page by R1, 2026-11-21")
    before = tomllib.loads(content.removeprefix("\ufeff"))
    meant = {**before, "facts": {**before.get("facts", {}), "ecog": 1}}
    assert tomllib.loads(made.text) == meant
    assert "ecog = 1  # entered on the page by R1, 2026-11-21\n" in made.text
    comments = [line for line in content.splitlines() if line.startswith("#")]
    assert all(line in made.text for line in comments)


def test_a_fact_is_taken_out_again() -> None:
    was = text(f"{HEAD}[facts]\nsex = 'male'\n")
    assert was.with_entry("facts", "ecog", "1").without_entry("facts", "ecog") == was
    assert text(HEAD).without_entry("facts", "ecog").table == text(HEAD).table


def test_an_entry_that_is_a_table_of_its_own_is_replaced() -> None:
    was = text(f"{HEAD}[imaging]\nreader = 'R1'\n[imaging.sha256]\nliver = '0'\n[facts]\n")
    made = was.with_entry("imaging", "sha256", '{ "liver" = "1" }')
    assert made.table["imaging"] == {"reader": "R1", "sha256": {"liver": "1"}}
    assert made.table["facts"] == {}


def test_a_table_of_a_list_is_added_at_the_end() -> None:
    was = text(f"{HEAD}[[accepted]]\ncode = 'a.b'\n")
    made = was.with_table("accepted", {"code": '"c.d"', "by": '"R1"'}, "on the page")
    assert made.table["accepted"] == [{"code": "a.b"}, {"code": "c.d", "by": "R1"}]
    assert made.content.startswith(was.content)


@each_case(
    "content",
    {
        "facts on one line": f"{HEAD}\n".replace("[masks]", "facts = {{ sex = 'male' }}\n[masks]"),
        "facts by dots": "schema = 1\nfacts.sex = 'male'\n[masks]\n",
        "a value over lines": f"{HEAD}[facts]\necog = [\n1,\n]\n",
        "accepted on one line": "schema = 1\naccepted = []\n[masks]\n",
    },
)
def test_h15_a_file_that_is_written_otherwise_is_refused_and_not_guessed_at(content: str) -> None:
    with refuses("page.case_file_form") as refused:
        made = text(content.replace("{{", "{").replace("}}", "}"))
        made.with_entry("facts", "ecog", "1").with_table("accepted", {"code": '"a.b"'})
    assert refused.value.source == "case.toml"


def test_what_is_no_value_is_never_written() -> None:
    for value in ("1\n[masks]", '"a', "1 # x\nsex = 'male'"):
        with pytest.raises(InputRefused):
            text(HEAD).with_entry("facts", "ecog", value)


def test_paths_are_those_under_which_files_are_stored() -> None:
    written = "[imaging]\nct = 'CT 1/'  # of CT 1\n[masks]\nliver = [\"a b\", 'a_b']\n"
    made = text(written).with_paths({"CT 1": "CT_1", "a b": "a_b", "a_b": "copy2_a_b", "c": "c"})
    assert tomllib.loads(made.text) == {
        "imaging": {"ct": "CT_1"}, "masks": {"liver": ["a_b", "copy2_a_b"]},
    }  # fmt: skip
    assert "# of CT 1\n" in made.text
    assert text(written).with_paths({"c": "c"}) == text(written)


def test_a_path_in_a_notation_that_cannot_be_replaced_is_refused() -> None:
    """Else another file, stored under that name, would be read."""
    written = '[masks]\nliver = "a\\u0020b"\ntumour = "a b"\n'
    with refuses("page.case_file_form"):
        text(written).with_paths({"a b": "a_b"})


# ---- sign-off and acceptance, without drawing a contact sheet


BY, ON = "R1", "2026-11-21"
SIGNED = b"""schema = 1
[imaging]
reader = "R1"
status = "verified"  # signed off on the page, 2026-11-21; contact sheet reviewed: SHA-256 0
[[accepted]]
code = "stray.far"
by = "R1"
why = "drawn twice, both read"
[[accepted]]
code = "a.b"
by = "R2"
why = "seen"
"""


def text_of(content: bytes) -> CaseText:
    return CaseText(Path("case.toml"), content)


def planned(content: bytes = b"schema = 1\n") -> PlannedCase:
    """Give a case file and its record, which has two warnings that nobody accepted."""
    found = (Finding("a.b", Severity.WARNING, "look"), Finding("c.d", Severity.WARNING, "see"))
    plan = made(findings=found)
    case = SimpleNamespace(text=text_of(content), plan=plan, record=as_plan_record(plan))
    return cast(PlannedCase, case)


@pytest.fixture(autouse=True)
def _sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a contact sheet be these bytes."""
    sheet = sign_off.SignedSheet(b"sheet")
    monkeypatch.setattr(sign_off.SignedSheet, "of", lambda _: sheet)


SEEN = sign_off.SignedSheet(b"sheet").digest


def test_h12_only_the_current_sheet_signs_a_case_off() -> None:
    every = [one["code"] for one in sign_off.list_findings(planned())]
    assert {"a.b", "c.d"} <= {*every}
    for seen in ("", "0" * 64):
        with refuses("page.sheet"):
            sign_off.sign(planned(), "verified", seen, every, BY, ON)
    signed = sign_off.sign(planned(), "verified", SEEN, every, BY, ON)
    assert sign_off.find_signed_day(signed) == ON


def test_h12_a_warning_that_was_not_named_refuses_a_sign_off() -> None:
    every = [one["code"] for one in sign_off.list_findings(planned())]
    for left_out in ("a.b", "c.d"):
        named = [one for one in every if one != left_out]
        with refuses("page.unaccepted", says={"a.b": "look", "c.d": "see"}[left_out]):
            sign_off.sign(planned(), "verified", SEEN, named, BY, ON)
    signed = sign_off.sign(planned(), "verified", SEEN, every, BY, ON)
    assert "not accepted: a.b, c.d" in signed.text


def test_h12_an_entry_after_the_sign_off_makes_the_case_a_draft() -> None:
    void = sign_off.void_sign(text_of(SIGNED))
    assert void.table["imaging"]["status"] == "draft"
    assert sign_off.is_sign_off_void(void)
    assert sign_off.find_signed_day(void) is None
    assert sign_off.void_sign(void) == void


def test_h12_a_withdrawn_acceptance_is_gone_and_so_is_the_sign_off() -> None:
    back = sign_off.withdraw(planned(SIGNED), "stray.far")
    assert [one["code"] for one in back.table["accepted"]] == ["a.b"]
    assert sign_off.is_sign_off_void(back)
    with refuses("page.entry", "finding"):
        sign_off.withdraw(planned(back.content), "stray.far")


@pytest.mark.parametrize("typed", ["28.11.2026", "11/28/2026", "2026-1-5", "2026-02-30", ""])
def test_a_date_in_another_style_is_refused_with_the_style_to_use(typed: str) -> None:
    with refuses("page.entry", "on") as refusal:
        sign_off.read_day(typed)
    assert refusal.value.remedy == "enter it as yyyy-mm-dd"
