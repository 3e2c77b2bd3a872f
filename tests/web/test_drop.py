"""Files that are dropped: told, given roles by a person, and planned as the command line does."""

import gzip
import io
import json
import shutil
import stat
import time
import zipfile
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

import fl_planner
from fl_planner.basis.findings import InputRefused
from fl_planner.web import form
from fl_planner.web.dossier.roles import suggest_roles
from fl_planner.web.limits import LIMITS
from fl_planner.web.server import locate_case
from fl_planner.workup.files.check import describe_files
from tests.cases import each_case
from tests.cli.outside import ask
from tests.niftis import nifti, sform, write
from tests.web.served import CRLM, Browser, Server, serving

pytestmark = pytest.mark.slow

LATTICE = [[4.0, 0, 0, 0], [0, 4.0, 0, 0], [0, 0, 4.0, 0]]
REGION = np.pad(np.ones((3, 3, 1), np.uint8), ((1, 1), (1, 1), (0, 0)))
MASKS = ("liver.nii.gz", "tumour.nii.gz", "flr.nii.gz")
ROLES = {"liver.nii.gz": "liver", "tumour.nii.gz": "tumour", "flr.nii.gz": "flr", "ct.nii.gz": "ct"}


def files(*names: str) -> list[tuple[str, bytes]]:
    return [(name, (CRLM.parent / name).read_bytes()) for name in names]


def put(folder: Path, *names: str) -> None:
    """Write these files for the command line, too."""
    for name, content in files(*names):
        (folder / name).write_bytes(content)


def drop(browser: Browser, dropped: list[tuple[str, bytes]], folder: str = "") -> str:
    case: str = browser.post("/cases").json()["id"]
    told = browser.post(f"/cases/{case}/files", {"folder": folder} if folder else {}, dropped)
    assert told.status == 200, told.body
    return case


def check(browser: Browser, case: str) -> Any:
    assert browser.post(f"/cases/{case}/check").status == 202
    assert browser.wait(case)["state"] == "checked"
    return browser.get(f"/cases/{case}/check").json()


def plan_case_file(browser: Browser, case: str) -> dict[str, Any]:
    """Plan the case file that was dropped."""
    assert browser.post(f"/cases/{case}/plan", {"case_file": "case.toml"}).status == 202
    return browser.wait(case)


def plan(browser: Browser, case: str, **answers: Any) -> dict[str, Any]:
    told = {"roles": [{"file": file, "role": role} for file, role in ROLES.items()], **answers}
    if "roles" in answers:
        told["roles"] = [{"file": file, "role": role} for file, role in answers["roles"]]
    assert browser.post(f"/cases/{case}/plan", {"answers": json.dumps(told)}).status == 202
    return browser.wait(case)


@pytest.mark.essential
def test_page_command_line_and_python_give_the_same_bytes(browser: Browser, tmp_path: Path) -> None:
    case = drop(browser, files(*ROLES))
    check(browser, case)
    facts = {"chemo_damage": "no", "cirrhosis": "no", "liver_disease": ""}
    assert plan(browser, case, diagnosis="crlm", id="dropped", facts=facts)["state"] == "ready"
    ours = browser.get(f"/cases/{case}/files/plan.json").body
    put(tmp_path, *ROLES)
    written = tmp_path / "case.toml"
    written.write_bytes(browser.get(f"/cases/{case}/files/case.toml").body)
    assert ours == ask("plan", str(written), "--json").stdout
    assert ours == (fl_planner.plan(written).as_json() + "\n").encode()
    images = [f"--{role}={tmp_path / name}" for name, role in ROLES.items()]
    options = ("--diagnosis=crlm", "--chemo-damage=no", "--cirrhosis=no")
    typed, shown = ask("plan", *images, *options, "--json").record, json.loads(ours)
    for key in ("volumes_ml", "voxels", "ratios", "thresholds", "pathway", "trials", "route"):
        assert shown[key] == typed[key], key
    rows = browser.get(f"/cases/{case}/files/plan.csv").body
    assert rows == ask("plan", str(written), "--csv").stdout


