"""No output is an input and none another output: every command, every pair, `--force` or not."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click
import pytest

import fl_planner
from fl_planner.basis.findings import InputRefused
from fl_planner.cli import planner
from fl_planner.workup.exports import TableBook
from tests.cli.outside import BUNDLED, SMALL, ask, case_toml
from tests.refusals import refuses
from tests.workup.test_own_trials import TRIAL

# options and arguments that name what is read, of any command
READ = {
    "--trials", "--from", "--to-mask", "--from-mask", "files", "sources", "--centre", "file",
    "--like", "--ct", "case_file", "case_files", "cases", "--liver", "--flr", "--resected",
    "--tumour", "--treated", "--exclude", "--vessel", "--labelmap", "--facts", "--dynamic",
    "--region-liver", "--region-heart", "--region-field", "--curves", "--spect", "--spleen",
    "--answers", "--second-reader", "--earlier", "listed", "--outcomes", "beside", "output",
    "--archives", "--routing", "routing", "folder", "--replaces", "--replacement", "--plan",
    "--fhir-map", "--cases", "--before",
    "--columns",
}  # fmt: skip
READ_OF_CARRY = {("carry", "--to")}
FILES = {  # options that write a file, with an ending that it can have
    "--xlsx": "xlsx", "--lesions-csv": "csv", "--resections-csv": "csv", "--picture": "png",
    "--fhir": "json", "--log": "sqlite", "--to": "nii.gz",
}  # fmt: skip
CASE = ("case.toml", "liver.nii.gz", "tumour.nii.gz", "flr.nii.gz", "segments.nii.gz", "ct.nii.gz")


@dataclass(frozen=True)
class Line:
    """A command line: what it reads (a folder ends in /), and how each output is named."""

    args: tuple[str, ...]
    inputs: tuple[str, ...]
    files: tuple[tuple[str, str], ...] = ()  # option and ending
    folders: tuple[str, ...] = ()  # options
    forced: bool = True


RULES = ("--centre", "centre.toml", "--trials", "own")
OF_RULES = ("centre.toml", "own/")
TABLES = tuple((name, FILES[name]) for name in ("--xlsx", "--lesions-csv", "--resections-csv"))
LINES = {
    "plan": Line(
        ("plan", "case.toml", *RULES, "--facts", "facts.json"),
        (*CASE, "curves.csv", *OF_RULES, "facts.json"),
        (*TABLES, ("--picture", "png"), ("--fhir", "json"), ("--log", "sqlite")),
    ),
    "plan dicom": Line(
        ("plan", "case.toml", "--ct", "slices"), (*CASE, "slices/"), (), ("--dicom",)
    ),
    "plan many": Line(
        ("plan", "other/case.toml", "case.toml", "--csv"), CASE, (*TABLES, ("--log", "sqlite"))
    ),
    "resections": Line(("resections", "case.toml"), CASE, (("--xlsx", "xlsx"),)),
    "function": Line(("function", "case.toml"), (*CASE, "curves.csv"), (("--picture", "png"),)),
    "growth": Line(
        ("growth", "case.toml", "other/case.toml"),
        (*CASE, "other/flr.nii.gz"),
        (("--xlsx", "xlsx"), ("--picture", "png")),
    ),
    "convert": Line(
        ("convert", "flr.nii.gz", "--like", "ct.nii.gz"),
        ("flr.nii.gz", "ct.nii.gz"),
        (("--to", "nii.gz"), ("--to", "nrrd")),
    ),
    "convert slices": Line(("convert", "slices"), ("slices/",), (("--to", "nii.gz"),)),
    "report": Line(("report", "case.toml", *RULES), (*CASE, *OF_RULES), (("--out", "html"),)),
    "pictures": Line(("pictures", "case.toml"), CASE, (), ("--out",)),
    "spect-shift": Line(("spect-shift", "case.toml"), CASE, (), ("--out",)),
    "carry": Line(
        ("carry", "--from", "case.toml", "--to", "other/case.toml"),
        (*CASE, "other/liver.nii.gz"),
        (),
        ("--out",),
    ),
    "agree": Line(
        ("agree", "R1", "R2", "--no-tumour", "--trials", "own"),
        ("R1/", "R2/", "own/", "R1/a/flr.nii.gz"),
        (("--picture", "png"), ("--xlsx", "xlsx")),
        ("--out",),
    ),
    "screen": Line(
        ("screen", "list.csv", *RULES, "--outcomes", "log.sqlite"),
        ("list.csv", *OF_RULES, "log.sqlite"),
        (("--xlsx", "xlsx"),),
    ),
    "screen folder": Line(("screen", "bundles"), ("bundles/",), (("--xlsx", "xlsx"),)),
    "log": Line(("log", "log.sqlite"), ("log.sqlite",), (("--xlsx", "xlsx"),)),
    "trials judge": Line(
        ("trials", "judge", "facts.json", *RULES),
        ("facts.json", *OF_RULES),
        (("--log", "sqlite"),),
        forced=False,
    ),
    "new-centre": Line(
        ("new-centre", "--name", "S", "--as-of", "2026-01-01", "--trials", "own"),
        ("own/",),
        (("--out", "toml"),),
    ),
    "new-case": Line(
        ("new-case", "--liver", "liver.nii.gz", "--centre", "centre.toml"),
        ("liver.nii.gz", "centre.toml"),
        (("", "toml"),),
    ),
    "validate": Line(("validate", "crlm", "sets"), ("sets/",), (), ("--out",), forced=False),
    "dossier": Line(
        ("dossier", "--cases", "cases.csv", "--before", "before.json"),
        ("cases.csv", "before.json", "case.toml"),
        (),
        ("--out",),
    ),
    "cohort": Line(("cohort", "bundles"), ("bundles/",), (), ("--out",), forced=False),
    "cohort workbook": Line(
        ("cohort", "case.toml", "--out", "night", "--trials", "own"),
        ("case.toml", "own/"),
        (("--xlsx", "xlsx"),),
    ),
}
# of a refusal: by the rule, or because it is no log, or one of two scans has no date
SAID = ("an input", "not a screening log", "the scan has no date")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with an input of every kind, and work in it."""
    place = tmp_path / "world"
    shutil.copytree(BUNDLED / "crlm", place)
    monkeypatch.chdir(place)
    text = Path("case.toml").read_text("utf-8")
    shutil.copytree(place, place / "other", ignore=shutil.ignore_patterns("other"))
    Path("other", "case.toml").write_text(text.replace('id = "', 'id = "again-'), "utf-8")
    Path("case.toml").write_text(f'{text}\n[function]\ncurves = "curves.csv"\n', "utf-8")
    Path("curves.csv").write_text("time_s,liver_counts,heart_counts,field_counts\n0,1,2,3\n")
    Path("facts.json").write_text('{"ecog": 1}')
    Path("cases.csv").write_text("case,flr_ml,tolerance_ml\ncase.toml,400,5\n")
    Path("before.json").write_text("{}")
    Path("centre.toml").write_text('schema = 1\nname = "S"\nas_of = 2026-01-01\n')
    Path("list.csv").write_text("id,ecog\np1,1\n")
    for folder in ("own", "slices", "bundles", "R1/a", "R2/a", "sets/CRLM-CT-1001"):
        Path(folder).mkdir(parents=True)
    Path("own", "harbour.toml").write_text(TRIAL, "utf-8")
    Path("slices", "1.dcm").write_bytes(b"no slice")
    Path("bundles", "facts.json").write_text("{}")
    shutil.copy("liver.nii.gz", "sets/CRLM-CT-1001/liver.nii.gz")
    for reader in ("R1", "R2"):
        for name in ("liver.nii.gz", "flr.nii.gz"):
            shutil.copy(name, Path(reader, "a", name))
    assert ask("trials", "judge", "facts.json", "--log", "log.sqlite").status == 0
    return place


