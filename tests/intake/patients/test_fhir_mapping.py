"""Mapping files: the default is sound, a wrong file is refused with every error and its line."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fl_planner.basis.clinical_codes import LOCAL, LOINC, SNOMED
from fl_planner.intake.patients.fhir import mapping
from fl_planner.intake.patients.fhir.mapping import (
    DEFAULT,
    CodeMap,
    CodeSet,
    Rule,
    parse_mapping,
    read_mapping,
)
from fl_planner.intake.patients.fhir.resources import CONDITION, OBSERVATION, PROCEDURE, STATEMENT
from tests.basis.test_clinical_codes import passes_luhn, passes_verhoeff
from tests.intake.patients.fhir_records import ATC, ICD10, LABS, PCS, SCT
from tests.refusals import refuses

TEXT = DEFAULT.read_text("utf-8")
HEAD = """\
schema = 1
[systems]
icd10 = ["http://a.example", "http://b.example"]
"""


def written_codes() -> Iterator[tuple[str, str]]:
    """List every code of the default, with its system's short name."""
    table = tomllib.loads(TEXT)
    rules = [one for name in mapping.RESOURCES for one in table[name]]
    lists = [*table["sets"].values(), *(one["codes"] for one in rules)]
    lists += [list(one.get("values", ())) for one in rules]
    for text in (text for codes in lists for text in codes if not text.startswith("@")):
        system, _, code = text.partition("|")
        yield system, code


def test_a_code_belongs_to_the_system_of_its_rule() -> None:
    """The same letters in another system are another code."""
    codes = CodeSet(frozenset({(LOINC.uri, "777-3")}), ((ICD10, "C22."),), ((ICD10, "C18", "C20"),))
    for code in ("C22.0", "C18", "C19.9", "C20.1"):
        assert (ICD10, code) in codes
        assert (SCT, code) not in codes
    for code in ("C22", "C17.9", "C21", "777-3"):
        assert (ICD10, code) not in codes
    assert codes.has_any([(SCT, "C22.0"), (LOINC.uri, "777-3")])
    assert not codes.has_any([(SCT, "C22.0"), (SCT, "777-3")])


def test_the_name_of_an_input_key_is_a_fact_in_the_codes_of_this_project_only() -> None:
    rules, _ = read_mapping(None)
    (own,) = rules.match(OBSERVATION, ((LOCAL.uri, "ecog"),))
    assert own.key == "ecog"
    assert rules.match(OBSERVATION, (("http://hospital.example", "ecog"),)) == ()
    assert rules.match(CONDITION, ((LOCAL.uri, "ecog"),)) == ()


def test_conditions_are_read_if_they_may_be_the_reason_of_a_medication() -> None:
    of: dict[str, list[Rule]] = {kind: [] for kinds in mapping.RESOURCES.values() for kind in kinds}
    for reason, kinds in ((None, {OBSERVATION, STATEMENT}), (CodeSet(), {CONDITION})):
        rules = {**of, STATEMENT: [Rule(CodeSet(), reason=reason)]}
        found = {*CodeMap(rules, {}, unverified=False).list_kinds()}
        assert found == {OBSERVATION, STATEMENT} | kinds


def test_check_digits_of_the_default_codes() -> None:
    codes = [*written_codes()]
    snomed = [code for system, code in codes if system == "sct"]
    loinc = [code for system, code in codes if system == "loinc" and not code.startswith("LA")]
    answers = [code for _, code in codes if code.startswith("LA")]
    assert len(snomed) > 10
    assert all(map(passes_verhoeff, snomed))
    assert len(loinc) > 20
    assert all(map(passes_luhn, loinc))
    assert answers == ["LA9622-7", "LA9623-5", "LA9624-3", "LA9625-0", "LA9626-8"]  # list LL529-9


def test_systems_of_the_default_are_those_of_the_package() -> None:
    systems = tomllib.loads(TEXT)["systems"]
    assert (systems["fl_planner"], systems["loinc"], systems["sct"]) == (
        LOCAL.uri,
        LOINC.uri,
        SNOMED.uri,
    )


def facts_of(kind: str, system: str, code: str) -> dict[str, object]:
    rules = read_mapping(None)[0].match(kind, ((system, code),))
    return {key: value for rule in rules for key, value in rule.facts.items()}


def test_codes_of_the_default() -> None:
    codes, inputs = read_mapping(None)
    assert inputs == ()
    for key, code in LABS.items():
        (rule,) = codes.match(OBSERVATION, ((LOINC.uri, code),))
        assert rule.key == key
    assert facts_of(CONDITION, ICD10, "C22.0") == {"hcc_present": True}
    assert facts_of(CONDITION, f"{ICD10}-cm", "K70.30") == {"cirrhosis": True}
    other = {"other_malignancy_history": True, "other_malignancy_kind": "other"}
    assert facts_of(CONDITION, ICD10, "C50.9") == facts_of(CONDITION, ICD10, "C34") == other
    assert facts_of(PROCEDURE, PCS, "06L83DZ") == {"prior_pve_hve": {"kind": "PVE"}}
    assert facts_of(STATEMENT, ATC, "B01AB05") == {"anticoagulant_use": True}