def test_a_case_file_is_planned_with_what_was_dropped_next_to_it(browser: Browser) -> None:
    every = [one.name for one in CRLM.parent.iterdir() if one.is_file()]
    case = drop(browser, files(*every))
    assert plan_case_file(browser, case)["state"] == "ready"
    told = browser.get(f"/cases/{case}/files/plan.json").body
    assert told == ask("plan", str(CRLM), "--json").stdout


RENAMED = """schema = 1
diagnosis = "crlm"
[masks]
liver = "Leber Müller & co 🫀.nii.gz"
tumour = 'tumour (2).nii.gz'
[[plan]]
name = "flr"
flr = "reader 2/flr.nii.gz"
[second_reader]
flr = "flr.nii.gz"
"""


def test_h11_a_case_file_finds_each_file_that_is_stored_under_another_name(
    browser: Browser,
) -> None:
    """Stored names are unique and plain; each path leads to what was dropped at it."""
    (liver, tumour, flr) = (one for _, one in files("liver.nii.gz", "tumour.nii.gz", "flr.nii.gz"))
    case: Any = browser.post("/cases").json()["id"]
    named = [("Leber Müller & co 🫀.nii.gz", liver), ("tumour (2).nii.gz", tumour)]
    whole = [("case.toml", RENAMED.encode()), *named, ("flr.nii.gz", liver)]
    assert browser.post(f"/cases/{case}/files", {}, whole).status == 200
    missing = plan_case_file(browser, case)["reason"]
    assert '"reader 2/flr.nii.gz"' in missing  # as it was named
    browser.post(f"/cases/{case}/files", {"folder": "reader 2"}, [("flr.nii.gz", flr)])
    held = plan_case_file(browser, case)
    assert held["state"] == "ready", held.get("reason")
    planned = browser.get(f"/cases/{case}/files/plan.json").json()
    assert planned["voxels"]["flr"] == 349_738
    assert planned["voxels"]["liver"] == 1_218_367
    written = browser.get(f"/cases/{case}/files/case.toml").body.decode()
    assert 'liver = "Leber_Müller_co_.nii.gz"' in written
    assert 'flr = "reader_2/reader_2_flr.nii.gz"' in written
    assert 'flr = "flr.nii.gz"' in written
    assert 'name = "flr"' in written


def test_h11_files_of_one_name_in_folders_within_each_other_are_not_confused(
    browser: Browser,
) -> None:
    """The mask of an earlier reading was sent first: the case file names that of its own folder."""
    (liver, flr) = (one for _, one in files("liver.nii.gz", "flr.nii.gz"))
    masks = '[masks]\nliver = "liver.nii.gz"\nno_tumour = true\nflr = "masks/flr.nii.gz"\n'
    text = f'schema = 1\n{masks}[second_reader]\nflr = "masks/older/flr.nii.gz"\n'
    case = drop(browser, [("case.toml", text.encode()), ("liver.nii.gz", liver)])
    for folder, content in (("masks/older", liver), ("masks", flr)):
        words = {"folder": folder}
        sent = [("flr.nii.gz", content)]
        assert browser.post(f"/cases/{case}/files", words, sent).status == 200
    held = plan_case_file(browser, case)
    assert held["state"] == "ready", held.get("reason")
    planned = browser.get(f"/cases/{case}/files/plan.json").json()
    assert planned["voxels"]["flr"] == 349_738
    assert browser.post(f"/cases/{case}/check").status == 200
    told = browser.get(f"/cases/{case}/check").json()["told"]
    assert [one["file"] for one in told["files"]] == [
        "liver.nii.gz",
        "masks_flr.nii.gz",
        "flr.nii.gz",
    ]


