"""Many at once, many in turn, and bombs: on a server in a process of its own, whose memory is read.

Points 6, 10 and 11 of the page.
"""

import gzip
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fl_planner.web.server import PREFIX
from tests.cli.outside import Cube, ask
from tests.niftis import both_forms, describe, header, nifti
from tests.web.served import Browser, Server, Told, running
from tests.web.test_drop import drop, plan_case_file

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read off /proc"),
]

MIB, GIB = 1 << 20, 1 << 30
MOST_GROWN_MIB, SETTLED = 8.0, 4  # after so many cases
CASES, PLANNED_EACH = 20, 10  # cases in turn, and of how many one is planned
KEYS = (  # asked of a case of CRLM, with an answer
    ("other_hepatic_malignancy", "no"),
    ("prior_pve_hve", "no"),
    ("systemic_therapy_line", "1"),
)
PLANE = {"point_mm": [0.0, 0.0, 0.0], "normal": [1, 0, 0], "keeps": "back"}


@dataclass(frozen=True, slots=True)
class Program:
    """A server that runs: its process, where it may keep files, and where it answers."""

    pid: int
    place: Path
    port: int

    def processes(self) -> list[int]:
        """List the server and the processes of its cases."""
        own = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii")
        every = (self.pid, *map(int, own.split()))
        return [pid for pid in every if "VmRSS" in Path(f"/proc/{pid}/status").read_text("ascii")]

    def left(self) -> list[Path]:
        """List what lies in its folder."""
        (folder,) = self.place.glob(f"{PREFIX}*")
        return Server(self.port, folder).dropped()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    place = tmp_path_factory.mktemp("attacked")
    with running(cwd=place, TMPDIR=str(place)) as (ran, visitor):
        yield Program(ran.pid, place, visitor.port)
        ran.send_signal(signal.SIGINT)
        ran.wait(20)
    assert [*place.glob(f"{PREFIX}*")] == []


