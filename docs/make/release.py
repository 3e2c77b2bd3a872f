"""Makes a release from a clean clone: `python -m docs.make.release 1.0.0 [--out dist]`.

All is done in another clone, in a temporary folder: the version is set, the notes of `changes/`
and the text under Unreleased become a section of the changelog, the site is built, the sdist and
the wheel are built and checked, the wheel is installed with all extras where nothing else is, plans
the bundled case, and that environment is listed as SBOM (CycloneDX). Only when all of this
succeeded are the commit and its tag put into this clone, and the files into a folder of the
version. Nothing is published.

Refused, with all reasons at once: a version that exists or is lower, files that are in no commit,
no text on changes, and figures of the validation page that are absent, edited, not met, or older
than the program.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import click

from benchmarks.validation import sealed
from docs.make.validation import PROJECT, changes_since

NAME = "fl_planner"
VERSION = Path("fl_planner/basis/version.py")
ORIGIN = Path("fl_planner/dossier/data/release.json")
CITATION = Path("CITATION.cff")
CHANGELOG = Path("CHANGELOG.md")
FIGURES = Path("docs/validation.json")
AGAIN = "run python -m benchmarks.validation and commit docs/validation.json"
_STATED = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


class NoRelease(Exception):
    """Obstacle to a release."""


def list_obstacles(project: Path, version: str) -> list[str]:
    """List the obstacles to a release of this version, each with its remedy."""
    return [
        *_obstacles_of_version(project, version),
        *_obstacles_of_clone(project),
        *_obstacles_of_figures(project),
    ]


def _obstacles_of_version(project: Path, version: str) -> Iterator[str]:
    if not re.fullmatch(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}", version):
        yield f"{version} is not a version: give three numbers, such as 1.0.0"
        return
    stated = read_version(project)
    if _numbers(version) < _numbers(stated):
        yield f"{version} is lower than the program version, {stated}: give a higher version"
    tagged = _git(project, "tag", "--list", f"v{version}")
    if tagged or f"\n## {version} (" in (project / CHANGELOG).read_text("utf-8"):
        yield f"{version} has already been released: give a higher version"


def _obstacles_of_clone(project: Path) -> Iterator[str]:
    changed = _git(project, "status", "--porcelain").splitlines()
    if changed:
        files = ", ".join(sorted(line[3:] for line in changed)[:5])
        yield f"uncommitted files: {len(changed)} ({files}): commit or remove them"
    if not _has_notes(project) and not _has_unreleased_text(project):
        missing = "changes/ contains no notes, and the changelog no text under Unreleased"
        yield f"{missing}: there is no change to release"
    for key in ("user.name", "user.email"):
        if not _git(project, "config", key):
            yield f"the author of the release is unknown to git: set {key}"


def _obstacles_of_figures(project: Path) -> Iterator[str]:
    if not (project / FIGURES).exists():
        yield f"{FIGURES} is missing: {AGAIN}"
        return
    for part in json.loads((project / FIGURES).read_text("utf-8"))["parts"]:
        if part["left_out"] is not None:
            yield f"figures for {part['name']}: not run: {AGAIN}"
            continue
        since = changes_since(part["commit"], project)
        if sealed(part) != part:
            yield f"figures for {part['name']}: edited after they were produced: {AGAIN}"
        elif not part["holds"]:
            yield f"figures for {part['name']}: requirements not met: correct the program"
        elif part["commit"].endswith("+") or since is None:
            yield f"figures for {part['name']}: not produced from a commit of this clone: {AGAIN}"
        elif since:
            times = "once" if since == 1 else f"{since} times"
            changes = f"the program has been changed {times} since then"
            yield f"figures for {part['name']}: {changes}: {AGAIN}"


def _has_notes(project: Path) -> bool:
    return any(path.name != "README.md" for path in (project / "changes").glob("*.md"))


def _has_unreleased_text(project: Path) -> bool:
    text = (project / CHANGELOG).read_text("utf-8").partition(_read_start(project))[2]
    return bool(re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0].strip())


def _read_start(project: Path) -> str:
    """Read the line of the changelog after which a release is written."""
    settings = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["tool"]
    return str(settings["towncrier"]["start_string"])


def read_version(project: Path) -> str:
    """Read the version that the program states."""
    found = _STATED.search((project / VERSION).read_text("utf-8"))
    if not found:
        raise NoRelease(f"{VERSION} does not state a version")
    return found[1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def write_texts(clone: Path, version: str, day: str) -> None:
    """Set version, day and commit, and turn the notes into a section of the changelog.

    The text under Unreleased follows in the same section. The commit, shown by `fl-planner
    dossier`, is the one from which the release is made.
    """
    stated = (clone / VERSION).read_text("utf-8")
    (clone / VERSION).write_text(_STATED.sub(f'__version__ = "{version}"', stated), "utf-8")
    origin = {"version": version, "commit": _git(clone, "rev-parse", "HEAD")}
    (clone / ORIGIN).write_text(json.dumps(origin) + "\n", "utf-8")
    lines = (clone / CITATION).read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("date-released:")]
    at = next(n for n, line in enumerate(kept) if line.startswith("version:"))
    kept[at : at + 1] = [f"version: {version}", f"date-released: {day}"]
    (clone / CITATION).write_text("\n".join(kept) + "\n", "utf-8")
    if _has_notes(clone):
        _run(clone, "towncrier", "build", "--yes", "--version", version, "--date", day)
    else:  # towncrier would write that nothing of importance has changed
        start, text = _read_start(clone), (clone / CHANGELOG).read_text("utf-8")
        headed = text.replace(start, f"{start}\n## {version} ({day})\n", 1)
        (clone / CHANGELOG).write_text(headed, "utf-8")


def build_site(clone: Path, out: Path, version: str) -> None:
    """Build the site, with its examples run, as one zip."""
    _run(clone, "docs.make", "--out", str(clone / "build" / "docs"))
    html = clone / "build" / "docs" / "html"
    shutil.make_archive(str(out / f"{NAME}-{version}-docs"), "zip", html)


def build_packages(clone: Path, out: Path) -> None:
    """Build the sdist and the wheel from it, and check that an index can show them."""
    _run(clone, "build", "--outdir", str(out), str(clone))
    built = [str(path) for end in ("whl", "tar.gz") for path in out.glob(f"*.{end}")]
    _run(clone, "twine", "check", "--strict", *built)


def install_and_list(clone: Path, out: Path, version: str) -> None:
    """Install the wheel with all extras where nothing else is, plan with it, write the SBOM."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        _run(place, "venv", "--without-pip", str(place / "env"))
        scripts = place / "env" / ("Scripts" if os.name == "nt" else "bin")
        pip = ("pip", "--python", str(scripts / "python"), "install", "-q")
        # by name, from this folder alone: the environment then names no place of this machine
        wheel = ("--no-deps", "--no-index", "--find-links", str(out), f"{NAME}=={version}")
        _run(place, *pip, *wheel)
        _run(place, *pip, f"{NAME}[all]=={version}")
        _call(place, {}, str(scripts / "fl-planner"), "demo")
        said = _call(place, {}, str(scripts / "fl-planner"), "--version").split()
        if version not in said:
            raise NoRelease(f"the wheel states the version {' '.join(said)}")
        listed = place / "sbom.json"
        _run(place, "cyclonedx_py", "environment", "--pyproject", str(clone / "pyproject.toml"),
             "--output-reproducible", "-o", str(listed), str(scripts / "python"))  # fmt: skip
        sbom = json.loads(listed.read_text("utf-8"))
    # which pyproject.toml does not state
    sbom["metadata"]["component"] |= {"version": version, "purl": f"pkg:pypi/fl-planner@{version}"}
    text = json.dumps(sbom, indent=1, ensure_ascii=False) + "\n"
    (out / f"{NAME}-{version}.cdx.json").write_text(text, "utf-8")