def test_h11_two_names_that_are_stored_alike_are_not_confused(browser: Browser) -> None:
    text = 'schema = 1\n[masks]\nliver = "l_1.nii.gz"\nno_tumour = true\n'
    (small, liver) = (one for _, one in files("flr.nii.gz", "liver.nii.gz"))
    sent = [("case.toml", text.encode()), ("l 1.nii.gz", small), ("l_1.nii.gz", liver)]
    case = drop(browser, sent)
    assert plan_case_file(browser, case)["state"] == "ready"
    planned = browser.get(f"/cases/{case}/files/plan.json").json()
    assert planned["voxels"]["liver"] == 1_218_367


def test_h18_a_case_file_reaches_no_file_that_was_not_dropped(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "liver.nii.gz").write_bytes((CRLM.parent / "liver.nii.gz").read_bytes())
    for path in (str(tmp_path / "liver.nii.gz"), "../../../liver.nii.gz"):
        text = f'schema = 1\n[masks]\nliver = "{path}"\n'
        case = drop(browser, [("case.toml", text.encode())])
        held = plan_case_file(browser, case)
        assert (held["state"], held["code"]) == ("refused", "page.outside")
        assert "without its folder" in held["remedy"]  # to drop the file as well does not help


def test_each_file_is_reported_as_check_states_it(browser: Browser, tmp_path: Path) -> None:
    case = drop(browser, files(*ROLES))
    told = check(browser, case)["told"]
    paths = [str(CRLM.parent / name) for name in sorted(ROLES)]
    assert told == ask("check", *paths, "--json").record
    assert told["fits"]


def test_h13_roles_are_proposed_and_nothing_is_planned_before_they_are_confirmed(
    browser: Browser,
) -> None:
    case = drop(browser, files(*ROLES))
    proposed = check(browser, case)["proposed"]
    assert {file: one["role"] for file, one in proposed.items()} == ROLES
    assert proposed["liver.nii.gz"]["why"] == "from its name or labels"
    assert browser.get(f"/cases/{case}/scan").status == 200  # a first look, which plans nothing
    for what in ("answer", "files/plan.json"):
        assert browser.get(f"/cases/{case}/{what}").status == 404


def test_a_size_proposes_the_liver_where_no_name_does(browser: Browser) -> None:
    renamed = [("a.nii.gz", files("flr.nii.gz")[0][1]), ("b.nii.gz", files("liver.nii.gz")[0][1])]
    proposed = check(browser, drop(browser, renamed))["proposed"]
    assert proposed == {"b.nii.gz": {"role": "liver", "why": "from its size"}}


@pytest.mark.parametrize(
    "name",
    ["flr.nii.gz", "case 7 tumour.nii.gz", "spleen.nii.gz", "FLR final.nii.gz", "Restleber.nii.gz"],
)
def test_h13_no_size_proposes_a_mask_of_another_name_as_the_liver(
    browser: Browser, name: str
) -> None:
    """A remnant or spleen of more than 500 mL, dropped without a liver, is none."""
    large = files("liver.nii.gz")[0][1]  # 1560 mL
    proposed = check(browser, drop(browser, [(name, large)]))["proposed"]
    assert "liver" not in {one["role"] for one in proposed.values()}


def test_names_propose_roles_next_to_a_liver_of_another_name(browser: Browser) -> None:
    """A role that two files state is left to the user."""
    of = {name: files(name)[0][1] for name in MASKS}
    whole = ("Leber_Größe.nii.gz", of["liver.nii.gz"])
    dropped = [whole, *((name, of[name]) for name in ("flr.nii.gz", "tumour.nii.gz"))]
    proposed = check(browser, drop(browser, dropped))["proposed"]
    roles = {file: one["role"] for file, one in proposed.items()}
    assert roles == {whole[0]: "liver", "flr.nii.gz": "flr", "tumour.nii.gz": "tumour"}
    assert proposed[whole[0]]["why"] == "from its size"
    twice = [
        *dropped,
        ("flr.nii", gzip.decompress(of["flr.nii.gz"])),
        ("resected.nii.gz", of["flr.nii.gz"]),
    ]
    proposed = check(browser, drop(browser, twice))["proposed"]
    roles = {file: one["role"] for file, one in proposed.items()}
    assert roles == {whole[0]: "liver", "tumour.nii.gz": "tumour"}


