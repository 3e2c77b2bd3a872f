"""OHIF, the viewer of many hospitals, on an archive's DICOMweb, in the network of this thread.

The package of npm holds the built viewer; `.ci/run` fetches it to a folder outside the project.
"""

import os
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.archive.networks import PASSWORD, USER, WEB_PORT

VERSION = "3.13.2"
PLACE = "FL_PLANNER_OHIF"  # environment variable: the folder of the unpacked package
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
VIEWER = Path(os.environ.get(PLACE) or CACHE / "fl-planner-tests" / f"ohif-{VERSION}") / "dist"
LOGIN = f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
CONFIG = """
window.config = {
  routerBasename: '/', extensions: [], modes: [], customizationService: {},
  showStudyList: true, maxNumberOfWebWorkers: 2, investigationalUseDialog: { option: 'never' },
  showCPUFallbackMessage: false, showLoadingIndicator: true, defaultDataSourceName: 'archive',
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'archive',
    configuration: {
      friendlyName: 'archive', name: 'archive', qidoRoot: '/dicom-web', wadoRoot: '/dicom-web',
      wadoUriRoot: '/dicom-web', qidoSupportsIncludeField: false, imageRendering: 'wadors',
      thumbnailRendering: 'wadors', enableStudyLazyLoad: true, supportsFuzzyMatching: false,
      supportsWildcard: true, omitQuotationForMultipartRequest: true,
      bulkDataURI: { enabled: true, relativeResolution: 'studies' },
    },
  }],
};
"""
KEPT = ("Content-Type", "Accept")  # headers that pass the door
ISOLATED = {  # what the viewer's workers need
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


class Door(SimpleHTTPRequestHandler):
    """Give the viewer's files, and pass requests on to the archive with the login."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *given: object) -> None:
        super().__init__(*given, directory=str(VIEWER))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer a request of the viewer."""
        path = self.path.partition("?")[0]
        if path.startswith("/dicom-web/"):
            self._pass_on()
        elif path == "/app-config.js":
            self._give(200, "text/javascript", CONFIG.encode())
        else:
            if not (VIEWER / path.lstrip("/")).is_file():
                self.path = "/index.html"  # a page of the viewer
            super().do_GET()

    def end_headers(self) -> None:
        """Add what the viewer requires of every answer."""
        for name, value in ISOLATED.items():
            self.send_header(name, value)
        super().end_headers()

    def _pass_on(self) -> None:
        archive = HTTPConnection("127.0.0.1", WEB_PORT, timeout=60)
        headers = {name: self.headers[name] for name in KEPT if name in self.headers}
        host = self.headers["Host"]
        archive.request("GET", self.path, headers={**headers, "Authorization": LOGIN, "Host": host})
        answer = archive.getresponse()
        content = answer.read()
        archive.close()
        self._give(answer.status, answer.headers["Content-Type"] or "application/json", content)

    def _give(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


needs_viewer = pytest.mark.skipif(
    not (VIEWER / "index.html").is_file(),
    reason=f"no OHIF {VERSION}, which .ci/run fetches from npm",
)


@contextmanager
def viewer() -> Iterator[str]:
    """Serve the viewer in the network of this thread, and give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
