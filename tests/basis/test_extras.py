"""What is missing of an extra, and how to install it from a clone and without one."""

from collections.abc import Callable

import pytest

from fl_planner.basis import extras as extra
from fl_planner.basis.extras import refuse_missing, require_report
from tests.cases import each_case
from tests.refusals import refuses


def test_two_libraries_are_not_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda _: None)
    for missing, are in (
        (("jinja2", "typst"), "jinja2 and typst, which are"),
        (("typst",), "typst, which is"),
    ):
        with refuses("extra.missing", "report", says=f"requires {are} not installed"):
            require_report(*missing)


@pytest.mark.parametrize("name", ["report", "dicom"])
def test_the_way_to_install_is_reported_and_no_registry_that_has_it_not(name: str) -> None:
    wrong = refuse_missing(name, ["x"], "; or write NIfTI")
    assert wrong.code == "extra.missing"
    assert f"pip install '.[{name}]'" in wrong.remedy
    assert "fl-planner[" not in wrong.remedy
    assert wrong.remedy.endswith("; or write NIfTI")


def test_the_page_names_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "uvicorn" else object())
    with refuses("extra.missing", "web", says="uvicorn") as refused:
        extra.require_web()
    assert "starlette" not in refused.value.reason
    monkeypatch.setattr(extra, "find_spec", lambda _: object())
    extra.require_web()


def test_what_a_cluster_may_need_is_refused_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = {"dask_jobqueue": None, "bokeh": None}
    monkeypatch.setattr(extra, "find_spec", lambda name: there[name])
    for require, name in (
        (extra.require_queue, "dask-jobqueue"),
        (extra.require_dashboard, "bokeh"),
    ):
        with refuses("extra.missing", name) as refused:
            require()
        assert f"pip install {name}; or " in refused.value.remedy
    monkeypatch.setattr(extra, "find_spec", lambda _: object())
    extra.require_queue()
    extra.require_dashboard()


@each_case(
    "require, missing, extra_name",
    {
        "a workbook": (extra.require_excel, "openpyxl", "excel"),
        "a data frame": (extra.require_pandas, "pandas", "pandas"),
        "scans": (extra.require_registration, "SimpleITK", "registration"),
        "a cohort": (extra.require_cluster, "distributed", "cluster"),
        "an assistant": (extra.require_assistant, "mcp", "assistant"),
        "a dossier": (extra.require_dossier, "cyclonedx", "dossier"),
        "an engine": (extra.require_engines, "psutil", "engines"),
        "a keyring": (extra.require_keyring, "keyring", "archive"),
    },
)
def test_each_extra_is_named_where_one_library_of_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, require: Callable[[], None], missing: str, extra_name: str
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == missing else object())
    with refuses("extra.missing", extra_name, says=f"requires {missing}, which is not installed"):
        require()
    monkeypatch.setattr(extra, "find_spec", lambda _: object())
    require()


def test_an_archive_requires_also_the_libraries_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "keyring" else object())
    extra.require_archive()
    with refuses("extra.missing", "archive", says="requires keyring, which is not installed"):
        extra.require_archive("keyring")
    monkeypatch.setattr(extra, "find_spec", lambda _: None)
    says = "requires dicomweb_client and pynetdicom, which are not installed"
    with refuses("extra.missing", "archive", says=says):
        extra.require_archive()
