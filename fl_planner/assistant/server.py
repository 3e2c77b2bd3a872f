"""A server of the Model Context Protocol on standard input and output, and its tools.

Facts and inputs of formulas are JSON text, not JSON values: the command itself reads them, with
their exact decimals, and refuses a key that is given twice.

Each call runs a command of this program in a separate process, and returns its JSON: an assistant
gets the numbers, findings and refusals of the command line, and no others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any

import msgspec

from fl_planner.basis.extras import require_assistant
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import ends_in_toml
from fl_planner.basis.standing_words import RESEARCH_USE
from fl_planner.basis.version import __version__
from fl_planner.calculator.formula import every_formula
from fl_planner.formats.stored.temporary import DEFECT, PYTHON, SAFE_PATH, temporary_folder
from fl_planner.record.declaration.part import as_json
from fl_planner.record.head import as_refusal

if TYPE_CHECKING:
    import mcp_types as types
    from mcp.server.lowlevel import Server


MOST_CHARACTERS = 1 << 20  # of one argument [project's choice]
LARGE_PARTS = ("trials", "resections")  # most of the text of a plan
_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
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
    if _NOT_TEXT.search(value):  # no file and no program could receive it
        raise _refuse(name, "it contains characters that are not text", "remove them")
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
    try:
        at = (root / name).resolve(strict=True)
    except (OSError, RuntimeError):  # missing, too long, or a link to itself
        at = root
    if not ends_in_toml(at.name) or not at.is_relative_to(root) or not at.is_file():
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
            "volume-based pathway. Returns the JSON of fl-planner plan. A number listed under "
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


NAME, FACTS = "fl_planner", "facts.json"
MOST_S = 600  # of one call [project's choice]
REFUSED = 2
ANSWERS = (0, REFUSED)  # exit statuses with a record
INSTRUCTIONS = (
    f"Volume-based planning of liver surgery; {RESEARCH_USE}. Results support a decision; they do "
    "not replace it. Report numbers as returned, with their interval, unit and findings. Do not "
    "calculate, convert or round them, and do not fill in what is unknown. Never report a number "
    'that is listed under "withdrawn": state the reason given there instead. A refusal contains '
    "no number: report its reason and remedy."
)


@dataclass(frozen=True, slots=True)
class AssistantService:
    """The tools for the case files of a folder."""

    folder: Path
    tools: Sequence[Tool] = field(default_factory=list_tools)

    @classmethod
    def of(cls, folder: Path) -> AssistantService:
        """Check the requirements of the server, and its folder.

        Raises `InputRefused`: `extra.missing`; `file.missing` without that folder.
        """
        require_assistant()
        if not folder.is_dir():
            reason, remedy = "there is no such folder", "check the name of the folder"
            raise InputRefused("file.missing", folder.name, reason, remedy)
        return cls(folder)

    def serve(self) -> None:
        """Answer calls until the client closes standard input."""
        import anyio

        anyio.run(self._serve)

    async def _serve(self) -> None:
        from mcp.server.stdio import stdio_server

        server = self.build()
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    def build(self) -> Server[Any]:
        """Build the server, for any transport."""
        import anyio
        import mcp_types as types
        from mcp.server.lowlevel import Server

        one_by_one = anyio.Semaphore(1)  # a plan may need the memory of a scan

        async def describe(_: object, __: object) -> types.ListToolsResult:
            return types.ListToolsResult(tools=[*map(_describe, self.tools)])

        async def call(_: object, asked: types.CallToolRequestParams) -> types.CallToolResult:
            async with one_by_one:
                status, answer = await self.answer(asked.name, asked.arguments or {})
            return types.CallToolResult(
                content=[types.TextContent(text=answer)], is_error=status != 0
            )

        return Server(
            NAME,
            version=__version__,
            instructions=INSTRUCTIONS,
            on_list_tools=describe,
            on_call_tool=call,
        )

    async def answer(self, name: str, arguments: Mapping[str, Any]) -> tuple[int, str]:
        """Call the command of a tool; return its exit status and its JSON, also for a refusal."""
        try:
            run = self._find(name).prepare_run(self.folder, arguments)
            with temporary_folder() as folder:
                return await self._run(run, folder)
        except InputRefused as refused:
            return REFUSED, as_json(as_refusal(refused, "mcp"))

    def _find(self, name: str) -> Tool:
        for one in self.tools:
            if one.name == name:
                return one
        remedy = f"use {_join(one.name for one in self.tools)}"
        raise InputRefused("usage.wrong", "tool", "there is no such tool", remedy)

    async def _run(self, run: CommandCall, folder: Path) -> tuple[int, str]:
        """Run a command as a user does in the server's folder, with the user's settings."""
        import anyio

        words = [*PYTHON, "-m", "fl_planner", *run.words]
        if run.facts is not None:
            (folder / FACTS).write_text(run.facts, "utf-8")
            words.append(str(folder / FACTS))
        try:
            with anyio.fail_after(MOST_S):
                ran = await anyio.run_process(
                    words,
                    input=run.content.encode(),
                    stderr=DEVNULL,
                    check=False,
                    cwd=self.folder,
                    env={**os.environ, **SAFE_PATH},
                )
        except TimeoutError:
            reason = f"the command took longer than {MOST_S // 60} min"
            remedy = "plan the case at the command line"
            raise InputRefused("assistant.failed", "command", reason, remedy) from None
        _require_answer(ran.returncode)
        return ran.returncode, _leave_out(ran.stdout, run.leaves_out)


def _require_answer(status: int) -> None:
    if status not in ANSWERS:
        reason = f"the command process ended with status {status}"
        raise InputRefused("assistant.failed", "command", reason, DEFECT)


def _describe(tool: Tool) -> types.Tool:
    import mcp_types as types

    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.schema,
        annotations=types.ToolAnnotations(
            read_only_hint=True, destructive_hint=False, open_world_hint=False
        ),
    )


def _leave_out(answer: bytes, parts: Sequence[str]) -> str:
    """Return the answer without these parts; the rest is unchanged except for omitted blanks."""
    read = msgspec.json.decode(answer, type=dict[str, msgspec.Raw])
    kept = {name: part for name, part in read.items() if name not in parts}
    return msgspec.json.format(msgspec.json.encode(kept), indent=-1).decode()
