"""A second archive of another maker: tiny-pacs with DICOMweb, in the network of this thread.

So that the habits of one server are not taken for the standard. It knows tokens.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.archive.networks import own_network, wait_for

WEB_PORT, NODE_PORT, TOKEN = 11180, 11104, "token of the tests"
CONFIG = {
    "ae": {"ae_title": ["TINY"], "port": NODE_PORT},
    "log": {"version": 1, "root": {"level": "ERROR"}},
    "components": {
        "HttpServer": {"on": True, "host": "127.0.0.1", "port": WEB_PORT},
        "DICOMWeb": {"on": True, "prefix": "/dicomweb", "auth": "token", "tokens": [TOKEN]},
    },
}


@contextmanager
def tiny_pacs(folder: Path) -> Iterator[None]:
    """Start it, with its data in memory."""
    if any(find_spec(name) is None for name in ("tiny_pacs", "tiny_pacs_dicomweb", "waitress")):
        pytest.skip("no tiny-pacs with DICOMweb on this system")
    config = folder / "pacs.json"
    config.write_text(json.dumps(CONFIG), "utf-8")
    with own_network(), (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tiny_pacs", "run", "-c", str(config)], stdout=log, stderr=log
        )
        try:
            for port in (WEB_PORT, NODE_PORT):
                wait_for(port, process)
            yield
        finally:
            process.terminate()
            process.wait(30)
