"""An assistant gets what the command line prints: the same numbers, and the same refusals."""

import json
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from fl_planner.assistant import server
from fl_planner.assistant.server import AssistantService
from fl_planner.basis.findings import InputRefused
from tests.cli.outside import BUNDLED, REPOSITORY, SMALL, ask, refusal_of
from tests.patients import facts_text, patients

pytestmark = pytest.mark.skipif(find_spec("mcp") is None, reason="the package mcp is missing")
Call = tuple[str, dict[str, Any]]
AS_OF = "2026-11-20"


def run_apart(work: Callable[[], Awaitable[Any]]) -> Any:
    """Run coroutines in a thread of their own: a browser's loop may run in that of the tests."""
    import anyio

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: anyio.run(work)).result()


def call(folder: Path, *calls: Call) -> list[tuple[bool, str]]:
    """Start the server as an assistant does, call tools, and give the texts they return."""
    from mcp.client.client import Client
    from mcp.client.stdio import StdioServerParameters

    async def work() -> list[tuple[bool, str]]:
        words = ["-m", "fl_planner", "mcp", str(folder)]
        env = {"PYTHONPATH": str(REPOSITORY), "FL_PLANNER_NO_SETTINGS": "1"}
        started = StdioServerParameters(command=sys.executable, args=words, env=env)
        answers = []
        async with Client(started) as client:
            for name, arguments in calls:
                answer = await client.call_tool(name, arguments)
                (content,) = answer.content
                assert content.type == "text"
                answers.append((answer.is_error, content.text))
        return answers

    found: list[tuple[bool, str]] = run_apart(work)
    return found


def answered(service: AssistantService, name: str, arguments: dict[str, Any]) -> tuple[int, str]:
    async def work() -> tuple[int, str]:
        return await service.answer(name, arguments)

    found: tuple[int, str] = run_apart(work)
    return found


@pytest.mark.slow
def test_answers_are_those_of_the_command_line(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED / "crlm", tmp_path / "crlm")
    facts = facts_text(patients()["P01"])
    (tmp_path / "facts.json").write_text(facts, "utf-8")
    bsa = '{"height_cm": 180, "weight_kg": 80}'
    plan, short, formulas, area, judged = call(
        tmp_path,
        ("plan", {"case": "crlm/case.toml", "as_of": AS_OF}),
        ("plan", {"case": "crlm/case.toml", "as_of": AS_OF, "leave_out": ["trials"]}),
        ("list_formulas", {}),
        ("calc", {"formula": "bsa", "inputs": bsa}),
        ("trials_judge", {"facts": facts, "as_of": AS_OF}),
    )
    printed = ask("plan", tmp_path / "crlm" / "case.toml", "--as-of", AS_OF, "--json").record
    assert (plan[0], json.loads(plan[1])) == (False, printed)
    del printed["trials"]
    assert json.loads(short[1]) == printed
    assert json.loads(formulas[1]) == ask("calc", "--list", "--json").record
    words = ("--height-cm", "180", "--weight-kg", "80")
    by_options = ask("calc", "bsa", *words, "--json").record
    assert json.loads(area[1])["bsa_m2"] == by_options["bsa_m2"] == pytest.approx(2.0, abs=0.01)
    by_command = ask("trials", "judge", tmp_path / "facts.json", "--as-of", AS_OF, "--json").record
    assert json.loads(judged[1]) == by_command
    assert not any(wrong for wrong, _ in (short, formulas, area, judged))