def look(place: Path) -> dict[str, bytes | None]:
    """Read all that lies in a folder."""
    return {
        str(one.relative_to(place)): one.read_bytes() if one.is_file() else None
        for one in sorted(place.rglob("*"))
    }


def each_output(line: Line, world: Path, given: str) -> Iterator[tuple[list[str], bool]]:
    """Name outputs where an input lies: of a file by a hard link with the ending that it needs."""
    path = Path(given)
    for option, ending in line.files:
        name = [option] if option else []
        if given.endswith("/"):
            yield [*name, f"{given}new.{ending}"], True
            continue
        if given.endswith(f".{ending}"):
            yield [*name, str(path.parent / "." / path.name)], True
        link = world.parent / f"link-{path.name}.{ending}"
        link.unlink(missing_ok=True)
        link.hardlink_to(path)
        yield [*name, str(link)], True
        soft = world.parent / f"soft-{path.name}.{ending}"
        soft.unlink(missing_ok=True)
        soft.symlink_to(path.absolute())
        yield [*name, str(soft)], True
    for option in line.folders:
        yield [option, given.rstrip("/")], False  # the file, or the folder itself
        yield [option, str(path.parent)], False
        if given.endswith("/"):
            yield [option, f"{given}new"], True


def find_lost(line: Line, world: Path) -> Iterator[str]:
    """List the pairs that were not refused, or left anything else than before."""
    for given in line.inputs:
        for output, firm in each_output(line, world, given):
            for force in ((), ("--force",)) if line.forced else ((),):
                before = look(world)
                words = (*line.args, *output, *force)
                if line.args[0] in ("new-case",):  # its output is an argument
                    words = ("new-case", *output, *line.args[1:], *force)
                ran = ask(*words)
                called = f"{' '.join(words)}: {ran.status} {ran.out[:300]} {ran.err[:300]}"
                words_said = " ".join(ran.err.split())
                told = not (firm and force) or any(one in words_said for one in SAID)
                if ran.status != 2 or look(world) != before or not told:
                    yield called


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param("plan", marks=pytest.mark.essential), *(one for one in LINES if one != "plan")],
)
def test_no_output_replaces_or_joins_an_input(world: Path, name: str) -> None:
    lost = [*find_lost(LINES[name], world)]
    assert not lost, "\n".join(lost[:5])


