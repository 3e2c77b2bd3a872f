"""The commit of the program: from its own clone or release, never of another project."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.version import __version__
from fl_planner.dossier.libraries import find_build
from fl_planner.dossier.register import name_commit


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def package(folder: Path, version: str | None = None, commit: str | None = None) -> Path:
    place = folder / "fl_planner"
    (place / "dossier" / "data").mkdir(parents=True)
    (place / "__init__.py").write_text("")
    text = json.dumps({"version": version, "commit": commit})
    (place / "dossier" / "data" / "release.json").write_text(text)
    return place


def committed(folder: Path) -> str:
    git(folder, "init", "-q")
    git(folder, "add", "--all")
    git(folder, "commit", "-qm", "x")
    return git(folder, "rev-parse", "HEAD")


def test_h12_a_clone_states_its_commit_and_whether_files_were_changed(tmp_path: Path) -> None:
    place = package(tmp_path, __version__, "old")
    commit = committed(tmp_path)
    found = find_build(place)
    assert (found.commit, found.changed, found.source) == (commit, False, "git")
    (place / "__init__.py").write_text("x = 1")
    assert find_build(place).changed is True
    assert name_commit(find_build(place)) == f"{commit} with uncommitted changes"


def test_h12_the_commit_of_another_project_is_not_stated(tmp_path: Path) -> None:
    """An environment within a clone of another project, ignored by it, or committed with it."""
    (tmp_path / "other.txt").write_text("x")
    committed(tmp_path)
    inner = tmp_path / "env"
    place = package(inner)
    assert find_build(place).source == "unknown"
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "-qm", "with its environment")
    assert find_build(place).source == "unknown"
    loose = package(tmp_path)  # next to the files of the other project, not tracked
    found = find_build(loose)
    assert (found.commit, found.changed, found.source) == (None, None, "unknown")
    assert name_commit(found) == "unknown"


def test_h12_a_release_states_the_commit_of_its_version_only(tmp_path: Path) -> None:
    found = find_build(package(tmp_path / "a", __version__, "ab12"))
    assert (found.commit, found.changed, found.source) == ("ab12", None, "release")
    assert find_build(package(tmp_path / "b", "99.0.0", "ab12")).source == "unknown"


def test_the_name_of_a_clone_is_read_in_the_encoding_of_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git writes paths in UTF-8, also on Windows, where Python expects cp1252 by default."""
    clone = tmp_path / "Ágnes Müller"
    place = package(clone)
    commit = committed(clone)
    run = subprocess.run

    def run_on_windows(*asked: Any, **how: Any) -> Any:
        return run(*asked, **{"encoding": "cp1252", **how})

    monkeypatch.setattr(subprocess, "run", run_on_windows)
    assert find_build(place).commit == commit


@pytest.mark.parametrize("fails", [OSError, subprocess.TimeoutExpired("git", 1)])
def test_without_git_the_commit_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: Exception
) -> None:
    place = package(tmp_path)
    committed(tmp_path)

    def fail(*_: object, **__: object) -> None:
        raise fails

    monkeypatch.setattr(subprocess, "run", fail)
    assert find_build(place).source == "unknown"
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert find_build(place).source == "unknown"
