"""What a refusal must say."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fl_planner.basis.findings import InputRefused


@contextmanager
def refuses(
    code: str, source: str | None = None, *, says: str = ""
) -> Iterator[pytest.ExceptionInfo[InputRefused]]:
    """Demand that what is done within is refused by this code, of this file, for this reason."""
    with pytest.raises(InputRefused) as refusal:
        yield refusal
    assert refusal.value.code == code
    assert source in (None, refusal.value.source)
    assert says in refusal.value.reason
