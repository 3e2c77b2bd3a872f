"""The bundled cases: where their files lie."""

from importlib.resources import files
from pathlib import Path

from fl_planner.basis.findings import InputRefused


def sample_case(name: str) -> Path:
    """Find the folder of a bundled case: its images and its `case.toml`.

    An installed package holds the cases as `fl_planner/sample_data`; an editable install runs
    from the repository, where they lie beside the package.

    - `name`: name of the folder, such as `crlm` or `hcc`.

    Raises `InputRefused`: `sample.unknown` when no bundled case has that name; the remedy names
    those there are.

    Examples
    --------
    >>> (sample_case("crlm") / "case.toml").is_file()
    True
    """
    package = Path(str(files("fl_planner")))
    inside = package / "sample_data"
    home = inside if inside.is_dir() else package.parent / "sample_data"
    cases = {case.parent.name: case.parent for case in sorted(home.glob("*/case.toml"))}
    if name not in cases:
        known = ", ".join(cases)
        remedy = f"choose one of: {known}" if known else "install fl-planner again"
        raise InputRefused("sample.unknown", name, "no bundled case has this name", remedy)
    return cases[name]
