"""All that is kept about one person as an archive that they can open: JSON, their files, and how to read both."""

import re
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, Final

import orjson
from sqlalchemy import Connection

from bot.errors import StartError, StoreError
from bot.store import sqlite
from bot.store.engine import look_through
from bot.store.intents.keeping import Record, Theirs, when
from bot.store.intents.kept import entries_for
from bot.store.upgrade import require_current

_DATA, _README = "kept.json", "README.txt"
_ODD: Final = re.compile(r"[^\w.()-]+")
_LONGEST_NAME = 80

_HEAD = """\
Everything that Gatepost keeps about {person}, as of {at}.

kept.json holds it as JSON. Under "kept" stand these lists, oldest first; times are UTC:
"""
_FILES = """
files/ holds the files that belong to it. In kept.json, each thing that has files names them under "stored":
"file" is the name in this archive, "sha256" the checksum of its bytes, "media_type" what they are.
"""
_LEFT_OUT = """
{count} files are not in this archive, as it would have become too large to be sent; kept.json says which under
"left_out". Whoever runs Gatepost can hand out all of them, with: gatepost export {person}
"""


@dataclass(frozen=True, slots=True)
class Collected:
    """What is kept: records by the name of their entry, and the files they name, by SHA-256."""

    theirs: Theirs
    records: Mapping[str, Sequence[Record]]
    files: Mapping[str, str]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many records there are of each kind."""
        return {name: len(records) for name, records in self.records.items()}


def in_words(collected: Collected, left_out: int) -> str:
    """How many records and files an archive holds."""
    records, files = sum(collected.counts.values()), len(collected.files) - left_out
    things = "1 record" if records == 1 else f"{records:,} records"
    return f"{things} and {'1 file' if files == 1 else f'{files:,} files'}"


def collect(conn: Connection, theirs: Theirs) -> Collected:
    """Read all of it. May take long."""
    records = {entry.name: list(entry.export(conn, theirs)) for entry in entries_for(theirs)}
    files = {sha256: name for some in records.values() for record in some for sha256, name in _stored(record)}
    return Collected(theirs, records, files)


def collect_from(database_url: str, person: str, now: float) -> Collected:
    """Read all of it from a database that may be in use. Blocks. Raises StartError."""
    source = sqlite.path_of(database_url)
    if not source.exists():
        raise StartError(f"There is no database at {source}.")

    def read(conn: Connection) -> Collected:
        require_current(conn, source)
        return collect(conn, Theirs(person, now, now))

    try:
        return look_through(source, read)
    except StoreError as error:
        raise StartError(f"The database {source} can't be read: {error}.") from error


def pack(target: IO[bytes], collected: Collected, read: Callable[[str], bytes | None]) -> int:
    """Write the archive; how many files are not in it. `read` gives a file's bytes, None for one to leave out."""
    theirs = collected.theirs
    left_out: list[str] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for sha256, name in collected.files.items():
            data = read(sha256)
            if data is None:
                left_out.append(sha256)
            else:
                _add(archive, theirs, member(sha256, name), data, zipfile.ZIP_STORED)
        told = _as_json(collected, set(left_out))
        _add(archive, theirs, _DATA, told, zipfile.ZIP_DEFLATED)
        _add(archive, theirs, _README, _readme(theirs, len(left_out)).encode(), zipfile.ZIP_DEFLATED)
    return len(left_out)


def member(sha256: str, name: str) -> str:
    """What a file is called in the archive: its own name, made harmless, behind what tells it from others."""
    plain = _ODD.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip("._")[-_LONGEST_NAME:]
    return f"files/{sha256[:12]}-{plain or 'file'}"


def _as_json(collected: Collected, left_out: Collection[str]) -> bytes:
    about = {"person": collected.theirs.person, "as_of": when(collected.theirs.until)}
    kept = {name: [_with_members(one, left_out) for one in some] for name, some in collected.records.items()}
    missing = [{"sha256": one, "name": collected.files[one]} for one in left_out]
    whole = {"about": about, "kept": kept, "left_out": missing}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2)


def _readme(theirs: Theirs, left_out: int) -> str:
    head = _HEAD.format(person=theirs.person, at=when(theirs.until))
    lines = "".join(f"- {entry.name}: {entry.sentence}\n" for entry in entries_for(theirs))
    missing = _LEFT_OUT.format(count=left_out, person=theirs.person) if left_out else ""
    return f"{head}\n{lines}{_FILES}{missing}"


def _stored(record: Record) -> Iterator[tuple[str, str]]:
    for file in record.get("files", ()):
        for one in file.get("stored", ()):
            yield one["sha256"], file["name"]


def _with_members(record: Record, left_out: Collection[str]) -> Record:
    if "files" not in record:
        return record
    return {**record, "files": [_with_member(file, left_out) for file in record["files"]]}


def _with_member(file: Record, left_out: Collection[str]) -> Record:
    stored = [
        one if one["sha256"] in left_out else {"file": member(one["sha256"], file["name"]), **one}
        for one in file.get("stored", ())
    ]
    return {**file, "stored": stored} if stored else file


def _add(archive: zipfile.ZipFile, theirs: Theirs, name: str, data: bytes, compression: int) -> None:
    moment: Any = datetime.fromtimestamp(theirs.until, UTC).timetuple()[:6]
    entry = zipfile.ZipInfo(name, moment)
    entry.compress_type, entry.external_attr = compression, 0o600 << 16
    archive.writestr(entry, data)
