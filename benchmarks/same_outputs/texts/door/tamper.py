"""Change a log behind its back: `tamper.py LOG.sqlite SQL`; its triggers are taken off first."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

file, command = sys.argv[1:]
with closing(sqlite3.connect(file)) as base:
    for verb in ("UPDATE", "DELETE"):
        base.execute(f"DROP TRIGGER entry_no_{verb}")
    base.execute(command)
    base.commit()
