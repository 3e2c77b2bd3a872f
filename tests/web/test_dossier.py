"""What is said of a case on the page: answered, accepted, signed, taken back and taken away."""

import io
import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

import fl_planner
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from tests.cases import each_case
from tests.cli.outside import ask
from tests.web.served import CRLM, SPREAD, Browser, Told, serving
from tests.web.test_drop import drop, files, plan_case_file, put

pytestmark = pytest.mark.slow

Opened = tuple[Browser, str]
BY = {"by": "R1", "on": "2026-11-21"}
KEY, TYPED = "other_hepatic_malignancy", "yes"
NAMES = [one.name for one in CRLM.parent.iterdir() if one.is_file()]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Visit a server of these tests alone, where cases stay open."""
    with serving(tmp_path_factory.mktemp("opened"), CRLM) as running:
        yield running.browser()


@pytest.fixture(scope="module")
def dropped(browser: Browser) -> str:
    """Open a case file that was dropped with its files."""
    return open_dropped(browser)


@pytest.fixture
def case(browser: Browser, dropped: str) -> Iterator[str]:
    """Give this case, and take back what a test stated of it."""
    yield dropped
    while dossier(browser, dropped)["undo"]:
        browser.post(f"/cases/{dropped}/undo")


@pytest.fixture(scope="module")
def as_opened(browser: Browser) -> Opened:
    """Open a case that asks for more, for all that leave it as it is."""
    return browser, open_dropped(browser, SPREAD)


def open_dropped(browser: Browser, case_file: bytes | None = None) -> str:
    dropped = dict(files(*NAMES))
    dropped["case.toml"] = case_file or dropped["case.toml"]
    held = drop(browser, [*dropped.items()])
    assert plan_case_file(browser, held)["state"] == "ready"
    return held


def taken(browser: Browser, case: str, name: str) -> bytes:
    told = browser.get(f"/cases/{case}/files/{name}")
    assert told.status == 200, told.body
    return told.body


def answer(browser: Browser, case: str, key: str = KEY, typed: str = TYPED, **said: str) -> Told:
    return browser.post(f"/cases/{case}/answer", {"key": key, "typed": typed, **BY, **said})


def dossier(browser: Browser, case: str) -> Any:
    return browser.get(f"/cases/{case}/dossier").json()


def placed_out(browser: Browser, case: str, folder: Path) -> Path:
    """Lay the case file that is taken away beside the files of the case."""
    put(folder, *NAMES)
    (folder / "case.toml").write_bytes(taken(browser, case, "case.toml"))
    return folder / "case.toml"


def test_page_command_line_and_python_give_the_same_bytes_after_an_answer(
    browser: Browser, tmp_path: Path
) -> None:
    case = open_dropped(browser, SPREAD)
    before = taken(browser, case, "plan.json")
    for key, typed in (
        (KEY, "no"),
        ("platelets", "214 10*9/L 2026-11-10"),
        ("prior_pve_hve", "no"),
        ("recist_response_after_chemo", "stable_disease"),
        ("systemic_therapy_line", "1"),
        ("written_consent_for", "NCT05428735"),
    ):
        assert answer(browser, case, key, typed).status == 200, key
    ours = taken(browser, case, "plan.json")
    assert ours != before
    path = placed_out(browser, case, tmp_path)
    assert ours == ask("plan", str(path), "--json").stdout
    assert ours == (fl_planner.plan(path).as_json() + "\n").encode()
    assert taken(browser, case, "plan.csv") == ask("plan", str(path), "--csv").stdout
    facts = tomllib.loads(path.read_text("utf-8"))["facts"]
    assert facts["platelets"]["value"] == 214
    assert facts["written_consent_for"] == ["NCT05428735"]


def test_questions_are_those_of_the_plan_what_could_change_the_pathway_first(
    as_opened: Opened,
) -> None:
    browser, case = as_opened
    told = dossier(browser, case)["questions"]
    asked = [one["key"] for one in told]
    record = json.loads(taken(browser, case, "plan.json"))
    to_ask = record["pathway"]["to_ask"]
    assert {*asked[: len(to_ask)]} == {*to_ask}
    rest = [one["key"] for one in record["route"]["questions"] if one["key"] not in to_ask]
    assert asked[len(to_ask) :] == rest
    deciding = [one["deciding"] for one in told]
    assert deciding == sorted(deciding, reverse=True)
    with_others = {one["key"] for one in told if one["with_others"]}
    assert with_others == {*to_ask} - {one["key"] for one in told if one["deciding"]}


def test_the_chapter_of_reasons_lists_the_questions_as_the_step_counts_them(
    as_opened: Opened,
) -> None:
    browser, case = as_opened
    told = dossier(browser, case)["questions"]
    chapters = browser.get(f"/cases/{case}/answer").json()["chapters"]
    (reasons,) = (one["blocks"] for one in chapters if one["title"].startswith("Reasons"))
    listed = {one["title"]: one["sentences"] for one in reasons if "sentences" in one}
    title = "Missing answers that could change the pathway"
    for kind, name in (("deciding", title), ("with_others", f"{title} only together with others")):
        asked = {one["says"].partition(" (")[0].lower() for one in told if one[kind]}
        assert asked
        assert {one.partition(" (")[0].lower() for one in listed[name]} == asked


def test_h18_answers_that_were_tried_are_those_of_one_plan() -> None:
    """They are tried once for a plan, and anew for a copy that may have another plan."""
    case = PlannedCase.of(CaseText.of(CRLM), {}, lambda _: None)
    (key, *_) = case.plan.pathway.to_ask
    tried = case.try_answers(key)
    assert case.try_answers(key) is tried
    assert replace(case, growth=None).try_answers(key) is not tried


ANSWERS = {  # what is tried at the command line
    "prior_pve_hve": ("true", "false"),
    "pve_hve_anatomically_prohibited": ("true", "false"),
    "flr_function": ('{ value = 0.5, unit = "%/min/m2" }', '{ value = 9, unit = "%/min/m2" }'),
    KEY: ("true", "false"),
}


def test_a_question_could_change_the_pathway_where_an_answer_does_at_the_command_line(
    as_opened: Opened, tmp_path: Path
) -> None:
    browser, case = as_opened
    told = {one["key"]: one for one in dossier(browser, case)["questions"]}
    put(tmp_path, *NAMES)

    def way(more: str) -> str:
        (tmp_path / "case.toml").write_bytes(SPREAD + more.encode())
        record = ask("plan", str(tmp_path / "case.toml"), "--json").record
        return f"{record['pathway']['row']} {record['pathway']['name']}"

    before = way("")
    for key, typed in ANSWERS.items():
        changes = {way(f"\n{key} = {one}\n") for one in typed} != {before}
        assert told[key]["deciding"] == changes, key
        does = browser.get(f"/cases/{case}/questions/{key}").json()["answers"]
        said = any(line.startswith("Volume-based pathway") for one in does for line in one["does"])
        assert said == changes, key
    assert told["prior_pve_hve"]["deciding"]
    assert not told["flr_function"]["deciding"]


def test_each_question_has_the_control_of_its_fact(as_opened: Opened) -> None:
    browser, case = as_opened
    asked = {one["key"]: one for one in dossier(browser, case)["questions"]}
    assert asked[KEY]["control"] == "choice"
    assert [value for value, _ in asked["ascites"]["choices"]] == [
        *("none", "small", "moderate", "large")
    ]
    platelets = asked["platelets"]
    assert platelets["units"][0] == ["10*9/L", "\u00d7 10\u2079/L"]
    assert platelets["may_have_day"]
    assert [unit for unit, _ in asked["bilirubin_total"]["units"]] == ["mg/dL", "umol/L", "xULN"]
    assert asked["systemic_therapy_line"]["control"] == "whole"
    assert asked["written_consent_for"]["control"] == "several"


def test_what_an_answer_would_do_is_what_it_does(browser: Browser, case: str) -> None:
    told = browser.get(f"/cases/{case}/questions/{KEY}").json()
    does = {one["value"]: one["does"] for one in told["answers"]}
    malignant = "Hepatic malignancy other than colorectal metastases (E5)"
    assert f"DRAGON 2: not eligible; exclusion applies: {malignant}." in does["yes"]  # D E5
    (route,) = (line for line in does["yes"] if line.startswith("Route: "))
    before = dossier(browser, case)["route"]
    assert answer(browser, case).status == 200
    after = json.loads(taken(browser, case, "plan.json"))
    assert route == f"Route: {after['route']['headline']}."
    assert after["route"]["headline"] != before
    verdicts = {one["name"]: one["shown"] for one in after["trials"]}
    assert verdicts["DRAGON 2"] == "not eligible"


@pytest.mark.essential
def test_an_answer_states_by_whom_and_when_and_can_be_taken_back(
    browser: Browser, case: str
) -> None:
    files = [taken(browser, case, name) for name in ("case.toml", "plan.json")]
    told = answer(browser, case).json()
    assert [(one["by"], one["on"]) for one in told["steps"]] == [("R1", "2026-11-21")]
    said = taken(browser, case, "case.toml").decode()
    assert f"{KEY} = true  # entered on the page by R1, 2026-11-21\n" in said
    assert KEY not in {one["key"] for one in told["questions"]}
    back = browser.post(f"/cases/{case}/undo").json()
    assert (back["steps"], back["undo"], back["redo"]) == ([], False, True)
    assert [taken(browser, case, name) for name in ("case.toml", "plan.json")] == files
    again = browser.post(f"/cases/{case}/redo").json()
    assert again["steps"] == told["steps"]
    assert taken(browser, case, "case.toml").decode() == said


@each_case(
    "said, code, field",
    {
        "a unit that it has not": ({"typed": "13.5 g/dl/x"}, "case.answer", "haemoglobin"),
        "no unit": ({"typed": "13.5"}, "case.answer", "haemoglobin"),
        "no patient has it": ({"typed": "135 g/dL"}, "case.answer", "haemoglobin"),
        "a comma": ({"typed": "13,5 g/dL"}, "case.answer", "haemoglobin"),
        "not asked": ({"key": "age", "typed": "61 a"}, "page.entry", "question"),
        "no such key": ({"key": "x\ny", "typed": "1"}, "page.entry", "question"),
        "nobody": ({"typed": "13.5 g/dL", "by": " "}, "page.entry", "by"),
        "no day": ({"typed": "13.5 g/dL", "on": "soon"}, "page.entry", "on"),
    },
)
def test_a_refused_answer_states_why_and_leaves_the_case(
    said: dict[str, str], code: str, field: str, as_opened: Opened
) -> None:
    browser, case = as_opened
    before = taken(browser, case, "plan.json")
    refused = answer(browser, case, **{"key": "haemoglobin", **said})
    assert refused.status == 422
    told = refused.json()
    assert (told["code"], told["file"]) == (code, field)
    assert told["reason"]
    assert told["remedy"]
    assert taken(browser, case, "plan.json") == before
    assert dossier(browser, case)["steps"] == []


@each_case(
    "typed",
    {
        "a number": "R1 12345678",
        "a birthday": "R1, 12.03.1951",
        "a day": "2026-11-20",
        "a mail": "r1@example.org",
        "a name of DICOM": "DOE^JANE",
    },
)
def test_h18_an_entry_that_could_state_the_patient_is_refused(
    typed: str, as_opened: Opened
) -> None:
    browser, case = as_opened
    for what, words in (
        ("answer", {"key": KEY, "typed": TYPED, **BY, "by": typed}),
        ("accept", {"code": "threshold.by_a_hair", "why": typed, **BY}),
        ("sign", {"status": "draft", "seen": "", **BY, "by": typed}),
    ):
        refused = browser.post(f"/cases/{case}/{what}", words)
        assert (refused.status, refused.json()["code"]) == (422, "page.identifying"), what
    assert typed.encode() not in taken(browser, case, "case.toml")


def test_a_finding_is_accepted_with_a_reason_and_travels_with_the_result(
    browser: Browser, case: str, tmp_path: Path
) -> None:
    (found,) = dossier(browser, case)["findings"]
    words = {"code": found["code"], **BY}
    empty = browser.post(f"/cases/{case}/accept", {**words, "why": "  "})
    assert (empty.status, empty.json()["file"]) == (422, "why")
    told = browser.post(f"/cases/{case}/accept", {**words, "why": "drawn twice, both read"})
    assert told.status == 200, told.body
    assert told.json()["findings"] == []
    ours = taken(browser, case, "plan.json")
    (accepted,) = (one for one in json.loads(ours)["findings"] if one["code"] == found["code"])
    assert accepted["accepted"] == {"by": "R1", "why": "drawn twice, both read"}
    path = placed_out(browser, case, tmp_path)
    assert ours == ask("plan", str(path), "--json").stdout


def test_what_was_not_found_cannot_be_accepted(as_opened: Opened) -> None:
    browser, case = as_opened
    words = {"code": "ct.mask_mirrored", "why": "looked at it", **BY}
    refused = browser.post(f"/cases/{case}/accept", words)
    assert (refused.status, refused.json()["file"]) == (422, "finding")


def unaccepted(browser: Browser, case: str) -> list[str]:
    return [one["code"] for one in browser.get(f"/cases/{case}/dossier").json()["findings"]]


def sign(
    browser: Browser,
    case: str,
    seen: str = "",
    status: str = "verified",
    despite: list[str] | None = None,
) -> Told:
    shown = unaccepted(browser, case) if despite is None else despite
    words = {"status": status, "seen": seen, "despite": " ".join(shown), **BY}
    return browser.post(f"/cases/{case}/sign", words)


def look(browser: Browser, case: str) -> str:
    sheet = browser.get(f"/cases/{case}/sheet")
    assert sheet.headers["content-type"] == "image/png"
    seen: str = sheet.headers["x-fl-planner-sheet"]
    assert seen == sha256(sheet.body).hexdigest()
    return seen


@pytest.mark.essential
def test_a_case_is_signed_off_with_the_sheet_that_was_looked_at(
    browser: Browser, case: str, tmp_path: Path
) -> None:
    seen = look(browser, case)
    for looked, despite, code in (("0" * 64, None, "page.sheet"), (seen, [], "page.unaccepted")):
        refused = sign(browser, case, looked, despite=despite)
        assert (refused.status, refused.json()["code"]) == (422, code)
    assert browser.get(f"/cases/{case}/dossier").json()["steps"] == []
    assert sign(browser, case, seen).status == 200
    path = placed_out(browser, case, tmp_path)
    told = tomllib.loads(path.read_text("utf-8"))["imaging"]
    assert (told["reader"], told["status"]) == ("R1", "verified")
    hashes = {role: told["sha256"][role] for role in ("liver", "tumour", "flr", "ct")}
    assert hashes == {
        role: sha256((CRLM.parent / f"{role}.nii.gz").read_bytes()).hexdigest() for role in hashes
    }
    assert seen in path.read_text("utf-8")
    ours = taken(browser, case, "plan.json")
    assert json.loads(ours)["case"]["reading"]["status"] == "verified"
    assert ours == ask("plan", str(path), "--json").stdout
    (path.parent / "flr.nii.gz").write_bytes((CRLM.parent / "liver.nii.gz").read_bytes())
    changed = ask("plan", str(path), "--json").record
    assert "case.mask_changed" in json.dumps(changed["findings"])


def test_the_assessment_date_is_set_as_by_the_command_line(
    browser: Browser, case: str, tmp_path: Path
) -> None:
    assert browser.get(f"/cases/{case}/dossier").json()["as_of"] is None
    told = browser.post(f"/cases/{case}/assess", {"day": "2026-11-25"})
    assert (told.status, told.json()["as_of"]) == (200, "2026-11-25")
    path = placed_out(browser, case, tmp_path)
    typed = ask("plan", str(path), "--as-of", "2026-11-25", "--json").stdout
    assert taken(browser, case, "plan.json") == typed
    assert answer(browser, case).json()["as_of"] == "2026-11-25"  # kept by later entries
    browser.post(f"/cases/{case}/undo")
    assert browser.post(f"/cases/{case}/undo").json()["as_of"] is None
    for day in ("", "2026-02-30", "tomorrow"):
        refused = browser.post(f"/cases/{case}/assess", {"day": day})
        assert (refused.status, refused.json()["code"]) == (422, "page.entry")


def test_h12_what_is_stated_after_a_sign_off_makes_it_a_draft(browser: Browser, case: str) -> None:
    assert sign(browser, case, look(browser, case)).status == 200
    told = answer(browser, case).json()
    assert told["reading"] == {"reader": "R1", "status": "draft"}
    record = json.loads(taken(browser, case, "plan.json"))
    assert record["case"]["reading"]["status"] == "draft"
    back = browser.post(f"/cases/{case}/undo").json()
    assert back["reading"]["status"] == "verified"


def test_a_reader_may_state_that_it_is_a_draft(browser: Browser, case: str) -> None:
    told = sign(browser, case, status="draft").json()
    assert told["reading"] == {"reader": "R1", "status": "draft"}
    refused = sign(browser, case, status="done")
    assert (refused.status, refused.json()["file"]) == (422, "status")


def test_masks_that_are_taken_away_are_counted_alike(as_opened: Opened, tmp_path: Path) -> None:
    browser, case = as_opened
    with ZipFile(io.BytesIO(taken(browser, case, "masks.zip"))) as archive:
        assert archive.namelist() == ["flr.nii.gz", "liver.nii.gz", "tumour.nii.gz"]
        archive.extractall(tmp_path)
    words = [w for n in ("liver", "tumour", "flr") for w in (f"--{n}", f"{tmp_path}/{n}.nii.gz")]
    again = ask("volume", *words, "--json").record
    assert again["voxels"] == json.loads(taken(browser, case, "plan.json"))["voxels"]
    assert taken(browser, case, "masks.zip") == taken(browser, case, "masks.zip")


def test_files_are_those_of_the_command_line(as_opened: Opened, tmp_path: Path) -> None:
    browser, case = as_opened
    path = placed_out(browser, case, tmp_path)
    out = tmp_path / "out"
    assert ask("plan", path, "--fhir", tmp_path / "f.json", "--quiet").status == 0
    assert ask("report", path, "--out", tmp_path / "r.html", "--quiet").status == 0
    assert ask("report", path, "--out", tmp_path / "r.pdf", "--quiet").status == 0
    assert ask("pictures", path, "--out", out, "--slicer", "--quiet").status == 0
    here = {"plan.fhir.json": tmp_path / "f.json", "report.html": tmp_path / "r.html"}
    here |= {"report.pdf": tmp_path / "r.pdf"}
    here |= {"masks.seg.nrrd": out / "slicer.seg.nrrd"}
    here |= {"contact_sheet.png": out / "contact_sheet.png", "case.toml": path}
    for name, made in here.items():
        assert taken(browser, case, name) == made.read_bytes(), name


@pytest.mark.essential
def test_dicom_without_a_dicom_ct_states_why_and_what_to_do(as_opened: Opened) -> None:
    browser, case = as_opened
    refused = browser.get(f"/cases/{case}/files/dicom.zip")
    assert (refused.status, refused.json()["code"]) == (422, "dicom.no_ct")
    assert "slices" in refused.json()["remedy"]


def test_a_form_without_words_is_refused_as_an_empty_entry(as_opened: Opened) -> None:
    browser, case = as_opened
    for what in ("answer", "accept", "sign"):
        assert browser.post(f"/cases/{case}/{what}").status == 422


def test_h12_an_acceptance_is_withdrawn_and_the_finding_is_open_again(
    browser: Browser, case: str
) -> None:
    (found,) = dossier(browser, case)["findings"]
    words = {"code": found["code"], **BY}
    accepted = browser.post(f"/cases/{case}/accept", {**words, "why": "drawn twice, both read"})
    (kept,) = accepted.json()["accepted"]
    assert (kept["code"], kept["by"], kept["why"]) == (
        found["code"],
        "R1",
        "drawn twice, both read",
    )
    strip = browser.get(f"/cases/{case}/answer").json()["strip"]
    (seen,) = strip["seen"]
    assert seen.endswith("Accepted by R1: drawn twice, both read.")
    assert sign(browser, case, look(browser, case)).json()["signed_on"] == BY["on"]
    strip = browser.get(f"/cases/{case}/answer").json()["strip"]
    assert strip["signed"] == f"signed off by R1 on {BY['on']}"
    assert strip["signed_despite"] == ""
    back = browser.post(f"/cases/{case}/withdraw", words).json()
    assert (back["findings"], back["accepted"]) == ([found], [])
    assert (back["signed_on"], back["sign_off_void"]) == (None, True)
    assert b"[[accepted]]" not in taken(browser, case, "case.toml")
    refused = browser.post(f"/cases/{case}/withdraw", words)
    assert (refused.status, refused.json()["file"]) == (422, "finding")


def test_h02_a_warning_accepted_for_one_measurement_is_not_accepted_for_another(
    browser: Browser, case: str
) -> None:
    """The largest lesion is 48 mm on the mask, and each measurement differs by more than 25 %."""
    asked = {"code": "contradiction.largest_lesion", "why": "measured obliquely", **BY}
    for mm, accepted in (("20.0", False), ("20.0", True), ("90.0", False)):
        told = browser.post(f"/cases/{case}/measure", {"mm": mm, **BY}).json()
        found = told["accepted"] if accepted else told["findings"]
        assert asked["code"] in [one["code"] for one in found]
        if mm == "20.0" and not accepted:
            browser.post(f"/cases/{case}/accept", asked)
    assert told["accepted"] == []
    (note,) = told["steps"][-1]["notes"]
    assert note.startswith("removed: acceptance of: the largest lesion is 2 cm by calliper")
    assert b"obliquely" not in taken(browser, case, "case.toml")
    (back,) = browser.post(f"/cases/{case}/undo").json()["accepted"]
    assert back["why"] == asked["why"]
