"""A gateway that is killed continues its work; 50 times in `.ci/night`, once here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archive.networks import PASSWORD, Orthanc, orthanc
from tests.gateway.chaos import Chaos

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Orthanc]:
    with orthanc(tmp_path / "orthanc") as running:
        yield running


def test_nothing_is_lost_and_nothing_is_there_twice(
    server: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FL_PLANNER_WEB_PASSWORD", PASSWORD)
    Chaos(tmp_path, server, range(41, 42), seed=1).kill_gateway(1)
