"""An image in memory in: labels or an image, asked all that a file is asked."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from fl_planner.formats.stored.named_file import NamedFile
from fl_planner.formats.voxels.slabs import Stored
from fl_planner.formats.voxels.voxel_file import Opened, ReadImage, require_size

if TYPE_CHECKING:
    from fl_planner.basis.findings import Finding
    from fl_planner.formats.stored.file import Limits
    from fl_planner.formats.stored.source import HeldImage
    from fl_planner.formats.voxels.label_file import LabelFile
    from fl_planner.formats.voxels.values import Holds


def read_labels(image: HeldImage, role: str, holds: Holds, limits: Limits) -> LabelFile:
    """Read a mask or a label map, once, in pieces.

    Raises `InputRefused`: by the rules F2, F10 and F11 of safety.md, naming the image.
    """
    return _open(image, limits).read_labels(role, holds)


def read_image(image: HeldImage, role: str, limits: Limits) -> ReadImage:
    """Read an image as it is held; refused by the same rules but those on mask values."""
    return _open(image, limits).read_image(role)


def _open(image: HeldImage, limits: Limits) -> Opened:
    voxels = image.voxels
    if voxels.size > limits.voxels:
        reason = f"is too large: {voxels.size} voxels, the limit is {limits.voxels}"
        raise image.refuse("limit.voxels", reason, "crop it, or raise size_limit")
    require_size(image, voxels.nbytes, limits)
    held = _HeldVoxels(image)
    stored = Stored(image.name, image.grid.shape, held.dtype, image.slope, image.inter)
    return Opened(image.format, (held,), held, stored, image.grid, image.odd)


class _HeldVoxels(NamedFile):
    """The voxels of an image in memory, as bytes in the order of a file: first axis fastest.

    `sha256` is the hash of shape, type, scale, place and voxels; whole after the last of them.
    """

    def __init__(self, image: HeldImage) -> None:
        self.name = image.name
        self.findings: list[Finding] = []
        self.dtype = image.voxels.dtype.newbyteorder("<")
        self._layers = iter(image.voxels.transpose(2, 1, 0))
        self._unread = memoryview(b"")
        grid = image.grid
        told = (grid.shape, self.dtype.str, image.slope, image.inter, grid.affine, grid.placed)
        self._hash = sha256(repr(told).encode())

    @property
    def sha256(self) -> str:
        """Hash of what was given so far."""
        return self._hash.hexdigest()

    def peek(self, size: int) -> bytes:
        """Give the next `size` bytes of the layer that is next, and leave them in place."""
        self._begin_layer()
        return bytes(self._unread[:size])

    def fill(self, target: memoryview) -> int:
        """Fill `target` with the next bytes; return how many there were."""
        filled = 0
        while filled < len(target) and self._begin_layer():
            piece = self._unread[: len(target) - filled]
            target[filled : filled + len(piece)] = piece
            self._unread = self._unread[len(piece) :]
            filled += len(piece)
        return filled

    def finish(self) -> None:
        """Demand nothing: an array has as many voxels as its shape says."""

    def _begin_layer(self) -> bool:
        """Go to the next layer where one has ended; False after the last."""
        if not self._unread:
            layer = next(self._layers, None)
            if layer is None:
                return False
            self._unread = np.ascontiguousarray(layer, self.dtype).data.cast("B")
            self._hash.update(self._unread)
        return True
