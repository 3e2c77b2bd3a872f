"""Set an entry of a JSON file: `edit.py FILE KEY.KEY VALUE`, the value as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

file, dotted, value = sys.argv[1:]
record = json.loads(Path(file).read_text("utf-8"))
*outer, last = dotted.split(".")
place = record
for key in outer:
    place = place[key]
place[last] = json.loads(value)
Path(file).write_text(json.dumps(record), "utf-8")
