"""How options name files: what a message says of a file that is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def list_given(given: dict[str, Any]) -> dict[Path, str]:
    """Tell by which option each file was named."""
    named = {
        path: f"--{option.replace('_', '-')} {path.name}"
        for option, value in given.items()
        for path in (value if isinstance(value, tuple) else (value,))
        if isinstance(path, Path)
    }
    for option in ("exclude", "second_reader"):
        for entry in given.get(option, ()):
            name, equals, text = entry.rpartition("=")
            path = Path(text)
            named[path] = f"--{option.replace('_', '-')} {name}{equals}{path.name}"
    return named
