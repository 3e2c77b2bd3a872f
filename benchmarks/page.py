"""How soon the page shows a case and follows a plane: dropped in Chromium, its pixels waited for.

    python -m benchmarks.page [--runs 3] [--minutes 10] [--shape 512 512 300] [--only crlm]

Wanted on an idle machine, for the bundled case and the large one, with their CT: first cuts within
2 and 5 s of the drop, the answer within 4 and 12 s, and a move of a plane within 100 and 150 ms
(p95), until its numbers stand and the coloured surfaces are painted. Beside the first cuts, in
turn, a script of the usual kind: nibabel reads the same files and matplotlib draws the same three
cuts with their outlines, in a process of its own. Then a layer further, and until all surfaces
stand. CPU time is that of the server and the browser: a busy machine does not change it much. No
run of a case begins after its minutes; the number of runs and the load of the machine are printed,
as times on a busy machine are upper bounds. It takes the extras web and engines, playwright and
Chromium.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.make_case import make_ct
from benchmarks.report import make
from tests.browsers import open_browser
from tests.web.served import Server, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

psutil: Any = import_module("psutil")  # of the extra `engines`
CRLM = Path(__file__).resolve().parents[1] / "sample_data" / "crlm" / "case.toml"
LAYERS, MOVES, MS = 40, 40, 240_000
ANSWERED = "#case[data-answered=true]:not([hidden])"
DRAFTED = "#cutter[data-state=shown]"
# A plane is moved as by its slider; each move ends when the draft is answered and painted.
MOVE = """async (moves) => {
  const slider = document.querySelector("#plane-move");
  const { dataset: cutter } = document.querySelector("#cutter");
  const { dataset: liver } = document.querySelector("#liver");
  const taken = [];
  for (let n = 0; n < moves; n++) {
    const began = performance.now();
    slider.value = (n % 2 ? -1 : 1) * (1 + n / 2);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    while (cutter.state !== "shown" || liver.painted !== "true")
      await new Promise((next) => requestAnimationFrame(next));
    taken.push(performance.now() - began);
  }
  slider.dispatchEvent(new Event("change", { bubbles: true }));
  return taken;
}"""
KINDS = {"--type=gpu-process": "graphics", "--type=renderer": "page"}  # processes of Chromium
AT_REST = "#views[aria-busy=false]"
SURFACES = f"{AT_REST} #scene[aria-busy=false] #liver[data-painted=true]"
USUAL = """
import sys, nibabel, numpy as np
from matplotlib.figure import Figure
names = ("liver", "tumour", "flr", "ct")
files = {name: nibabel.load(f"{sys.argv[1]}/{name}.nii.gz") for name in names}
read = {name: np.asarray(one.dataobj) for name, one in files.items()}
sheet = Figure((12, 4))
for axis in range(3):
    others = tuple(n for n in range(3) if n != axis)
    layer = int(read["tumour"].sum(axis=others).argmax())
    panel = sheet.add_subplot(1, 3, axis + 1)
    panel.imshow(read["ct"].take(layer, axis).T, cmap="gray", vmin=-140, vmax=260, origin="lower")
    for name in names[:3]:
        panel.contour(read[name].take(layer, axis).T, [0.5])
sheet.savefig(sys.argv[2])
"""


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=10.0, help="for each case")
    parser.add_argument("--shape", type=int, nargs=3, default=(512, 512, 300))
    parser.add_argument("--only", choices=["crlm", "large"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        cases = {} if asked.only == "large" else {"crlm": CRLM}
        if asked.only != "crlm":
            large = make(Path(place), asked.shape)
            make_ct(large.parent)
            written = large.read_text("utf-8") + '\n[imaging]\nct = "ct.nii.gz"\n'
            large.write_text(written, "utf-8")
            cases["x".join(map(str, asked.shape))] = large
        for name, case in cases.items():
            before = describe_load()
            taken = compare(case, Path(place), asked.runs, asked.minutes * 60)
            tell(name, taken, asked.runs)
            print(f"load of the machine: {before} before, {describe_load()} after", flush=True)


def tell(name: str, taken: dict[str, list[float]], runs: int) -> None:
    """Print the medians, and from how many runs they are."""
    done = len(taken["first cuts"])
    short = "" if done == runs else f" ({runs} asked for, time is over)"
    print(f"\n{name}{'':8}median of {done}{short}")
    for what, figures in taken.items():
        print(f"{what:40}{statistics.median(figures):8.3f} s")
    pairs = zip(taken["first cuts"], taken["nibabel, matplotlib"], strict=True)
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    print(f"{'ratio to nibabel, matplotlib':40}{ratio:8.2f}")


def describe_load() -> str:
    """Describe how many processes want the processors, on average of the last minute."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