def test_regions_of_maa_are_proposed_for_a_dose(tmp_path: Path) -> None:
    """Lungs and background are regions of MAA alone, the heart of a scintigraphy alone."""

    def propose(*names: str) -> list[str]:
        drawn = [
            write(tmp_path / f"region_{one}.nii", nifti(REGION, **sform(LATTICE))) for one in names
        ]
        found = suggest_roles(describe_files(drawn), ())
        return [found[file.name]["role"] for file in drawn]

    assert propose("liver", "lungs") == ["maa_region_liver", "maa_region_lungs"]
    assert propose("background") == ["maa_region_background"]
    assert propose("liver", "heart") == ["region_liver", "region_heart"]
    assert propose("liver") == ["region_liver"]
    both = propose("liver", "heart", "lungs")
    assert both == ["region_liver", "region_heart", "maa_region_lungs"]


def test_a_role_that_was_not_proposed_is_the_users_to_give(browser: Browser) -> None:
    renamed = [("x.nii.gz", files("liver.nii.gz")[0][1]), ("y.nii.gz", files("flr.nii.gz")[0][1])]
    case = drop(browser, renamed)
    check(browser, case)
    held = plan(browser, case, roles=[("x.nii.gz", "liver"), ("y.nii.gz", "flr")], no_tumour=True)
    assert held["state"] == "ready"
    told = browser.get(f"/cases/{case}/files/plan.json").json()
    # 1 218 367 and 349 738 voxels of 0.8 x 0.8 x 2 mm, the tumour in the liver [truth.json]
    assert told["voxels"]["liver"] == 1218367
    assert told["volumes_ml"]["liver"] == pytest.approx(1559.50976)


def test_a_refused_file_states_why_and_the_rest_stays(browser: Browser) -> None:
    broken = files("flr.nii.gz")[0][1][:-20]
    case = drop(browser, [*files("liver.nii.gz"), ("flr.nii.gz", broken), ("notes.txt", b"hello")])
    told = {one["file"]: one for one in check(browser, case)["told"]["files"]}
    assert told["liver.nii.gz"]["status"] == "ok"
    for name in ("flr.nii.gz", "notes.txt"):
        assert told[name]["status"] == "refused"
        assert told[name]["refusal"]["remedy"]
    assert plan(browser, case, roles=[("liver.nii.gz", "liver")])["state"] == "ready"


def test_files_of_which_none_can_be_read_are_reported_each(browser: Browser) -> None:
    told = check(browser, drop(browser, [("a.txt", b"hello"), ("b.nii", b"")]))
    assert [one["status"] for one in told["told"]["files"]] == ["refused", "refused"]


def test_a_refused_plan_leaves_the_files_to_be_given_other_roles(browser: Browser) -> None:
    case = drop(browser, files(*MASKS))
    check(browser, case)
    wrong = plan(browser, case, roles=[("flr.nii.gz", "liver"), ("liver.nii.gz", "flr")])
    assert wrong["state"] == "refused"
    assert wrong["remedy"]
    assert browser.get(f"/cases/{case}/check").status == 200
    right = plan(browser, case, roles=[("liver.nii.gz", "liver"), ("flr.nii.gz", "flr")])
    assert right["state"] == "ready"


@each_case(
    "roles, code",
    {
        "none": ([], "page.answers"),
        "a role twice": ([("liver.nii.gz", "liver"), ("flr.nii.gz", "liver")], "option.repeated"),
        "no such role": ([("liver.nii.gz", "spine")], "page.answers"),
        "no such file": ([("../case.toml", "liver")], "file.missing"),
    },
)
def test_wrong_answers_are_refused(
    roles: list[tuple[str, str]], code: str, browser: Browser
) -> None:
    case = drop(browser, files("liver.nii.gz", "flr.nii.gz"))
    held = plan(browser, case, roles=roles)
    assert (held["state"], held["code"]) == ("refused", code)


