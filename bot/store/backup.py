"""One archive of everything Gatepost keeps, made while it runs; and the way back.

The database is copied first, in one committed state. Every file it refers to was on the disk at that moment, but
may be removed before its turn comes. So, as long as files are missing that were not missing before, the database
is copied again; once nothing new is missing, copy and files belong together. Nobody who writes waits for it.
"""

import contextlib
import hashlib
import os
import re
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import orjson
from sqlalchemy import MetaData, select
from sqlalchemy.exc import SQLAlchemyError

from bot import __version__
from bot.errors import StartError, StoreError
from bot.store import sqlite, upgrade
from bot.store.files import kept_files, sync_directory
from bot.store.lock import ServingLock

FORMAT: Final = 1
_DATABASE: Final = "gatepost.db"
_MANIFEST: Final = "manifest.json"
_FILE: Final = re.compile(r"files/([0-9a-f]{2})/([0-9a-f]{62})")
_ROUNDS: Final = 10
_CHUNK: Final = 1 << 20
# What the reader of archives, and the shape of a manifest, can fail with.
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Backup:
    """What was put into an archive. `lost` counts files the database refers to that were not on the disk."""

    archive: Path
    revision: str
    files: int
    lost: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What came out of an archive that `version` made. What was there before, if anything, now lies in `aside`."""

    version: str
    revision: str
    files: int
    aside: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Manifest:
    version: str
    revision: str
    members: dict[str, str]  # name to SHA-256


# --- there ---------------------------------------------------------------------------------------


def backup(data_dir: Path, database_url: str, target: Path) -> Backup:
    """Write database and files to the archive `target`, which must not exist yet. A bot may be running. Blocks.

    The archive appears under its name when it is whole and on the disk. Raises StartError.
    """
    source = sqlite.path_of(database_url)
    target = target.absolute()
    if not source.exists():
        raise StartError(f"There is no database at {source}.")
    if target.exists():
        raise StartError(f"{target} exists already; choose another name.")
    with _said(f"The backup {target} could not be written"):
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as scratch:
            done = _write_archive(Path(scratch), source, data_dir / "files", target)
        sync_directory(target.parent)
    return done


def _write_archive(scratch: Path, source: Path, files: Path, target: Path) -> Backup:
    draft = scratch / "archive"
    draft.touch(mode=0o600)
    with zipfile.ZipFile(draft, "w") as opened:
        writer = _ArchiveWriter(opened)
        copy, lost = _collect(writer, scratch, source, files)
        revision = _revision(copy)
        count = len(writer.members)
        writer.add(_DATABASE, copy, zipfile.ZIP_DEFLATED)
        manifest = {"format": FORMAT, "version": __version__, "revision": revision, "members": writer.members}
        opened.writestr(_MANIFEST, orjson.dumps(manifest))
    _sync_file(draft)
    draft.rename(target)
    return Backup(target, revision, count, lost)


def _collect(writer: "_ArchiveWriter", scratch: Path, source: Path, files: Path) -> tuple[Path, int]:
    """Add the files; a copy of the database that they belong to, and how many it lacks."""
    missing_before: set[str] = set()
    for attempt in range(_ROUNDS):
        copy = scratch / f"copy-{attempt}"
        sqlite.copy_database(source, copy)
        for sha256, path in kept_files(files):
            # One that is removed meanwhile is missing only if the copy refers to it.
            with contextlib.suppress(FileNotFoundError):
                writer.add(_member(sha256), path, zipfile.ZIP_STORED)
        missing = {sha256 for sha256 in _referred(copy) if _member(sha256) not in writer.members}
        if missing <= missing_before:
            return copy, len(missing)
        missing_before = missing
        copy.unlink()
    raise StoreError("files were removed faster than they could be read")


class _ArchiveWriter:
    """Adds members, each once, and remembers what was in them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.members: dict[str, str] = {}
        self._archive = archive

    def add(self, name: str, path: Path, compression: int) -> None:
        if name in self.members:
            return
        with path.open("rb") as source:
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            info.external_attr = 0o600 << 16
            with self._archive.open(info, "w", force_zip64=True) as target:
                self.members[name] = _pour(source, target)


def _referred(database: Path) -> set[str]:
    """The files a database refers to: whatever stands in a column called `sha256`, in any table."""
    engine = sqlite.writing_engine(database)
    try:
        with engine.connect() as conn:
            tables = MetaData()
            tables.reflect(conn)
            columns = [table.c.sha256 for table in tables.tables.values() if "sha256" in table.c]
            return {sha256 for column in columns for sha256 in conn.scalars(select(column)) if sha256}
    finally:
        engine.dispose()


