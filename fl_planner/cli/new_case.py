"""`fl-planner new-case`: begin a case file, and ask only what still matters."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.diagnoses import DIAGNOSES, Diagnosis
from fl_planner.basis.errors import InputRefused
from fl_planner.cli.options import (
    AS_JSON,
    AS_OF,
    CENTRE,
    FORCE,
    TRIALS,
    TUMOUR,
    File,
    with_options,
)
from fl_planner.cli.say import say, say_aside, say_lines

if TYPE_CHECKING:
    from fl_planner.intake.documents.new_case import Draft
    from fl_planner.intake.reading.union import Paths
    from fl_planner.planning.interview import Open
    from fl_planner.planning.judgement import Grounds
    from fl_planner.planning.route.questions import Question
    from fl_planner.trials.statements import Stated

Answer = Callable[[str], str]  # gives what a person types to a question
STOP = "stop"
HELP = f'empty: not known; "{STOP}": enough'
EXAMPLES = """\b
Examples:
  fl-planner new-case case.toml --diagnosis hcc \\
    --liver liver.nii.gz --tumour tumour.nii.gz
  fl-planner new-case case.toml --answers facts.json --as-of 2026-11-20
"""
MASKS = (
    click.option("--liver", type=File, metavar="FILE", help="Liver mask."),
    TUMOUR,
    click.option("--no-tumour", is_flag=True, help="There is no tumour."),
    click.option("--flr", type=File, metavar="FILE", help="Future liver remnant."),
    click.option("--resected", type=File, metavar="FILE", help="Part to be removed."),
    click.option("--treated", type=File, metavar="FILE", help="Area to be radioembolised."),
    click.option("--labelmap", type=File, metavar="FILE", help="Couinaud segments."),
    click.option("--ct", type=File, metavar="FILE", help="CT."),
)


@click.command("new-case", epilog=EXAMPLES)
@click.argument("out", metavar="CASE.toml", type=File)
@click.option("--id", "case_id", metavar="ID", help="Your pseudonym of the patient.")
@click.option(
    "--diagnosis",
    type=click.Choice([*DIAGNOSES]),
    help="Colorectal liver metastases, hepatocellular carcinoma, or neither.",
)
@with_options(*MASKS)
@click.option("--answers", type=File, metavar="FACTS.json", help="What is known already.")
@click.option("--ask/--no-ask", default=None, help="Ask; else only where there is a terminal.")
@with_options(AS_OF, CENTRE, TRIALS, FORCE, AS_JSON)
def new_case(out: Path, ask: bool | None, force: bool, as_json: bool, **given: Any) -> None:
    """Begin a case file: what is known, and as comments what is still to ask, and of whom.

    At a terminal it asks, the most telling first, and only what could still change a verdict or
    the route. An empty answer leaves a fact unknown.
    """
    from fl_planner.export.save import check_output, save
    from fl_planner.intake.documents.new_case import write_draft
    from fl_planner.record.over_time.new_case import as_new_case, say_new_case

    _check_given(out, given)
    check_output(out, force=force)
    case = _begin(given)
    if (sys.stdin.isatty() and not as_json) if ask is None else ask:
        case = interview(case, _prompt)
    left = case.find_open()
    draft = _draft(out, given, case.stated, left)
    save(out, write_draft(draft).encode(), force=force)
    record = as_new_case(out.name, left.judged, left.questions, asked=case.asked)
    say(record, lambda told: say_lines(say_new_case(told))(told), as_json=as_json)


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a patient while it is asked for.

    `measured` are keys that the masks will answer; `passed` those that nobody could.
    """

    grounds: Grounds
    diagnosis: Diagnosis | None
    stated: Stated
    measured: frozenset[str]
    passed: frozenset[str] = frozenset()
    asked: int = 0

    def find_open(self, *, again: bool = True) -> Open:
        """Find what is still to ask; without what was passed over, unless it is asked again."""
        from fl_planner.planning.facts import state_diagnosis
        from fl_planner.planning.interview import find_open

        stated = state_diagnosis(self.diagnosis, self.stated)
        skipped = self.measured if again else self.measured | self.passed
        return find_open(stated, self.grounds, skipped)


def interview(case: Case, answer: Answer) -> Case:
    """Ask until nothing is open, until facts contradict each other, or until it is enough."""
    from fl_planner.intake.documents.new_case import parse_answer
    from fl_planner.trials.statements import Stated

    while (left := case.find_open(again=False)).questions:
        question = left.questions[0]
        key = str(question.key)
        typed = answer(_say_question(question, len(left.questions))).strip()
        if typed.lower() == STOP:
            return case
        if not typed:
            case = replace(case, passed=case.passed | {key})
            continue
        try:
            value = parse_answer(key, typed)
        except InputRefused as wrong:
            say_aside(str(wrong))
            continue
        case = replace(
            case, stated=case.stated.overlaid(Stated({key: value})), asked=case.asked + 1
        )
    if left.contradicted:
        codes = sorted(
            {f.code for f in left.judged.findings if f.code.startswith("contradiction.")}
        )
        say_aside(f"enough: these facts exclude each other ({', '.join(codes)})")
    return case


def _say_question(question: Question, left: int) -> str:
    from fl_planner.intake.documents.new_case import say_answer, say_meaning

    key = str(question.key)
    return (
        f"{say_meaning(key)} [{question.asked_of}; {left} left]\n"
        f"  {key}: {say_answer(key)} ({HELP})"
    )


def _prompt(text: str) -> str:
    typed: str = click.prompt(text, default="", show_default=False, err=True)
    return typed


def _check_given(out: Path, given: dict[str, Any]) -> None:
    """Refuse what a case file cannot say."""
    if out.suffix.lower() != ".toml":
        reason = "a case file's name ends in .toml"
        raise InputRefused("usage.wrong", out.name, reason, "name it case.toml")
    for one, other in (("tumour", "no_tumour"), ("flr", "resected")):
        if given[one] and given[other]:
            first, second = (f"--{name.replace('_', '-')}" for name in (one, other))
            reason = f"was given beside {first}"
            raise InputRefused("usage.wrong", second, reason, "give one of them")


def _begin(given: dict[str, Any]) -> Case:
    from fl_planner.intake.documents.facts_file import read_facts
    from fl_planner.intake.documents.new_case import MEASURED
    from fl_planner.intake.request.request import read_grounds
    from fl_planner.trials.statements import Stated

    as_of: datetime | None = given["as_of"]
    on = as_of.date() if as_of else None
    grounds, _ = read_grounds(given["trials"], given["centre"], on)
    stated = read_facts(given["answers"]) if given["answers"] else Stated()
    measured = {key for role, keys in MEASURED.items() if given[role] for key in keys}
    if given["no_tumour"]:
        measured.add("tumour_volume")
    return Case(grounds, given["diagnosis"], stated, frozenset(measured))


def _draft(out: Path, given: dict[str, Any], stated: Stated, left: Open) -> Draft:
    from fl_planner.intake.documents.new_case import MASK_KEYS, Draft
    from fl_planner.intake.reading.union import each_of

    def beside(path: Path) -> str:
        return Path(os.path.relpath(path, out.parent)).as_posix()

    def written(paths: Paths) -> str | tuple[str, ...]:
        first, *others = map(beside, each_of(paths))
        return (first, *others) if others else first

    masks = {role: written(given[role]) for role in MASK_KEYS if given[role]}
    return Draft(
        out.name,
        given["case_id"],
        given["diagnosis"],
        masks,
        given["no_tumour"],
        beside(given["ct"]) if given["ct"] else None,
        stated,
        left.questions,
    )
