"""Disks that are full and folders that cannot be used: words, and nothing half written."""

import shutil
import tempfile
from collections.abc import Iterator
from errno import ENOSPC
from io import BytesIO
from pathlib import Path

import pytest

from fl_planner.cohort import fetch
from fl_planner.formats.stored.temporary import temporary_folder
from fl_planner.screening import screen
from fl_planner.screening.screen import Spool
from tests.cases import each_case, of_many
from tests.cli.outside import BUNDLED, SMALL, Ran, case_toml, real
from tests.refusals import refuses

# `ulimit -f` of a shell: what is longer fails as on a disk that takes no more
LIMITED = """
import resource, sys
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
from fl_planner.cli import main
main()
"""
# `root` reads all: without these two rights it is a user as any other [capabilities(7)]
UNPRIVILEGED = """
import ctypes
for right in (1, 2):
    ctypes.CDLL(None).prctl(24, right, 0, 0, 0)
import os, sys
os.execv(sys.executable, [sys.executable, "-m", "fl_planner", *sys.argv[1:]])
"""
PROBE = 100  # bytes: more than Python writes to see whether a folder takes a file


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Lay out a case, and a table of files by their addresses."""
    folder = tmp_path / "place"
    shutil.copytree(BUNDLED / "crlm", folder)
    files = ",".join(f"file://{folder}/{name}.nii.gz" for name in ("liver", "flr"))
    (folder / "urls.csv").write_text(f"id,liver,flr\na,{files}\n", "utf-8")
    return folder


TEMPORARY = {
    "convert": ("convert", "liver.nii.gz", "--to", "out.nrrd"),
    "workbook": ("plan", "case.toml", "--xlsx", "out.xlsx", "--fhir", "out.json"),
    "report": ("report", "case.toml", "--out", "out.pdf"),
    "slicer": ("pictures", "case.toml", "--slicer", "--out", "out"),
    "cohort": ("cohort", "urls.csv", "--out", "out"),
    "page": ("serve", "--demo", "--no-open"),
}
SHORT = {"cohort", "page"}  # put little aside, or say it of the one case


def seen(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*"))


def require_words(ran: Ran, code: str) -> None:
    """Demand one line that names the place, the reason and a remedy, and no path."""
    said = " ".join(ran.err.split())
    assert (ran.status, ran.out) == (2, ""), said
    assert said.startswith("refused: "), said
    assert code in said, said
    assert "Traceback" not in said
    assert "pytest" not in said, said  # of the path


@pytest.mark.slow
@each_case("name", of_many(["convert", "report", "cohort", "page"], [*TEMPORARY]))
def test_a_temporary_folder_that_is_not_there_is_refused(name: str, place: Path) -> None:
    """Python would take another one in silence: files of patients lie where the user said."""
    before = seen(place)
    ran = real(*TEMPORARY[name], cwd=place, env={"TMPDIR": str(place.parent / "none")})
    require_words(
        ran,
        "folder for temporary files: no file can be written to the folder: there is no writable "
        "folder",
    )
    require_words(ran, "set the environment variable TMPDIR to a writable folder with free space")
    assert seen(place) == before


@pytest.mark.slow
@each_case("name", of_many(["workbook", "report"], [*({*TEMPORARY} - SHORT)]))
def test_a_full_temporary_folder_is_refused(name: str, place: Path) -> None:
    temporary = place.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    before = seen(place)
    ran = real(
        str(PROBE), *TEMPORARY[name], cwd=place, env={"TMPDIR": str(temporary)},
        start=("-c", LIMITED),
    )  # fmt: skip
    says = "folder for temporary files: no file can be written to the folder: File too large"
    require_words(ran, says)
    assert (seen(place), seen(temporary)) == (before, [])


OUTPUTS = {
    "FHIR": ("plan", "case.toml", "--fhir", "out.json"),
    "picture": ("plan", "case.toml", "--picture", "out.png"),
    "log": ("plan", "case.toml", "--log", "out.sqlite"),
    "lesions": ("plan", "case.toml", "--lesions-csv", "out.csv"),
    "page": ("report", "case.toml", "--out", "out.html"),
    "pictures": ("pictures", "case.toml", "--out", "out"),
    "case file": ("new-case", "out.toml", "--no-ask"),
    "cohort": ("cohort", ".", "--out", "../out"),
}


@pytest.mark.slow
@each_case("name", of_many(["FHIR", "log", "pictures", "case file", "cohort"], [*OUTPUTS]))
def test_a_full_disk_of_outputs_is_refused(name: str, place: Path) -> None:
    before = seen(place)
    ran = real(str(PROBE), *OUTPUTS[name], cwd=place, start=("-c", LIMITED))
    require_words(ran, "written")
    left = set(seen(place)) - set(before)
    assert not left - ({"out.sqlite"} if name == "log" else set())  # an empty one, as it began


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """Give a folder that may not be looked into."""
    folder = tmp_path / "closed"
    folder.mkdir()
    SMALL.write(folder)
    case_toml(folder, '[masks]\nliver = "liver.nii"\n')
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


CLOSED = {
    "case": ("plan", "CLOSED/case.toml"),
    "trials": ("plan", "--liver", "CLOSED/liver.nii", "--trials", "CLOSED/own"),
    "cohort": ("cohort", "CLOSED", "--out", "out"),
    "cohort file": ("cohort", "CLOSED/case.toml", "--out", "out"),
    "list": ("screen", "CLOSED/case.toml"),
    "folder": ("screen", "CLOSED"),
    "log": ("log", "CLOSED/case.toml"),
    "page": ("serve", "CLOSED", "--no-open"),
    "check": ("check", "CLOSED"),
    "file": ("volume", "--liver", "CLOSED"),
}


@pytest.mark.slow
@each_case("name", of_many(["case", "cohort", "list", "log", "file"], [*CLOSED]))
def test_a_folder_without_access_is_refused(name: str, closed: Path) -> None:
    require_no_access(closed, *CLOSED[name])


@pytest.mark.slow
def test_trials_in_a_folder_without_access_are_refused(closed: Path) -> None:
    require_no_access(closed, *CLOSED["trials"])


def require_no_access(closed: Path, *asked: str) -> None:
    words = [word.replace("CLOSED", str(closed)) for word in asked]
    off = {"FL_PLANNER_NO_SETTINGS": "1"}
    ran = real(*words, cwd=closed.parent, env=off, start=("-c", UNPRIVILEGED))
    require_words(ran, "")


@pytest.mark.slow
def test_settings_without_access_or_a_folder_to_be_in(closed: Path, tmp_path: Path) -> None:
    on = {"FL_PLANNER_NO_SETTINGS": "0", "XDG_CONFIG_HOME": str(closed)}
    ran = real("settings", cwd=tmp_path, env=on, start=("-c", UNPRIVILEGED))
    require_words(ran, "fl-planner.toml: its folder cannot be accessed: Permission denied")
    gone = tmp_path / "gone"
    gone.mkdir()
    leave = f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r})\n"
    start = ("-c", f"{leave}from fl_planner.cli import main; main()")
    assert (
        real("settings", cwd=tmp_path, env={**on, "XDG_CONFIG_HOME": ""}, start=start).status == 0
    )
    (tmp_path / "fl-planner.toml").symlink_to("nowhere")
    ran = real("settings", cwd=tmp_path, env={**on, "XDG_CONFIG_HOME": ""})
    require_words(ran, "fl-planner.toml: no such file")


def test_a_list_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(BytesIO):
        def write(self, _: object) -> int:
            raise OSError(ENOSPC, "No space left on device")

        flush = close = lambda self: self.write(b"")

    monkeypatch.setattr(screen, "TemporaryFile", Full)
    with refuses("output.temporary"), Spool() as texts:
        texts.add("of a patient")
    with refuses("output.temporary"), Spool() as texts:
        list(texts)


def test_what_was_fetched_and_does_not_fit_is_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one case: neither its file nor its address is at fault."""

    def fill(*_: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(fetch, "copy_bounded", fill)
    address = {"liver.nii.gz": f"file://{place}/liver.nii.gz"}
    with refuses("output.temporary"), fetch.fetching(address, 1):
        pass


def test_nothing_is_put_aside_into_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing else takes a file, Python takes the folder where the program stands."""
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with refuses("output.temporary"), temporary_folder():
        pass
    assert seen(tmp_path) == []
