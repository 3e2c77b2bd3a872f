"""The bundled label schemes, read from their file."""

from pathlib import Path

from fl_planner.space.labels import LabelScheme, parse_schemes

SCHEMES = Path(__file__).with_name("schemes.toml")  # by its path: `importlib.resources` takes 13 ms


def read_bundled_schemes() -> dict[str, LabelScheme]:
    """Read every scheme that comes with the package, name to scheme."""
    return parse_schemes(SCHEMES.read_text("utf-8"))
