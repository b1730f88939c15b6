"""A backup taken while the store is busy comes back whole, and a restore never costs what was there."""

import asyncio
import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, delete, insert, select

from bot import __version__
from bot.errors import StartError
from bot.store.backup import Backup, Restored, backup, restore
from bot.store.engine import Store, open_store
from bot.store.files import Files, kept_files, path_of
from bot.store.lock import ServingLock
from bot.store.migrations import HEAD

SHOTS = 40

metadata = MetaData()
shots = Table("shots", metadata, Column("id", Integer, primary_key=True), Column("sha256", Text, nullable=False))


def url_of(data: Path) -> str:
    """The database's URL in a data directory."""
    return f"sqlite:///{data}/gatepost.db"


def take(conn: Connection, number: int, sha256: str) -> None:
    """Refer to a file."""
    conn.execute(insert(shots).values(id=number, sha256=sha256))


def forget(conn: Connection, number: int) -> str:
    """Let go of a file; its hash."""
    sha256 = str(conn.scalar(select(shots.c.sha256).where(shots.c.id == number)))
    conn.execute(delete(shots).where(shots.c.id == number))
    return sha256


def every(conn: Connection) -> dict[int, str]:
    """All references."""
    return {row.id: row.sha256 for row in conn.execute(select(shots))}


def picture(number: int) -> bytes:
    """Some bytes, different for each number."""
    return hashlib.sha256(b"%d" % number).digest() * 500


async def filled(data: Path, count: int = SHOTS) -> tuple[Store, Files]:
    """A store with as many files, open."""
    store, files = open_store(url_of(data)), Files(data / "files")
    await store.write(metadata.create_all)
    for number in range(count):
        await store.write(take, number, await files.put(picture(number)))
    return store, files


def archive_of(tmp_path: Path, count: int = 3) -> Path:
    """A backup of a small store that is closed again."""

    async def fill() -> None:
        await (await filled(tmp_path / "source", count))[0].close()

    asyncio.run(fill())
    return backup(tmp_path / "source", url_of(tmp_path / "source"), tmp_path / "backup.zip").archive