@pytest.mark.essential
@pytest.mark.slow
def test_h16_what_the_command_line_refuses_gives_no_number(tmp_path: Path) -> None:
    """Exact decimals and keys given twice reach the command, as text does."""
    cube = SMALL.files(tmp_path, flr=(0, 2400))
    lines = [f'{role} = "{path.name}"' for role, path in cube.items()]
    bad = {
        "unknown_key": [*lines, "no_tumour = true", "tumor = 1"],
        "missing_file": ['liver = "none.nii"', "no_tumour = true"],
        "flr_is_liver": [lines[0], 'flr = "liver.nii"', 'tumour = "liver.nii"'],
    }
    for name, keys in bad.items():
        content = "\n".join(["schema = 1", 'id = "a"', "[masks]", *keys])
        (tmp_path / f"{name}.toml").write_text(content, "utf-8")
    twice = '{"ecog": {"value": 0}, "ecog": {"value": 3}}'
    (tmp_path / "facts.json").write_text(twice, "utf-8")
    found = call(
        tmp_path,
        *(("plan", {"case": f"{name}.toml"}) for name in bad),
        ("trials_judge", {"facts": twice}),
        ("calc", {"formula": "bsa", "inputs": '{"height_cm": 1e999, "weight_kg": 80}'}),
        ("plan", {"case": "../case.toml"}),
        ("plan", {}),
        ("nothing", {}),
    )
    commands: Sequence[tuple[object, ...]] = [
        *(("plan", tmp_path / f"{name}.toml") for name in bad),
        ("trials", "judge", tmp_path / "facts.json"),
    ]
    for (wrong, text), words in zip(found, commands, strict=False):
        ran = ask(*words, "--json")
        assert (wrong, json.loads(text)) == (ran.status != 0, ran.record), words
    assert [wrong for wrong, _ in found] == [True] * len(found)
    for _, text in found:
        record = json.loads(text)
        assert record["status"] == "refused"
        assert set(record) == {"schema", "version", "status", "refusal"}
    codes = [json.loads(text)["refusal"]["code"] for _, text in found]
    assert codes[-3:] == ["file.missing", "usage.wrong", "usage.wrong"]


@pytest.mark.essential
@pytest.mark.slow
def test_h08_exact_decimals_reach_the_trials(tmp_path: Path) -> None:
    """29.99999999999999999999 % is below 30 %, which a number of 64 bits is not."""
    below = json.loads(facts_text(patients()["P01"]))
    for volume in ("total_liver_volume", "tumour_volume", "flr_volume"):
        del below[volume]
    assert float("29.99999999999999999999") == 30
    text = json.dumps({**below, "flr_of_nontumorous_liver": {"value": 999, "unit": "%"}})
    exact = text.replace("999", "29.99999999999999999999")
    service = AssistantService(tmp_path)
    status, answer = answered(service, "trials_judge", {"facts": exact, "as_of": AS_OF})
    at_30 = answered(service, "trials_judge", {"facts": text.replace("999", "30"), "as_of": AS_OF})
    assert status == 0
    assert json.loads(answer)["pathway"] != json.loads(at_30[1])["pathway"]


def test_h16_a_command_that_ends_otherwise_or_takes_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = AssistantService(tmp_path)
    for program, reason in (
        ([sys.executable, "-c", "raise SystemExit(1)"], "status 1"),
        ([sys.executable, "-c", "import os; os.abort()"], "status -6"),
    ):
        monkeypatch.setattr(server, "PYTHON", program)
        status, answer = answered(service, "list_formulas", {})
        refusal = json.loads(answer)["refusal"]
        assert (status, refusal["code"]) == (2, "assistant.failed")
        assert reason in refusal["reason"]
    monkeypatch.setattr(server, "PYTHON", [sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(server, "MOST_S", 0.2)
    status, answer = answered(service, "list_formulas", {})
    assert (status, json.loads(answer)["refusal"]["code"]) == (2, "assistant.failed")
    assert "took longer" in json.loads(answer)["refusal"]["reason"]


def test_a_server_without_its_folder_or_its_library_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = ask("mcp", tmp_path / "none")
    assert (ran.status, ran.out) == (2, "")
    assert "none: there is no such folder; check the name of the folder" in ran.err
    monkeypatch.setattr("fl_planner.basis.extras.find_spec", lambda _: None)
    with pytest.raises(InputRefused) as caught:
        AssistantService.of(tmp_path)
    assert (caught.value.code, caught.value.source) == ("extra.missing", "assistant")


def test_a_refusal_of_the_server_has_the_form_of_the_commands(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text("{", "utf-8")
    status, answer = answered(AssistantService(tmp_path), "trials_judge", {"facts": "{"})
    ran = ask("trials", "judge", tmp_path / "facts.json", "--json")
    assert (status, json.loads(answer)["refusal"]) == (2, refusal_of(ran))
