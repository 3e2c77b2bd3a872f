"""Every scene: those written down in `scenes.toml`, and one or two for each of many inputs."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.same_outputs.inputs import read_vectors
from benchmarks.same_outputs.scene import Scene

WRITTEN = Path(__file__).with_name("scenes.toml")
ROLES = ("liver", "flr", "resected", "tumour", "labelmap")
REMNANTS = ("1,2,3,4", "5,6,7,8")
CUBE = "--liver @cube/liver.nii --flr @cube/flr.nii --tumour @cube/tumour.nii"


def list_scenes(inputs: Path) -> list[Scene]:
    """List the scenes of all inputs that are there; each name once."""
    scenes = [
        *list_written(WRITTEN),
        *_list_vectors(),
        *_list_public(inputs / "data" / "index.json"),
        *_list_bad(inputs / "bad"),
        *_list_odd(inputs / "odd"),
        *_list_mutants(inputs),
        *_list_patients(inputs / "patients"),
    ]
    names = [scene.name for scene in scenes]
    if len(names) != len(set(names)):
        raise SystemExit(f"scenes of one name: {sorted({n for n in names if names.count(n) > 1})}")
    return scenes


def list_written(path: Path) -> Iterator[Scene]:
    """Read scenes; `{key}` in name and commands is each entry of the list of that key."""
    for name, told in tomllib.loads(path.read_text("utf-8")).items():
        commands = [line for line in told.pop("run").splitlines() if line.strip()]
        for values in product(*told.values()):
            chosen = dict(zip(told, values, strict=True))
            yield Scene(_put(name, chosen), tuple(_put(line, chosen) for line in commands))


def _put(text: str, chosen: dict[str, str]) -> str:
    for key, value in chosen.items():
        text = text.replace("{" + key + "}", value)
    return text


def _list_vectors() -> Iterator[Scene]:
    """Ask each formula what the reference files ask, as JSON on stdin and as a table."""
    for vector in read_vectors():
        ask, given = f"calc {vector['quantity']}", f"< @vectors/{vector['id']}.json"
        yield Scene(f"calc/{vector['id']}", (f"{ask} --json {given}", f"{ask} {given}"))


def _list_public(index: Path) -> Iterator[Scene]:
    """Check each public file, measure it, and plan it where it can be planned."""
    if not index.exists():
        return
    for file in json.loads(index.read_text("utf-8"))["files"]:
        path = f"@data/{file['path']}"
        commands = [f"check {path} --json", f"check {path} -v"]
        if file["give"]:
            given = " ".join(path if word == "FILE" else word for word in file["give"])
            commands += [f"volume {given} --json", f"plan {given} --no-tumour --diagnosis crlm -v"]
            for keep in REMNANTS if file.get("flr_percent") else ():
                commands += [f"volume {given} --remnant-segments {keep} --json"]
            if file.get("flr_percent"):
                commands += [f"plan {given} --no-tumour --remnant-segments 2,3 --json"]
        yield Scene(f"public/{file['path']}", tuple(commands))


def _list_bad(folder: Path) -> Iterator[Scene]:
    """Measure and plan each bad input, and write what may be written of it."""
    for told in sorted(folder.glob("*/case.json")):
        case: dict[str, Any] = json.loads(told.read_text("utf-8"))
        own = f"@bad/{told.parent.name}"
        given = []
        for role in ROLES:
            names = case["files"].get(role, [])
            for name in names if isinstance(names, list) else [names]:
                given += [f"--{role}", shlex.quote(f"{own}/{name}")]
        given += [shlex.quote(word.replace("{dir}", own)) for word in case["args"]]
        options = " ".join(given)
        diagnosis = "" if ".toml" in options else "--diagnosis crlm"
        commands = (
            f"{case.get('verb', 'volume')} {options} --json",
            f"plan {options} {diagnosis} --json --fhir fhir.json",
            f"plan {options} {diagnosis} -v",
        )
        yield Scene(f"bad/{told.parent.name}", commands)


def _list_odd(folder: Path) -> Iterator[Scene]:
    """Measure and plan one odd input of each class."""
    for path in sorted(folder.glob("*/options")):
        options = path.read_text("utf-8")
        commands = (f"plan {options} --json", f"plan {options} -v", f"volume {options} --json")
        yield Scene(f"odd/{path.parent.name}", commands)


def _list_mutants(inputs: Path) -> Iterator[Scene]:
    """Read each case file with one thing changed; its folder names the function that reads it."""
    for folder in sorted(inputs.glob("mutants-*")):
        _, command, case = folder.name.split("-", 2)
        line = f"door: @door/mutants.py {command} @{folder.name}"
        yield Scene(f"mutants/{command}/{case}", (line,))


def _list_patients(folder: Path) -> Iterator[Scene]:
    """Judge each invented patient by facts alone, and with the masks of a small liver."""
    for own in sorted(path.parent for path in folder.glob("*/options")):
        facts = f"@patients/{own.name}/facts.json"
        options = (own / "options").read_text("utf-8")
        judge = f"trials judge {facts} {options}"
        commands = [f"{judge} --json"]
        if not own.name.startswith("limits-"):
            plan = f"plan {CUBE} --facts {facts} {options}"
            commands += [judge, f"{judge} -v", f"{plan} --json --fhir fhir.json", f"{plan} --csv"]
            commands += [f"{plan} -v"]
        yield Scene(f"patients/{own.name}", tuple(commands))
