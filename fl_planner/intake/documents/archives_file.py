"""Read an archives file (`archives.toml`): addresses and logins; all errors together.

It contains no password or token: these are in the environment or a keyring.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from fl_planner.archive.connection import (
    Archive,
    Certificates,
    Login,
    NodeAddress,
    SecretPlace,
    WebAddress,
)
from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import read_text
from fl_planner.given.kinds import Flag, OneOf, PathFile, TablesByName, Text, Version, Whole
from fl_planner.given.table import Error, Table, WrongEntryError, key, meant
from fl_planner.given.toml import read_tables

CODE = "archives.unreadable"
REMEDY = "correct these keys; docs/how-to/archive.md shows an archives file"
LONGEST_TITLE, LAST_PORT = 16, 65535  # of an application entity [PS3.5 6.2], of TCP
NODE = ("host", "port", "called", "calling")


class Title(Text):
    """The title of an application entity."""

    def read(self, entry: object, at: object) -> str:
        """Read a title; raises `WrongEntryError`."""
        title = str(super().read(entry, at))  # type: ignore[arg-type]
        bare = title.strip()
        if title != bare or len(bare) > LONGEST_TITLE or not bare.isascii() or "\\" in bare:
            raise WrongEntryError(
                f"give 1 to {LONGEST_TITLE} ASCII characters, without a backslash or leading or "
                "trailing spaces"
            )
        return bare


class WebUrl(Text):
    """The address of a DICOMweb service, without user and password."""

    def read(self, entry: object, at: object) -> str:
        """Read an address; raises `WrongEntryError`."""
        url = str(super().read(entry, at))  # type: ignore[arg-type]
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WrongEntryError("give an address such as https://pacs.example/dicom-web")
        if parts.username or parts.password or parts.query:
            raise WrongEntryError("give the address without a user name, password or query")
        return url


PORT = Whole(1, LAST_PORT)


class TlsTable(Table):
    """Files of TLS."""

    authority: Path | None = key(PathFile())
    certificate: Path | None = key(PathFile())
    key_file: Path | None = key(PathFile(), name="key")
    unencrypted: bool = key(Flag())

    def find_missing(self, where: tuple[str, ...]) -> Iterator[Error]:
        """List the files that do not exist."""
        named = {"authority": self.authority, "certificate": self.certificate, "key": self.key_file}
        for entry, path in named.items():
            if path is not None and not path.is_file():
                what = "no such file; paths are relative to the archives file"
                yield (*where, entry), f"{'.'.join((*where, entry))}: {what}"

    @property
    def certificates(self) -> Certificates:
        """TLS certificates and key; by default the certificate authorities of the system."""
        return Certificates(self.authority, self.certificate, self.key_file)


class _ArchiveTable(TlsTable):
    dicomweb: str | None = key(WebUrl())
    login: Login | None = key(OneOf("none", "basic", "token"))
    user: str | None = key(Text())
    secret: SecretPlace | None = key(OneOf("environment", "keyring"))
    host: str | None = key(Text())
    port: int | None = key(PORT)
    called: str | None = key(Title())
    calling: str | None = key(Title())
    tls: bool = key(Flag())

    def check(self) -> None:
        """Refuse an archive with two addresses or none, and keys of the other kind."""
        node = [name for name in NODE if getattr(self, name) is not None]
        if self.dicomweb is not None and (node or self.tls):
            raise WrongEntryError(f"give either dicomweb or {', '.join(NODE)}")
        if self.dicomweb is None:
            if len(node) < len(NODE):
                raise WrongEntryError(f"give dicomweb, or all of {', '.join(NODE)}")
            if self.login or self.user or self.secret:
                raise WrongEntryError("login, user and secret apply to dicomweb only")
        if self.user is not None and self.login != "basic":
            raise WrongEntryError('user applies to login = "basic" only')

    def address(self) -> WebAddress | NodeAddress:
        """Return the address of the archive."""
        if self.dicomweb is not None:
            login, secret = self.login or "none", self.secret or "environment"
            return WebAddress(
                self.dicomweb, login, self.user, secret, self.certificates, self.unencrypted
            )
        files = self.certificates if self.tls else None
        host, called, calling = self.host or "", self.called or "", self.calling or ""
        return NodeAddress(host, self.port or 0, called, calling, files, self.unencrypted)


class _ArchivesFile(Table):
    schema: int = key(Version(), required=True)
    archives: Mapping[str, _ArchiveTable] = key(TablesByName(_ArchiveTable), required=True)


def read_archives(path: Path) -> dict[str, Archive]:
    """Read the archives of a file, by name.

    Raises `InputRefused`: `archives.unreadable`, naming every invalid key with its line;
    `archive.unencrypted` for an address of another computer without TLS.
    """
    text, _ = read_text(path, CODE, "an archives file")
    file = read_tables(text, path, _ArchivesFile, CODE, REMEDY, _find_missing)
    return {name: Archive(name, one.address()) for name, one in file.archives.items()}


def _find_missing(file: _ArchivesFile) -> Iterator[Error]:
    for name, one in file.archives.items():
        yield from one.find_missing(("archives", name))


def choose_archive(archives: Mapping[str, Archive], name: str) -> Archive:
    """Return the archive of a name.

    Raises `InputRefused`: `archive.unknown`, with the names of the file.
    """
    if name not in archives:
        reason = f"the archives file has no archive {name!r}{meant(name, sorted(archives))}"
        remedy = f"give one of {', '.join(sorted(archives))}"
        raise InputRefused("archive.unknown", name, reason, remedy)
    return archives[name]
