"""What becomes of each case file of a folder: `mutants.py FUNCTION FOLDER`.

One line a file: its refusal in words, or a hash of its record.
"""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
from pathlib import Path

import fl_planner

DEFECTS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)

command, folder = sys.argv[1:]
warnings.simplefilter("ignore")
for path in sorted(Path(folder).glob("*.toml")):
    try:
        record = fl_planner.as_record(getattr(fl_planner, command)(path))
    except fl_planner.InputRefused as refused:
        said = f"{refused.code}: {refused.source}: {refused.reason}; {refused.remedy}"
    except DEFECTS as defect:  # kept, and seen as one
        said = f"DEFECT {type(defect).__name__}"
    else:
        text = json.dumps(record, sort_keys=True).replace(fl_planner.__version__, "")
        said = hashlib.sha256(text.encode()).hexdigest()
    print(f"{path.name}: {said}")
