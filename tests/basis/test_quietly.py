"""A library's own words and warnings reach nobody: what it raises becomes the refusal at hand."""

import logging
import warnings
from concurrent.futures import ThreadPoolExecutor

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


def test_calls_that_overlap_in_threads_are_silent_to_their_end_and_then_all_is_restored() -> None:
    """As of a gateway with several senders: the first call ends before the second."""
    before = [*warnings.filters], logging.root.manager.disable
    first, second = quietly(*OF_LIBRARY), quietly(*OF_LIBRARY)

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        one.submit(first.__enter__).result()
        other.submit(second.__enter__).result()
        one.submit(first.__exit__, None, None, None).result()
        assert logging.root.manager.disable == logging.CRITICAL
        assert warnings.filters[0][0] == "ignore"
        other.submit(second.__exit__, None, None, None).result()
    assert ([*warnings.filters], logging.root.manager.disable) == before