def write_sums(out: Path) -> None:
    """Write the SHA-256 of each file, as `sha256sum --check` reads them."""
    files = sorted(path for path in out.iterdir() if path.name != "SHA256SUMS")
    sums = [f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (out / "SHA256SUMS").write_text("".join(sums), "utf-8")


def release(project: Path, version: str, out: Path, day: str) -> Path:
    """Make a release, and return the folder of its files.

    Raises `NoRelease`: something keeps it from being made, or a step failed; then nothing in this
    clone or in its folder of releases was changed.
    """
    obstacles = list_obstacles(project, version)
    target = out / version
    if target.exists():
        obstacles.append(f"{target} exists: remove it")
    if obstacles:
        raise NoRelease("\n".join(obstacles))
    with tempfile.TemporaryDirectory() as name:
        clone, made = Path(name, NAME), Path(name, version)
        made.mkdir()
        _git(project, "clone", "--quiet", ".", str(clone))
        write_texts(clone, version, day)
        build_site(clone, made, version)
        build_packages(clone, made)
        install_and_list(clone, made, version)
        write_sums(made)
        _record(project, clone, version)
        _git(project, "pull", "--quiet", "--ff-only", "--tags", str(clone), "HEAD")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(made, target)
    return target


def _record(project: Path, clone: Path, version: str) -> None:
    """Commit and tag in the other clone, in the name of who releases."""
    who = [
        word
        for key in ("user.name", "user.email")
        for word in ("-c", f"{key}={_git(project, 'config', key)}")
    ]
    _git(clone, "add", "--all")
    _git(clone, *who, "commit", "--quiet", "--message", f"Release {version}")
    _git(clone, *who, "tag", "--annotate", f"v{version}", "--message", f"fl_planner {version}")


def _git(folder: Path, *asked: str) -> str:
    """Ask git; what it does not know is empty, what it cannot do ends the release."""
    may_fail = asked[0] == "config"
    done = subprocess.run(["git", *asked], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode and not may_fail:
        raise NoRelease(f"git {asked[0]} failed:\n{done.stderr.strip()}")
    return done.stdout.rstrip("\n")


def _run(folder: Path, module: str, *words: str) -> str:
    """Run a module of this environment, with the packages of the folder before those installed."""
    return _call(folder, {"PYTHONPATH": str(folder)}, sys.executable, "-m", module, *words)


def _call(folder: Path, more: dict[str, str], *command: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env={**kept, **more}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise NoRelease(f"{' '.join(command[1:4])} failed:\n{said}")
    return done.stdout


@click.command(help=__doc__)
@click.argument("version")
@click.option("--out", type=click.Path(path_type=Path), default=PROJECT / "dist")
def main(version: str, out: Path) -> None:
    """Make the release, or list the obstacles with status 2."""
    try:
        target = release(PROJECT, version, out, datetime.now(UTC).date().isoformat())
    except NoRelease as refused:
        click.echo(f"{version} was not released:\n{refused}", err=True)
        raise SystemExit(2) from None
    for path in sorted(target.iterdir()):
        click.echo(path)
    click.echo(f"review these files, then run: git push origin HEAD v{version}")


if __name__ == "__main__":
    main()
