"""The commands: under which heading of the help each stands, what it is for, and its module."""

from __future__ import annotations

from collections.abc import Mapping

# Each summary is the first sentence of the command's own help, here as well so that a list of all
# commands loads none of them.
HEADINGS: Mapping[str, Mapping[str, str]] = {
    "One patient": {
        "plan": "Plan a case: volumes, limits, lesions, trials and the pathway by volume.",
        "demo": "Plan a bundled, invented case: metastases (crlm) or a large HCC (hcc).",
        "serve": "Open the local page: a case with its answer and its cuts, in your browser.",
        "new-case": "Begin a case file: what is known, and as comments what is still to ask, "
        "and of whom.",
        "report": "Write a plan as a report: one file that needs no network.",
        "pictures": "Draw a plan: three cuts, a contact sheet to be signed, and the liver "
        "from two sides.",
    },
    "Parts of a plan": {
        "volume": "Measure volumes and the FLR % of masks; nothing clinical.",
        "resections": "Answer every resection by segments: lesions cleared, margin, what remains.",
        "growth": "Tell the growth of a remnant over scans: mL, points, and the kinetic "
        "growth rate.",
        "function": "Measure the function of a liver: clearance of mebrofenin, and the "
        "remnant's share.",
        "dose": "Tell the dose of a radioembolisation by the partition model, and its largest "
        "lung shunt.",
        "calc": "Compute one formula, its inputs as options or as one JSON object on stdin.",
    },
    "Trials and many patients": {
        "trials": "List trials, show their criteria, judge a patient by them.",
        "screen": "Judge many patients: verdicts, route, next question and deadline, the most "
        "urgent first.",
        "cohort": "Plan many cases into a folder, on all processors or on a cluster.",
        "outcome": "Record what became of a patient and a trial, in a screening log.",
        "log": "List a screening log, and say whether anybody changed it.",
        "agree": "Tell how two or more readers, or tools, agree on the same cases.",
    },
    "Files": {
        "check": "Tell what each file is: format, geometry, labels; and whether they fit together.",
        "convert": "Write a mask, a label map, contours or a CT in another format or on "
        "another grid.",
        "carry": "Carry masks from one scan to another by registration; each is a draft.",
        "spect-shift": "Tell how far the counts of a SPECT lie off the liver that was drawn "
        "on the CT.",
        "verify": "Say whether an output still holds, and name what changed if it does not.",
        "schema": "Print the JSON Schema (draft 2020-12) of a record; without a name, list them.",
    },
    "Said once for all": {
        "settings": "Show what holds of each setting, and why: option, project, user, default.",
        "new-centre": "Begin a centre file: which trials recruit here, and as comments those "
        "not yet answered.",
    },
}
_HOMES = {  # of commands that have no module of their own name
    "parts": ("volume", "resections", "growth"),
    "studies": ("function", "dose"),
    "plan": ("report", "pictures", "demo"),
    "files": ("check", "convert", "carry", "spect-shift"),
    "log": ("outcome",),
    "setup": ("settings", "new-case", "new-centre", "schema", "serve"),
}
HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
SUMMARIES = {name: words for names in HEADINGS.values() for name, words in names.items()}
COMMANDS = tuple(sorted(SUMMARIES))
