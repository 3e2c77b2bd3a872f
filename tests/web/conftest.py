"""One server a module, for tests that leave it as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.served import CRLM, Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place: Path = tmp_path_factory.mktemp("page")
    with serving(place, CRLM) as running:
        yield running
