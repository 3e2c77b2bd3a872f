"""The tools of an assistant: the arguments of each, and the command that it runs.

Facts and inputs of formulas are JSON text, not JSON values: the command itself reads them, with
their exact decimals, and refuses a key that is given twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fl_planner.basis.findings import InputRefused
from fl_planner.calculator.formula import every_formula

MOST_CHARACTERS = 1 << 20  # of one argument [project's choice]
LARGE_PARTS = ("trials", "resections")  # most of the text of a plan
Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A call of a command.

    - `content`: its standard input.
    - `facts`: content of a facts file, whose path follows the words.
    - `leaves_out`: parts of its answer that are not returned.
    """

    words: tuple[str, ...]
    content: str = ""
    facts: str | None = None
    leaves_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its name, its title, a description for the assistant, and its arguments."""

    name: str
    title: str
    description: str
    properties: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    prepare: Callable[[Path, Arguments], CommandCall] = field(repr=False)

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema (draft 2020-12) of the arguments."""
        return {
            "type": "object",
            "properties": {name: dict(one) for name, one in self.properties.items()},
            "required": [*self.required],
            "additionalProperties": False,
        }

    def prepare_run(self, folder: Path, arguments: Arguments) -> CommandCall:
        """Check the arguments, and return the run.

        Raises `InputRefused`: `usage.wrong` for a missing, unknown or incorrect argument;
        `file.missing` for a case file that is not in the folder.
        """
        for name in dict.fromkeys((*arguments, *self.required)):
            if name not in self.properties:
                raise _refuse(name, "there is no such argument", f"use {_join(self.properties)}")
            if name not in arguments:
                raise _refuse(name, "the argument is missing", f"give {name}")
            _require(name, arguments[name], self.properties[name])
        return self.prepare(folder, arguments)


def _require(name: str, value: object, schema: Mapping[str, Any]) -> None:
    """Check an argument against the keywords of its schema."""
    if schema["type"] == "array":
        known = schema["items"]["enum"]
        if not isinstance(value, list) or not all(one in known for one in value):
            raise _refuse(
                name, "it must be a list of parts that can be omitted", f"use {_join(known)}"
            )
        return
    if not isinstance(value, str):
        raise _refuse(name, "it must be a string", f"give {name} as a string")
    if len(value) > MOST_CHARACTERS:
        raise _refuse(name, f"it has more than {MOST_CHARACTERS:,} characters", "shorten it")
    if "enum" in schema and value not in schema["enum"]:
        raise _refuse(name, "there is no such formula", "the tool list_formulas lists all formulas")


def _join(names: Iterable[str]) -> str:
    return ", ".join(names) or "no argument"


def _refuse(name: str, reason: str, remedy: str) -> InputRefused:
    return InputRefused("usage.wrong", name, reason, remedy)


def _prepare_plan(folder: Path, given: Arguments) -> CommandCall:
    words = ("plan", "--json", *_format_day(given), _find_case(folder, given["case"]))
    return CommandCall(words, leaves_out=(*given.get("leave_out", ()),))


def _prepare_calc(_: Path, given: Arguments) -> CommandCall:
    return CommandCall(("calc", given["formula"], "--json"), content=given["inputs"])


def _prepare_list(_: Path, __: Arguments) -> CommandCall:
    return CommandCall(("calc", "--list", "--json"))


def _prepare_judge(_: Path, given: Arguments) -> CommandCall:
    return CommandCall(("trials", "judge", "--json", *_format_day(given)), facts=given["facts"])


def _format_day(given: Arguments) -> tuple[str, ...]:
    return (f"--as-of={given['as_of']}",) if "as_of" in given else ()


def _find_case(folder: Path, name: str) -> str:
    """Return the path of a case file in the folder; a link to a file outside is not followed."""
    root = folder.resolve()
    at = (root / name).resolve() if "\0" not in name else root
    if at.suffix != ".toml" or not at.is_relative_to(root) or not at.is_file():
        reason = "there is no such case file in the server's folder"
        remedy = "give the path of a case file in that folder"
        raise InputRefused("file.missing", Path(name).name or "case", reason, remedy)
    return str(at)


_AS_OF = {
    "type": "string",
    "description": "Assessment date, YYYY-MM-DD. Without it, time windows and the age of data are "
    "unknown.",
}
_EXACT = "as JSON text, with numbers exactly as in the source. Omit unknown values."


def list_tools() -> tuple[Tool, ...]:
    """List the tools, in the order in which they are offered."""
    return (
        Tool(
            "plan",
            "Plan a case",
            "Plan the case in a case file: volumes, FLR percentage with its interval, limits, "
            "lesions, findings, the five bundled trials criterion by criterion, and the "
            "volume-based "
            "pathway. Returns the JSON of fl-planner plan. A number listed under "
            '"withdrawn" must not be used; the reason is given there.',
            {
                "case": {
                    "type": "string",
                    "description": "Path of a case file (.toml), relative to the server's folder.",
                },
                "as_of": _AS_OF,
                "leave_out": {
                    "type": "array",
                    "items": {"type": "string", "enum": [*LARGE_PARTS]},
                    "description": "Large parts to omit from the answer.",
                },
            },
            ("case",),
            _prepare_plan,
        ),
        Tool(
            "list_formulas",
            "List the formulas",
            "List the formulas of calc, with the name, unit, range and meaning of each input.",
            {},
            (),
            _prepare_list,
        ),
        Tool(
            "calc",
            "Compute a formula",
            "Compute one formula used in liver surgery, such as sflr, growth, albi, meld. Returns "
            "the JSON of fl-planner calc. A result that depends on a missing input is unknown.",
            {
                "formula": {"type": "string", "enum": [one.name for one in every_formula()]},
                "inputs": {"type": "string", "description": f"Inputs for the formula, {_EXACT}"},
            },
            ("formula", "inputs"),
            _prepare_calc,
        ),
        Tool(
            "trials_judge",
            "Assess a patient's eligibility for the bundled trials",
            "Assess one patient against every criterion of the bundled trials. Returns the JSON of "
            "fl-planner trials judge: met, not met or unknown for each criterion, and the "
            "questions whose answers could decide eligibility.",
            {
                "facts": {"type": "string", "description": f"Facts about the patient, {_EXACT}"},
                "as_of": _AS_OF,
            },
            ("facts",),
            _prepare_judge,
        ),
    )
