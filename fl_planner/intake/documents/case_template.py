"""All tables of a case file but its facts, each key with an example and what it is [new-case].

What is not given stands as a comment: with the `#` taken away it is read.
"""

from collections.abc import Iterator, Mapping

Entries = Mapping[str, Mapping[str, str]]  # by table and key, as TOML
Line = tuple[str, str, str]  # a key, an example as TOML, what it is
TOP, MASKS, PLAN, IMAGING = "", "[masks]", "[[plan]]", "[imaging]"
PATIENT, TREATED, VESSELS = "[patient]", "[treated]", "[vessels]"
PATHS = "paths relative to this file"
SCHEME = "scheme = "  # of a label map that is given with it
ALWAYS = (TOP, MASKS)  # never comments themselves
INSTEAD = {"tumour": "no_tumour", "flr": "resected"}  # what may stand in a key's place
TABLES: Mapping[str, tuple[Line, ...]] = {
    TOP: (
        ("schema", "1", ""),
        ("id", '"case-001"', "your pseudonym, printed as given"),
        ("label", '"Bed 12"', "printed by --profile clinical alone"),
        ("diagnosis", '"crlm"', "crlm, hcc or other"),
    ),
    MASKS: (
        ("liver", '"liver.nii.gz"', "the liver, with or without its tumours"),
        ("tumour", '"tumour.nii.gz"', "all tumours of the liver; or no_tumour = true"),
        (
            "flr",
            '"flr.nii.gz"',
            "the future liver remnant; or resected = ..., or segments under [[plan]]",
        ),
        ("treated", '"treated.nii.gz"', "the area to be radioembolised; or [treated]"),
        ("spleen", '"spleen.nii.gz"', "shown beside the liver; no answer rests on it"),
        (
            "labelmap",
            '"labelmap.nii.gz"',
            'Couinaud segments 1 to 8; else { file = "labelmap.nii.gz", scheme = "lits" }, or '
            "labels of your own: docs/how-to/own-labels.md",
        ),
        ("exclude", '{ cyst = "cyst.nii.gz" }', "cyst, cavity, gallbladder, IVC ..."),
        (
            "vessels",
            '{ portal_veins = "portal.nii.gz" }',
            "hepatic_veins, IVC ...: docs/how-to/vessels.md",
        ),
        ("absent_segments", "[]", "segments that the patient lacks"),
        ("gaps_to_nearest", "false", "true gives liver in no segment to the nearest one"),
    ),
    VESSELS: (
        ("portal_root_mm", "[4.0, -20.5, 60.0]", "a place where the portal tree begins"),
        ("hepatic_root_mm", "[-8.0, 12.5, 110.0]", "a place where the hepatic veins end"),
        ("frame", '"RAS"', "of these places; or LPS"),
    ),
    PLAN: (
        ("name", '"right hepatectomy"', "one [[plan]] or more; the first is the headline's"),
        (
            "remnant_segments",
            "[1, 2, 3, 4]",
            "or resected_segments, or plane = { point_mm, normal, frame }, or "
            "wedges = { lesions, margin_mm }; further plans may have flr or resected",
        ),
        ("embolised_segments", "[5, 6, 7, 8]", "whose portal branches are to be closed"),
        ("stages", "1", "or 2"),
        ("clearing_margin_mm", "10", "around lesions left in the remnant; the default"),
        (
            "cuts",
            '[{ tree = "portal", branch = "right_portal_vein" }]',
            'branches that are cut; or at_mm = [x, y, z] and frame = "RAS"',
        ),
    ),
    IMAGING: (
        ("ct", '"ct.nii.gz"', "asked whether it fits"),
        ("phase", '"portal venous"', ""),
        ("date", "2026-05-04", "of the scan"),
        ("reader", '"R1"', ""),
        ("status", '"draft"', 'or "verified", with the masks\' hashes in [imaging.sha256]'),
    ),
    "[embolisation]": (
        ("date", "2026-04-20", "on or before the scan: an arm was given"),
        ("kind", '"PVE"', "PVE, HVE, PVE/HVE (LVD, eLVD, DVE), Y90"),
        ("segments", "[5, 6, 7, 8]", "whose branches were closed"),
        ("next_treatment", "2026-08-20", "next anticancer treatment; growth counts up to it"),
    ),
    PATIENT: (
        ("height_cm", "178", "for body surface and expected liver volume"),
        ("weight_kg", "81", "for these, and for creatinine clearance"),
    ),
    TREATED: (
        ("segments", "[5, 8]", "where the treated area is not drawn"),
        ("with_tumour", "true", "the tumour and the segments that it occupies"),
        ("margin_mm", "10", "liver around these, treated too"),
    ),
    "[second_reader]": (
        ("flr", '"flr_r2.nii.gz"', "another reader's masks of the first plan"),
        ("liver", '"liver_r2.nii.gz"', ""),
        ("tumour", '"tumour_r2.nii.gz"', ""),
    ),
    "[baseline]": (
        ("mask", '"before.nii.gz"', "lesions of an earlier scan; or points_mm and frame"),
        ("registered", "true", "both scans lie over each other"),
    ),
    "[function]": (
        ("date", "2026-05-06", "of the scintigraphy; its files: docs/how-to/scintigraphy.md"),
    ),
    "[dose]": (
        ("lung_shunt", "0.06", "of a radioembolisation; or its files: docs/how-to/dose.md"),
    ),
    "[scores]": (
        ("sodium", '{ value = 138, unit = "mmol/L" }', "for MELD-Na and MELD 3.0"),
        ("encephalopathy", '"none"', 'for Child-Pugh; or "grade 1" to "grade 4"'),
        ("dialysis", "false", "for MELD"),
        ("cholestatic", "false", "PBC or PSC: Child-Pugh cuts the bilirubin elsewhere"),
    ),
    "[context]": (
        (
            "chemotherapy",
            '{ duration = { value = 12, unit = "wk" }, drugs = ["oxaliplatin"] }',
            "shown beside the FLR, as all of this table",
        ),
        ("pdff", '{ value = 8.4, unit = "%" }', "fat of the liver"),
        ("icg_r15", '{ value = 14, unit = "%" }', ""),
        ("hvpg", '{ value = 8, unit = "mm[Hg]" }', ""),
        ("limax", '{ value = 340, unit = "ug/kg/h" }', ""),
        ("management", '"unchanged"', "after a hepatectomy; or changed, invasive"),
        (
            "postoperative",
            '[{ day = 5, bilirubin = { value = 3.1, unit = "mg/dL" }, inr = 1.8 }]',
            "days after a hepatectomy; also prothrombin in %, clotting_factors",
        ),
    ),
    "[[accepted]]": (
        ("code", '"geometry.both_codes_zero"', "a finding that you have seen"),
        ("by", '"R1"', ""),
        ("why", '"side checked on the CT"', ""),
    ),
}


def write_tables(given: Entries) -> Iterator[str]:
    """Write every table: what is given, and the rest as comments."""
    for table, lines in TABLES.items():
        entries = given.get(table, {})
        if table != TOP:
            yield ""
            is_given = bool(entries) or table in ALWAYS
            yield _head(table) if is_given else f"# {_head(table)}"
        known = {key for key, _, _ in lines}
        for key, example, says in lines:
            if key in entries:
                own = says.replace(example, entries[key]) if key == "labelmap" else says
                yield _write_line(key, entries[key], "" if SCHEME in entries[key] else own)
            elif INSTEAD.get(key) not in entries:
                yield _write_line(f"# {key}", example, says)
        yield from (_write_line(key, entries[key], "") for key in entries if key not in known)


def _head(table: str) -> str:
    return f"{table:<31} # {PATHS}" if table == MASKS else table


def _write_line(key: str, value: str, says: str) -> str:
    """Write an entry, and what it is behind it."""
    entry = f"{key} = {value}"
    return f"{entry:<31} # {says}" if says else entry
