"""A consensus of each structure of each case, written as a mask that says what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fl_planner.basis.constants import CONSENSUS
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.extras import require_registration
from fl_planner.basis.findings import Finding, Severity
from fl_planner.export.folder import check_folder
from fl_planner.formats.readback import read_back
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.write import as_nifti
from fl_planner.intake.readings.readings import ReadingFiles
from fl_planner.liver.agreement.consensus import FEWEST, Consensus, Vote, find_majority
from fl_planner.liver.agreement.reading import CaseReading
from fl_planner.record.agreement.cases import WrittenConsensus
from fl_planner.space.mask import Mask

RECORD = "agree.json"


@dataclass(slots=True)
class ConsensusWriter:
    """Writes consensus masks, or nothing where no folder was named.

    - `sitk`: SimpleITK in one thread, for STAPLE.
    - `doubts`: what is to be known of them.
    """

    wanted: bool
    vote: Vote
    sitk: Any = None
    doubts: list[Finding] = field(default_factory=list)

    @classmethod
    @contextmanager
    def of(
        cls, out: Path | None, vote: Vote, cases: Sequence[Sequence[ReadingFiles]], *, force: bool
    ) -> Iterator[ConsensusWriter]:
        """Refuse a folder that cannot be written, and open SimpleITK where it is needed.

        Raises `InputRefused`: as `check_folder`; `extra.missing`; `agree.file_twice` for two cases
        whose files would have one name.
        """
        if out is None:
            yield cls(False, vote)
            return
        names = [_safe(one[0].case) for one in cases]
        if len({*names}) < len(names):
            twice = next(one for one in names if names.count(one) > 1)
            reason = "two cases would have files of one name"
            raise InputRefused("agree.file_twice", twice, reason, "name the cases apart")
        held = {one.name for one in out.iterdir()} if force and out.is_dir() else set()
        ours = {one for one in held if one.startswith(tuple(f"{name}_" for name in names))}
        check_folder(out, {RECORD, *ours}, force=force)
        if vote == "majority":
            yield cls(True, vote)
            return
        require_registration()
        from fl_planner.registration.scan import one_thread

        with one_thread() as sitk:
            yield cls(True, vote, sitk)

    def write(
        self, readings: Sequence[CaseReading], laid: Mapping[str, tuple[Mask, ...]]
    ) -> Iterator[WrittenConsensus]:
        """Write every structure of a case that two readers or more have drawn."""
        if not self.wanted:
            return
        for name, masks in laid.items():
            whose = [one.reader for one in readings if name in one.masks]
            if len(masks) < 2 or not any(one.voxel_count for one in masks):
                continue
            case = readings[0].case
            found = self._find(masks)
            if not found.mask.voxel_count:
                self._warn(
                    "agree.no_consensus", f"{case}: no voxel of the {name} is common to most"
                )
                continue
            if len(masks) < FEWEST:
                self._warn("agree.two_readings", _OF_TWO)
            file = f"{_safe(case)}_{name}.nii.gz"
            content = _as_file(found, file, name)
            yield WrittenConsensus(case, name, tuple(whose), found, file, content)

    def _find(self, masks: Sequence[Mask]) -> Consensus:
        if self.vote == "majority" or all(masks[0].is_same(one) for one in masks[1:]):
            return find_majority(masks)
        from fl_planner.registration.staple import find_staple

        return find_staple(self.sitk, masks)

    def _warn(self, code: str, message: str) -> None:
        told = Finding(code, Severity.WARNING, message)
        if told not in self.doubts:
            self.doubts.append(told)


_OF_TWO = (
    "a consensus of two readings: the majority is what both drew, and STAPLE cannot tell who is "
    "right where they differ"
)


def _safe(case: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", case).strip(".-") or "case"


def _as_file(found: Consensus, file: str, name: str) -> bytes:
    """Write a mask with the mark, and read it back."""
    mask = found.mask
    marked = Finding(
        CONSENSUS[found.vote], Severity.WARNING, "made of several readings", file, found.sd_ml, "mL"
    )
    structure = Structure.of(1, mask, None, name)
    converted = ConvertedFile(file, mask.grid, (), (marked,), (structure,))
    content = as_nifti(converted, file).content
    read_back(content, file, converted, Limits())
    return content