def compare(case: Path, place: Path, runs: int, within_s: float) -> dict[str, list[float]]:
    """Run each once to warm the disk, then both in turn, at least once and until time is over."""
    over = perf_counter() + within_s
    taken: dict[str, list[float]] = {}
    usual = [sys.executable, "-c", USUAL, str(case.parent), str(place / "cuts.png")]
    with open_browser() as browser:
        for turn in range(runs + 1):
            if turn > 1 and perf_counter() > over:
                break
            seen = measure_page(browser, case, place)
            seen["nibabel, matplotlib"] = measure(lambda: subprocess.run(usual, check=True))
            for what, figure in seen.items() if turn else ():
                taken.setdefault(what, []).append(figure)
    return taken


def measure_page(browser: Browser, case: Path, place: Path) -> dict[str, float]:
    """Drop a case's files on a page that stands, and measure what a person waits for."""
    with serving(place) as server, open_page(browser, server) as page:
        page.wait_for_timeout(3000)  # a person takes as long, to find the files
        began = perf_counter()
        page.set_input_files("#files-in", list_files(case))
        page.wait_for_selector(AT_REST, timeout=MS)
        first = perf_counter() - began
        page.wait_for_selector(ANSWERED, timeout=MS)
        answered = perf_counter() - began
        page.wait_for_selector(SURFACES, timeout=MS)
        surfaces = perf_counter() - began
        layers = [measure(lambda: step(page)) for _ in range(LAYERS)]
        moves = measure_moves(page)
    return {
        "first cuts": first,
        "answer": answered,
        "all surfaces": surfaces,
        "a layer further, p95": find_p95(layers),
        **moves,
    }


def measure_moves(page: Page) -> dict[str, float]:
    """Move a plane, and measure how long its numbers and coloured surfaces take."""
    page.locator("#cutting > summary").click()
    page.click("#cut-plane")
    page.wait_for_selector(DRAFTED, timeout=MS)
    page.wait_for_selector(SURFACES, timeout=MS)
    page.evaluate(MOVE, MOVES // 4)  # the liver is prepared for planes once
    tasks = page.context.new_cdp_session(page)
    tasks.send("Performance.enable", {"timeDomain": "threadTicks"})  # CPU time of its thread
    before = {**measure_cpu(), **measure_tasks(tasks)}
    moves = [ms / 1000 for ms in page.evaluate(MOVE, MOVES)]
    after = {**measure_cpu(), **measure_tasks(tasks)}
    return {
        "a plane moved, median": statistics.median(moves),
        "a plane moved, p95": find_p95(moves),
        **{
            f"a plane moved, CPU: {part}": (after[part] - before.get(part, 0.0)) / MOVES
            for part in after
        },
    }


def measure_cpu() -> dict[str, float]:
    """Measure the CPU time of this process and all that it began, s: in all and by part."""
    held = psutil.Process()
    parts = dict.fromkeys(("all", "server", "graphics", "page"), 0.0)
    for one in (held, *held.children(recursive=True)):
        try:
            used, words = one.cpu_times(), " ".join(one.cmdline())
        except psutil.NoSuchProcess:
            continue
        of_browser = "browser" if "chrom" in words else "server"
        part = next((name for kind, name in KINDS.items() if kind in words), of_browser)
        for each in ("all", part):
            parts[each] = parts.get(each, 0.0) + used.user + used.system
    return parts


def measure_tasks(tasks: CDPSession) -> dict[str, float]:
    """Measure the CPU time of the page's thread by kind of task, s."""
    told = tasks.send("Performance.getMetrics")["metrics"]
    spent = {one["name"]: float(one["value"]) for one in told}
    return {
        "scripts": spent["ScriptDuration"],
        "layout and styles": spent["LayoutDuration"] + spent["RecalcStyleDuration"],
    }


def find_p95(taken: Sequence[float]) -> float:
    """Return the 95th percentile: the value that 5 % of the values exceed."""
    return sorted(taken)[round(0.95 * len(taken)) - 1]


def step(page: Page) -> None:
    """Go a layer down, and wait until it is drawn."""
    page.locator(".cut canvas").first.press("ArrowDown")
    page.wait_for_selector(AT_REST, timeout=MS)


def list_files(case: Path) -> Sequence[Path]:
    """List the files of a case, its case file first."""
    return [case, *sorted(case.parent.glob("*.nii.gz"))]


@contextmanager
def open_page(browser: Browser, server: Server) -> Iterator[Page]:
    """Open an empty page."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"http://127.0.0.1:{server.port}/")
    page.wait_for_selector("#drop:not([hidden])", timeout=MS)
    yield page
    page.close()


def measure(work: Callable[[], object]) -> float:
    """Measure how long a work takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


if __name__ == "__main__":
    main()