def content(data: Path) -> dict[int, bytes]:
    """What a restored store refers to, with the bytes."""

    async def read() -> dict[int, bytes]:
        store, files = open_store(url_of(data)), Files(data / "files")
        found = {number: await files.get(sha256) for number, sha256 in (await store.read(every)).items()}
        await store.close()
        return found

    return asyncio.run(read())


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of an archive in which something was changed."""
    with zipfile.ZipFile(archive) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    change(members)
    target = archive.with_name("changed.zip")
    with zipfile.ZipFile(target, "w") as changed:
        for name, data in members.items():
            changed.writestr(name, data)
    return target


def refused(archive: Path, data: Path) -> str:
    """The sentence with which an archive is refused, with nothing changed and nothing left behind."""
    before = sorted(data.rglob("*"))
    with pytest.raises(StartError) as refusal:
        restore(archive, data, url_of(data))
    assert [path for path in sorted(data.rglob("*")) if path.name != "gatepost.lock"] == before
    return refusal.value.said


class Churn:
    """People who send and delete pictures all the time."""

    def __init__(self, store: Store, files: Files) -> None:
        self.rounds = 0
        self._store, self._files = store, files
        self._stopped = False

    async def run(self) -> None:
        """Send the newest, delete the oldest, until told to stop."""
        while not self._stopped:
            await self._store.write(take, SHOTS + self.rounds, await self._files.put(picture(SHOTS + self.rounds)))
            await self._files.remove([await self._store.write(forget, self.rounds)])
            self.rounds += 1

    def stop(self) -> None:
        """End after this round."""
        self._stopped = True


async def test_a_backup_under_load_restores_to_one_state_with_all_its_files(tmp_path: Path) -> None:
    data, again = tmp_path / "data", tmp_path / "again"
    store, files = await filled(data)
    churn = Churn(store, files)
    churning = asyncio.ensure_future(churn.run())
    with ServingLock.acquire(data):
        taken: list[Backup] = []
        while churn.rounds < 30 or len(taken) < 5:
            target = tmp_path / f"backup-{len(taken)}.zip"
            taken.append(await asyncio.to_thread(backup, data, url_of(data), target))
    churn.stop()
    await churning
    await store.close()

    for made in taken:
        done = await asyncio.to_thread(
            restore, made.archive, again / made.archive.stem, url_of(again / made.archive.stem)
        )
        found = await asyncio.to_thread(content, again / made.archive.stem)
        assert made.lost == 0
        assert done.aside == ()
        assert len(found) in (SHOTS, SHOTS + 1), "one state: a picture is sent before one is deleted"
        assert sorted(found) == list(range(min(found), min(found) + len(found)))
        assert all(found[number] == picture(number) for number in found)


def test_a_file_that_goes_while_the_backup_runs_makes_it_look_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    archive_of(tmp_path)
    (tmp_path / "source").rename(data)
    (tmp_path / "backup.zip").unlink()
    listings: list[object] = []

    def list_then_delete(directory: Path) -> list[tuple[str, Path]]:
        listed = list(kept_files(directory))
        if not listings:
            with closing(sqlite3.connect(data / "gatepost.db")) as bot, bot:
                [(sha256,)] = bot.execute("DELETE FROM shots WHERE id = 1 RETURNING sha256").fetchall()
            path_of(directory, sha256).unlink()
        listings.append(listed)
        return listed

    monkeypatch.setattr("bot.store.backup.kept_files", list_then_delete)
    made = backup(data, url_of(data), tmp_path / "backup.zip")
    restore(made.archive, tmp_path / "again", url_of(tmp_path / "again"))

    assert (made.lost, len(listings)) == (0, 2)
    assert content(tmp_path / "again") == {0: picture(0), 2: picture(2)}


def test_a_file_that_was_lost_before_is_counted_and_hinders_nothing(tmp_path: Path) -> None:
    archive_of(tmp_path)
    path_of(tmp_path / "source" / "files", hashlib.sha256(picture(1)).hexdigest()).unlink()

    made = backup(tmp_path / "source", url_of(tmp_path / "source"), tmp_path / "second.zip")

    assert (made.files, made.lost) == (2, 1)
    assert restore(made.archive, tmp_path / "again", url_of(tmp_path / "again")).files == 2


def test_a_restore_moves_what_was_there_aside(tmp_path: Path) -> None:
    archive = archive_of(tmp_path)
    data = tmp_path / "source"
    (data / "gatepost.db-wal").touch()
    with closing(sqlite3.connect(data / "gatepost.db")) as opened, opened:
        opened.execute("DELETE FROM shots WHERE id = 0")

    done = restore(archive, data, url_of(data), clock=lambda: 1_800_000_000.0)

    aside = data / "before-restore-20270115-080000"
    assert done.aside == (aside,)
    assert sorted(content(data)) == [0, 1, 2]
    assert sorted(content(aside)) == [1, 2]


def test_one_place_is_named_once_however_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, data = archive_of(tmp_path), tmp_path / "source"
    monkeypatch.chdir(tmp_path)

    done = restore(archive, Path("source"), url_of(data), clock=lambda: 1_800_000_000.0)

    assert done.aside == (data / "before-restore-20270115-080000",)


def test_a_restore_that_cannot_finish_puts_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, data = archive_of(tmp_path), tmp_path / "source"
    rename = Path.rename

    def refuse_the_last(self: Path, target: Path) -> Path:
        if self.name == "files" and ".restore-" in str(self):
            raise PermissionError(1, "Operation not permitted")
        return rename(self, target)

    before = content(data)
    monkeypatch.setattr(Path, "rename", refuse_the_last)
    with pytest.raises(StartError, match="could not be restored: Operation not permitted"):
        restore(archive, data, url_of(data))

    assert content(data) == before


def test_the_result_says_what_was_done(tmp_path: Path) -> None:
    archive = archive_of(tmp_path)
    (tmp_path / "backup.zip").rename(tmp_path / "first.zip")

    assert backup(tmp_path / "source", url_of(tmp_path / "source"), archive) == Backup(archive, HEAD, 3, 0)
    assert restore(archive, tmp_path / "new", url_of(tmp_path / "new")) == Restored(__version__, HEAD, 3, ())


def test_a_restore_is_refused_while_a_bot_serves(tmp_path: Path) -> None:
    archive = archive_of(tmp_path)

    with ServingLock.acquire(tmp_path / "source"), pytest.raises(StartError, match="already running"):
        restore(archive, tmp_path / "source", url_of(tmp_path / "source"))


def test_a_damaged_archive_is_refused_wherever_the_damage_matters(tmp_path: Path) -> None:
    archive = archive_of(tmp_path)
    whole, expected = archive.read_bytes(), content(tmp_path / "source")
    refusals = 0
    for n, at in enumerate(range(5, len(whole), len(whole) // 40)):
        archive.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        again = tmp_path / f"again-{n}"
        try:
            restore(archive, again, url_of(again))
        except StartError as refusal:
            refusals += "is damaged, or no backup of Gatepost; nothing was changed" in refusal.said
        else:
            assert content(again) == expected, "only what the archive says about itself may be damaged unnoticed"

    assert refusals > 35


def test_half_an_archive_is_refused(tmp_path: Path) -> None:
    archive = archive_of(tmp_path)
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])

    assert "is damaged" in refused(archive, tmp_path / "source")


def _without_a_file(members: dict[str, bytes]) -> None:
    del members[next(name for name in members if name.startswith("files/"))]


def _with_one_more(members: dict[str, bytes]) -> None:
    members["files/../../../evil"] = b"evil"


def _with_a_way_out(members: dict[str, bytes]) -> None:
    manifest = json.loads(members["manifest.json"])
    manifest["members"]["files/../../evil"] = hashlib.sha256(b"evil").hexdigest()
    members["files/../../evil"] = b"evil"
    members["manifest.json"] = json.dumps(manifest).encode()


def _with_other_bytes(members: dict[str, bytes]) -> None:
    members[next(name for name in members if name.startswith("files/"))] = b"evil"


def _without_a_manifest(members: dict[str, bytes]) -> None:
    del members["manifest.json"]


def _with_a_strange_manifest(members: dict[str, bytes]) -> None:
    members["manifest.json"] = b"[]"


@pytest.mark.parametrize(
    "change",
    [
        _without_a_file,
        _with_one_more,
        _with_a_way_out,
        _with_other_bytes,
        _without_a_manifest,
        _with_a_strange_manifest,
    ],
)
def test_an_archive_somebody_changed_is_refused(
    tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    archive = rewritten(archive_of(tmp_path), change)

    assert "is damaged" in refused(archive, tmp_path / "source")
    assert list(tmp_path.rglob("evil")) == []


@pytest.mark.parametrize(("key", "value"), [("format", 2), ("revision", "9999")])
def test_an_archive_of_a_newer_program_is_refused(tmp_path: Path, key: str, value: Any) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | {key: value}).encode()

    assert "is newer than this program" in refused(rewritten(archive_of(tmp_path), change), tmp_path / "source")


def test_a_backup_never_replaces_a_file(tmp_path: Path) -> None:
    archive = archive_of(tmp_path)
    before = archive.read_bytes()

    with pytest.raises(StartError, match="exists already"):
        backup(tmp_path / "source", url_of(tmp_path / "source"), archive)
    assert archive.read_bytes() == before


def test_a_backup_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    archive_of(tmp_path)
    (tmp_path / "source" / "gatepost.db").write_bytes(b"nothing of the kind" * 1000)
    before = sorted(tmp_path.iterdir())

    with pytest.raises(StartError, match="could not be written"):
        backup(tmp_path / "source", url_of(tmp_path / "source"), tmp_path / "second.zip")
    assert sorted(tmp_path.iterdir()) == before


def test_there_is_nothing_to_back_up_without_a_database(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="There is no database"):
        backup(tmp_path, url_of(tmp_path), tmp_path / "backup.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_for_its_owner_only(tmp_path: Path) -> None:
    assert archive_of(tmp_path).stat().st_mode & 0o077 == 0
