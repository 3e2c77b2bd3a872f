"""A refusal by another code, of another file or for another reason is none that was demanded."""

import pytest

from fl_planner.basis.findings import InputRefused
from tests.refusals import refuses


def refuse() -> None:
    raise InputRefused("a.a", "file", "reason", "remedy")


@pytest.mark.parametrize(
    ("code", "source", "says"),
    [("b", None, ""), ("a.a", "other", ""), ("a.a", None, "no such words")],
)
def test_what_was_not_demanded_is_reported(code: str, source: str | None, says: str) -> None:
    with pytest.raises(AssertionError), refuses(code, source, says=says):
        refuse()


def test_nothing_refused_is_reported() -> None:
    with pytest.raises(pytest.fail.Exception), refuses("a.a"):
        pass
    with refuses("a.a", "file", says="reas") as refusal:
        refuse()
    assert refusal.value.remedy == "remedy"
