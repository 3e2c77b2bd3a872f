"""One odd input: the command, the true values, and the accepted messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from benchmarks.odd.phantom import Phantom, Voxels, write_nifti


@dataclass(frozen=True)
class Odd:
    """A call of the program and its truth.

    - `arguments`: behind the command.
    - `truth`: `liver`, `tumour`, `flr`, `nontumorous_liver` in mL, `flr_percent`; empty where no
      number can be trusted.
    - `lesions`: the mL of each, where `plan` is asked.
    - `about`: what a finding or a refusal must speak of, as a regular expression.
    - `told`: whether something must be said although a number may be right.
    - `quiet`: whether it is honest work, of which nothing above info may be said.
    - `softly`: whether mere information is enough.
    - `refusable`: whether a refusal is as good.
    """

    arguments: list[str]
    truth: dict[str, float] = field(default_factory=dict)
    lesions: list[float] | None = None
    about: str = ""
    told: bool = False
    quiet: bool = False
    softly: bool = False
    refusable: bool = False
    verb: str = "volume"


@dataclass(frozen=True)
class Bench:
    """A phantom, its folder, and the files that most cases begin with."""

    phantom: Phantom
    folder: Path

    @property
    def random(self) -> np.random.Generator:
        """Return the phantom's own chance."""
        return self.phantom.random

    def write(self, name: str, values: object, *, turned: bool = True) -> str:
        """Write a mask as NIfTI in a random orientation; its path."""
        turn = int(self.random.integers(48)) if turned else None
        array = np.asarray(values)
        return str(write_nifti(self.folder / name, array, self.phantom.affine, turn))

    def hemi(self) -> tuple[list[int], Voxels]:
        """Choose a usual remnant: its segments and its voxels."""
        rows = ([2, 3], [2, 3, 4], [1, 2, 3, 4], [5, 6, 7, 8], [1, 5, 6, 7, 8])
        numbers = list(rows[int(self.random.integers(len(rows)))])
        return numbers, self.phantom.within(numbers)

    def elsewhere(self, numbers: list[int], count: int) -> list[Voxels]:
        """Draw lesions in segments that do not remain."""
        others = [n for n in range(2, 9) if n not in numbers]
        chosen = self.random.permutation(others)[:count]
        kept = self.phantom.within(numbers)
        return [ball & ~kept for ball in self.phantom.lesions([int(n) for n in chosen])]

    def truth(self, tumour: Voxels, flr: Voxels | None = None) -> dict[str, float]:
        """Count what must come out."""
        ml, liver = self.phantom.ml, self.phantom.liver
        counted = {"liver": ml(liver | tumour), "tumour": ml(tumour)}
        counted["nontumorous_liver"] = counted["liver"] - counted["tumour"]
        if flr is not None:
            counted["flr"] = ml(flr & (liver | tumour) & ~tumour)
            counted["flr_percent"] = 100 * counted["flr"] / counted["nontumorous_liver"]
        return counted

    def usual(self, tumour: Voxels, flr: Voxels) -> list[str]:
        """Write liver, tumour and FLR."""
        return [
            "--liver", self.write("liver.nii.gz", self.phantom.liver),
            "--tumour", self.write("tumour.nii.gz", tumour),
            "--flr", self.write("flr.nii.gz", flr),
        ]  # fmt: skip


def union(parts: list[Voxels]) -> Voxels:
    """Unite parts, of which there is at least one."""
    whole: Voxels = np.logical_or.reduce(parts)
    return whole


def planned(odd: Odd) -> Odd:
    """Run the same with `plan`."""
    return replace(odd, verb="plan")


Maker = Callable[[Bench], Odd]
