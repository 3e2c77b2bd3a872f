"""What the plan takes from a bundled trial: read as it says, refused where it says what is not."""

from fractions import Fraction
from hashlib import sha256
from typing import Any

from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.trials.condition import RouteRow
from fl_planner.trials.criterion import ClosingWindow, FollowUpDays
from fl_planner.trials.plan_part import parse_bundled, parse_head
from tests.cases import each_case
from tests.refusals import refuses

PROTOCOL = """
schema = 1
id = "HARBOUR-1"
name = "HARBOUR"
short = "harbour"
diagnosis = "crlm"
source = "an invented protocol"

[[background]]
name = "flr_small"
says = "FLR below 25 %"
source = "background"
when = { flr_fraction = { less_than = 0.25 } }

[[criterion]]
id = "I1"
kind = "inclusion"
says = "A small FLR"
source = "section 1"
asked_of = "radiologist"
changes = "can_change"
[[criterion.part]]
name = "volume"
by = ["imaging"]
when = { flr_fraction = { less_than = 0.35 } }
[[criterion.part]]
name = "age"
by = ["facts"]
when = { age_years = { at_least = 18 } }
"""
ROW = """
[[plan.route]]
row = "C5a"
route = "trial_harbour"
csv = 11
when = ["eligible_and_open"]
headline = "{eligible} for {trial}"
reasons = ["The remnant is small.", "{notes}"]
next_steps = ["{propose}", "{near}", "{ask}"]
"""


def bundled(plan: str) -> str:
    return f"{PROTOCOL}\n[plan]\n{plan}"


def test_what_the_plan_takes_from_a_trial() -> None:
    window = '[plan.window]\ncriterion = "I1"\ncloses = "on the day"\n'
    trial = parse_bundled(bundled(f"order = 6\n{window}{ROW}beside_resection = true"))
    assert trial.window == ClosingWindow("I1", "on the day")
    (row,) = trial.routes
    assert (row.name, row.diagnosis, row.trial, row.csv) == ("C5a", "crlm", "harbour", 11)
    assert (row.beside_resection, row.settles_first) == (True, False)
    assert trial.asked_for("no_pve_hve") == ()


@each_case("named, limit", [("I1.volume", "0.35"), ("flr_small", "0.25")])
def test_the_limit_on_an_flr_is_a_part_of_a_criterion_or_of_the_background(
    named: str, limit: str
) -> None:
    criteria = 'no_pve_hve = ["I1"]\ncomplete_response = ["I1"]'
    said = f'[plan.pathway]\nrole = "crlm"\nsmall_flr = "{named}"\n{criteria}\n'
    trial = parse_bundled(bundled(said))
    assert trial.pathway is not None
    assert trial.pathway.small_flr is not None
    (leaf,) = trial.pathway.small_flr.compared({})
    assert leaf.limit == Fraction(limit)
    assert [one.id for one in trial.asked_for("no_pve_hve")] == ["I1"]


def test_h12_the_hash_is_that_of_the_protocol_alone() -> None:
    digest = sha256(PROTOCOL.encode()).hexdigest()
    assert parse_bundled(bundled("order = 6")).sha256 == digest
    assert parse_bundled(bundled(f"order = 7{ROW}")).sha256 == digest
    assert parse_bundled(PROTOCOL).sha256 == digest


def test_a_criterion_below_the_plan_is_none() -> None:
    """It would be judged, and no hash would tell of it."""
    for table in ("criterion", "plan.criterion"):
        with refuses("trial.unreadable", says="criterion"):
            parse_bundled(bundled(f'[[{table}]]\nid = "I2"\n'))


def test_the_head_states_what_a_trial_is_called() -> None:
    head = parse_head(bundled('order = 6\n[plan.pathway]\nrole = "crlm"\n'))
    assert (head.id, head.name, head.short) == ("HARBOUR-1", "HARBOUR", "harbour")
    assert (head.judged, head.order, head.role) == (True, 6, "crlm")
    without = parse_head(PROTOCOL.partition("[[criterion]]")[0])
    assert (without.judged, without.order, without.role) == (False, None, None)


@each_case(
    "plan",
    [
        'orders = 6\n',
        'randomised = "by_wish"\n',
        '[plan.follow_up]\nscores = 90\n',
        '[plan.follow_up]\nscores = 90\nfunction = 0\n',
        '[plan.follow_up]\nscores = 90\nfunction = "180"\n',
        '[plan.window]\ncriterion = "I9"\ncloses = "on the day"\n',
        '[plan.window]\ncriterion = "I1"\n',
        '[plan.pathway]\nrole = "hcc"\nsmall_flr = "flr_large"\n',
        '[plan.pathway]\nrole = "hcc"\nsmall_flr = "I1.size"\n',
        '[plan.pathway]\nrole = "hcc"\nsmall_flr = "I9.volume"\n',
        '[plan.pathway]\nrole = "hcc"\n',
        '[plan.pathway]\nrole = "surgery"\n',
        '[plan.pathway]\nrole = "crlm"\nsmall_flr = "flr_small"\nno_pve_hve = ["I1"]\n',
        '[plan.pathway]\nrole = "crlm"\nsmall_flr = "flr_small"\nno_pve_hve = ["E9"]\n'
        'complete_response = ["I1"]\n',
        ROW.replace('csv = 11\n', ""),
        ROW.replace('"C5a"', '"5a"'),
        ROW.replace('"C5a"', '"H5a"'),
        ROW.replace("eligible_and_open", "on_sundays"),
        ROW.replace("eligible_and_open", "flr_too_small"),
        ROW.replace("{eligible} for", "{likely} for"),
        ROW.replace("{notes}", "{flr_percent}"),
        ROW.replace("{propose}", "{operate}"),
        ROW.replace("is small.", "is small: {flr}."),
        ROW.replace(', "{ask}"', ""),
    ],
)  # fmt: skip
def test_refused(plan: str) -> None:
    with refuses("trial.unreadable"):
        parse_bundled(bundled(plan))


def test_which_trials_randomise_and_how_long_one_follows_up() -> None:
    """trials.md 2 to 6 and 11."""
    trials = {trial.name: trial for trial in read_bundled_trials()}
    assert {name: trial.randomised for name, trial in trials.items()} == {
        "DRAGON 2": "before_treatment",
        "NCT06449937 (local liver treatment)": "never",
        "NCT04562727 (ablation, perioperative chemotherapy)": "where_told",
        "PUMP-IT": "before_treatment",
        "RESCUE": "never",
    }
    followed = {name: trial.follow_up for name, trial in trials.items() if trial.follow_up}
    assert followed == {"RESCUE": FollowUpDays(90, 180)}


def test_days_of_follow_up() -> None:
    days = "[plan.follow_up]\nscores = 30\nfunction = 90\n"
    assert parse_bundled(bundled(days)).follow_up == FollowUpDays(30, 90)


def test_a_row_that_settles_first_asks_nothing() -> None:
    row: dict[str, Any] = {"name": "R1", "diagnosis": None, "route": "r", "csv": 1, "headline": "h"}
    assert RouteRow(**row, next_steps=("Settle.",), settles_first=True).settles_first
    with refuses("trial.unreadable"):
        RouteRow(**row, next_steps=("{ask}",), settles_first=True)
