"""The library of workbooks, unaffected by other installed packages."""

import os
from importlib import import_module
from typing import Any

from fl_planner.basis.extras import OF_WORKBOOK


def import_openpyxl() -> Any:
    """Import openpyxl without lxml, which it would otherwise use if installed.

    Otherwise the bytes of a workbook, and the errors of a damaged one or a full disk, would depend
    on other packages. The import takes 0.3 s.
    """
    os.environ.setdefault("OPENPYXL_LXML", "False")  # read once, when it is imported
    return import_module(OF_WORKBOOK)