@pytest.mark.slow
def test_no_output_is_another_output(world: Path) -> None:
    """Of each command with several: two of one name, in one spelling or in two."""
    for name, line in LINES.items():
        options = [(one, ending) for one, ending in line.files if one]
        for number, (first, ending) in enumerate(options):
            for second, _ in options[number + 1 :]:
                if first == second:
                    continue
                for spelling in ("New", "new"):
                    for force in ((), ("--force",)) if line.forced else ((),):
                        before = look(world)
                        words = [*line.args, first, f"new.{ending}", second, f"{spelling}.{ending}"]
                        ran = ask(*words, *force)
                        assert (ran.status, look(world)) == (2, before), (name, words)


def list_commands(
    command: click.Command, *names: str
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Walk all commands, those of groups too."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from list_commands(inner, *names, name)
    else:
        yield names, command


def test_every_option_that_names_a_file_is_read_or_walked() -> None:
    """A new option is put into one of the lists above, and a command that writes into LINES."""
    walked = {
        (line.args[0], option)
        for line in LINES.values()
        for option in (*(one for one, _ in line.files), *line.folders)
    }
    for names, command in list_commands(planner):
        for one in command.params:
            is_path = isinstance(one.type, click.Path) or "=FILE" in (one.metavar or "")
            if not is_path:
                continue
            option = one.opts[0] if isinstance(one, click.Option) else str(one.name)
            read = option in READ or (names[0], option) in READ_OF_CARRY
            own = (names[0], option) in {
                *(("new-case", "out"), ("outcome", "log")),
                *(("archive", "--out"), ("listen", "--store"), ("watch", "--store")),
                *(("segment", "ct"), ("segment", "--out"), ("segment", "--engine-log")),
                ("hooks", "--feedback"),  # lines are added, to such a log only
                *(("plan", "--masks-out"), ("plan", "--engine-log")),
                ("cohort merge", "--xlsx"),  # reads no workbook
            }
            assert read or own or (names[0], option) in walked, (names, option)


def test_the_log_of_an_outcome_is_in_no_input(world: Path) -> None:
    shutil.copy("log.sqlite", "own/log.sqlite")
    before = look(world)
    ran = ask("outcome", "own/log.sqlite", "p", "NCT05428735", "approached", "--trials", "own")
    assert (ran.status, look(world)) == (2, before)
    assert "is an input" in ran.err


@pytest.mark.slow
def test_stdout_into_an_input_is_refused(world: Path) -> None:
    with Path("facts.json").open("ab") as file:
        ran = subprocess.run(
            [sys.executable, "-m", "fl_planner", "trials", "judge", "facts.json", "--json"],
            stdout=file,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert ran.returncode == 2


def test_python_holds_the_rule(world: Path) -> None:
    before = look(world)
    Path("../link.nii.gz").symlink_to(world / "flr.nii.gz")
    with refuses("convert.same_file"):
        fl_planner.convert("flr.nii.gz", "./other/../flr.nii.gz", force=True)
    with refuses("convert.same_file"):
        fl_planner.convert("flr.nii.gz", "../link.nii.gz", force=True)
    with refuses("output.is_input"):
        fl_planner.agree("R1", "R2", no_tumour=True, out="R1", force=True)
    with refuses("output.is_input"):
        fl_planner.agree("R1", "R2", no_tumour=True, out="R1/new")
    assert look(world) == before
    Path("flr.nii.gz").unlink()  # a later run is another one
    fl_planner.convert("liver.nii.gz", "flr.nii.gz")


# ---- outputs are written together or not at all


FULL = InputRefused("output.unwritable", "last", "the disk is full", "free up space")


def refuse(*_: object) -> None:
    """Refuse the last output of a command."""
    raise FULL


def write_scans(folder: Path) -> list[Path]:
    """Write the case files of two scans."""
    cases = []
    for day, voxels in ((1, 2400), (21, 2600)):
        place = folder / f"day{day}"
        place.mkdir()
        replace(SMALL, foot_mm=30.0 + day).write(place, flr=(0, voxels))
        masks = f'liver = "day{day}/liver.nii"\nflr = "day{day}/flr.nii"\nno_tumour = true\n'
        text = f'id = "a"\n[masks]\n{masks}[imaging]\ndate = 2026-03-{day:02}\n'
        cases.append(case_toml(folder, text, f"day{day}.toml"))
    return cases


@pytest.mark.slow
def test_a_plan_that_cannot_be_logged_is_not_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fl_planner.cli.plan.keep", refuse)
    (case, _), fhir = write_scans(tmp_path), tmp_path / "plan.json"
    fhir.write_text("old")
    outputs = ("--fhir", fhir, "--log", tmp_path / "log.sqlite")
    ran = ask("plan", case, *outputs, "--force")
    assert (ran.status, ran.err) == (2, f"refused: {FULL}\n")
    assert fhir.read_text() == "old"


@pytest.mark.slow
def test_tables_of_several_cases_are_written_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fl_planner.workup.exports.TableFiles._write", _write_one)
    cases = write_scans(tmp_path)
    outputs = ("--xlsx", tmp_path / "t.xlsx", "--lesions-csv", tmp_path / "t.csv")
    ran = ask("plan", *cases, *outputs)
    assert (ran.status, ran.err) == (2, f"refused: {FULL}\n")
    assert not [*tmp_path.glob("t.*")]


def _write_one(_: object, name: str, *__: object) -> bytes:
    if name == "lesions":
        raise FULL
    return b"whole"


@pytest.mark.slow
def test_a_picture_of_growth_is_not_left_without_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TableBook, "write", refuse)
    cases, picture = write_scans(tmp_path), tmp_path / "growth.svg"
    picture.write_text("old")
    outputs = ("--picture", picture, "--xlsx", tmp_path / "growth.xlsx")
    ran = ask("growth", *cases, *outputs, "--force")
    assert (ran.status, ran.err) == (2, f"refused: {FULL}\n")
    assert picture.read_text() == "old"


@pytest.mark.slow
def test_a_consensus_of_readers_is_not_left_without_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TableBook, "write", refuse)
    for reader in ("r1", "r2"):
        (tmp_path / reader / "a").mkdir(parents=True)
        SMALL.write(tmp_path / reader / "a")
    readers = [f"{name}={tmp_path / name}" for name in ("r1", "r2")]
    outputs = ("--out", tmp_path / "consensus", "--xlsx", tmp_path / "agree.xlsx")
    ran = ask("agree", *readers, *outputs)
    assert (ran.status, ran.err) == (2, f"refused: {FULL}\n")
    assert not (tmp_path / "consensus").exists()
