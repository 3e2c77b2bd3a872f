"""Addresses, logins and archives files: no secret in a file, no data without encryption."""

from pathlib import Path

import pytest

from fl_planner.archive.connection import (
    Archive,
    Certificates,
    NodeAddress,
    WebAddress,
    read_credentials,
)
from fl_planner.archive.receiver import Caller, ReceiverAddress
from fl_planner.basis.findings import InputRefused
from fl_planner.intake.documents.archives_file import choose_archive, read_archives
from tests.cases import each_case
from tests.refusals import refuses

GOOD = """
schema = 1
[archives.pacs]
dicomweb = "https://pacs.example/dicom-web"
login = "basic"
user = "planner"
[archives.old]
host = "pacs.example"
port = 11112
called = "PACS"
calling = "FLPLANNER"
tls = true
"""


def read(folder: Path, text: str) -> dict[str, Archive]:
    path = folder / "archives.toml"
    path.write_text(text, "utf-8")
    return read_archives(path)


def test_archives_are_read_by_name(tmp_path: Path) -> None:
    archives = read(tmp_path, GOOD)
    assert archives["pacs"].address == WebAddress(
        "https://pacs.example/dicom-web", "basic", "planner"
    )
    assert archives["old"].address == NodeAddress(
        "pacs.example", 11112, "PACS", "FLPLANNER", Certificates()
    )
    with pytest.raises(InputRefused) as caught:
        choose_archive(archives, "pasc")
    assert (caught.value.code, caught.value.remedy) == ("archive.unknown", "give one of old, pacs")


WRONG = {
    "password": ('dicomweb = "https://p/w"\npassword = "x"', "password: unknown key"),
    "in address": ('dicomweb = "https://u:x@p/w"', "without a user name, password or query"),
    "both": ('dicomweb = "https://p/w"\nhost = "p"', "give either dicomweb or host"),
    "neither": ('host = "p"', "give dicomweb, or all of host, port, called, calling"),
    "scheme": ('dicomweb = "ftp://p/w"', "give an address such as"),
    "title": (
        'host = "p"\nport = 1\ncalled = "LONGER THAN SIXTEEN"\ncalling = "A"',
        "give 1 to 16 ASCII characters",
    ),
    "user": ('dicomweb = "https://p/w"\nuser = "u"', 'user applies to login = "basic" only'),
    "file": ('dicomweb = "https://p/w"\nauthority = "none.pem"', "authority: no such file"),
}


@each_case("lines, says", WRONG)
def test_a_wrong_archives_file_is_refused(lines: str, says: str, tmp_path: Path) -> None:
    with refuses("archives.unreadable", says=says):
        read(tmp_path, f"schema = 1\n[archives.pacs]\n{lines}\n")


OPEN = {
    "web": WebAddress("http://pacs.example/dicom-web"),
    "node": NodeAddress("10.0.0.5", 104, "PACS", "FLPLANNER"),
}


@each_case("address", OPEN)
def test_another_computer_is_reached_by_tls_only(address: WebAddress | NodeAddress) -> None:
    with refuses("archive.unencrypted"):
        Archive("pacs", address)


def test_an_exception_is_stated_and_this_computer_needs_none() -> None:
    Archive("pacs", WebAddress("http://pacs.example/w", unencrypted=True))
    Archive("pacs", WebAddress("http://[::1]:8042/w"))
    Archive("pacs", NodeAddress("localhost", 4242, "A", "B"))
    with refuses("archive.unencrypted"):
        ReceiverAddress("FLPLANNER", (Caller("A"),), "0.0.0.0", 11112, 1 << 30)


SECRETS = {  # login, variables, and what is missing
    "no password": ("basic", {}, "FL_PLANNER_OLD_PACS_2_PASSWORD"),
    "no token": ("token", {}, "FL_PLANNER_OLD_PACS_2_TOKEN"),
    "empty": ("token", {"FL_PLANNER_OLD_PACS_2_TOKEN": ""}, "FL_PLANNER_OLD_PACS_2_TOKEN"),
}


@each_case("login, variables, named", SECRETS)
def test_a_missing_secret_is_named_by_its_variable(
    login: str, variables: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    address = WebAddress("https://p/w", login, "planner")  # type: ignore[arg-type]
    with refuses("archive.secret") as caught:
        read_credentials("old pacs-2", address)
    assert named in caught.value.remedy


def test_a_keyring_is_asked_by_the_name_of_the_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    asked: list[tuple[str, str]] = []

    def answer(service: str, user: str) -> str | None:
        asked.append((service, user))
        return "secret" if user == "planner" else None

    monkeypatch.setattr(keyring, "get_password", answer)
    address = WebAddress("https://p/w", "basic", "planner", "keyring")
    found = read_credentials("pacs", address)
    assert found is not None
    assert (found.user, found.secret) == ("planner", "secret")
    assert "secret" not in repr(found)
    with refuses("archive.secret"):
        read_credentials("pacs", WebAddress("https://p/w", "token", None, "keyring"))
    assert asked == [("fl-planner pacs", "planner"), ("fl-planner pacs", "token")]


def test_files_of_tls_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate", "utf-8")
    for files in (Certificates(authority=wrong), Certificates(own=wrong)):
        with refuses("archive.tls"):
            files.as_client("pacs")
