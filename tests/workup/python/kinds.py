"""One image as a file, as an array, as nibabel's and as SimpleITK's: by their own libraries."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import fl_planner

nibabel: Any = import_module("nibabel")
sitk: Any = import_module("SimpleITK")  # neither has types
Array = npt.NDArray[Any]
Words = dict[str, Any]
PREFIXES = {"array": "array", "nibabel": "nibabel image", "simpleitk": "SimpleITK image"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """Voxels and where they are, RAS+."""

    voxels: Array
    affine: Array

    def as_nibabel(self) -> Any:
        """Build it with its affine."""
        return nibabel.Nifti1Image(self.voxels, self.affine)

    def as_array(self) -> Any:
        """Build it with its affine."""
        return fl_planner.Image(self.voxels, affine=self.affine)

    def as_simpleitk(self) -> Any:
        """Build it from spacing, direction and origin in LPS+, as ITK has them."""
        edges = np.linalg.norm(self.affine[:3, :3], axis=0)
        turn = np.diag([-1.0, -1.0, 1.0])
        image = sitk.GetImageFromArray(self.voxels.transpose(2, 1, 0))
        image.SetSpacing(edges.tolist())
        image.SetDirection((turn @ self.affine[:3, :3] / edges).ravel().tolist())
        image.SetOrigin((turn @ self.affine[:3, 3]).tolist())
        return image

    def as_file(self, path: Path) -> Path:
        """Let nibabel write it."""
        nibabel.save(self.as_nibabel(), path)
        return path


def by_kind(kind: str, drawn: Drawn, path: Path) -> Any:
    if kind == "file":
        return drawn.as_file(path)
    make: Callable[[], Any] = getattr(drawn, f"as_{kind}")
    return make()


def give(kind: str, value: Any, folder: Path, name: str) -> Any:
    """Turn all that was drawn in a keyword's value to one kind."""
    if isinstance(value, Drawn):
        return by_kind(kind, value, folder / f"{name}.nii")
    if isinstance(value, list):
        return [give(kind, one, folder, f"{name}_{n}") for n, one in enumerate(value, 1)]
    if isinstance(value, Mapping) and any(isinstance(one, Drawn) for one in value.values()):
        return {key: give(kind, one, folder, f"{name}_{key}") for key, one in value.items()}
    return value


def told(call: Callable[..., Any], kinds: Mapping[str, str], words: Words, folder: Path) -> str:
    """Call it with each image as its kind; the record's bytes, its sources by one name each."""
    of = {name: kinds.get(name, "file") for name in words}
    given = {name: give(of[name], value, folder, name) for name, value in words.items()}
    text: str = call(**given).as_json()
    for name, value in words.items():
        for file, held in _names(of[name], name, value):
            text = text.replace(held, file)
    record = json.loads(text)
    for one in record["inputs"]:
        assert one.pop("sha256")
        one.pop("format")
    return json.dumps(record, indent=1)


def _names(kind: str, name: str, value: Any) -> list[tuple[str, str]]:
    """List what a source is called as a file, and in memory; those with a number first."""
    if kind == "file":
        return []
    role, prefix = name.replace("_", " "), PREFIXES[kind]
    if isinstance(value, list):
        return [(f"{name}_{n}.nii", f"{prefix} {role} {n}") for n, _ in enumerate(value, 1)]
    if isinstance(value, Mapping):
        return [(f"{name}_{key}.nii", f"{prefix} {role} {key}") for key in value]
    return [(f"{name}.nii", f"{prefix} {role}")] if isinstance(value, Drawn) else []
