"""One environment with other programs: what the resolver prints, and what it means."""

from subprocess import CompletedProcess

import pytest

from tests import neighbours

NOT_REACHED = "error: Request failed after 3 retries\n  cause: Failed to fetch: `http://x/simple`"
NONE = "No solution found when resolving dependencies\n  cause: Because monai needs numpy<2 ..."
FOUND = "numpy==2.4.6\nmonai==1.6.1\nwheel==0.1\n"


def test_each_python_of_the_classifiers_is_tried() -> None:
    assert neighbours.list_pythons() == ["3.11", "3.12", "3.13", "3.14"]


@pytest.mark.parametrize(
    ("code", "out", "err", "status", "shown"),
    [
        (0, FOUND, "", 0, "Python 3.11: numpy==2.4.6 monai==1.6.1"),
        (1, "", NOT_REACHED, 0, "Python 3.11: not resolved, as the index was not reached"),
        (1, "", NONE, 1, "Python 3.11: no environment"),
    ],
)
def test_no_environment_is_an_error_and_no_index_is_stated(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: int, out: str, err: str, status: int, shown: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(neighbours, "resolve", lambda *_: CompletedProcess([], code, out, err))
    assert neighbours.main() == status
    assert shown in capsys.readouterr().out.splitlines()


@pytest.mark.slow
def test_the_resolver_reports_a_network_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("uv")
    monkeypatch.setattr(neighbours, "list_pythons", lambda: ["3.12"])
    assert neighbours.main(["--offline", "--no-cache"]) == 0
    assert "the index was not reached" in capsys.readouterr().out
