"""A server of the Model Context Protocol on standard input and output.

Each call runs a command of this program in a separate process, and returns its JSON: an assistant
gets the numbers, findings and refusals of the command line, and no others.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any

import msgspec

from fl_planner.assistant.tools import CommandCall, Tool, list_tools
from fl_planner.basis.extras import require_assistant
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.standing_words import RESEARCH_USE
from fl_planner.basis.version import __version__
from fl_planner.formats.stored.temporary import DEFECT, PYTHON, SAFE_PATH, temporary_folder
from fl_planner.record.declaration.part import as_json
from fl_planner.record.head import as_refusal

if TYPE_CHECKING:
    import mcp_types as types
    from mcp.server.lowlevel import Server

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
        remedy = f"use {', '.join(one.name for one in self.tools)}"
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
