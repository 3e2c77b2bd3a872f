"""A liver of boxes in the page's view, served from this machine under the page's policy."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

import fl_planner
from fl_planner.report.picture.surfaces import as_buffer, list_shown
from tests.cases import WAIT_S
from tests.report.phantoms import draw_scene
from tests.web.served import Browser as Visitor
from tests.web.served import Server, serving

if TYPE_CHECKING:
    from re import Pattern

    from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route

STATIC = Path(fl_planner.__file__).parent / "web" / "static"
POLICY = (  # safety.md, point 8 of the page, with nothing added
    "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8"}
PAGE = b"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Liver</title>
<link rel="stylesheet" href="/liver3d.css"><link rel="stylesheet" href="/test.css"></head>
<body><main><h1>Liver</h1><div id="host"></div></main><script type="module" src="/test.js"></script>
</body></html>"""
STYLE = b"""html, body { margin: 0 } h1 { font-size: 1rem; margin: 0; height: 1.5rem }
#host { height: calc(100vh - 1.5rem) } @media (prefers-color-scheme: dark)
{ body { background: #000; color: #fff } }"""
SCRIPT = b"""import { Liver3D } from "/liver3d.js";
window.broken = [];
document.addEventListener("securitypolicyviolation", (one) => broken.push(one.effectiveDirective));
const placed = !location.search.includes("lost");
window.view = new Liver3D(document.getElementById("host"), { placed });
window.told = [];
for (const kind of ["pick", "plane", "look"])
  view.addEventListener(kind, ({ detail }) => told.push({ kind, ...detail }));
await view.load(await (await fetch("/parts.json")).json());
view.draw();
window.ready = true;
"""
CLOCK = """at => {
  const Real = window.Real ??= Date;
  window.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [at])); }
    static now() { return new Real(at).getTime(); }
  };
}"""
FLAT = """const solid = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind.startsWith("webgl") ? null : solid.call(this, kind, ...more);
};"""
VIEWS_AT_REST = "#views[aria-busy=false] #scene[aria-busy=false] #liver[data-painted=true]"
ANSWERED = "#case[data-answered=true]:not([hidden])"
MS = 1000 * WAIT_S
FITTED = """() => [...document.querySelectorAll(".cut canvas, #liver > canvas")].every((one) => {
  const box = one.getBoundingClientRect();
  const [width, height] = [box.width, box.height].map((shown) => shown * devicePixelRatio);
  return !width || (Math.abs(one.width - width) <= 1 && Math.abs(one.height - height) <= 1);
})"""
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class View:
    """An open page; `asked` lists every address that it asked for."""

    tab: Page
    asked: list[str]

    def run(self, script: str) -> Any:
        """Run a script in the page, and give what it gives."""
        return self.tab.evaluate(script)

    def see(self) -> Pixels:
        """Give what the view shows, [row, column, 3]."""
        self.run("view.draw()")
        shot = self.tab.locator("#host").screenshot()
        return np.asarray(Image.open(BytesIO(shot)).convert("RGB"))

    def show_only(self, *names: str) -> None:
        """Hide every other part, and show these as they are, opaque."""
        self.run(
            f"for (const one of view.parts.keys()) view.set(one,"
            f" {{ visible: {json.dumps(names)}.includes(one), opacity: 1 }})"
        )

    def find(self, name: str) -> npt.NDArray[np.intp]:
        """Find the pixels, (N, 2) rows and columns, that change where a part is hidden."""
        with_it = self.see().astype(int)
        self.run(f"view.set({json.dumps(name)}, {{ visible: false }})")
        without = self.see().astype(int)
        self.run(f"view.set({json.dumps(name)}, {{ visible: true }})")
        return np.argwhere(np.abs(with_it - without).max(axis=2) > 40)

    @property
    def sides(self) -> str:
        """Letters at the left, right, upper and lower edge."""
        edges = ("left", "right", "upper", "lower")
        return " ".join(self.tab.locator(f".liver3d-{edge}").inner_text() for edge in edges)


