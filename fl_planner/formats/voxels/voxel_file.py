"""From a file that is opened at its first voxel to labels or an image, whatever its header."""

from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from fl_planner.basis.findings import Finding
from fl_planner.formats.stored.file import Limits, PlainBytes
from fl_planner.formats.stored.magic import other_ending
from fl_planner.formats.stored.named_file import NamedFile
from fl_planner.formats.voxels.label_file import LabelFile
from fl_planner.formats.voxels.slabs import Stored, VoxelBytes, read_values
from fl_planner.formats.voxels.text_header import LAST_SKIP
from fl_planner.formats.voxels.values import Holds, find_labels
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import Grid
from fl_planner.space.image import Image

T = TypeVar("T")


class FromFiles(NamedTuple, Generic[T]):
    """What was read, the files that it was read from, and what was odd about them."""

    given: T
    inputs: tuple[InputFile, ...] = ()
    findings: tuple[Finding, ...] = ()


ReadImage = FromFiles[Image]


class HashedBytes(Protocol):
    """A file, or what stands for one: its name, and its hash once it was read."""

    name: str
    findings: list[Finding]

    @property
    def sha256(self) -> str:
        """Hash of what was read; whole at the end."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose header was read, at its first voxel.

    `files` are the header's and, where it is another, the data's; `odd` is what the header
    had of oddities.
    """

    format: str
    files: tuple[HashedBytes, ...]
    voxels: VoxelBytes
    stored: Stored
    grid: Grid
    odd: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was odd; whole after the last voxel."""
        return (*(one for file in self.files for one in file.findings), *self.odd)

    def inputs(self, role: str) -> tuple[InputFile, ...]:
        """Name the files with their hashes; whole after the last voxel."""
        return tuple(InputFile(role, file.name, self.format, file.sha256) for file in self.files)

    def read_labels(self, role: str, holds: Holds) -> LabelFile:
        """Read a mask or a label map, once, in pieces."""
        values = read_values(self.voxels, self.stored, label_map=holds is Holds.LABEL_MAP)
        labelled, meant = find_labels(values, self.stored, holds, self.grid.voxel_ml)
        return LabelFile(labelled, self.grid, self.inputs(role), (*self.findings, *meant))

    def read_image(self, role: str) -> ReadImage:
        """Read an image as it is stored."""
        stored = self.stored
        i, j, k = stored.shape
        buffer = bytearray(i * j * k * stored.dtype.itemsize)
        if self.voxels.fill(memoryview(buffer)) < len(buffer):
            raise self.voxels.refuse("header.too_few_bytes", "ends before its last voxel")
        self.voxels.finish()
        voxels = np.frombuffer(buffer, stored.dtype).reshape(k, j, i).transpose(2, 1, 0)
        image = Image(voxels, stored.slope, stored.inter, self.grid, self.files[0].name)
        return FromFiles(image, self.inputs(role), self.findings)


def require_size(header: NamedFile, size: int, limits: Limits) -> None:
    """Refuse more bytes of voxels than the limits allow, before any is unpacked."""
    if size > limits.unpacked_bytes:
        reason = f"is too large: {size} bytes of voxels, the limit is {limits.unpacked_bytes}"
        raise header.refuse("limit.unpacked", reason, "crop it, or raise --size-limit")


def find_other_name(
    header: NamedFile, kind: str, own: tuple[str, ...], *, packed: bool
) -> tuple[Finding, ...]:
    """Name a file whose name is that of another format, or of one that is not gzipped."""
    found = []
    if ending := other_ending(header.name, own):
        found.append(header.find("file.name", f"is {kind}, though its name ends in {ending}"))
    if packed and not header.name.lower().endswith(".gz"):
        found.append(header.find("gzip.name", "is gzipped, which its name does not say"))
    return tuple(found)


def count_before_last(data: PlainBytes, size: int) -> int:
    """Count the bytes before the last `size` ones, which a header says are the voxels."""
    if data.packed:
        raise data.refuse("header.skip", "counts its voxels from its end, and is gzipped")
    before = data.left() - size
    if not 0 <= before <= LAST_SKIP:
        reason = f"has {before} bytes before its last {size}, of 0 to {LAST_SKIP} possible"
        raise data.refuse("header.too_few_bytes", reason)
    return before
