"""The table of routes as a whole: one row a name, in its place."""

from dataclasses import replace

import pytest
from msgspec import structs

from fl_planner.intake.documents.protocols import read_bundled
from fl_planner.planning.full_route.route_rows import merge_rows
from fl_planner.trials.criterion import Trial
from tests.refusals import refuses

ABLATION = read_bundled("ablation_timing")


def with_row(name: str) -> Trial:
    (row,) = ABLATION.routes
    return replace(ABLATION, routes=(structs.replace(row, name=name),))


@pytest.mark.parametrize(
    ("name", "before", "after"), [("C5a", "C3", "C6"), ("C12", "C11", "H1"), ("C0", "R3", "C2")]
)
def test_a_row_is_where_its_name_states(name: str, before: str, after: str) -> None:
    others = [read_bundled(name) for name in ("dragon2", "rescue", "dragon_plc")]
    rows = [row.name for row in merge_rows([with_row(name), *others])]
    at = rows.index(name)
    assert (rows[at - 1], rows[at + 1]) == (before, after)


def test_two_rows_of_one_name_are_refused() -> None:
    with refuses("trial.unreadable", "row C9"):
        merge_rows([with_row("C9")])
