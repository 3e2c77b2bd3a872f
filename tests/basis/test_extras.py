"""What is missing of an extra, and how to install it from a clone and without one."""

import pytest

from fl_planner.basis import extras as extra
from fl_planner.basis.extras import refuse_missing, require_report
from fl_planner.basis.findings import InputRefused


def test_two_libraries_are_not_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda _: None)
    with pytest.raises(InputRefused) as refused:
        require_report("jinja2", "typst")
    assert refused.value.reason == "this needs jinja2 and typst, which are not installed"
    with pytest.raises(InputRefused) as refused:
        require_report("typst")
    assert refused.value.reason == "this needs typst, which is not installed"


@pytest.mark.parametrize("name", ["report", "dicom"])
def test_the_way_to_install_is_told_and_no_registry_that_has_it_not(name: str) -> None:
    wrong = refuse_missing(name, ["x"], "; or write NIfTI")
    assert wrong.code == "extra.missing"
    assert f"pip install '.[{name}]'" in wrong.remedy
    assert "fl-planner[" not in wrong.remedy
    assert wrong.remedy.endswith("; or write NIfTI")


def test_the_page_names_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "uvicorn" else object())
    with pytest.raises(InputRefused) as refused:
        extra.require_web()
    assert (refused.value.code, refused.value.source) == ("extra.missing", "web")
    assert "uvicorn" in refused.value.reason
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
        with pytest.raises(InputRefused) as refused:
            require()
        assert (refused.value.code, refused.value.source) == ("extra.missing", name)
        assert f"pip install {name}; or " in refused.value.remedy
    monkeypatch.setattr(extra, "find_spec", lambda _: object())
    extra.require_queue()
    extra.require_dashboard()
