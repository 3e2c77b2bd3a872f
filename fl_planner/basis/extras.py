"""Libraries that are installed only when they are asked for, by the extra that brings them."""

from collections.abc import Sequence
from importlib.util import find_spec

from fl_planner.basis.findings import InputRefused

OF_PAGE, OF_PAPER, OF_SURFACE = "jinja2", "typst", "skimage"  # of the extra `report`
OF_WORKBOOK = "openpyxl"  # of the extra `excel`
OF_REGISTRATION = "SimpleITK"
OF_PARQUET = "pyarrow"  # of the extra `cluster`
OF_CLUSTER = ("cryptography", "dask", "distributed", "fsspec")  # of the extra `cluster`
OF_QUEUE = "dask_jobqueue"  # of no extra: of those who have a queue of SLURM
OF_DASHBOARD = "bokeh"  # of no extra: what Dask draws its own page with
OF_WEB = ("starlette", "uvicorn", "python_multipart")  # of the extra `web`


def refuse_missing(extra: str, missing: Sequence[str], instead: str = "") -> InputRefused:
    """Make the refusal of what needs an extra's libraries: how to install them, either way.

    Examples
    --------
    >>> refuse_missing("report", ["jinja2", "typst"]).reason
    'this needs jinja2 and typst, which are not installed'
    """
    are = "is" if len(missing) == 1 else "are"
    reason = f"this needs {' and '.join(missing)}, which {are} not installed"
    remedy = f"{say_install(extra)}, or with -e where it was installed so{instead}"
    return InputRefused("extra.missing", extra, reason, remedy)


def say_install(extra: str) -> str:
    """Say how to install an extra, from a clone."""
    return f"install the extra {extra}, in the folder of the clone: pip install '.[{extra}]'"


def require_report(*modules: str) -> None:
    """Refuse to make a report or a surface where the libraries for it are not installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("report", *modules)


def require_excel() -> None:
    """Refuse to read or write a workbook where the library for it is not installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("excel", OF_WORKBOOK, instead="; or take CSV, which needs none")


def require_registration() -> None:
    """Refuse to lay scans onto each other where SimpleITK is not installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("registration", OF_REGISTRATION)


def require_web() -> None:
    """Refuse to serve the page where the libraries for it are not installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("web", *OF_WEB)


def require_cluster() -> None:
    """Refuse to plan a cohort where the libraries for it are not installed.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    _require("cluster", *OF_CLUSTER)


def _require(extra: str, *modules: str, instead: str = "") -> None:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise refuse_missing(extra, missing, instead)


def require_queue() -> None:
    """Refuse to ask a queue of SLURM for workers where dask-jobqueue is not installed.

    Raises `InputRefused`: `extra.missing`, naming it.
    """
    _require_beside(OF_QUEUE, "; or start workers by hand (--scheduler)")


def require_dashboard() -> None:
    """Refuse to serve the page of Dask where bokeh is not installed, which draws it.

    Raises `InputRefused`: `extra.missing`, naming it.
    """
    _require_beside(OF_DASHBOARD, "; or leave --dashboard out")


def _require_beside(module: str, instead: str) -> None:
    if find_spec(module) is None:
        name = module.replace("_", "-")
        reason = f"this needs {name}, which is not installed"
        raise InputRefused("extra.missing", name, reason, f"pip install {name}{instead}")
