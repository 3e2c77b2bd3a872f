"""What `plan` writes for other systems, beside its picture: looked at before, written after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.steps import begin_step
from fl_planner.cli.options import File

if TYPE_CHECKING:
    from fl_planner.formats.stored.file import Limits
    from fl_planner.intake.request.request import Request
    from fl_planner.planning.plan import Plan
    from fl_planner.record.plan import Profile

FHIR = click.option(
    "--fhir", type=File, metavar="FILE.json", help="Write the numbers as a FHIR R4 Bundle."
)
DICOM = click.option(
    "--dicom",
    type=File,
    metavar="FOLDER",
    help="Write DICOM SEG and SR on the CT, which must be a DICOM series.",
)
JSON = ".json"
Prepared = tuple[Path, bytes | dict[str, bytes]]


@dataclass(frozen=True, slots=True)
class Exports:
    """Outputs that were asked for; None is not asked for."""

    fhir: Path | None = None
    dicom: Path | None = None
    force: bool = False
    profile: Profile = "shareable"

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
        return cls(fhir, given["dicom"], given["force"], given["profile"])

    def check(self, request: Request) -> None:
        """Refuse what cannot be written, before the work and not after it."""
        from fl_planner.export.save import check_output

        if self.fhir is not None:
            check_output(self.fhir, force=self.force)
        if self.dicom is not None:
            from fl_planner.cli.plan_dicom import NAMES, require_ct
            from fl_planner.export.folder import check_folder
            from fl_planner.formats.write import require_dicom

            require_dicom()
            require_ct(request)
            check_folder(self.dicom, NAMES, force=self.force)

    def prepare(
        self, request: Request, made: Plan, record: dict[str, Any], limits: Limits
    ) -> Iterator[Prepared]:
        """Make the content of every output.

        Raises
        ------
        InputRefused
            Where the plan may not leave the program, or an output is not what it must be.
        """
        if self.dicom is not None:
            from fl_planner.export.trusted import require_trusted

            require_trusted(record, self.dicom.name)
        if self.fhir is not None:
            begin_step("FHIR")
            yield self.fhir, _bundle(record, self.fhir.name)
        if self.dicom is not None:
            from fl_planner.cli.plan_dicom import make_dicom

            begin_step("DICOM")
            yield self.dicom, make_dicom(request, made, record, limits, self.profile)

    def save(self, prepared: list[Prepared]) -> None:
        """Put what was made in its place."""
        from fl_planner.export.folder import save_folder
        from fl_planner.export.save import save

        for path, content in prepared:
            if isinstance(content, bytes):
                save(path, content, force=self.force)
            else:
                save_folder(path, content, force=self.force)

    def told(self) -> Iterator[str]:
        """Tell a person what was written, and what it bears."""
        if self.fhir is not None:
            yield f"FHIR bundle: {self.fhir.name}"
        if self.dicom is not None:
            clinical = self.profile == "clinical"
            bears = "the patient's name and number" if clinical else "the identifiers (UIDs)"
            yield f"DICOM SEG and SR: {self.dicom.name}, with {bears} of the CT"


def _bundle(record: dict[str, Any], name: str) -> bytes:
    from fl_planner.export.fhir.bundle import as_bundle
    from fl_planner.export.fhir.check import require_sound
    from fl_planner.record.base import as_json

    bundle = as_bundle(record)
    require_sound(bundle, name)
    return f"{as_json(bundle)}\n".encode()
