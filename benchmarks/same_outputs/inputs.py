"""The inputs that every scene reads, laid out in one folder: the same for both versions."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.odd.__main__ import MAKERS
from benchmarks.odd.case import Bench
from benchmarks.odd.phantom import Phantom
from benchmarks.same_outputs import cube, mutants, studies
from sample_data import maa

REPOSITORY = Path(__file__).resolve().parents[2]
BESIDE = REPOSITORY.parent / "shared"
TEXTS = Path(__file__).with_name("texts")
BUNDLED = ("crlm", "hcc", "function")
SEED = 2026
VECTORS = ("vectors.json", "endpoints.json")
PATIENTS = BESIDE / "patients.json"


def lay_out(folder: Path) -> Path:
    """Write bundled, invented, public and bad inputs; what is not at hand is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in BUNDLED:
        shutil.copytree(REPOSITORY / "sample_data" / name, folder / name, dirs_exist_ok=True)
    (folder / "maa").mkdir(exist_ok=True)
    maa.make(folder / "maa")
    studies.derive(folder)
    cube.draw(folder / "cube")
    shutil.copytree(TEXTS, folder, dirs_exist_ok=True)
    mutants.write(folder)
    for name in ("data", "ibsi"):
        if (BESIDE / name).exists():
            shutil.copytree(BESIDE / name, folder / name, dirs_exist_ok=True)
    _make_odd(folder / "odd")
    archive = BESIDE / "badinputs" / "open.tar.gz"
    if archive.exists() and not (folder / "bad").exists():
        _unpack(archive, folder / "bad")
    (folder / "vectors").mkdir(exist_ok=True)
    for vector in read_vectors():
        path = folder / "vectors" / f"{vector['id']}.json"
        path.write_text(json.dumps(vector["inputs"]), "utf-8")
    if PATIENTS.exists():
        _write_patients(json.loads(PATIENTS.read_text("utf-8")), folder / "patients")
    return folder


def read_vectors() -> list[dict[str, Any]]:
    """Read the worked examples of formulas that lie beside the repository."""
    books = [BESIDE / name for name in VECTORS]
    return [
        vector
        for book in books
        if book.exists()
        for vector in json.loads(book.read_text("utf-8"))["vectors"]
    ]


def _make_odd(folder: Path) -> None:
    """Make one odd input of each class; its options say where it lies, by the mark of a scene."""
    for maker in MAKERS:
        own = folder / maker.__name__
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir(parents=True)
        random = np.random.default_rng([SEED, sum(maker.__name__.encode())])
        odd = maker(Bench(Phantom(random), own))
        given = [str(one).replace(str(folder), "@odd") for one in odd.arguments]
        (own / "options").write_text(" ".join(map(shlex.quote, given)), "utf-8")


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack bad inputs, and make the special files that an archive must not hold."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    for told in folder.glob("*/case.json"):
        for one in json.loads(told.read_text("utf-8")).get("prepare", []):
            _prepare(told.parent / one["path"], one)


def _prepare(path: Path, one: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if one["op"] == "chmod":
        path.chmod(int(one["mode"], 8))
    elif one["op"] == "fifo":
        os.mkfifo(path)
    elif one["op"] == "symlink":
        path.symlink_to(one["to"])
    elif one["op"] == "mkdir":
        path.mkdir()
    else:
        raise SystemExit(f"{path.parent.name}: nobody knows how to {one['op']}")


def _write_patients(book: dict[str, Any], folder: Path) -> None:
    """Write each patient's facts, centre and options, once however often they are told."""
    seen, rows = set[str](), []
    for kind in ("cases", "limits", "refused"):
        for number, case in enumerate(book[kind]):
            facts = {**book["profiles"].get(case.get("profile"), {}), **case.get("set", {})}
            for key in case.get("missing", ()):
                facts.pop(key, None)
            told = json.dumps([facts, case.get("as_of"), case.get("centre")], sort_keys=True)
            if told not in seen:
                seen.add(told)
                own = folder / str(case.get("id", f"{kind}-{number:03}"))
                _write_patient(own, facts, case)
                rows.append(json.dumps({"id": own.name, **facts}))
    (folder / "list.jsonl").write_text("\n".join(rows), "utf-8")


def _write_patient(own: Path, facts: dict[str, Any], case: dict[str, Any]) -> None:
    own.mkdir(parents=True, exist_ok=True)
    (own / "facts.json").write_text(json.dumps(facts), "utf-8")
    options = ["--as-of", case["as_of"]] if "as_of" in case else []
    if "centre" in case:
        (own / "centre.toml").write_text(_as_centre(case["centre"]), "utf-8")
        options += ["--centre", f"@patients/{own.name}/centre.toml"]
    (own / "options").write_text(" ".join(options), "utf-8")


def _as_centre(centre: dict[str, Any]) -> str:
    """Write a centre file."""
    lines = ["schema = 1", f"name = {json.dumps(centre['name'])}", f"as_of = {centre['as_of']}"]
    for trial, entry in centre["trials"].items():
        lines += ["", f"[trials.{trial}]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
    return "\n".join(lines) + "\n"
