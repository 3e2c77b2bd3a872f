"""Each hazard whose room exists has tests named for it and controls; each control stands."""

import ast
import builtins
import subprocess
from collections import Counter
from pathlib import Path
from symtable import symtable

import pytest

from tests.browsers import needs_browser
from tests.cases import each_case, of_many
from tests.hazards import register
from tests.hazards.mutate import Run, run
from tests.hazards.page import PAGE, SHIPPED, as_page, as_shipped
from tests.hazards.register import (
    PROJECT,
    Control,
    Hazard,
    find_tests,
    hazard_of,
    read_controls,
    read_hazards,
)
from tests.hazards.removal import Removal

HAZARDS, CONTROLS = read_hazards(), read_controls()
BY_NAME = {control.name: control for control in CONTROLS}
# rules of reading and of sense -> the file without which there is nothing to ask
RULES = {
    **dict.fromkeys(
        ("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9"), "fl_planner/formats/nifti/read.py"
    ),
    **dict.fromkeys(("F10", "F11"), "fl_planner/formats/voxels/values.py"),
    "G1": "fl_planner/space/common_grid/same_grid.py",
    "W1": "fl_planner/liver/mask_faults.py",
    "N1": "fl_planner/formats/nrrd/read.py",
    "S1": "fl_planner/formats/nrrd/read.py",
    "M1": "fl_planner/formats/metaimage.py",
    **dict.fromkeys(("D1", "D2", "D3"), "fl_planner/formats/dicom/read.py"),
}


def test_there_are_19_hazards_in_order() -> None:
    assert [hazard.id for hazard in HAZARDS] == [f"H-{n:02}" for n in range(1, 20)]


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.id)
def test_a_hazard_with_a_room_has_tests_and_controls(hazard: Hazard) -> None:
    named = [
        name for names in find_tests().values() for name in names if hazard_of(name) == hazard.id
    ]
    held = [control.name for control in CONTROLS if hazard.id in control.hazards]
    if hazard.has_room:
        assert named, f"no test is called test_{hazard.id[0].lower()}{hazard.id[2:]}_..."
        assert held, "no control is listed in tests/hazards/controls"


def test_every_named_hazard_exists() -> None:
    ids = {hazard.id for hazard in HAZARDS}
    named = {hazard_of(name) for names in find_tests().values() for name in names} - {None}
    assert named | {id_ for control in CONTROLS for id_ in control.hazards} <= ids


@pytest.mark.parametrize(("rule", "room"), RULES.items(), ids=RULES)
def test_every_rule_of_a_format_that_is_read_has_a_control(rule: str, room: str) -> None:
    held = [control.name for control in CONTROLS if control.rule == rule]
    assert held or not (PROJECT / room).exists()


def test_each_control_has_its_own_name() -> None:
    assert not [name for name, times in Counter(c.name for c in CONTROLS).items() if times > 1]


def names_in(instead: str) -> set[str]:
    return {one.id for one in ast.walk(ast.parse(instead)) if isinstance(one, ast.Name)}


def find_unknown(instead: str, without: str) -> set[str]:
    """Find the names that stand there without a control and that its module does not have."""
    tables = [symtable(without, "module", "exec")]
    own = (one for one in tables[0].get_symbols() if one.is_assigned() or one.is_imported())
    given = {*dir(builtins), *(one.get_name() for one in own)}
    for table in tables:
        tables += table.get_children()
    every = (one for table in tables for one in table.get_symbols())
    read = {one.get_name() for one in every if one.is_global() and one.is_referenced()}
    return names_in(instead) & read - given


@pytest.mark.essential
@pytest.mark.slow
def test_no_control_is_taken_out_by_a_name_that_is_nowhere() -> None:
    """Without such a control any test fails."""
    unknown: dict[str, set[str]] = {}
    for control in CONTROLS:
        if not control.is_script and names_in(control.removal.instead):
            without = control.taken_out((PROJECT / control.file).read_text("utf-8"))
            unknown[control.name] = find_unknown(control.removal.instead, without)
    assert {name: names for name, names in unknown.items() if names} == {}


