"""What bars a reader from a page is found; where none can be looked at, that is said."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from docs.site import axe
from docs.site.html import as_reachable

BROWSER = axe.find_browser()
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium, or no axe for playwright")
PAGE = """<!doctype html><html lang="en"><head><title>Page</title>
<meta name="viewport" content="width=device-width">{style}</head>
<body><main><h1>Page</h1>{body}</main></body></html>"""
DARK = "@media (prefers-color-scheme: dark) {p {color: #333; background: #222}}"


def barriers(tmp_path: Path, body: str, style: str = "") -> set[tuple[str, str]]:
    (tmp_path / "page.html").write_text(PAGE.format(body=body, style=style), "utf-8")
    assert BROWSER is not None
    return {(one.seen, one.rule) for one in axe.look(tmp_path, BROWSER)}


@pytest.mark.slow
@needs_browser
def test_what_bars_a_reader_is_found(tmp_path: Path) -> None:
    assert barriers(tmp_path, "<p>Text.</p>") == set()
    picture = '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'
    assert ("light, 1366 px", "image-alt") in barriers(tmp_path, picture)
    dark = barriers(tmp_path, "<p>Text.</p>", f"<style>{DARK}</style>")
    assert dark == {("dark, 1366 px", "color-contrast")}
    wide = barriers(tmp_path, '<div style="width: 800px">Text.</div>')
    assert wide == {("light, 390 px", "too-wide")}


@pytest.mark.slow
@needs_browser
def test_the_command_ends_with_one_where_something_bars(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.html").write_text(PAGE.format(body="<table><th></th></table>", style=""))
    ran = CliRunner().invoke(axe.main, ["."])
    assert ran.exit_code == 1
    assert "page.html (light, 1366 px): empty-table-header, 1: <th></th>" in ran.output
    assert "1 pages, each in 3 ways" in ran.output


def test_without_a_browser_it_states_that_nothing_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    ran = CliRunner().invoke(axe.main, [str(tmp_path)])
    assert ran.exit_code == 0
    assert ran.output.startswith("not looked at: ")


def test_what_scrolls_is_reached_and_a_landmark_has_a_name() -> None:
    told = as_reachable(
        '<aside class="sidebar-drawer"><article role="main" id="furo-main-content">'
    )
    assert 'aria-label="All pages"' in told
    assert "<h1>Search</h1>" in told
    assert as_reachable("<h1>A</h1><pre>b</pre>") == '<h1>A</h1><pre tabindex="0">b</pre>'
