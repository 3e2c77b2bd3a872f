"""Names of files that no program likes, and terminals that know few signs."""

import json
import os
import unicodedata
from pathlib import Path

import pytest

from tests.cases import each_case, of_many
from tests.cli.outside import SMALL, Ran, ask, case_toml, real, refused, told

NAMES = [
    "with space.nii",
    " leading and trailing .nii ",
    "new\nline.nii",
    "carriage\rreturn.nii",
    "tab\tulator.nii",
    "escape\x1b[31mred.nii",
    "bell\x07.nii",
    "\"quotes\" and 'others'.nii",
    "%s %d %{} {0} {name} $HOME `id` $(id).nii",
    "back\\slash\\n.nii",
    "[bold]markup :smile: [red].nii",
    unicodedata.normalize("NFC", "Läsión é.nii"),
    unicodedata.normalize("NFD", "Läsión é.nii"),
    "肝臓.nii",
    "🫀.nii",
    "\u202eiin.revil",
    "zero\u200bwidth\u2028.nii",
    "<b>&amp;;--drop.nii",
    "=cmd|' C calc'!A0.nii",
    "--flr",
    "-v",
    "-",
]
IDS = [ascii(name) for name in NAMES]


@pytest.mark.parametrize("name", NAMES, ids=IDS)
def test_a_name_comes_back_as_it_is(name: str, tmp_path: Path) -> None:
    path = SMALL.file(tmp_path / name, SMALL.mask(0, 8000))
    record = told("volume", "--liver", path)
    assert record["inputs"][0]["file"] == name
    assert record["voxels"]["liver"] == 8000


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES, ids=IDS)
def test_a_terminal_shows_a_name_and_does_not_obey_it(name: str, tmp_path: Path) -> None:
    """A share of 5 % is told with the file's name."""
    liver = SMALL.file(tmp_path / "liver.nii", SMALL.mask(0, 8000))
    path = SMALL.file(tmp_path / name, SMALL.mask(0, 400))
    ran = ask("volume", "--liver", liver, "--flr", path, "--no-tumour")
    assert ran.status == 0
    assert set(filter(lambda char: not char.isprintable(), ran.out)) == {"\n"}
    assert "is implausibly small" in " ".join(ran.out.split())
    if name.isprintable():
        assert name.strip() in ran.out
    lines = len(ask("volume", "--liver", liver, "--flr", liver, "--no-tumour").out.splitlines())
    assert abs(len(ran.out.splitlines()) - lines) <= 2  # a name makes no line of its own


@pytest.mark.parametrize("name", NAMES, ids=IDS)
def test_a_refusal_names_the_file_and_stays_one_object(name: str, tmp_path: Path) -> None:
    refusal = refused("volume", "--liver", tmp_path / name)
    assert (refusal["code"], refusal["file"]) == ("file.missing", name)
    ran = ask("volume", "--liver", tmp_path / name)
    assert ran.status == 2
    assert set(filter(lambda char: not char.isprintable(), ran.err)) == {"\n"}
    assert ran.err.count("\n") <= 2


def test_a_leading_dash_of_a_case_file_and_of_a_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    SMALL.file(Path("-liver.nii"), SMALL.mask(0, 8000))
    case_toml(Path(), '[masks]\nliver = "-liver.nii"\n', "-case.toml")
    assert told("volume", "--liver", "-liver.nii")["inputs"][0]["file"] == "-liver.nii"
    assert told("volume", "--json", "--", "-case.toml")["inputs"][0]["file"] == "-case.toml"
    assert refused("volume", "-case.toml")["code"] == "usage.wrong"
    ran = ask("volume", "--", "--json")
    assert (ran.status, ran.out, ran.err) == (
        2,
        "",
        "refused: --json: no such file; check the path\n",
    )


def test_composed_and_decomposed_names_are_two_files(tmp_path: Path) -> None:
    composed, decomposed = (unicodedata.normalize(form, "Lösung.nii") for form in ("NFC", "NFD"))
    SMALL.file(tmp_path / composed, SMALL.mask(0, 8000))
    SMALL.file(tmp_path / decomposed, SMALL.mask(0, 4000))
    voxels = [told("volume", "--liver", tmp_path / name)["voxels"]["liver"]
              for name in (composed, decomposed)]  # fmt: skip
    assert voxels == [8000, 4000]


def test_names_in_a_case_file(tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        SMALL.file(tmp_path / name, SMALL.mask(0, 8000))
        text = f"[masks]\nliver = {json.dumps(name, ensure_ascii=True)}\n"
        if name.isascii():  # TOML writes its escapes as JSON does, but for surrogate pairs
            path = case_toml(tmp_path, text, f"{number}.toml")
            assert told("volume", path)["inputs"][1]["file"] == name


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX alone")
def test_a_name_that_is_no_utf_8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/liver\xff\xe9.nii"))
    SMALL.file(path, SMALL.mask(0, 8000))
    flr = SMALL.file(Path(os.fsdecode(os.fsencode(tmp_path) + b"/flr\xff.nii")), SMALL.mask(0, 40))
    ran = real("volume", "--liver", path, "--flr", flr, "--json", cwd=tmp_path)
    assert (ran.status, ran.err) == (0, "")
    assert ran.record["inputs"][0]["file"] == path.name  # by JSON's escape of a lone surrogate
    ran = real("volume", "--liver", path, "--flr", flr, cwd=tmp_path)
    assert (ran.status, ran.err) == (0, "")
    assert r"flr\udcff.nii" in ran.out
    ran = real("volume", "--liver", path.with_suffix(".none"), cwd=tmp_path)
    assert ran.status == 2
    assert r"liver\udcff\udce9.none" in ran.err


@pytest.fixture
def named(tmp_path: Path) -> list[str]:
    """Give the options of a case whose names and words need more than ASCII."""
    flr = SMALL.file(tmp_path / "Rest 肝.nii", SMALL.mask(0, 400))
    return [*SMALL.write(tmp_path, tumour=(7600, 8000)), "--flr", str(flr), "--flr-function", "2.9",
            "--diagnosis", "crlm"]  # fmt: skip


ASCII = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}


