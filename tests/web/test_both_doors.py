"""Open bad inputs at both doors: what the command line refuses, the page refuses by that code."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.temporary import clean_name
from fl_planner.given.file_roles import ROLES
from fl_planner.web.case import OpenCase
from fl_planner.web.form import Form, keep
from fl_planner.web.limits import LIMITS
from tests.cases import of_many
from tests.cli.outside import ask
from tests.shared import shared

pytestmark = pytest.mark.slow

ANSWERS = {
    "--remnant-segments": "remnant_segments",
    "--scheme": "scheme",
    "--diagnosis": "diagnosis",
}
TYPED = ("volume", "plan")  # verbs whose inputs the page takes
NOT_ON_PAGE = {"--resample", "--facts", "--plane"}  # options that its form does not offer
PARTS = 8  # the corpus in parts, so that two processors share it
LEAST = 300  # cases that both doors take


@dataclass(frozen=True)
class BadInput:
    """A case of the corpus as typed at the command line.

    - `roles`: role of the page, file and name, in the order of the options.
    - `told`: other answers of the form.
    """

    id: str
    folder: Path
    roles: tuple[tuple[str, str, str], ...]
    told: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> BadInput | None:
        """Read a case; None where the form of the page cannot ask for it."""
        case = json.loads((folder / "case.json").read_text("utf-8"))
        args, told = [*case["args"]], dict[str, Any]()
        roles = [(role, one, "") for role, of in case["files"].items() for one in as_list(of)]
        if case.get("verb", "volume") not in TYPED or NOT_ON_PAGE & {*args} or case["prepare"]:
            return None  # a browser sends files only: no FIFO, link or file without permission
        if args and not args[0].startswith("--"):  # a case file, which needs no form
            return None
        while args:
            option = args.pop(0)
            if option == "--no-tumour":
                told["no_tumour"] = True
            elif option == "--exclude":
                name, _, file = args.pop(0).rpartition("=")
                roles.append(("exclude", Path(file).name, name))
            else:
                told[ANSWERS[option]] = args.pop(0)
        return cls(case["id"], folder, tuple(roles), told)

    def typed(self) -> tuple[str, str, list[str]]:
        """Plan it at the command line: state, code of the refusal, codes of the findings."""
        words = [f"--{role}={n and f'{n}='}{self.folder / file}" for role, file, n in self.roles]
        words += ["--no-tumour"] if "no_tumour" in self.told else []
        words += [f"{o}={self.told[key]}" for o, key in ANSWERS.items() if key in self.told]
        return outcome(ask("plan", *words, "--json").record)

    def dropped(self, place: Path) -> tuple[str, str, list[str]]:
        """Drop it on the page, and confirm the same roles."""
        kept, names, held = place / "case", dict[str, str](), OpenCase()
        unusable = set[str]()
        kept.mkdir()
        try:
            for file in sorted(one for one in self.folder.rglob("*") if one.is_file()):
                if file.name != "case.json":
                    where = file.relative_to(self.folder)
                    names[str(where)] = drop(file, where, kept)
            roles = [
                {"file": names.get(file, file), "role": role, "name": name}
                for role, file, name in self.roles
            ]
            held.check(kept)
            rows = {one["file"]: one for one in held.checked()["told"]["files"]}
            found = [rows[one["file"]] for one in roles if one["file"] in rows]
            unusable = {one["refusal"]["code"] for one in found if one["status"] == "refused"}
            held.open_answers(kept, json.dumps({**self.told, "roles": roles}), {})
        except InputRefused as refused:
            by_row = not unusable or refused.code in unusable  # its row says so before
            return "refused", refused.code if by_row else f"not as in rows: {unusable}", []
        assert not unusable, self.id
        return outcome(json.loads(held.record()))


def drop(file: Path, where: Path, kept: Path) -> str:
    """Drop a file, in its folder where it is in one; give the name that it has on the page."""
    place, before = kept.parent / "sent", {*kept.rglob("*")}
    place.mkdir()
    sent = place / clean_name(file.name)
    shutil.copyfile(file, sent)
    words = {"folder": where.parts[0]} if len(where.parts) > 1 else {}
    try:
        for refused in keep(Form(words, [sent]), kept, LIMITS):
            raise refused
    finally:
        shutil.rmtree(place)
    (new,) = (one for one in kept.rglob("*") if one.is_file() and one not in before)
    return new.name


def outcome(record: dict[str, Any]) -> tuple[str, str, list[str]]:
    code = (record["refusal"] or {}).get("code", "")
    return record["status"], code, [one["code"] for one in record.get("findings", ())]


def as_list(of: str | list[str]) -> list[str]:
    return [of] if isinstance(of, str) else of


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[BadInput]:
    place = tmp_path_factory.mktemp("open")
    with tarfile.open(shared("badinputs", "open.tar.gz")) as packed:
        packed.extractall(place, filter="data")
    read = (BadInput.read(one) for one in sorted(place.iterdir()))
    return [one for one in read if one is not None]


def differences(some: list[BadInput], place: Path) -> Iterator[str]:
    for number, one in enumerate(some):
        (place / str(number)).mkdir()
        typed, dropped = one.typed(), one.dropped(place / str(number))
        shutil.rmtree(place / str(number))
        if typed != dropped:
            yield f"{one.id}: typed {typed}, dropped {dropped}"


def test_the_corpus_is_taken_by_both_doors(corpus: list[BadInput]) -> None:
    assert len(corpus) >= LEAST
    assert {role for one in corpus for role, *_ in one.roles} <= ROLES.keys()


@pytest.mark.parametrize("part", of_many([0, 3], range(PARTS)))
def test_h13_what_the_command_line_refuses_the_page_refuses(
    part: int, corpus: list[BadInput], tmp_path: Path
) -> None:
    assert [*differences(corpus[part::PARTS], tmp_path)] == []