def test_answers_that_are_no_answers_are_refused(browser: Browser) -> None:
    case = drop(browser, files("liver.nii.gz"))
    unknown = '{"roles": [{"file": "liver.nii.gz", "role": "liver"}], "diagnosis": "x"}'
    for answers in ("", "[]", "{", unknown):
        browser.post(f"/cases/{case}/plan", {"answers": answers})
        assert browser.wait(case)["code"] == "page.answers"


def test_two_files_of_one_name_are_distinguished(browser: Browser) -> None:
    twice = [*files("liver.nii.gz"), ("liver.nii.gz", files("flr.nii.gz")[0][1])]
    told = check(browser, drop(browser, twice))["told"]
    assert [one["file"] for one in told["files"]] == ["copy2_liver.nii.gz", "liver.nii.gz"]


def test_h11_no_two_files_of_a_case_share_a_name_also_in_its_folders(browser: Browser) -> None:
    """A role is given to a name."""
    case = drop(browser, files("liver.nii.gz"))
    again = [("liver.nii.gz", files("flr.nii.gz")[0][1])]
    for folder, path in (("second", "second"), ("scans", "scans/2026-05"), ("scans", "scans/a")):
        browser.post(f"/cases/{case}/files", {"folder": folder, "path": path}, again)
    browser.post(f"/cases/{case}/files", {"folder": "a", "path": "a"}, again)
    told = check(browser, case)["told"]
    assert sorted(Path(one["file"]).name for one in told["files"]) == [  # a name has its folder
        "2026-05_liver.nii.gz", "a_liver.nii.gz", "copy2_liver.nii.gz", "liver.nii.gz",
        "second_liver.nii.gz",
    ]  # fmt: skip
    (named,) = browser.get(f"/cases/{case}/scan").json()["notes"]
    assert "as added" in named["text"]  # sections of masks in folders are shown
    assert browser.get(f"/cases/{case}/thumbnail?file=2026-05_liver.nii.gz").status == 200


def packed(*members: tuple[str, bytes], kind: int = 0, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", how) as archive:
        for name, content in members:
            told = zipfile.ZipInfo(name)
            told.compress_type = how
            told.external_attr = kind << 16
            archive.writestr(told, content)
    return held.getvalue()


def directory_alone(members: int) -> bytes:
    """Write a zip's last record that promises many members."""
    return b"PK\x05\x06" + b"\0" * 4 + members.to_bytes(2, "little") * 2 + b"\xff" * 4 + b"\0" * 6


def list_harmful() -> dict[str, bytes]:
    return {
        "above": packed(("../evil.dcm", b"x")),
        "absolute": packed(("/tmp/evil.dcm", b"x")),
        "of Windows": packed(("..\\evil.dcm", b"x")),
        "a drive": packed(("C:evil.dcm", b"x")),
        "a link": packed(("link", b"/etc/passwd"), kind=stat.S_IFLNK | 0o777),
        "a device": packed(("device", b""), kind=stat.S_IFCHR | 0o666),
        "a zip": packed(("inner.zip", packed(("a", b"x")))),
        "a case file": packed(("study/Case.TOML", b"schema = 1")),
        "dense": packed(("a.dcm", b"\0" * 30_000_000)),
        "many": packed(*((f"{n}", b"") for n in range(5001)), how=zipfile.ZIP_STORED),
        "a list alone": directory_alone(60_000),
        "cut": packed(("a.dcm", b"x" * 1000))[:-30],
    }


def test_h18_page_6_a_zip_that_could_harm_is_not_unpacked(browser: Browser) -> None:
    case = browser.post("/cases").json()["id"]
    zips = {f"{what.replace(' ', '_')}.zip": content for what, content in list_harmful().items()}
    begun = time.monotonic()
    told = browser.post(f"/cases/{case}/files", {}, [*zips.items(), *files("liver.nii.gz")])
    assert time.monotonic() < begun + 10
    refused = [(one["code"], one["file"]) for one in told.json()]
    assert refused == [("page.archive", name) for name in zips]
    assert [one["file"] for one in check(browser, case)["told"]["files"]] == ["liver.nii.gz"]


@pytest.mark.essential
def test_h18_page_6_a_bomb_is_refused_in_time_and_the_rest_stays(browser: Browser) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    for _ in range(2):  # gzip within gzip
        bomb = gzip.compress(bomb)
    nested = [("bomb.nii.gz", bomb), *files("liver.nii.gz")]
    begun = time.monotonic()
    told = {one["file"]: one for one in check(browser, drop(browser, nested))["told"]["files"]}
    assert time.monotonic() < begun + 20
    assert told["bomb.nii.gz"]["status"] == "refused"
    assert told["liver.nii.gz"]["status"] == "ok"


def test_h18_page_10_what_was_dropped_is_gone_with_its_case(server: Server) -> None:
    browser = server.browser()
    case = drop(browser, files(*MASKS))
    assert len([one for one in server.dropped() if one.is_file()]) == 3
    assert all(
        stat.S_IMODE(one.stat().st_mode) == 0o700 for one in server.dropped() if one.is_dir()
    )
    assert browser.post(f"/cases/{case}/close").status == 200
    assert server.dropped() == []


def test_h18_page_4_a_case_that_grows_too_large_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, limits=replace(LIMITS, case_bytes=50_000)) as small:
        visiting = small.browser()
        case = visiting.post("/cases").json()["id"]
        assert visiting.post(f"/cases/{case}/files", {}, files("liver.nii.gz")).status == 200
        assert visiting.post(f"/cases/{case}/files", {}, files("flr.nii.gz")).status == 413