def _answers() -> dict[str, bytes]:
    """List what the server gives, by address."""
    found = {f"/{one.name}": one.read_bytes() for one in STATIC.iterdir()}
    parts = []
    for number, part in enumerate(list_shown(draw_scene())):
        found[f"/{number}.flm"] = as_buffer(part.make_mesh())
        parts.append({
            "name": part.name, "label": part.look.label, "url": f"/{number}.flm",
            "colour": part.colour, "opacity": part.look.opacity, "visible": part.visible,
        })  # fmt: skip
    found["/cut-off.flm"] = found["/0.flm"][:-4]
    found |= {"/page.html": PAGE, "/test.css": STYLE, "/test.js": SCRIPT}
    return {**found, "/parts.json": json.dumps(parts).encode()}


def _make_handler(answers: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    def give(asked: BaseHTTPRequestHandler) -> None:
        path = asked.path.partition("?")[0]
        body = answers.get(path)
        asked.send_response(404 if body is None else 200)
        asked.send_header("Content-Type", KINDS.get(Path(path).suffix, "application/octet-stream"))
        asked.send_header("Content-Security-Policy", POLICY)
        asked.send_header("X-Content-Type-Options", "nosniff")
        asked.send_header("Content-Length", str(len(body or b"")))
        asked.end_headers()
        asked.wfile.write(body or b"")

    silent = {"do_GET": give, "log_message": lambda *_: None}
    return type("Handler", (BaseHTTPRequestHandler,), silent)


@contextmanager
def serve() -> Iterator[str]:
    """Serve the page on this machine, and give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(_answers()))
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/page.html"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def open_view(browser: Browser, address: str) -> Iterator[View]:
    """Open the page, and wait until it shows the liver."""
    tab = browser.new_page(viewport={"width": 800, "height": 624})
    asked: list[str] = []
    tab.on("request", lambda one: asked.append(one.url))
    tab.goto(address)
    wait_until(tab, "() => window.ready === true")
    yield View(tab, asked)
    tab.close()


def wait_until(tab: Page, true: str, arg: Any = None, within_s: float = WAIT_S) -> None:
    """Wait until a function of the page gives true.

    Playwright's own wait asks again from within the page, which the page's policy forbids: it
    fails wherever the first look comes too early.
    """
    over = time.monotonic() + within_s
    while not tab.evaluate(true, arg):
        if time.monotonic() > over:
            raise TimeoutError(f"not true within {within_s} s: {true}")
        tab.wait_for_timeout(50)


def wait_until_ready(tab: Page) -> None:
    """Wait until the questions of a case are those after its last entry."""
    tab.wait_for_selector("#ask[aria-busy=false]", state="attached", timeout=MS)


def wait_for_entries(tab: Page, count: int) -> None:
    """Wait until the results of this many entries are shown."""
    of_all = f"#ask[data-steps='{count}'][aria-busy=false]"
    tab.wait_for_selector(of_all, state="attached", timeout=MS)


def wait_for_case(tab: Page) -> None:
    """Wait until a case is shown with its questions."""
    tab.wait_for_selector(ANSWERED, timeout=MS)
    wait_until_ready(tab)


def open_drop(tab: Page) -> None:
    """Turn to where the files of another case are dropped."""
    tab.click("#another")
    tab.wait_for_selector("#drop:not([hidden])", timeout=MS)


def open_files(tab: Page) -> None:
    """Open the form of the files of a case."""
    turn(tab, "files")
    tab.wait_for_selector("#roles:not([hidden]) #roles-form", timeout=MS)


def open_sample(tab: Page) -> None:
    """Open the bundled case once more."""
    tab.click("#another")
    tab.click("#sample")
    wait_for_case(tab)


def open_tab(tab: Page) -> Page:
    """Open the case of a tab in a second one."""
    other = tab.context.new_page()
    other.add_init_script(FLAT)
    other.goto(tab.url)
    wait_for_case(other)
    return other


def use_date(tab: Page, day: str) -> None:
    """Enter an assessment date, which plans the case again."""
    turn(tab, "questions")
    tab.fill("#assess-day", day)
    tab.get_by_role("button", name="Use this date").click()


def open_sheet(tab: Page) -> None:
    """Open the contact sheet to review it."""
    tab.click("#look")
    tab.wait_for_selector("#sheet-view[open]", timeout=MS)


def turn(tab: Page, step: str) -> None:
    """Go to a step of the case: files, plan, questions, trials, sign or export."""
    tab.locator(f"button[data-step={step}]").click()


def open_results(tab: Page) -> None:
    """Open the results of the plan."""
    turn(tab, "plan")
    if tab.locator("#results").get_attribute("open") is None:
        tab.locator("#results > summary").click()


def plain(typeset: str) -> str:
    """Undo how the page sets numbers: with usual blanks and hyphens, as programs write them."""
    return typeset.replace("\u00a0", " ").replace("\u2212", "-")


def text_of(shown: Locator) -> str:
    """Read a text of the page as programs write it."""
    return plain(shown.inner_text())


def script_of(selector: str) -> str:
    """Write the script that reads a text of the page as programs write it."""
    return f"document.querySelector('{selector}').textContent.replaceAll('\u00a0', ' ')"


def texts_of(shown: Locator) -> list[str]:
    """Read several texts of the page as programs write them."""
    return [plain(one) for one in shown.all_inner_texts()]


def read_results(tab: Page) -> str:
    """Open the results, and read them."""
    open_results(tab)
    return text_of(tab.locator("#answer"))


def set_clock(tab: Page, at: str) -> None:
    """Let the clock of a page stand still at a local time."""
    tab.evaluate(CLOCK, at)


def open_at(tab: Page, at: str) -> None:
    """Load a page again with a clock that stands still: no day ends during a test."""
    tab.add_init_script(f"({CLOCK})('{at}')")
    tab.reload()
    wait_for_case(tab)


def choose_theme(tab: Page, theme: str) -> None:
    """Choose the dark or the light page."""
    if tab.locator("html").get_attribute("data-theme") != theme:
        tab.locator("#theme").click()


def settle(page: View) -> None:
    """Wait until nothing is on its way and all is painted, at the size at which it is shown.

    The page of a case says so; after a change of layout its views are painted with the next frame.
    """
    page.tab.wait_for_selector(VIEWS_AT_REST, timeout=120_000)
    wait_until(page.tab, FITTED, within_s=120)
    page.tab.wait_for_selector(VIEWS_AT_REST, timeout=120_000)


@contextmanager
def open_case(browser: Browser, port: int) -> Iterator[View]:
    """Open the page of a case, and wait until its liver is shown."""
    tab = browser.new_page(viewport={"width": 1400, "height": 1000})
    asked: list[str] = []
    tab.on("request", lambda one: asked.append(one.url))
    tab.add_init_script(
        "window.broken = []; document.addEventListener('securitypolicyviolation',"
        " (one) => broken.push(one.effectiveDirective))"
    )
    tab.goto(f"http://127.0.0.1:{port}/")
    view = View(tab, asked)
    settle(view)
    yield view
    tab.close()


@contextmanager
def open_page(browser: Browser, server: Server, *, solid: bool = False) -> Iterator[Page]:
    """Open the page of a server's case, which asks no other computer, and in which no script fails.

    It is flat, without a graphics card, unless `solid`. What was opened and said meanwhile is
    closed and taken back at the end.
    """
    with _borrow_profile(browser) as profile:
        tab, wrong, ours = profile.new_page(), list[str](), f"http://127.0.0.1:{server.port}/"
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda told: wrong.append(told.text) if "Policy" in told.text else None)
        own = (ours, "blob:", "data:")
        tab.on("request", lambda one: None if one.url.startswith(own) else wrong.append(one.url))
        if not solid:
            tab.add_init_script(FLAT)
        tab.goto(ours)
        tab.wait_for_selector(ANSWERED, timeout=MS)
        tab.wait_for_selector("#views[aria-busy=false]", timeout=MS)
        yield tab
        _leave(tab, server)
        tab.evaluate("localStorage.clear()")
    assert wrong == []


@contextmanager
def open_case_page(browser: Browser, case_file: Path, *, solid: bool = False) -> Iterator[Page]:
    """Serve a case file, and open its page."""
    with TemporaryDirectory() as place, serving(Path(place), case_file) as server:
        server.browser().first()
        with open_page(browser, server, solid=solid) as tab:
            yield tab


FREE: dict[Browser, list[BrowserContext]] = {}  # each with an empty tab, which keeps its process


@contextmanager
def _borrow_profile(browser: Browser) -> Iterator[BrowserContext]:
    """Give a profile without a cookie; it is given again once all of its tabs are closed.

    A new one takes a third of a page's time. None is given again after a test that failed.
    """
    free = FREE.setdefault(browser, [])
    if free:
        profile = free.pop()
    else:
        profile = browser.new_context(viewport={"width": 1280, "height": 800})
        profile.new_page()
    yield profile
    for tab in profile.pages[1:]:
        tab.close()
    profile.clear_cookies()
    free.append(profile)


def visitor_of(tab: Page, server: Server) -> Visitor:
    """Visit the server with the cookie and the token of a tab, as a second tab would."""
    (cookie,) = tab.context.cookies()
    token = tab.locator("meta[name=token]").get_attribute("content") or ""
    return Visitor(server.port, f"{cookie['name']}={cookie['value']}", token)


def _leave(tab: Page, server: Server) -> None:
    visitor = visitor_of(tab, server)
    first, *others = (f"/cases/{one['id']}" for one in visitor.get("/cases").json())
    for one in others:
        visitor.post(f"{one}/close")
    while visitor.get(f"{first}/dossier").json()["undo"]:
        visitor.post(f"{first}/undo")


def hold_first(page: Page, pattern: str) -> list[Any]:
    """Hold back the first request to these addresses, in the list that is returned."""
    held: list[Any] = []

    def hold(route: Any) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route(pattern, hold)
    return held


KEY = "other_hepatic_malignancy"


def question(page: Page, key: str) -> Locator:
    """Open a question, and wait for what its answers would do."""
    form = page.locator(f'form[data-key="{key}"]')
    page.evaluate(
        """key => {
          const form = document.querySelector(`form[data-key="${key}"]`);
          for (let up = form.parentElement; up; up = up.parentElement) up.open = true;
        }""",
        key,
    )
    form.locator('.does[aria-busy="false"]').wait_for(state="attached", timeout=MS)
    return form


SAYS = "([id, t]) => document.getElementById(id).textContent.replaceAll('\u00a0', ' ').includes(t)"


def says(page: Page, id_: str, text: str) -> None:
    wait_until(page, SAYS, arg=[id_, text])


TABS = "#cases button[data-case]"


def close(page: Page, number: int) -> None:
    page.get_by_role("button", name=f"Close case {number}").click()


@contextmanager
def held_back(page: Page, address: str | Pattern[str]) -> Iterator[list[Route]]:
    """Hold back the answers of an address until the end; give those that came."""
    came: list[Route] = []
    freed = False
    page.route(address, lambda one: one.continue_() if freed else came.append(one))
    yield came
    freed = True  # also of what is asked for from here on
    for one in came:
        one.continue_()
    page.unroute(address)


def wait_for(page: Page, came: Sequence[object], count: int = 1) -> None:
    """Wait until this many answers are held back."""
    for _ in range(MS // 50):
        if len(came) >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"asked for {len(came)} times, not {count}")


def show_case(page: Page, number: int) -> None:
    """Show a case by its tab, with all that can be drafted in it."""
    page.locator(TABS).nth(number - 1).click()
    page.wait_for_selector(f"{TABS}[aria-current=true] >> text=Case {number}", timeout=MS)
    wait_until_ready(page)
    page.wait_for_selector("#cutter:not([hidden])", timeout=MS)


ANSWER = "**/answer"


def rest(page: Page) -> None:
    """Wait until the page asks for no more."""
    wait_until_ready(page)
    page.wait_for_selector("#scene[aria-busy=false]", state="attached", timeout=MS)
