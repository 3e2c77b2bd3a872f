"""Table of hazards, controls and tests, generated from the register and the tests.

`python -m tests.hazards.page` checks whether docs/hazards.md and the register in the package, for
`fl-planner dossier`, are current; `--write` writes them.
"""

import json
from collections.abc import Iterable, Iterator

import click

from tests.hazards.register import (
    PROJECT,
    Control,
    Hazard,
    find_tests,
    hazard_of,
    read_controls,
    read_hazards,
)

PAGE = PROJECT / "docs" / "hazards.md"
SHIPPED = PROJECT / "fl_planner" / "dossier" / "data" / "hazards.json"
HEAD = """\
# Hazards, controls, tests

This page lists causes of wrong numbers that look right, the controls in the code, and their tests.
It is generated from `tests/hazards/` (`python -m tests.hazards.page --write`); a test fails if the
page is not current.

Each control is removed in turn (`python -m tests.hazards.mutate`), and every test listed with it
must then fail: a test that still passes proves nothing. The name of a test contains
the number of its hazard, `test_h02_...` for H-02.
"""


def as_page() -> str:
    hazards, controls = read_hazards(), read_controls()
    named = _tests_by_hazard()
    lines = [HEAD, *_overview(hazards, controls, named)]
    for hazard in hazards:
        lines += ["", *_section(hazard, controls, named.get(hazard.id, ()))]
    return "\n".join(lines) + "\n"


def as_shipped() -> str:
    """Return the register as JSON, as read by `fl_planner.dossier.register`."""
    named = _tests_by_hazard()
    hazards = [
        {"id": one.id, "cause": one.name, "held": one.held, "tests": sorted(named.get(one.id, ()))}
        for one in read_hazards()
    ]
    names = ("name", "hazards", "rule", "holds", "guard", "tests")
    controls = [{name: getattr(one, name) for name in names} for one in read_controls()]
    register = {"hazards": hazards, "controls": controls}
    return json.dumps(register, indent=1, ensure_ascii=False) + "\n"


def _overview(
    hazards: Iterable[Hazard], controls: Iterable[Control], named: dict[str, tuple[str, ...]]
) -> Iterator[str]:
    controls = tuple(controls)
    yield "| hazard | cause | controls in brief | number of controls | number of tests |"
    yield "|---|---|---|---|---|"
    for hazard in hazards:
        held = sum(hazard.id in control.hazards for control in controls)
        counts = f"{held} | {len(named.get(hazard.id, ()))}"
        if not hazard.has_room:
            counts = "no code yet | "
        yield f"| {hazard.id} | {hazard.name} | {hazard.held} | {counts} |"


def _section(hazard: Hazard, controls: Iterable[Control], named: Iterable[str]) -> Iterator[str]:
    yield f"## {hazard.id} {hazard.name}"
    yield ""
    if not hazard.has_room:
        yield f"No code yet: {' or '.join(f'`{room}`' for room in hazard.rooms)}."
        return
    yield "| control | rule | place in the code | tests that fail without it |"
    yield "|---|---|---|---|"
    for control in controls:
        if hazard.id in control.hazards:
            tests = ", ".join(f"`{test.rpartition('::')[2]}`" for test in control.tests)
            holds = control.holds.replace("|", r"\|")  # |det| is no column
            yield f"| {holds} | {control.rule} | `{control.guard}` | {tests} |"
    yield ""
    yield f"Tests for this hazard: {', '.join(f'`{test}`' for test in sorted(named))}."


def _tests_by_hazard() -> dict[str, tuple[str, ...]]:
    named: dict[str, list[str]] = {}
    for names in find_tests().values():
        for name in names:
            if (hazard := hazard_of(name)) and name not in named.setdefault(hazard, []):
                named[hazard].append(name)
    return {hazard: tuple(names) for hazard, names in named.items()}


@click.command()
@click.option("--write", is_flag=True, help="Write both files.")
def main(*, write: bool) -> None:
    """Check whether docs/hazards.md and the register in the package are current, or write them."""
    for path, text in ((PAGE, as_page()), (SHIPPED, as_shipped())):
        if write:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            name = path.relative_to(PROJECT).as_posix()
            raise click.ClickException(f"{name} is not current: run it with --write")


if __name__ == "__main__":
    main()
