"""What `plan` writes for other systems, beside its picture: looked at before, written after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.cli.options import File

FHIR = click.option(
    "--fhir", type=File, metavar="FILE.json", help="Write the numbers as a FHIR R4 Bundle."
)
JSON = ".json"


@dataclass(frozen=True, slots=True)
class Exports:
    """Outputs that were asked for; None is not asked for."""

    fhir: Path | None = None
    force: bool = False

    @classmethod
    def of(cls, given: dict[str, Any]) -> Exports:
        """Take the options of a command, and refuse names that no output can have.

        Raises
        ------
        InputRefused
            `usage.wrong`, naming the option.
        """
        fhir, facts = given["fhir"], given["facts"]
        if fhir is not None and fhir.suffix.lower() != JSON:
            reason = f"{fhir.name} does not end in {JSON}"
            raise InputRefused("usage.wrong", "--fhir", reason, "write --fhir plan.fhir.json")
        if fhir is not None and facts is not None and fhir.resolve() == facts.resolve():
            reason = f"{fhir.name} is the file of facts"
            raise InputRefused("usage.wrong", "--fhir", reason, "choose another name")
        return cls(fhir, given["force"])

    def check(self) -> None:
        """Refuse places where no output can go: before the work, not after it."""
        from fl_planner.report.save import check_output

        if self.fhir is not None:
            check_output(self.fhir, force=self.force)

    def prepare(self, record: dict[str, Any]) -> Iterator[tuple[Path, bytes]]:
        """Make the content of every output.

        Raises
        ------
        InputRefused
            Where the plan may not leave the program, or an output is not what it must be.
        """
        if self.fhir is not None:
            yield self.fhir, _bundle(record, self.fhir.name)

    def save(self, prepared: list[tuple[Path, bytes]]) -> None:
        """Put what was made in its place."""
        from fl_planner.report.save import save

        for path, content in prepared:
            save(path, content, force=self.force)

    def told(self) -> Iterator[str]:
        """Tell a person what was written."""
        if self.fhir is not None:
            yield f"FHIR bundle: {self.fhir.name}"


def _bundle(record: dict[str, Any], name: str) -> bytes:
    from fl_planner.report.fhir import as_bundle
    from fl_planner.report.fhir_check import require_sound
    from fl_planner.report.record import as_json
    from fl_planner.report.trusted import require_trusted

    require_trusted(record, name)
    bundle = as_bundle(record)
    require_sound(bundle, name)
    return f"{as_json(bundle)}\n".encode()
