"""What is told of a SPECT that was laid onto the CT, and of one that was only compared."""

from hashlib import sha256

import pytest

from fl_planner.function.registration import SpectMove, SpectShift
from fl_planner.record.files.carry import SpectAnswer, as_spect_shift

ROWS = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))
FOUND = SpectShift(SpectMove((-6.2, 1.0, 9.4), 0.0, ROWS), (1.0, 2.0, 1.5), 0.5, 0.8, 0.97, 0.0)


@pytest.mark.parametrize("content", [b"a moved SPECT", None])
def test_a_spect_is_moved_only_where_one_was_written(content: bytes | None) -> None:
    written = None if content is None else ("spect_on_ct.nii.gz", content)
    answer = SpectAnswer("function", "spect.nii.gz", FOUND, (), (), (), written)
    record = as_spect_shift(answer)
    assert record.moved is (content is not None)
    assert (record.written is None) is (content is None)
    if record.written is not None:
        assert record.written.sha256 == sha256(b"a moved SPECT").hexdigest()
        assert record.written.off_mm == 2.0
