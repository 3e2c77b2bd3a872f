"""What a command weighs is counted, and one that grew heavier is named."""

from pathlib import Path

import pytest

from benchmarks.weight import COMMANDS, ROOT, Weight, find_heavier, weigh

KEPT = {"plan": Weight(1000, 200, 700), "help": Weight(50, 12, 150)}


@pytest.mark.parametrize(
    ("plan", "heavier"),
    [
        (Weight(1020, 204, 770), []),
        (Weight(1021, 200, 700), ["plan: 1021 calls where 1000 were kept, +2.1%"]),
        (Weight(10, 205, 700), ["plan: 205 own modules where 200 were kept, +2.5%"]),
        (Weight(10, 20, 771), ["plan: 771 all modules where 700 were kept, +10.1%"]),
    ],
)
def test_a_command_that_grew_heavier_is_named(plan: Weight, heavier: list[str]) -> None:
    assert [*find_heavier(KEPT, {**KEPT, "plan": plan})] == heavier


def test_counts_are_those_of_the_package(tmp_path: Path) -> None:
    package = tmp_path / "fl_planner"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "beside.py").write_text("")
    (package / "cli.py").write_text(
        "import colorsys\n"
        "def once(): return [colorsys.rgb_to_hsv(0, 0, 0) for _ in range(3)]\n"
        "def run(words):\n"
        "    from fl_planner import beside\n"
        "    once(), once()\n"
        "    return 0\n"
    )
    weight = weigh(("plan",), tmp_path, tmp_path)
    assert (weight.calls, weight.own_modules) == (3, 3)


@pytest.mark.essential
@pytest.mark.slow
def test_counts_are_the_same_each_time(tmp_path: Path) -> None:
    first, second = (weigh(COMMANDS["calc"], tmp_path, ROOT) for _ in range(2))
    assert first == second