@pytest.mark.slow
def test_json_is_utf_8_whatever_the_terminal_knows(named: list[str], tmp_path: Path) -> None:
    narrow = real("plan", *named, "--json", cwd=tmp_path, env=ASCII)
    assert (narrow.status, narrow.err) == (0, "")
    assert narrow.stdout == ask("plan", *named, "--json").stdout
    assert "%/min/m²" in narrow.out


@pytest.mark.slow
def test_a_sign_that_the_terminal_lacks_is_no_defect(named: list[str], tmp_path: Path) -> None:
    def narrow(*args: str) -> Ran:
        return real(*args, cwd=tmp_path, env=ASCII)

    ran = narrow("plan", *named)
    assert (ran.status, ran.err) == (0, "")
    assert "%/min/m2 " in ran.out
    ran = narrow("plan", "--liver", str(tmp_path / "肝.nii"))
    assert ran.status == 2
    assert r"\u809d.nii: no such file" in ran.err


# beyond Latin-1, read from right to left, with an accent of its own, and no letter at all
FAR = f"Płaszcz_病例_مريض_חולה_{unicodedata.normalize('NFD', 'é')}_🫀"
LOCALES = {
    "ASCII": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ASCII stderr": {"PYTHONIOENCODING": "ascii"},
    "Windows": {"PYTHONIOENCODING": "cp1252"},
    "Latin-1": {"PYTHONIOENCODING": "latin-1"},
}


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """Write a case of which every name needs more than Latin-1."""
    folder = tmp_path / f"folder {FAR}"
    folder.mkdir()
    SMALL.file(folder / f"wątroba_{FAR}.nii", SMALL.mask(0, 8000))
    SMALL.file(folder / f"reszta_{FAR}.nii", SMALL.mask(0, 2400))
    text = f'id = "{FAR}"\n[masks]\nliver = "wątroba_{FAR}.nii"\nflr = "reszta_{FAR}.nii"\n'
    plan = f'no_tumour = true\n[[plan]]\nname = "plan {FAR}"\n'
    return case_toml(folder, text + plan, f"{FAR}.toml")


@pytest.mark.slow
@each_case("env", of_many(["ASCII"], LOCALES))
def test_a_case_of_far_names_is_the_same_in_every_locale(env: dict[str, str], far: Path) -> None:
    ran = real("plan", far.name, "--json", cwd=far.parent, env=env)
    assert (ran.status, ran.err) == (0, "")
    assert ran.stdout == ask("plan", far, "--json").stdout
    assert (ran.record["case"]["id"], ran.record["case"]["plan"]["name"]) == (FAR, f"plan {FAR}")


@pytest.mark.slow
@pytest.mark.parametrize("locale", LOCALES)
def test_far_names_are_shown_refused_and_written_in_every_locale(locale: str, far: Path) -> None:
    env = LOCALES[locale]
    codec = env.get("PYTHONIOENCODING", "ascii")
    shown = real("plan", far.name, cwd=far.parent, env=env).stdout
    assert FAR.encode(codec, "backslashreplace") in b"".join(shown.split(b"\n"))
    lost = real("volume", "--liver", f"nie ma {FAR}.nii", cwd=far.parent, env=env)
    assert lost.status == 2
    named = f"nie ma {FAR}.nii".encode(codec, "backslashreplace")
    assert named in b" ".join(lost.stderr.split())
    kept = real("new-case", f"{FAR}_2.toml", "--no-ask", cwd=far.parent, env=env)
    assert kept.status == 0
    assert far.with_name(f"{FAR}_2.toml").exists()


def test_a_name_that_an_output_cannot_hold_is_refused(tmp_path: Path) -> None:
    out = tmp_path / os.fsdecode(b"centre\xff.toml")
    words = ("--name", "Site", "--as-of", "2026-11-20", "--no-ask")
    refusal = refused("new-centre", "--out", out, *words)
    assert (refusal["code"], refusal["file"]) == ("usage.not_text", "centre\\udcff.toml")
    assert not out.exists()


@each_case(
    "given",
    [
        ("volume", "--liver"),
        ("plan",),
        ("check",),
        ("plan", "--centre"),
        ("trials", "judge"),
        ("verify",),
    ],
)
def test_the_folders_of_a_windows_path_are_not_shown(given: tuple[str, ...]) -> None:
    for folder in ("C:\\Users\\Jane Doe\\", "\\\\server\\Jane Doe\\"):
        ran = ask(*given, f"{folder}file.toml", "--json")
        assert (ran.status, ran.record["refusal"]["file"]) == (2, "file.toml")
        assert "Jane" not in ran.out + ran.err
