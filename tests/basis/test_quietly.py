"""A library's own words and warnings reach nobody: what it raises becomes the refusal at hand."""

import logging
import warnings

import pytest
from pydicom.errors import BytesLengthException

from fl_planner.basis.findings import InputRefused, quietly
from tests.cases import each_case
from tests.refusals import refuses

OF_LIBRARY = ("dicom.header", "ct.dcm", "cannot be read", "export it again")


@each_case(
    "raised, code",
    {
        "the library's": (ValueError("J. Doe"), "dicom.header"),
        "of pydicom": (BytesLengthException("J. Doe"), "dicom.header"),
        "our own": (InputRefused("dicom.no_ct", "ct.dcm", "no CT", "give one"), "dicom.no_ct"),
    },
)
def test_what_a_library_raises_becomes_the_refusal(raised: Exception, code: str) -> None:
    def call() -> None:
        with quietly(*OF_LIBRARY):
            raise raised

    with refuses(code, "ct.dcm") as refused:
        call()
    assert "Doe" not in str(refused.value)
    assert not logging.root.manager.disable


def test_a_library_neither_warns_nor_logs_and_running_out_is_no_refusal(
    caplog: pytest.LogCaptureFixture,
) -> None:

    def call() -> None:
        with quietly(*OF_LIBRARY):
            warnings.warn("J. Doe", stacklevel=1)  # an error in these tests, were it heard
            logging.getLogger("library").critical("J. Doe")
            raise MemoryError

    with pytest.raises(MemoryError):
        call()
    assert caplog.text == ""
