"""Documents that ask for more than a machine has: refused in our words, within seconds."""

import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest

from benchmarks.timing import run_alone
from fl_planner.basis.plain_text import MOST_LINES
from tests.cli.outside import REPOSITORY, SMALL, case_toml, refused

MOST_S, MOST_MIB = 10, 1024  # of one run, its start with it [the limits]
HEAD = '[masks]\nliver = "liver.nii"\n'


@dataclass(frozen=True)
class Eaten:
    """What a run left, and what it took."""

    status: int
    out: str
    err: str
    seconds: float
    mib: float


def run(folder: Path, *args: str) -> Eaten:
    outs = [(folder / name).open("w+b") for name in ("out", "err")]
    began = monotonic()
    code, used = run_alone(
        [sys.executable, "-m", "fl_planner", *args],
        stdin=subprocess.DEVNULL,
        stdout=outs[0],
        stderr=outs[1],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (30, 30)),
    )
    out, err = [(folder / name).read_text("utf-8") for name in ("out", "err")]
    for file in outs:
        file.close()
    seconds = min(monotonic() - began, used.cpu_s)  # others may work here too
    return Eaten(code, out, err, seconds, used.peak_mib)


def require_bounded(ran: Eaten, words: str) -> None:
    """Demand a refusal of these words, on as many lines and within as much as a run may take."""
    assert (ran.status, ran.out) == (2, "")
    assert words in " ".join(ran.err.split())
    assert ran.err.count("\n") <= MOST_LINES + 1
    assert ran.seconds < MOST_S
    assert ran.mib < MOST_MIB


def many(entry: str, count: int) -> str:
    return "".join(entry.replace("#", str(n)) for n in range(count))


HASHES = HEAD + "[imaging.sha256]\n"
LABELS = HEAD + 'labelmap = { file = "m.nii", labels = {'
POINTS = HEAD + '[baseline]\nregistered = true\nframe = "RAS"\npoints_mm = ['
CASES = {  # a case file -> what is said of it
    "plans": (
        HEAD + many('[[plan]]\nname = "p#"\n', 4000),
        "the case has 4,000 plans; the limit is 50",
    ),
    "more plans": (
        HEAD + many('[[plan]]\nname = "p#"\n', 20_000),
        "contains more than 10,000 entries",
    ),
    "masks": (
        HEAD + "[masks.exclude]\n" + many('a# = "e.nii"\n', 3000),
        "mask files were given; the limit is 200",
    ),
    "wrong keys": (HEAD + many("[imaging.w#]\n", 9000), "9,000 errors: line"),
    "near keys": (many("diagnosi# = 1\n", 9000) + HEAD, "9,000 errors: line"),
    "wrong facts": (HEAD + "[facts]\n" + many("platelet# = 1\n", 9000), "9,000 errors: line"),
    "hashes": (HASHES + many(f'live# = "{"0" * 64}"\n', 9000), "9,000 errors: line"),
    "labels": (LABELS + many('1# = "t",', 9000)[:-1] + "}}\n", "9,000 labels; the limit is 500"),
    "a label of 4,000 digits": (LABELS + "1" * 4000 + ' = "t"}}\n', "give a label number"),
    "points": (POINTS + "[1,2]," * 3000 + "]\n", "3,000 errors: line"),
    "segments": (f"{HEAD}[[plan]]\nremnant_segments = [{'99,' * 9000}]\n", "9,000 errors: line"),
    "facts of base 16": (
        HEAD + "[facts]\n" + many("sex# = 0x" + "f" * 5000 + "\n", 3),
        "a number with more than 100 digits",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.essential) if n == "plans" else n for n in CASES]
)
def test_h16_a_case_file_never_written_is_refused_in_time(name: str, tmp_path: Path) -> None:
    text, words = CASES[name]
    SMALL.write(tmp_path)
    case_toml(tmp_path, text)
    require_bounded(run(tmp_path, "plan", "case.toml"), words)


LISTS = {  # a file of facts -> what is said of it
    "wrong keys": ("{" + many('"platele#": 1, ', 3000) + '"x": 1}', "and 2,9"),
    "more wrong keys": (
        "{" + many('"platele#": 1, ', 50_000) + '"x": 1}',
        "more than 10,000 entries",
    ),
    "keys twice": ("{" + many('"k": 1, ', 4000) + many('"j": 1, ', 2000) + '"x": 1}', "j: given"),
    "a list of numbers": ("[" + "1," * 400_000 + "1]", "more than 10,000 entries"),
    "lists": ("[" * 100_000, "more than 10,000 entries"),
    "objects": ('{"a":' * 900 + "1" + "}" * 900, "nested too deeply"),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.essential) if n == "lists" else n for n in LISTS]
)
def test_h16_facts_never_written_are_refused_in_time(name: str, tmp_path: Path) -> None:
    text, words = LISTS[name]
    (tmp_path / "facts.json").write_text(text, "utf-8")
    require_bounded(run(tmp_path, "trials", "judge", "facts.json"), words)


@pytest.mark.parametrize(
    "number",
    ["1e400", "1e9999999", "-1e-9999999", "1" * 5000, "9" * 101, "NaN", '"1"', '"\uff11"', '"1/3"'],
)
def test_h16_facts_of_any_size_are_refused_by_their_keys(number: str, tmp_path: Path) -> None:
    text = f'{{"ecog": {number}, "age": {{"value": {number}, "unit": "a"}}, "sex": {number}}}'
    (tmp_path / "facts.json").write_text(text, "utf-8")
    message = refused("trials", "judge", tmp_path / "facts.json")["message"]
    assert message.startswith("facts.json: ecog: ")
    assert {"age: ", "sex: "} <= {part[:5] for part in message.split("; ")}
    assert len(message) < 500


def test_fifty_plans_are_the_most_that_are_compared(tmp_path: Path) -> None:
    SMALL.write(tmp_path)
    head = HEAD + "no_tumour = true\n"
    wrong = "[imaging]\ndat = 1\n"
    path = case_toml(tmp_path, head + many('[[plan]]\nname = "p#"\n', 50) + wrong)
    assert "unknown key" in refused("plan", path)["reason"]  # not the number of them
    path = case_toml(tmp_path, head + many('[[plan]]\nname = "p#"\n', 51))
    refusal = refused("plan", path)
    assert refusal["message"] == (
        "case.toml: the case has 51 plans; the limit is 50; keep only the plans to be compared"
    )


def test_two_hundred_masks_are_the_most_of_a_case(tmp_path: Path) -> None:
    liver = SMALL.write(tmp_path)
    masks = [f"--exclude=other a{n}={tmp_path / 'none.nii'}" for n in range(200)]
    assert refused("volume", *liver, *masks[:199])["code"] == "file.missing"
    refusal = refused("volume", *liver, *masks)
    assert (refusal["code"], refusal["file"]) == ("limit.files", "masks")
    assert refusal["reason"] == "201 mask files were given; the limit is 200"


@pytest.mark.parametrize("kind", ["folder", "loop", "pipe", "zero"])
def test_what_is_no_file_is_not_waited_for(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    match kind:
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to("case.toml")
        case "pipe":
            os.mkfifo(path)
        case "zero":
            path.symlink_to("/dev/zero")
    codes = {"folder": "file.folder", "loop": "file.unreadable"}
    for args in (["plan", path], ["trials", "judge", path], ["plan", "--facts", path]):
        assert refused(*args)["code"] == codes.get(kind, "file.special")
