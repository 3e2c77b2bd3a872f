"""fl_planner in one environment with TotalSegmentator, MONAI and pyradiomics, on each Python.

`python -m tests.neighbours` resolves it with all extras, without installing anything, and prints
the versions. Where the index is not reached, this is stated and the exit status is 0.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
NEIGHBOURS = ("TotalSegmentator>=2.4", "monai>=1.4", "pyradiomics>=3.1")
SHOWN = (
    "totalsegmentator",
    "monai",
    "pyradiomics",
    "torch",
    "numpy",
    "scipy",
    "simpleitk",
    "nibabel",
)
UNREACHED = re.compile(
    r"Failed to fetch|error sending request|dns error|Could not connect|network was disabled", re.I
)


def list_pythons() -> list[str]:
    """List the Pythons of the classifiers."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    stated = (re.search(r"Python :: (3\.\d+)$", one) for one in project["classifiers"])
    return [one[1] for one in stated if one]


def resolve(python: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Resolve all extras and the neighbours for a Python; `more` are words for uv."""
    words = [
        "pip",
        "compile",
        "--quiet",
        "--no-annotate",
        "--no-header",
        "--python-version",
        python,
    ]
    return subprocess.run(
        [sys.executable, "-m", "uv", *words, *more, "--extra", "all", str(PROJECT), "-"],
        input="\n".join(NEIGHBOURS), capture_output=True, text=True, check=False,
    )  # fmt: skip


def list_versions(printed: str) -> Iterator[str]:
    """List the shown lines `NAME==VERSION`."""
    lines = (line.partition(" ")[0] for line in printed.splitlines())
    yield from (line for line in lines if line.partition("==")[0] in SHOWN)


def is_unreached(said: str) -> bool:
    """Whether the index was not reached, so that nothing is known."""
    return UNREACHED.search(said) is not None


def main(more: Sequence[str] = ()) -> int:
    """Resolve for each Python; the exit status is 1 if there is no such environment for one."""
    missing = 0
    for python in list_pythons():
        ran = resolve(python, *more)
        if ran.returncode == 0:
            print(f"Python {python}: {' '.join(list_versions(ran.stdout))}")
        elif is_unreached(ran.stderr):
            print(f"Python {python}: not resolved, as the index was not reached")
        else:
            missing += 1
            print(f"Python {python}: no environment\n{ran.stderr}")
    return int(missing > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