def _revision(database: Path) -> str:
    engine = sqlite.writing_engine(database)
    try:
        with engine.connect() as conn:
            revision = upgrade.revision_of(conn, database)
    finally:
        engine.dispose()
    if revision is None:
        raise StoreError("the database is empty")
    return revision


# --- and back ------------------------------------------------------------------------------------


def restore(archive: Path, data_dir: Path, database_url: str, clock: Callable[[], float] = time.time) -> Restored:
    """Put an archive's database and files in the place of what is there. That is moved aside, never deleted.

    Blocks. Nothing that is there is touched before everything was read and found whole. Raises StartError: while
    a bot serves, and for an archive that is damaged or newer than this program.
    """
    database = sqlite.path_of(database_url)
    aside = f"before-restore-{datetime.fromtimestamp(clock(), UTC):%Y%m%d-%H%M%S}"
    with contextlib.ExitStack() as stack:
        stack.enter_context(ServingLock.acquire(data_dir, wait_seconds=0))
        stack.enter_context(_said(f"{archive} could not be restored"))
        database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Beside where they belong, so that moving them is one step.
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".restore-", dir=data_dir)))
        copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".restore-", dir=database.parent)))
        manifest = _extract(archive, copy / _DATABASE, files)
        _prepare(copy / _DATABASE, manifest)
        old = [(path, database.parent / aside / path.name) for path in sqlite.files_of(database)]
        old.append((data_dir / "files", data_dir / aside / "files"))
        new = [(copy / _DATABASE, database), (files / "files", data_dir / "files")]
        moved = _move([*old, *new])
    asides = dict.fromkeys(target.parent.resolve() for _, target in moved if target.parent.name == aside)
    return Restored(manifest.version, manifest.revision, len(manifest.members) - 1, tuple(asides))


def _extract(archive: Path, database: Path, files: Path) -> _Manifest:
    try:
        with zipfile.ZipFile(archive) as opened:
            manifest = _read_manifest(opened, archive)
            for name, sha256 in manifest.members.items():
                target = database if name == _DATABASE else _place(files, name)
                if _unpack(opened, name, target) != sha256:
                    raise ValueError(name)
    except _UNREADABLE as error:
        raise StartError(f"{archive} is damaged, or no backup of Gatepost; nothing was changed.") from error
    return manifest


def _read_manifest(opened: zipfile.ZipFile, archive: Path) -> _Manifest:
    read = orjson.loads(opened.read(_MANIFEST))
    manifest = _Manifest(str(read["version"]), str(read["revision"]), dict(read["members"]))
    if read["format"] != FORMAT or manifest.revision not in upgrade.gatepost_history().revisions:
        made_by = f"Gatepost {manifest.version}"
        raise StartError(f"{archive} was made by {made_by}, which is newer than this program; update Gatepost.")
    if _DATABASE not in manifest.members or sorted(opened.namelist()) != sorted([*manifest.members, _MANIFEST]):
        raise ValueError("the members are not those of the manifest")
    return manifest


def _place(files: Path, name: str) -> Path:
    """Where a file goes. No other name than one of ours is ever joined to a path."""
    if not (parts := _FILE.fullmatch(name)):
        raise ValueError(name)
    return files / "files" / parts[1] / parts[2]


def _unpack(opened: zipfile.ZipFile, name: str, target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with opened.open(name) as source, target.open("wb") as file:
        sha256 = _pour(source, file)
    _sync_file(target)
    return sha256


def _prepare(database: Path, manifest: _Manifest) -> None:
    sqlite.check_database(database)
    if _revision(database) != manifest.revision:
        raise StoreError("the database is not the one of the manifest")
    engine = sqlite.writing_engine(database)
    try:
        sqlite.make_durable(engine)
    finally:
        engine.dispose()


def _move(moves: list[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    """Rename what exists, all of it or nothing; what was renamed."""
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            if source.exists():
                target.parent.mkdir(exist_ok=True, mode=0o700)
                source.rename(target)
                done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            target.rename(source)
        raise
    for directory in {target.parent for _, target in done}:
        sync_directory(directory)
    return done


# --- both ----------------------------------------------------------------------------------------


def _member(sha256: str) -> str:
    return f"files/{sha256[:2]}/{sha256[2:]}"


def _pour(source: IO[bytes], target: IO[bytes]) -> str:
    """Copy everything; its SHA-256."""
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def _said(what: str) -> Iterator[None]:
    """Every way to fail, as one sentence for the person at the terminal."""
    try:
        yield
    except (OSError, SQLAlchemyError, StoreError) as error:
        why = isinstance(error, OSError) and error.strerror
        raise StartError(f"{what}: {why or error}.") from error
