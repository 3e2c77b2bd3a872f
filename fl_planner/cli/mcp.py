"""`fl-planner mcp`: tools for an assistant, on standard input and output."""

from __future__ import annotations

from pathlib import Path

import click

from fl_planner.cli.help_layout import headed_command
from fl_planner.cli.options import File

EXAMPLES = """\b
Examples:
  fl-planner mcp cases
"""


@headed_command(epilog=EXAMPLES)
@click.argument("folder", metavar="FOLDER", type=File)
def mcp(folder: Path) -> None:
    """Offer plans, formulas and trial criteria to an AI assistant (Model Context Protocol).

    An assistant with a language model starts this command, and calls its tools: plan a case file in
    FOLDER, list formulas, compute one, and assess a patient against the five trials. Each tool
    runs a command in FOLDER, and returns its JSON or its refusal. The assistant receives no number
    that the command itself would refuse to give.

    Facts, findings and results are sent to the assistant. Check where it runs before giving it
    patient data. The command ends once the assistant closes standard input.
    """
    from fl_planner.assistant.server import AssistantService

    AssistantService.of(folder).serve()
