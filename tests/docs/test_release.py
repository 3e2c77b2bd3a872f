"""A release is refused for each reason there is, and changes nothing until all of it is made."""

import json
import re
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.validation import PARTS, sealed
from docs.make import release as made
from docs.make.validation import PROJECT
from fl_planner.dossier.libraries import read_released

DAY = "2026-12-01"
START = "<!-- the notes of `changes/` are put here at a release -->\n"


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *words]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def put_figures(project: Path, **other: object) -> None:
    """Write figures of every part, made by the last commit, and commit them."""
    of_all = {"left_out": None, "holds": True, "commit": git(project, "rev-parse", "HEAD")}
    parts = [
        sealed({"name": one.name, "title": one.title, "says": one.says, "command": "python x",
                "date": DAY, "version": "0.1.0", "figures": [], "last_lines": [],
                **of_all, **other})
        for one in PARTS[:2]
    ]  # fmt: skip
    (project / made.FIGURES).write_text(json.dumps({"parts": parts}), "utf-8")
    commit(project)


def commit(project: Path) -> None:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "more")


def remove_notes(project: Path) -> None:
    for path in (project / "changes").glob("+*"):
        path.unlink()
    commit(project)


def add_text(project: Path, text: str) -> None:
    with (project / made.CHANGELOG).open("a", encoding="utf-8") as file:
        file.write(text)
    commit(project)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write what a release looks at, without a program, as a clone."""
    folder = tmp_path / "clone"
    for name, text in {
        made.VERSION: '"""The version."""\n\n__version__ = "0.1.0"\n',
        made.ORIGIN: '{"version": null, "commit": null}\n',
        made.CITATION: "cff-version: 1.2.0\nversion: 0.1.0\nlicense: Apache-2.0\n",
        made.CHANGELOG: f"# Changelog\n\n## Unreleased\n\n{START}",
        Path("pyproject.toml"): (PROJECT / "pyproject.toml").read_text("utf-8"),
        Path("changes/README.md"): "Notes.\n",
        Path("changes/+faster.faster.md"): "Lists are read in half of the time.\n",
        Path("changes/+wrong.fix.md"): "A share above 100 % was not refused.\n",
        Path("docs/page.md"): "A page.\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    git(folder, "init", "--quiet")
    git(folder, "config", "user.name", "A")
    git(folder, "config", "user.email", "a@example.org")
    commit(folder)
    put_figures(folder)
    return folder


def test_a_clean_clone_with_figures_of_the_program_has_no_obstacle(project: Path) -> None:
    assert made.list_obstacles(project, "1.0.0") == []
    assert made.list_obstacles(project, "0.1.0") == []  # stated, and never released


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "1.0.0rc1", "01.0.0", ""])
def test_what_is_no_version_is_refused(project: Path, version: str) -> None:
    (told,) = made.list_obstacles(project, version)
    assert "is not a version: give three numbers, such as 1.0.0" in told


def test_a_lower_version_is_refused(project: Path) -> None:
    (told,) = made.list_obstacles(project, "0.0.9")
    assert told.startswith("0.0.9 is lower than the program version, 0.1.0")


def test_an_existing_version_is_refused_by_its_tag_and_by_the_changelog(project: Path) -> None:
    git(project, "tag", "v1.0.0")
    (told,) = made.list_obstacles(project, "1.0.0")
    assert told == "1.0.0 has already been released: give a higher version"
    add_text(project, "\n## 2.0.0 (2026-11-30)\n")
    assert made.list_obstacles(project, "2.0.0") == [
        "2.0.0 has already been released: give a higher version"
    ]
    assert made.list_obstacles(project, "2.0.1") == []


def test_files_in_no_commit_are_refused(project: Path) -> None:
    (project / "new.txt").write_text("new", "utf-8")
    (project / "docs/page.md").write_text("changed", "utf-8")
    (told,) = made.list_obstacles(project, "1.0.0")
    assert told.startswith("uncommitted files: 2 (docs/page.md, new.txt)")


def test_without_notes_and_text_there_is_no_release(project: Path) -> None:
    remove_notes(project)
    (told,) = made.list_obstacles(project, "1.0.0")
    assert told.startswith("changes/ contains no notes, and the changelog no text")
    add_text(project, "\n## 0.1.0 (2026-11-01)\n\n### By subject\n\n- Of an earlier release.\n")
    assert made.list_obstacles(project, "1.0.0") == [told]


def test_text_under_unreleased_alone_becomes_a_section(project: Path) -> None:
    remove_notes(project)
    earlier = "\n## 0.1.0 (2026-11-01)\n\n- Earlier.\n"
    add_text(project, f"\n### By subject\n\n- A share above 100 % is refused.\n{earlier}")
    assert made.list_obstacles(project, "1.0.0") == []
    made.write_texts(project, "1.0.0", DAY)
    assert (project / made.CHANGELOG).read_text("utf-8") == (
        f"# Changelog\n\n## Unreleased\n\n{START}\n## 1.0.0 ({DAY})\n"
        f"\n### By subject\n\n- A share above 100 % is refused.\n{earlier}"
    )


def test_who_releases_is_known(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    git(project, "config", "--unset", "user.email")
    assert made.list_obstacles(project, "1.0.0") == [
        "the author of the release is unknown to git: set user.email"
    ]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"left_out": "no files"}, "not run"),
        ({"holds": False}, "requirements not met"),
        ({"commit": "0123456789"}, "not produced from a commit of this clone"),
        ({"commit": "HEAD+"}, "not produced from a commit of this clone"),
        ({"seal": "0123456789abcdef"}, "edited after they were produced"),
    ],
)
def test_figures_that_are_not_of_the_program_are_refused(
    project: Path, other: dict[str, object], told: str
) -> None:
    put_figures(project, **other)
    if "seal" in other:
        text = (project / made.FIGURES).read_text("utf-8")
        (project / made.FIGURES).write_text(text.replace(DAY, "2026-12-02"), "utf-8")
        commit(project)
    obstacles = made.list_obstacles(project, "1.0.0")
    assert len(obstacles) == 2
    assert all(f"figures for {one.name}: {told}" in line
               for one, line in zip(PARTS, obstacles, strict=False))  # fmt: skip


def test_absent_figures_are_refused(project: Path) -> None:
    (project / made.FIGURES).unlink()
    commit(project)
    (told,) = made.list_obstacles(project, "1.0.0")
    assert told.startswith("docs/validation.json is missing: run python -m benchmarks.validation")


@pytest.mark.slow
def test_figures_older_than_the_program_are_refused_and_the_version_alone_is_no_change(
    project: Path,
) -> None:
    (project / "docs/page.md").write_text("Another page.\n", "utf-8")
    made.write_texts(project, "0.2.0", DAY)
    (project / "changes/+more.new.md").write_text("More.\n", "utf-8")
    commit(project)
    assert made.list_obstacles(project, "1.0.0") == []
    (project / "fl_planner/volume.py").write_text("X = 1\n", "utf-8")
    commit(project)
    obstacles = made.list_obstacles(project, "1.0.0")
    assert len(obstacles) == 2
    assert all(
        "the program has been changed once since then: run python -m" in one for one in obstacles
    )


@pytest.mark.slow
def test_notes_become_a_section_by_kind_and_the_version_is_stated_once(project: Path) -> None:
    made.write_texts(project, "1.0.0", DAY)
    assert made.read_version(project) == "1.0.0"
    origin = read_released(project / made.ORIGIN)
    assert (origin.version, origin.commit) == ("1.0.0", git(project, "rev-parse", "HEAD"))
    assert (project / made.CITATION).read_text("utf-8") == (
        f"cff-version: 1.2.0\nversion: 1.0.0\ndate-released: {DAY}\nlicense: Apache-2.0\n"
    )
    changelog = (project / made.CHANGELOG).read_text("utf-8")
    section = changelog[changelog.index(f"## 1.0.0 ({DAY})") :]
    assert "### Fixed\n\n- A share above 100 % was not refused." in section
    assert "### Faster\n\n- Lists are read in half of the time." in section
    assert section.index("### Fixed") < section.index("### Faster")
    assert [path.name for path in (project / "changes").iterdir()] == ["README.md"]
    made.write_texts(project, "1.0.1", "2026-12-02")  # the day is replaced, not added
    assert (project / made.CITATION).read_text("utf-8").count("date-released") == 1


@pytest.mark.essential
@pytest.mark.slow
def test_a_step_that_fails_changes_nothing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build_no_site(clone: Path, out: Path, version: str) -> None:
        made._run(clone, "json.tool", "--nowhere")

    before = git(project, "rev-parse", "HEAD")
    monkeypatch.setattr(made, "PROJECT", project)
    monkeypatch.setattr(made, "build_site", build_no_site)
    ran = CliRunner().invoke(made.main, ["1.0.0", "--out", str(tmp_path / "dist")])
    assert ran.exit_code == 2
    assert ran.output.startswith("1.0.0 was not released:\n-m json.tool --nowhere failed:\n")
    assert git(project, "rev-parse", "HEAD") == before
    assert git(project, "tag") == git(project, "status", "--porcelain") == ""
    assert not (tmp_path / "dist").exists()


def test_a_folder_of_an_earlier_trial_is_not_written_over(project: Path, tmp_path: Path) -> None:
    (tmp_path / "dist" / "1.0.0").mkdir(parents=True)
    with pytest.raises(made.NoRelease, match=r"1\.0\.0 exists: remove it"):
        made.release(project, "1.0.0", tmp_path / "dist", DAY)


def test_authors_keywords_and_version_are_those_of_the_citation() -> None:
    cited = (PROJECT / made.CITATION).read_text("utf-8")
    stated = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    assert stated["keywords"] == re.findall(r"^  - (.+)$", cited.partition("keywords:")[2], re.M)
    assert [one["name"] for one in stated["authors"]] == re.findall(r'- name: "(.+)"', cited)
    assert f"\nversion: {made.read_version(PROJECT)}\n" in cited


@pytest.mark.slow
def test_a_release_is_made_of_a_clone_of_this_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the site and the installation, which `.ci/night` makes too."""
    clone = tmp_path / "project"
    git(tmp_path, "clone", "--quiet", str(PROJECT), str(clone))
    git(clone, "config", "user.name", "A")
    git(clone, "config", "user.email", "a@example.org")
    put_figures(clone)
    for left in ("build_site", "install_and_list"):
        monkeypatch.setattr(made, left, lambda *asked: None)
    target = made.release(clone, "9.0.0", tmp_path / "dist", DAY)
    assert sorted(path.name for path in target.iterdir()) == [
        "SHA256SUMS", "fl_planner-9.0.0-py3-none-any.whl", "fl_planner-9.0.0.tar.gz",
    ]  # fmt: skip
    assert git(clone, "tag") == "v9.0.0"
    assert git(clone, "log", "-1", "--format=%s") == "Release 9.0.0"
    assert git(clone, "status", "--porcelain") == ""
    changed = git(clone, "diff", "--name-only", "HEAD~1", "--", "fl_planner").splitlines()
    assert changed == [str(made.VERSION), str(made.ORIGIN)]
    with tarfile.open(target / "fl_planner-9.0.0.tar.gz") as packed:
        names = packed.getnames()
    tracked = git(clone, "ls-files").splitlines()
    assert sorted(names) == sorted(f"fl_planner-9.0.0/{name}" for name in [*tracked, "PKG-INFO"])
    assert f"## 9.0.0 ({DAY})" in (clone / made.CHANGELOG).read_text("utf-8")
    assert [path.name for path in (clone / "changes").iterdir()] == ["README.md"]
    assert (
        made.list_obstacles(clone, "9.0.0")[0]
        == "9.0.0 has already been released: give a higher version"
    )
