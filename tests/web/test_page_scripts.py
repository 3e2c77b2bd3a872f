"""What one script of the page lends to others."""

import re
from pathlib import Path

import fl_planner.web
from tests.cases import sure

STATIC = Path(fl_planner.web.__file__).parent / "static"
TAKES = "Object.assign(this, page"  # in the constructors of classes that take all that is lent
METHOD = re.compile(r"^  (?:async |get )?(\w+)\(.*\{$", re.MULTILINE)


def test_nothing_lent_replaces_a_method_of_the_class_that_takes_it() -> None:
    """The question of a button was not opened: `choose` was that of the page."""
    lent = sure(re.search(r"const lent = \{(.*)\};", (STATIC / "page.js").read_text("utf-8")))
    names = {one.partition(":")[0].strip() for one in lent[1].split(",")}
    takers = [one for one in STATIC.glob("*.js") if TAKES in one.read_text("utf-8")]
    assert len(takers) > 3
    for script in takers:
        methods = {*METHOD.findall(script.read_text("utf-8"))}
        assert methods, script.name
        assert not names & methods, script.name
