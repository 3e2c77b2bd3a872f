"""Whose files these are [H-11]: all of one patient, and masks and CT of one scan."""

from collections.abc import Iterable
from dataclasses import replace

from fl_planner.basis.findings import Finding
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import judge_identities


def judge_owners(
    drawn: Iterable[InputFile], nuclear: Iterable[InputFile] = ()
) -> tuple[Finding, ...]:
    """Compare whose files are: what was drawn by patient and scan, scintigrams by patient alone.

    Raises `InputRefused`: `identity.patients_differ` or `identity.frames_differ`, naming both
    files.
    """
    return judge_identities((*drawn, *for_patients(nuclear)))


def for_patients(inputs: Iterable[InputFile]) -> tuple[InputFile, ...]:
    """Keep of the marks of scintigrams whose they are: their frame is another by nature."""
    return tuple(
        one
        if one.identity is None
        else replace(one, identity=replace(one.identity, frame=None, study=None))
        for one in inputs
    )