@pytest.mark.parametrize(
    ("kind", "system", "code"),
    [
        (CONDITION, ICD10, "C78.7"),  # a metastasis in the liver, of whichever primary
        (CONDITION, ICD10, "C18.7"),  # the colorectal primary is no other malignancy
        (CONDITION, ICD10, "C22.9"),
        (CONDITION, ICD10, "C80.9"),
        (CONDITION, ICD10, "K76.6"),  # portal hypertension, of whichever significance
        (CONDITION, ICD10, "Z80.0"),  # of the family
        (CONDITION, SCT, "C22.0"),  # of another system
        (PROCEDURE, PCS, "0FB03ZX"),  # a biopsy
        (STATEMENT, ATC, "B01AC06"),  # aspirin
        (OBSERVATION, LOINC.uri, "33914-3"),
        (OBSERVATION, LOINC.uri, "8480-6"),  # a blood pressure, treated or not
    ],
)
def test_h15_codes_that_say_less_than_a_fact_have_no_rule(
    kind: str, system: str, code: str
) -> None:
    assert read_mapping(None)[0].match(kind, ((system, code),)) == ()


def test_a_cache_of_codes_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "MOST_CACHED", 2)
    codes = parse_mapping(TEXT, "map.toml")
    for number in range(5):
        assert codes.match(CONDITION, ((ICD10, f"C50.{number}"),))
        assert len(codes._found) <= 2
    assert codes.match(CONDITION, ((ICD10, "C50.4"),)) is codes.match(
        CONDITION, ((ICD10, "C50.4"),)
    )


def test_ranges_and_beginnings() -> None:
    text = HEAD + (
        '[[condition]]\ncodes = ["icd10|C81-C83", "icd10|K7*"]\ncourse = "ever"\n'
        "facts = { cirrhosis = true }\n"
    )
    codes = parse_mapping(text, "map.toml")
    seen = {
        code
        for code in ("C80.9", "C81", "C83.9", "C84", "K70.3", "K8")
        for uri in ("http://a.example", "http://b.example")
        if codes.match(CONDITION, ((uri, code),))
    }
    assert seen == {"C81", "C83.9", "K70.3"}
    assert codes.match(CONDITION, (("http://c.example", "C81"),)) == ()


WRONG = """\
schema = 1
[systems]
icd10 = 7
atc = "http://www.whocc.no/atc"
[sets]
old = "atc|X"
[[condition]]
codes = ["icd1|C22.0", "C22.0", "icd10|*", "@liver"]
course = "ever"
facts = { cirrhosis = "yes", cirhosis = true }
[[medication]]
codes = []
course = "present"
[[observation]]
codes = ["atc|X"]
key = "plateletes"
[[report]]
codes = ["atc|X"]
values = { "atc|Y" = "LR-4" }
[[report]]
codes = ["atc|X"]
key = "li_rads_category"
values = { "atc|Y" = "LR-9" }
"""


def test_every_error_of_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(WRONG, "utf-8")
    for words in (
        "line 3: systems.icd10: give text in quotes",
        "line 6: sets.old: give a list in brackets",
        "icd1|C22.0: unknown code system; did you mean icd10?",
        "C22.0: write system|code",
        "@liver: unknown code set",
        'cirrhosis: "yes" is not true or false',
    ):
        with refuses("fhir.map_unreadable", says=words):
            read_mapping(path)
    for words in ("give at least one code", "give facts, or a key", "did you mean platelets?"):
        with refuses("fhir.map_unreadable", says=words):
            read_mapping(rest(path, words))
    for words in ("give the key to which these values belong", '"LR-9" is not listed'):
        with refuses("fhir.map_unreadable", says=words):
            read_mapping(rest(path, words))


def rest(path: Path, words: str) -> Path:
    """Leave only the tables below the conditions, whose errors would fill the message."""
    begin = WRONG.index("[[report]]" if "LR" in words or "values" in words else "[[medication]]")
    path.write_text(f'schema = 1\n[systems]\natc = "http://a"\n{WRONG[begin:]}', "utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "schema = 2\n[systems]\na = 'b'\n",
        "schema = 1\n",
        HEAD + "more = 1\n[[condition]]\ncodes = ['icd10|A']\nfacts = {}\n",
        HEAD + "[[procedure]]\ncodes = ['icd10|A']\nfacts = 1\n",
        HEAD
        + "[[procedure]]\ncodes = ['icd10|A']\nfacts = { cirrhosis = true }\nwithin_days = 0\n",
        HEAD + "[[report]]\ncodes = ['icd10|A']\nday = 'birthday'\n",
        "schema = 1\n[systems]\na = []\n",
        "schema = 1\n[systems\n",
    ],
)
def test_other_files_are_refused(text: str) -> None:
    with refuses("fhir.map_unreadable"):
        parse_mapping(text, "map.toml")


def test_a_hospitals_file_is_an_input(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(TEXT.replace("unverified_conditions = false", "unverified_conditions = true"))
    codes, (file,) = read_mapping(path)
    assert codes.unverified
    assert (file.role, file.file, file.format) == ("fhir_map", "ours.toml", "toml")
