"""Archives from Python, as by command: the same answers and the same refusals."""

from pathlib import Path

import pytest

import fl_planner
from fl_planner.archive.connection import Archive, WebAddress
from fl_planner.archive.push import push
from fl_planner.archive.session import open_session
from tests.archive.pacs import NODE_PORT, TOKEN, WEB_PORT, tiny_pacs
from tests.archive.studies import make_study
from tests.cli.outside import refused, told
from tests.gateway.gateways import ROUTING
from tests.refusals import refuses

FILE = f"""
schema = 1
[archives.web]
dicomweb = "http://127.0.0.1:{WEB_PORT}/dicomweb"
login = "token"
[archives.node]
host = "127.0.0.1"
port = {NODE_PORT}
called = "TINY"
calling = "FLPLANNER"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("FL_PLANNER_WEB_TOKEN", TOKEN)
    (tmp_path / "archives.toml").write_text(FILE, "utf-8")
    return tmp_path


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Incorrect value for Specific Character Set")  # of theirs
def test_a_study_is_found_pulled_and_its_results_pushed_and_withdrawn(folder: Path) -> None:
    study = make_study(81)
    archives = folder / "archives.toml"
    routing = f"schema = 1\n[[route]]{ROUTING.split('[[route]]')[1]}".replace('archive = "web"', "")
    (folder / "routing.toml").write_text(routing, "utf-8")
    with tiny_pacs(folder):
        web = open_session(
            Archive("web", WebAddress(f"http://127.0.0.1:{WEB_PORT}/dicomweb", "token"))
        )
        push(web, study.objects)
        found = fl_planner.find_studies(
            "web", study=study.uid, until="2030-01-01", archives=archives
        )
        assert [one["study_uid"] for one in found["studies"]] == [study.uid]
        assert found.as_record() == told(
            "archive", "find", "web", "--archives", archives, "--study", study.uid,
            "--until", "2030-01-01",
        )  # fmt: skip
        pulled = fl_planner.pull_study("web", study.uid, out="pulled", archives=archives)
        assert (pulled["objects"], pulled["folder"]) == (len(study.objects), "pulled")
        assert len([*(folder / "pulled").iterdir()]) == len(study.objects)
        told("plan", "--study", study.uid, "--archive", "web", "--archives", archives,
             "--routing", "routing.toml", "--profile", "clinical", "--dicom", "first",
             "--quiet")  # fmt: skip
        assert fl_planner.push_results("web", "first", archives=archives)["new"] == 5
        assert fl_planner.push_results("web", "first", archives=archives)["new"] == 0
        with refuses("archive.no_reason"):
            fl_planner.withdraw_results("web", "first", archives=archives)
        done = fl_planner.withdraw_results("web", "first", reason="quality", archives=archives)
        assert (done["action"], done["objects"]) == ("withdraw", 5)
        assert "withdrawn: 5 objects, archive web" in done._repr_html_()
        kinds = [web.fetch(one).Modality for one in web.list_instances(study.uid)]
        assert (kinds.count("KO"), kinds.count("SR")) == (2, 1)


def test_the_refusals_are_those_of_the_command(folder: Path) -> None:
    (folder / "archives.toml").unlink()
    for call, words in (
        (lambda: fl_planner.find_studies("web"), ("find", "web")),
        (
            lambda: fl_planner.pull_study("web", "1.2", out="out"),
            ("pull", "web", "--study", "1.2", "--out", "out"),
        ),
        (lambda: fl_planner.push_results("web", "none"), ("push", "web", "none")),
    ):
        with refuses(refused("archive", *words)["code"]):
            call()
    with refuses("usage.wrong", "since"):
        fl_planner.find_studies("web", since="yesterday")
