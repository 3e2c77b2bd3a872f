"""The bundled protocols: which, in what order, and what they bring."""

from __future__ import annotations

from fractions import Fraction

from fl_planner.intake.protocols import read_bundled_trials, read_protocols

REFERENCE_ORDER = ["NCT05428735", "NCT06449937", "NCT04562727", "NCT06857773", "NCT06178198"]


def test_trials_in_the_order_of_the_reference() -> None:
    ids = [trial.id for trial in read_bundled_trials()]
    assert ids == REFERENCE_ORDER


def test_dragon_plc_lends_its_limits_and_is_not_judged() -> None:
    plc = read_protocols().dragon_plc
    limits = [limit.value for limit in plc.limits_on("flr_fraction")]
    assert limits == [Fraction(3, 10), Fraction(2, 5), Fraction(1, 2)]
    assert plc.criteria == ()
    assert plc.id not in {trial.id for trial in read_bundled_trials()}


def test_protocols_of_the_pathway() -> None:
    protocols = read_protocols()
    names = [protocols.dragon_2.name, protocols.rescue.name, protocols.dragon_plc.name]
    assert names == ["DRAGON 2", "RESCUE", "DRAGON PLC"]
