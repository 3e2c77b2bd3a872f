"""Headers spoiled bit by bit and at random: refused, told, or still right; never a crash."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.formats.nifti.read import read_image, read_labels
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile
from tests.formats.opening import ML, VOXELS, block, whole
from tests.formats.reading import FILE, FORMS
from tests.niftis import Order, nifti, write

pytestmark = pytest.mark.slow

SMALL = 0.001  # relative: what two forms may differ by without a word [F8]
HEADERS = [(1, "<"), (2, ">")]
FIRST = {1: 352, 2: 544}


def outcome(path: Path, holds: Holds = Holds.LABELS) -> LabelFile | InputRefused:
    try:
        return read_labels(path, "liver", holds, Limits())
    except InputRefused as refusal:
        return refusal


def require_honest(found: LabelFile | InputRefused) -> None:
    """Ask for a refusal that names the file, a warning, or the number."""
    if isinstance(found, InputRefused):
        assert str(found).startswith(f"{FILE}: ")
        assert found.code.count(".") == 1
        return
    if not any(finding.severity is Severity.WARNING for finding in found.findings):
        assert whole(found).voxel_count == VOXELS
        assert whole(found).volume_ml == pytest.approx(ML, rel=SMALL)


@pytest.mark.parametrize(("version", "order"), HEADERS)
def test_h01_every_bit_of_a_header(version: int, order: Order, tmp_path: Path) -> None:
    content = nifti(block("i2"), version=version, order=order, **FORMS)
    path = tmp_path / FILE
    refused = 0
    for bit in range(8 * FIRST[version]):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        found = outcome(write(path, bytes(flipped)))
        require_honest(found)
        refused += isinstance(found, InputRefused)
    assert refused > 300


@pytest.mark.parametrize(("version", "order"), HEADERS)
def test_h01_every_byte_of_a_header_all_zeros_or_all_ones(
    version: int, order: Order, tmp_path: Path
) -> None:
    content = nifti(block("i2"), version=version, order=order, **FORMS)
    for at in range(FIRST[version]):
        for value in (0x00, 0x7F, 0xFF):
            spoiled = bytearray(content)
            spoiled[at] = value
            require_honest(outcome(write(tmp_path / FILE, bytes(spoiled))))


@pytest.mark.parametrize("holds", Holds)
@pytest.mark.parametrize("seed", range(4))
def test_random_bytes_never_crash_the_reader(seed: int, holds: Holds, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    version = 1 + seed % 2
    content = nifti(block(["u1", "f4", "i8", "f8"][seed]), version=version, **FORMS)
    for _ in range(150):
        spoiled = bytearray(content)
        for at in random.integers(4, len(spoiled), random.integers(1, 12)):
            spoiled[at] = random.integers(0, 256)
        path = write(tmp_path / FILE, bytes(spoiled))
        found = outcome(path, holds)
        if isinstance(found, LabelFile):
            for label in found.labelled.labels:
                assert found.mask("part", label).voxel_count > 0
        else:
            assert str(found).startswith(f"{FILE}: ")
        with suppress(InputRefused):
            read_image(path, "ct", Limits())