@pytest.mark.slow
@each_case("control", of_many([*BY_NAME][::6], BY_NAME))  # `mutate` tests each by day as well
def test_a_control_is_where_it_is_stated_to(control: Control) -> None:
    text = (PROJECT / control.file).read_text("utf-8")
    without = control.taken_out(text)
    assert without != text
    if not control.is_script:
        compile(without, control.file, "exec")
    assert control.hazards
    assert control.tests
    for test in control.tests:
        file, _, name = test.partition("::")
        assert name in find_tests()[file], f"{test} does not exist"


@pytest.mark.essential
@pytest.mark.slow
@needs_browser
def test_scripts_without_a_control_can_be_run(tmp_path: Path) -> None:
    """Of a script that cannot be read any test would fail."""
    from playwright._impl._driver import compute_driver_executable

    node, _ = compute_driver_executable()
    taken = [one for one in CONTROLS if one.is_script]
    assert taken
    for number, control in enumerate(taken):
        script = tmp_path / f"{number}.mjs"
        script.write_text(control.taken_out((PROJECT / control.file).read_text("utf-8")), "utf-8")
        asked = [str(node), "--check", str(script)]
        assert subprocess.run(asked, capture_output=True, check=False).returncode == 0, control.name


def test_a_control_that_names_what_is_not_there_is_noticed() -> None:
    text = "from m import near\nFAR = 1\ndef share(flr):\n    return [near(one) for one in flr]\n"
    for instead, unknown in (("len(flr) - FAR", set()), ("near(whole)", {"whole"})):
        without = Removal("share", "instead_of", "near", instead).apply(text)
        assert find_unknown(instead, without) == unknown


def test_a_control_that_moved_is_noticed() -> None:
    control = CONTROLS[0]
    said = f"{control.name}: {control.guard}: "
    with pytest.raises(LookupError, match=f"{said}is not there"):
        control.taken_out("")
    with pytest.raises(LookupError, match=f"{said}stands 2 times"):
        control.taken_out(2 * (PROJECT / control.file).read_text("utf-8"))


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == as_page(), "python -m tests.hazards.page --write"
    assert SHIPPED.read_text("utf-8") == as_shipped(), "python -m tests.hazards.page --write"


TRIPPED = "tests/basis/test_shown.py::test_impossible_shares_are_refused"
IDLE = "tests/basis/test_shown.py::test_nothing_and_everything_are_shares"


def of_share(removal: Removal, *tests: str) -> Control:
    guard = f"fl_planner.basis.shown:{removal.symbol}"
    return Control("share", ("H-03",), "", "", guard, removal, tests)


@pytest.mark.slow
def test_the_first_controls_are_back_for_those_that_follow(tmp_path: Path) -> None:
    """Each copy loads the package while the first are about to be taken out of its files."""
    refuses = of_share(Removal("Share.__post_init__", "untold", "share.impossible"), TRIPPED)
    unasked = of_share(Removal("as_gbq", "gives", "", "''"), TRIPPED)
    ran = run([refuses, refuses, unasked], tmp_path, passed=True)
    assert [one.wrong for one in ran] == ["", "", "all of its tests still pass"]


@pytest.mark.essential
@pytest.mark.slow
def test_a_control_that_no_test_holds_is_reported(tmp_path: Path) -> None:
    refuses = Removal("Share.__post_init__", "untold", "share.impossible")
    controls = [
        of_share(refuses, TRIPPED),
        of_share(refuses, IDLE),
        of_share(refuses, TRIPPED, IDLE),
        of_share(Removal("Share.part", "never", "voxels"), TRIPPED),
        of_share(Removal("Share", "instead_of", "frozen", "1 / 0"), TRIPPED),
    ]
    told: list[Run] = [*run(controls, tmp_path)]
    assert [one.control for one in told] == controls
    assert told[0].wrong == ""
    assert told[1].wrong == "all of its tests still pass"
    assert told[2].wrong == f"still passes: {IDLE}"
    assert told[3].wrong == "share: fl_planner.basis.shown:Share.part: is not there"
    assert told[4].wrong.startswith("its tests cannot be run:")
    file = controls[0].file
    assert (tmp_path / "0" / "project" / file).read_text() == (PROJECT / file).read_text()
    assert register.HERE.parent.name == "tests"