@pytest.mark.essential
def test_a_folder_without_a_case_file_is_looked_at_and_left_as_it_was(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    put(mine, *MASKS)
    with serving(tmp_path, mine) as small:
        visiting = small.browser()
        case = visiting.first("checked")
        roles = [(name, ROLES[name]) for name in MASKS]
        assert plan(visiting, case, roles=roles)["state"] == "ready"
        assert visiting.post(f"/cases/{case}/close").status == 200
    assert {one.name: one.read_bytes() for one in mine.iterdir()} == dict(files(*MASKS))


def fill_own(folder: Path, outside: Path) -> None:
    """Fill a folder of a user, in which two folders have masks of one name, and links lead out."""
    put(folder, *MASKS)
    for inner in ("ct", "CT", "first", "first/inner", "second", "named.toml"):
        (folder / inner).mkdir()
        (folder / inner / "slice.nii.gz").write_bytes(b"mine")
    (folder / "notes").write_bytes(b"mine")
    (folder / "escaped").symlink_to(outside)
    (folder / "ct" / "inside").symlink_to(outside)
    (folder / "case.toml").symlink_to(outside / "made.toml")  # of which there is none


def told_of(folder: Path) -> dict[str, Any]:
    """Tell all that a folder holds, byte for byte."""
    return {
        one.relative_to(folder).as_posix(): (
            one.readlink() if one.is_symlink() else one.is_dir() or one.read_bytes(),
            one.lstat().st_mtime_ns,
            stat.S_IMODE(one.lstat().st_mode),
        )
        for one in folder.rglob("*")
    }


def test_h18_what_is_dropped_is_never_written_into_the_users_own_folder(tmp_path: Path) -> None:
    mine, outside = tmp_path / "mine", tmp_path / "outside"
    mine.mkdir()
    outside.mkdir()
    fill_own(mine, outside)
    before = told_of(mine), told_of(outside)
    names = ("slice.nii.gz", "liver.nii.gz", "LIVER.nii.gz", "case.toml", "inside", "made.toml")
    with serving(tmp_path, mine) as small:
        visiting = small.browser()
        case = visiting.first("checked")
        for folder in (
            *("", "ct", "Ct", "CT", "../ct", "ct/inside", "mine/ct", "..", ".", "first/inner"),
            *("escaped", "escaped/..", "notes", "liver.nii.gz", "named.toml", "case.toml"),
            "inside",
        ):
            for _ in range(2):  # a large folder comes in parts
                dropped = [(name, b"dropped") for name in names]
                told = visiting.post(f"/cases/{case}/files", {"folder": folder}, dropped)
                assert told.status == 200, (folder, told.body)
        roles = [(name, ROLES[name]) for name in MASKS]
        assert plan(visiting, case, roles=roles)["state"] == "ready"
        kept = [one for one in small.dropped() if one.is_file() and not one.is_symlink()]
        assert len(kept) == 17 * 2 * len(names) + 1  # and the case file that the page wrote
        assert visiting.post(f"/cases/{case}/close").status == 200
    assert (told_of(mine), told_of(outside)) == before


def test_h11_a_name_of_two_files_is_no_answer(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        (tmp_path / "mine" / name / "liver.nii.gz").write_bytes(files("liver.nii.gz")[0][1])
    with serving(tmp_path, tmp_path / "mine") as small:
        visiting = small.browser()
        held = plan(visiting, visiting.first("checked"), roles=[("liver.nii.gz", "liver")])
    assert (held["state"], held["code"]) == ("refused", "page.answers")
    assert "2 files in different folders" in held["reason"]


@each_case(
    "named, opened",
    {
        "nothing": (None, None),
        "a case file": (CRLM, CRLM),
        "its folder": (CRLM.parent, CRLM),
        "a folder without one": (CRLM.parents[1], CRLM.parents[1]),
    },
)
def test_what_is_opened_at_the_start(named: Path | None, opened: Path | None) -> None:
    assert locate_case(named, demo=False) == opened


def test_a_case_next_to_the_demo_or_none_there_is_refused(tmp_path: Path) -> None:
    assert locate_case(None, demo=True) == CRLM
    refused = ask("serve", CRLM, "--demo", "--json")
    assert refused.status == 2
    with pytest.raises(InputRefused, match="no such file"):
        locate_case(tmp_path / "none.toml", demo=False)


def test_a_case_of_far_letters_is_saved_by_its_pseudonym(tmp_path: Path) -> None:
    name = "Płaszcz_病例_مريض"
    shutil.copytree(CRLM.parent, tmp_path / "own")
    own = tmp_path / "own" / "case.toml"
    own.write_text(own.read_text("utf-8").replace('"crlm-demo"', f'"{name}"'), "utf-8")
    with serving(tmp_path, own) as server:
        visiting = server.browser()
        told = visiting.get(f"/cases/{visiting.first()}/files/case.toml")
    assert told.body == own.read_bytes()
    plain, whole = told.headers["content-disposition"].split("; ")[1:]
    assert plain.startswith('filename="P_aszcz_______')
    assert unquote(whole.removeprefix("filename*=UTF-8''")).startswith(f"{name}_")


def test_a_name_of_many_bytes_is_dropped(browser: Browser) -> None:
    """100 letters are 300 bytes, of which no disk takes a name."""
    case = drop(browser, [("病" * 120 + ".nii.gz", files("liver.nii.gz")[0][1])])
    assert "病.nii.gz" in json.dumps(check(browser, case), ensure_ascii=False)


def test_quotation_marks_in_a_name_are_replaced_as_any_other_sign(browser: Browser) -> None:
    """A browser sends each as %22 [HTML, multipart form data]."""
    content = files("liver.nii.gz")[0][1]
    case = drop(browser, [("Anna %22tumor%22.nii.gz", content)])
    rows = check(browser, case)
    assert [one["file"] for one in rows["told"]["files"]] == ["Anna_tumor_.nii.gz"]


def test_what_does_not_fit_on_the_disk_is_refused_in_words(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    case = browser.post("/cases").json()["id"]
    for owner, name in ((form._Received, "_write"), (form, "_private_folder")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, fill)
            words = {"folder": "ct"}
            told = browser.post(f"/cases/{case}/files", words, files("flr.nii.gz"))
        assert (told.status, told.json()["code"]) == (422, "output.temporary")
    assert browser.post(f"/cases/{case}/files", {}, files("flr.nii.gz")).status == 200
