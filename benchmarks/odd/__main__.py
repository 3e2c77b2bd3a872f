"""Odd inputs of many classes, each with a truth of its own, through the command line.

    python -m benchmarks.odd [--seed 1] [--each 20] [--only NAME] [--keep FOLDER]

Prints a row a class: right, told, refused; and each case that is silently wrong, needlessly
warned of, refused without its reason, or crashed. Exit status 1 where there is one.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.odd import drawings, headers, names, roles, spoiled
from benchmarks.odd.case import Bench, Maker, Odd
from benchmarks.odd.phantom import Phantom

PLANNER = (sys.executable, "-m", "fl_planner")
MAKERS: tuple[Maker, ...] = (*roles.ALL, *drawings.ALL, *names.ALL, *headers.ALL, *spoiled.ALL)
NEAR_A_LIMIT = re.compile(  # true of honest work
    r"lesions\.definitions_disagree|threshold\.|growth\.(near_limit|within_error)"
)
GOOD = ("right", "told", "refused")
ML, RELATIVE, PERCENT = 0.02, 1e-4, 0.01  # what a number may differ by


def judge(odd: Odd, done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """Return the verdict on what the program said, and why."""
    try:
        record: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return "CRASH", f"no JSON object: {done.stderr[-200:]}"
    if done.returncode not in (0, 2) or "Traceback" in done.stderr:
        return "CRASH", done.stderr[-200:]
    if done.returncode == 2:
        message = str(record["refusal"]["message"])
        said = not odd.about or re.search(odd.about, message, re.IGNORECASE)
        return ("refused", "") if odd.refusable and said else ("REFUSED", message)
    loud = [
        f
        for f in record["findings"]
        if f["severity"] != "info" and not NEAR_A_LIMIT.match(f["code"])
    ]
    texts = [f"{f['code']}: {f['message']}" for f in loud]
    if odd.quiet and texts:
        return "NEEDLESS", "; ".join(texts)
    heard = record["findings"] if odd.softly else loud
    words = [f"{f['code']}: {f['message']}" for f in heard]
    told = bool(odd.about) and any(re.search(odd.about, text, re.IGNORECASE) for text in words)
    wrong = _compare(odd, record)
    if odd.told:
        return ("told", "") if told else ("SILENT", "; ".join(texts) or "nothing said")
    if not wrong:
        return "right", ""
    excused = told and ("excused_by" in odd.truth or "within_percent" in odd.truth)
    return ("told", "") if excused else ("WRONG", f"{wrong}; said: {texts}")


def _compare(odd: Odd, record: dict[str, Any]) -> str:
    """Describe differences from the truth."""
    found = {**record.get("volumes_ml", {}), "flr_percent": record.get("flr_percent")}
    rough = odd.truth.get("within_percent", 0.0) / 100
    for key, true in odd.truth.items():
        if key in ("within_percent", "excused_by"):
            continue
        least = PERCENT if key == "flr_percent" else ML
        bound = max(least, (rough or RELATIVE) * true)
        if found.get(key) is None or abs(found[key] - true) > bound:
            return f"{key} {found.get(key)} and not {true:.3f}"
    if odd.lesions is not None:
        sizes = sorted(lesion["volume_ml"] for lesion in record.get("lesions", ()))
        if len(sizes) != len(odd.lesions) or not np.allclose(sizes, odd.lesions, atol=ML):
            return f"lesions of {sizes} and not {odd.lesions} mL"
    return ""


def run(maker: Maker, seed: int, number: int, folder: Path) -> tuple[str, str]:
    """Make one case and judge it."""
    random = np.random.default_rng([seed, number, sum(maker.__name__.encode())])
    folder.mkdir(parents=True)
    odd = maker(Bench(Phantom(random), folder))
    command = [*PLANNER, odd.verb, *odd.arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    verdict, why = judge(odd, done)
    if verdict not in GOOD:
        (folder / "command.json").write_text(json.dumps(odd.arguments))
    return verdict, why


def main() -> int:
    """Run all classes, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    bad: list[str] = []
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        for maker in MAKERS:
            if not re.search(asked.only, maker.__name__):
                continue
            root = (asked.keep or Path(scratch)) / maker.__name__
            jobs = [
                pool.submit(run, maker, asked.seed, n, root / str(n)) for n in range(asked.each)
            ]
            done = [job.result() for job in jobs]
            counts = Counter(verdict for verdict, _ in done)
            total += counts
            print(f"{maker.__name__:22}", *(f"{k} {v}" for k, v in sorted(counts.items())))
            bad += [
                f"{verdict} {maker.__name__} {n}: {why[:400]}"
                for n, (verdict, why) in enumerate(done)
                if verdict not in GOOD
            ]
    print("ALL", sum(total.values()), *(f"{k} {v}" for k, v in sorted(total.items())))
    print(*bad, sep="\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
