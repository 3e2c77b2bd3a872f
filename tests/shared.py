"""Where the reference files are that lie beside the repository and not in it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

BESIDE = Path(__file__).resolve().parents[1].parent / "shared"


def shared(*parts: str) -> Path:
    """Path of a reference file, `shared("vectors.json")`.

    Where it is absent the test is skipped; on a build server (environment variable `CI`) it
    fails, because a check that never runs there is none.
    """
    path = BESIDE.joinpath(*parts)
    if not path.exists():
        missing = f"reference file {path.name} is not beside the repository"
        if "CI" in os.environ:
            pytest.fail(missing)
        pytest.skip(missing, allow_module_level=True)
    return path


def vectors(topic: str) -> list[dict[str, Any]]:
    """Read the worked examples of one topic, at least one."""
    every = json.loads(shared("vectors.json").read_text("utf-8"))["vectors"]
    found = [vector for vector in every if vector["topic"] == topic]
    assert found
    return found