def measure_mib(pid: int, what: str = "VmRSS") -> float:
    """Measure what a process holds, or (VmHWM) held at most."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def measure_cpu_s(pid: int) -> float:
    told = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return sum(map(int, told[11:13])) / os.sysconf("SC_CLK_TCK")


def cube(remnant: int) -> list[tuple[str, bytes]]:
    """Draw a liver of 8000 voxels whose remnant has so many; the tumour lies outside it."""
    drawn = Cube()
    masks = {"liver": (0, 8000), "tumour": (7800, 8000), "flr": (0, remnant)}
    forms = both_forms((5.0, 5.0, 5.0))
    files = [(f"{name}.nii", nifti(drawn.mask(*of), **forms)) for name, of in masks.items()]
    text = f'schema = 1\nid = "case-{remnant}"\ndiagnosis = "crlm"\n[masks]\n'
    text += "".join(f'{name} = "{name}.nii"\n' for name in masks)
    return [("case.toml", text.encode()), *files]


def planned(browser: Browser, remnant: int) -> str:
    case = drop(browser, cube(remnant))
    held = plan_case_file(browser, case)
    assert (held["state"], held.get("reason")) == ("ready", None)
    return case


def list_asked(browser: Browser, case: str, remnant: int) -> list[Callable[[], Told]]:
    """List what one browser asks of its case: reads, drops, answers, drafts, a sign-off."""
    at = f"/cases/{case}"
    by = {"by": f"R{remnant}", "on": "2026-11-21"}
    seen = browser.get(f"{at}/sheet").headers["x-fl-planner-sheet"]
    reads = [f"{at}/files/plan.json", f"{at}/answer", f"{at}/dossier", f"{at}/cuts/axial/9"]
    reads += [f"{at}/scan", f"{at}/draft?cut={json.dumps(PLANE).replace(' ', '')}"]
    posts: list[tuple[str, dict[str, str]]] = [
        (f"{at}/answer", {"key": key, "typed": typed, **by}) for key, typed in KEYS
    ]
    despite = " ".join(one["code"] for one in browser.get(f"{at}/dossier").json()["findings"])
    signed = {"status": "verified", "seen": seen, "despite": despite, **by}
    posts.append((f"{at}/sign", signed))
    asked = [partial(browser.get, one) for one in reads * 2]
    asked += [partial(browser.post, one, words) for one, words in posts]
    return [*asked, partial(browser.post, "/cases")]


def test_h18_page_11_fifty_at_once_read_and_write_and_nothing_is_mixed_up(
    program: Program, tmp_path: Path
) -> None:
    visitors = {remnant: Browser(program.port).visit() for remnant in (2000, 2400, 2800)}
    cases = {remnant: planned(browser, remnant) for remnant, browser in visitors.items()}
    each = [[(one, wish) for wish in list_asked(visitors[one], cases[one], one)] for one in cases]
    mixed = [one for row in zip(*each, strict=True) for one in row][:50]
    assert len(mixed) == 50
    with ThreadPoolExecutor(50) as pool:
        told = [*pool.map(lambda one: one[1](), mixed)]
    for (remnant, _), answer in zip(mixed, told, strict=True):
        assert answer.status in (200, 202, 422), answer.body  # signed before the last answer: 422
        others = [one for one in visitors if one != remnant]
        assert not any(f"case-{one}" in answer.body.decode("latin-1") for one in others)
    for remnant, browser in visitors.items():
        at = f"/cases/{cases[remnant]}"
        steps = browser.get(f"{at}/dossier").json()["steps"]
        assert {one["by"] for one in steps} == {f"R{remnant}"}
        assert len(steps) >= len(KEYS)
        folder = tmp_path / str(remnant)
        folder.mkdir()
        for name, content in cube(remnant):
            (folder / name).write_bytes(content)
        (folder / "case.toml").write_bytes(browser.get(f"{at}/files/case.toml").body)
        ours = browser.get(f"{at}/files/plan.json").body
        assert json.loads(ours)["voxels"]["flr"] == remnant
        assert ours == ask("plan", folder / "case.toml", "--json").stdout
        for one in browser.get("/cases").json():
            browser.post(f"/cases/{one['id']}/close")
    assert program.left() == []


def test_h18_page_6_a_bomb_takes_no_gibibyte_and_no_ten_seconds(program: Program) -> None:
    zeros = gzip.compress(b"\0" * (64 * MIB)) * 48  # 3 GiB, in members of a legal file
    forms: dict[str, Any] = both_forms((1.0, 1.0, 1.0))
    small, large = (
        gzip.compress(header(**describe(shape, **forms)) + b"\0" * 4) + zeros
        for shape in ((512, 512, 300), (8000, 8000, 100))
    )
    ones = gzip.compress(np.ones(2 * MIB).tobytes()) * 56  # 896 MiB: an image takes its own size
    dense = gzip.compress(header(**describe((512, 512, 448), "f8", **forms)) + b"\0" * 4) + ones
    browser = Browser(program.port).visit()
    before = {pid: measure_mib(pid) for pid in program.processes()}
    bombs = [("small.nii.gz", small), ("large.nii.gz", large), ("raw.nii.gz", zeros)]
    case = drop(browser, [*bombs, ("dense.nii.gz", dense), *cube(2000)[1:]])
    spent = {pid: measure_cpu_s(pid) for pid in program.processes()}
    assert browser.post(f"/cases/{case}/check").status == 202
    assert browser.wait(case, 120)["state"] == "checked"
    told = browser.get(f"/cases/{case}/check").json()["told"]["files"]
    status = {one["file"]: one["status"] for one in told}
    assert {status[name] for name, _ in bombs} == {"refused"}
    assert status["liver.nii"] == status["dense.nii.gz"] == "ok"
    for pid in program.processes():
        most = measure_mib(pid, "VmHWM") - before.get(pid, 0.0)
        assert most < GIB / MIB, f"{most} MiB more"
        assert measure_cpu_s(pid) - spent.get(pid, 0.0) < 10
    browser.post(f"/cases/{case}/close")
    assert program.left() == []


def test_h18_page_10_twenty_cases_in_turn_leave_no_memory_and_no_folder(program: Program) -> None:
    browser = Browser(program.port).visit()
    held = []
    for number in range(CASES):
        one = planned if number % PLANNED_EACH == 0 else lambda of, n: drop(of, cube(n))
        case = one(browser, 2000 + number)
        assert browser.post(f"/cases/{case}/close").status == 200
        assert program.left() == []
        held.append(measure_mib(program.pid))
    assert max(held) - held[SETTLED] < MOST_GROWN_MIB, np.round(held, 1)
    over = time.monotonic() + 20
    while len(program.processes()) > 3 and time.monotonic() < over:  # one that waits, and Python's
        time.sleep(0.1)
    assert len(program.processes()) <= 3
