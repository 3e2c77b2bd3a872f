"""Same files, options and version: the same bytes, wherever and whenever (safety.md 4)."""

import getpass
import json
import re
import socket
import struct
import tempfile
from pathlib import Path

import pytest

from tests.cli.outside import SMALL, ask, case_toml, real

CASE = """
id = "case-001"
label = "Bed 12"
diagnosis = "crlm"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
treated = "treated.nii"
labelmap = "segments.nii"
exclude = { cyst = "cyst.nii", scar = "scar.nii" }
[[plan]]
name = "left hepatectomy"
remnant_segments = [1, 2, 3]
[imaging]
ct = "liver.nii"
date = 2026-05-04
reader = "R1"
status = "verified"
[facts]
flr_function = { value = 2.69, unit = "%/min/m2" }
largest_lesion = { value = 2.6, unit = "cm" }
ecog = 1
sex = "female"
[[accepted]]
code = "flr.lesions_stay"
by = "R1"
why = "to be ablated"
"""


def fill(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"flr": (0, 2400), "tumour": (2390, 2600), "treated": (4000, 8000)}
    SMALL.write(folder, **parts, cyst=(100, 120), scar=(300, 340))
    SMALL.file(folder / "segments.nii", SMALL.segments())
    return case_toml(folder, CASE)


ELSEWHERE = {
    "LC_ALL": "C",
    "LANGUAGE": "de",
    "TZ": "Pacific/Kiritimati",
    "HOME": "/nonexistent",
    "USER": "somebody",
    "LOGNAME": "somebody",
    "PYTHONHASHSEED": "random",
    "COLUMNS": "200",
    "FORCE_COLOR": "1",
    "SOURCE_DATE_EPOCH": "1",
    "MPLCONFIGDIR": "/nonexistent/too",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "profile", [pytest.param("shareable", marks=pytest.mark.essential), "clinical"]
)
def test_json_is_the_same_in_another_place_time_and_name(profile: str, tmp_path: Path) -> None:
    """In this process; then in two of their own, elsewhere, each with its own hash seed."""
    options = ["--as-of", "2026-05-20", "--profile", profile, "--json"]
    here = ask("plan", fill(tmp_path / "here"), *options)
    assert here.status == 0
    there = fill(tmp_path / "over there" / "ß")
    for number in range(2 if profile == "shareable" else 1):
        ran = real("plan", there.name, *options, cwd=there.parent,
                   env={**ELSEWHERE, "PYTHONHASHSEED": str(number)})  # fmt: skip
        assert (ran.status, ran.err) == (0, "")
        assert ran.stdout == here.stdout
    assert re.search(r"findings", here.out)


@pytest.mark.slow
def test_table_and_picture_are_the_same_too(tmp_path: Path) -> None:
    case = fill(tmp_path / "here")
    here = ask("plan", case, "-v", "--quiet", "--picture", tmp_path / "one.png")
    ran = real("plan", case, "-v", "--quiet", "--picture", "two.png", cwd=tmp_path,
               env={**ELSEWHERE, "FORCE_COLOR": "", "COLUMNS": ""})  # fmt: skip
    assert (here.status, ran.status, here.err, ran.err) == (0, 0, "", "")
    assert ran.stdout == here.stdout
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.essential
@pytest.mark.slow
def test_a_refusal_is_the_same_too(tmp_path: Path) -> None:
    here = ask("plan", case_toml(tmp_path, '[masks]\nlivr = "a"\nflt = 3\n'), "--json")
    (tmp_path / "else").mkdir()
    there = case_toml(tmp_path / "else", '[masks]\nlivr = "a"\nflt = 3\n')
    ran = real("plan", there, "--json", cwd=tmp_path, env=ELSEWHERE)
    assert (ran.status, ran.stdout) == (2, here.stdout)


def test_the_order_of_options_is_no_part_of_the_answer(tmp_path: Path) -> None:
    masks = SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    pairs = [masks[n : n + 2] for n in range(0, len(masks), 2)]
    turned = [arg for pair in reversed(pairs) for arg in pair]
    assert ask("plan", *masks, "--json").stdout == ask("plan", *turned, "--json").stdout


@pytest.mark.essential
@pytest.mark.slow
def test_no_output_holds_a_path_a_user_a_host_or_a_clock(tmp_path: Path) -> None:
    case = fill(tmp_path / "secret_folder")
    outputs = [
        *(ask("plan", case, *form, "--picture", tmp_path / f"{n}.png")
          for n, form in enumerate([["--json"], ["-v"]])),
        ask("plan", tmp_path / "secret_folder" / "none.toml"),
        ask("plan", tmp_path / "secret_folder" / "none.toml", "--json"),
        ask("volume", "--liver", tmp_path / "secret_folder"),
        ask("plan", case, "--picture", tmp_path / "secret_folder"),
        ask("plan", case, "--picture", tmp_path / "secret_folder" / "none" / "a.png"),
    ]  # fmt: skip
    streams = [stream for ran in outputs for stream in (ran.stdout, ran.stderr)]
    # the folder that was given where a file is wanted is a name, and may be told
    hidden = [str(tmp_path), "secret_folder/", tempfile.gettempdir(), str(Path.home()),
              f"{getpass.getuser()}@"]  # fmt: skip
    pictures = [without_pixels((tmp_path / f"{n}.png").read_bytes()) for n in range(2)]
    for content in (*streams, *pictures):
        for word in hidden:
            assert word.encode() not in content, word
        assert not re.search(rb"\b%s\b" % re.escape(socket.gethostname().encode()), content)
        assert not re.search(rb"\b\d\d:\d\d:\d\d\b", content)


def without_pixels(png: bytes) -> bytes:
    """Give all chunks of a PNG but those of its pixels, which may spell anything."""
    at, kept = 8, b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        kept += kind + (b"" if kind == b"IDAT" else content)
        at += length + 12
    assert kept.startswith(b"IHDR")
    assert kept.endswith(b"IEND")
    return kept


def test_json_has_sorted_keys_utf_8_and_unix_lines(tmp_path: Path) -> None:
    ran = ask("plan", fill(tmp_path / "here"), "--json")
    assert b"\r" not in ran.stdout
    assert ran.stdout.endswith(b"}\n")
    again = json.dumps(ran.record, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    assert ran.out == f"{again}\n"
