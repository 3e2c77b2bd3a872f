"""The commands: heading in the help, summary and module of each."""

from __future__ import annotations

from collections.abc import Mapping

# Each summary is the first sentence of the command's help, repeated here so that a list of all
# commands loads none of them.
HEADINGS: Mapping[str, Mapping[str, str]] = {
    "One patient": {
        "plan": "Plan a case: volumes, limits, lesions, trials and the volume-based pathway.",
        "demo": "Plan a bundled, fictitious case: liver metastases (crlm) or a large HCC (hcc).",
        "serve": "Open a local page in the browser: a case with its results and image sections.",
        "new-case": "Create a case file with the known facts, and the missing facts as comments.",
        "report": "Write a plan as a report: one file that requires no network.",
        "pictures": "Draw a plan's pictures: sections, a contact sheet to be signed, and the liver "
        "from two sides.",
    },
    "Parts of a plan": {
        "volume": "Measure volumes and the FLR percentage from masks, without clinical assessment.",
        "resections": "List resections of whole segments: lesions removed, margin and FLR.",
        "growth": "Measure the growth of the FLR between scans: mL, percentage points and "
        "kinetic growth rate.",
        "function": "Measure liver function: mebrofenin clearance, and the share of function in "
        "the FLR.",
        "dose": "Calculate radioembolisation doses (partition model) and the largest "
        "permitted lung shunt.",
        "calc": "Compute one formula, with inputs as options or as one JSON object on stdin.",
    },
    "Trials and many patients": {
        "trials": "List trials, show their criteria, or assess a patient against them.",
        "screen": "Assess many patients: verdicts, route, next question and deadline, most urgent "
        "first.",
        "cohort": "Plan many cases, on all processors or on a cluster, and write the results to "
        "a folder.",
        "cohort merge": "Merge the shards of a cohort into one set of tables.",
        "outcome": "Record a patient's status in a trial in a screening log.",
        "log": "List the entries of a screening log, and check that it has not been altered.",
        "agree": "Measure the agreement between two or more readers, or tools, on the same cases.",
    },
    "Archives": {
        "archive": "Find, fetch, store and withdraw DICOM objects in an archive.",
        "listen": "Receive studies from a PACS or workstation, and store the resulting plans in "
        "an archive.",
        "watch": "Watch a folder for DICOM studies, and store the resulting plans in an archive.",
    },
    "Other programs": {
        "segment": "Draw masks on a CT with a segmentation engine, and save them together "
        "with a case file.",
        "hooks": "Show eligibility for trials as cards in the hospital's record system (CDS "
        "Hooks).",
        "mcp": "Offer plans, formulas and trial criteria to an AI assistant (Model Context "
        "Protocol).",
    },
    "Files": {
        "check": "Check files: format, geometry, labels, and whether the files match each other.",
        "convert": "Write a mask, a label map, contours or a CT in another format or on "
        "another grid.",
        "carry": "Carry masks over to another scan by registration; the resulting masks are "
        "drafts.",
        "spect-shift": "Measure the shift between SPECT counts and the liver drawn on the CT.",
        "verify": "Check whether an output is still valid, and list what has changed.",
        "validate": "Plan a public data set, and compare its voxel counts with those published.",
        "dossier": "Write the documents needed for in-house use: acceptance run, hazards, "
        "libraries, changes.",
        "schema": "Print the JSON Schema (draft 2020-12) of a record; without a name, list all.",
    },
    "Defaults": {
        "settings": "Show each setting in effect and its origin: option, project, user or default.",
        "new-centre": "Create a centre file with the status of each trial; trials with no status "
        "become comments.",
    },
}
_HOMES = {  # modules with several commands
    "parts": ("volume", "resections", "growth"),
    "studies": ("function", "dose"),
    "cohort": ("cohort merge",),
    "plan": ("report", "pictures", "demo"),
    "files": ("check", "convert", "carry", "spect-shift", "segment"),
    "services": ("listen", "watch", "hooks", "mcp"),
    "verification": ("verify", "validate", "dossier"),
    "log": ("outcome",),
    "setup": ("settings", "new-case", "new-centre", "schema", "serve"),
}
HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
SUMMARIES = {name: words for names in HEADINGS.values() for name, words in names.items()}
COMMANDS = tuple(sorted(SUMMARIES))
