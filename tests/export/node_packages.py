"""Packages of npm that judge outputs: a FHIR R4 server in memory, and an evaluator of FHIRPath.

`.ci/run` fetches them to a folder outside the project, named by the hash of `node/package.json`.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

HERE = Path(__file__).parent / "node"
PLACE = "FL_PLANNER_NODE"  # environment variable: the folder in which the packages are installed
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
VERSION = sha256((HERE / "package.json").read_bytes()).hexdigest()[:12]
FOLDER = Path(os.environ.get(PLACE) or CACHE / "fl-planner-tests" / f"node-{VERSION}")
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(
    NODE is None or not (FOLDER / "node_modules" / "fhirpath").is_dir(),
    reason="no node, or no packages of npm, which .ci/run fetches",
)


def run_script(name: str, asked: Any) -> Any:
    """Run a script of `node` once; it reads JSON and prints JSON."""
    assert NODE is not None
    done = subprocess.run(
        [NODE, HERE / name, FOLDER], input=json.dumps(asked), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@contextmanager
def fhir_server() -> Iterator["FhirServer"]:
    """Serve FHIR R4 from memory until the block ends."""
    assert NODE is not None
    command = [NODE, str(HERE / "server.cjs"), str(FOLDER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield FhirServer(f"http://127.0.0.1:{int(process.stdout.readline())}")
        assert process.stdin is not None
        process.stdin.close()


class FhirServer:
    """A FHIR server by its address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str) -> Any:
        """Read a resource, or search."""
        with urlopen(f"{self.url}/{path}") as answer:
            return json.load(answer)

    def post(self, path: str, resource: Any) -> Any:
        """Send a resource, or a bundle to the path ""."""
        headers = {"Content-Type": "application/fhir+json"}
        request = Request(f"{self.url}/{path}", json.dumps(resource).encode(), headers)
        with urlopen(request) as answer:
            return json.load(answer)

    def delete(self, path: str) -> None:
        """Delete a resource."""
        with urlopen(Request(f"{self.url}/{path}", method="DELETE")):
            return

    def list_all(self, kind: str) -> list[dict[str, Any]]:
        """List all resources of a kind."""
        found = self.get(f"{kind}?_count=1000")
        return [entry["resource"] for entry in found.get("entry", ())]
