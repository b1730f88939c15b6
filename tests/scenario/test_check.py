"""`gatepost check`: each thing people get wrong is found, with the fault really there, and nothing is changed."""

import json
import os
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.app.checks import machine
from bot.app.checks.machine import check_machine
from bot.errors import StartError
from bot.messages import Finding, Mark
from bot.settings import NOTHING_TO_RUN, Settings, read_settings
from bot.store.engine import open_store
from bot.store.lock import ServingLock
from tests.scenario.program import Shell, first_line, stopped


@contextmanager
def settings_in(directory: Path, **given: str) -> Iterator[Settings]:
    """The settings of somebody who starts in this directory."""
    before = Path.cwd()
    os.chdir(directory)
    try:
        wanted = {"DATA_DIR": str(directory / "data"), "HTTP_PORT": "0", **given}
        yield read_settings(None).model_copy(update={name.lower(): _typed(name, wanted[name]) for name in wanted})
    finally:
        os.chdir(before)


def _typed(name: str, value: str) -> object:
    return {"DATA_DIR": Path, "HTTP_PORT": int}.get(name, str)(value)


async def looked_at(directory: Path, **given: str) -> dict[str, Finding]:
    with settings_in(directory, **given) as settings:
        return {one.name: one for one in await check_machine(settings)}


async def made(directory: Path) -> Path:
    """A database as a bot leaves it."""
    store = open_store(f"sqlite:///{directory / 'data' / 'gatepost.db'}")
    await store.close()
    return directory / "data" / "gatepost.db"


async def test_a_fresh_directory_is_well_and_nothing_is_made_there(tmp_path: Path) -> None:
    found = await looked_at(tmp_path)

    assert {one.mark for one in found.values()} == {Mark.OK}
    assert "will be made" in found["data directory"].said
    assert os.listdir(tmp_path) == []


async def test_a_data_directory_that_is_a_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    found = (await looked_at(tmp_path))["data directory"]

    assert found.mark is Mark.FAULT
    assert "can't be written: it is a file. Set DATA_DIR to another one." in found.said


@contextmanager
def hidden_from_us(directory: Path) -> Iterator[None]:
    """Nobody's eyes for a while, which may not look into this directory."""
    us = os.geteuid()
    directory.chmod(0)
    if us == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(us)
        directory.chmod(0o700)


@pytest.mark.skipif(os.name == "nt", reason="permissions are another matter there")
async def test_what_is_hidden_from_the_user_the_program_runs_as_is_found_and_named(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    database = f"sqlite:///{hidden}/db/gatepost.db"
    with hidden_from_us(hidden):
        found = await looked_at(Path(tempfile.gettempdir()), DATA_DIR=f"{hidden}/data", DATABASE_URL=database)
        with pytest.raises(StartError, match=r"The data directory .* can't be written: .* Set DATA_DIR"):
            ServingLock.acquire(hidden / "data")

    assert found["data directory"].mark is found["database"].mark is Mark.FAULT
    assert f"The data directory {hidden}/data can't be written" in found["data directory"].said
    assert f"The database {hidden}/db/gatepost.db can't be made" in found["database"].said


@pytest.mark.skipif(os.name == "nt", reason="permissions are another matter there")
async def test_a_database_that_may_only_be_read_is_found_and_stops_the_start_with_the_same_sentence() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        database = await made(directory)
        with read_only_for_us(database):
            found = (await looked_at(directory))["database"]
            with pytest.raises(StartError) as stopped_by:
                open_store(f"sqlite:///{database}")

    assert found.mark is Mark.FAULT
    assert found.said == f"The database {database} can't be written; check the permissions."
    assert stopped_by.value.said == found.said


@contextmanager
def read_only_for_us(database: Path) -> Iterator[None]:
    """Nobody's eyes for a while, which may read this file and write beside it."""
    us = os.geteuid()
    database.chmod(0o444)
    database.parent.chmod(0o777)
    database.parent.parent.chmod(0o755)
    if us == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(us)


@pytest.mark.skipif(os.name == "nt", reason="permissions are another matter there")
def test_a_folder_that_hides_its_env_file_is_one_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("HTTP_PORT=1234\n")
    monkeypatch.chdir(tmp_path)
    with hidden_from_us(tmp_path):
        assert read_settings().http_port == 8080


async def test_a_disk_without_room_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_NO_ROOM", 1 << 62)

    found = (await looked_at(tmp_path))["disk"]

    assert found.mark is Mark.FAULT
    assert "Make room on it." in found.said


async def test_a_newer_database_is_found(tmp_path: Path) -> None:
    with closing(sqlite3.connect(await made(tmp_path))) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999_later'")
        database.commit()

    found = (await looked_at(tmp_path))["database"]

    assert found.mark is Mark.FAULT
    assert "is newer than this program (schema 9999_later); update Gatepost." in found.said


async def test_a_damaged_database_is_found(tmp_path: Path) -> None:
    path = await made(tmp_path)
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 9] = b"\xff" * 4096 * 6
    path.write_bytes(content)

    found = (await looked_at(tmp_path))["database"]

    assert found.mark is Mark.FAULT
    assert "damaged; restore a backup with `gatepost db restore`" in found.said


async def test_a_file_that_is_no_database_is_found(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "gatepost.db").write_text("my notes, " * 1000)

    found = (await looked_at(tmp_path))["database"]

    assert found.mark is Mark.FAULT
    assert "is not a Gatepost database" in found.said


async def test_a_database_that_another_program_keeps_locked_is_found(tmp_path: Path) -> None:
    with closing(sqlite3.connect(await made(tmp_path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        found = (await looked_at(tmp_path))["database"]

    assert found.mark is Mark.FAULT
    assert "is in use by another program." in found.said


async def test_a_taken_port_is_found(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        found = (await looked_at(tmp_path, HTTP_PORT=str(other.getsockname()[1])))["port"]

    assert found.mark is Mark.FAULT
    assert "is taken by another program; set HTTP_PORT to a free one." in found.said


async def test_settings_in_a_directory_from_which_nobody_starts_are_found(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HTTP_PORT=9000\n")
    (tmp_path / "elsewhere").mkdir()

    found = (await looked_at(tmp_path / "elsewhere"))["settings"]

    assert found.mark is Mark.WARNING
    assert f"Start from {tmp_path}." in found.said


async def test_a_slip_in_a_settings_name_is_found_and_what_is_for_other_programs_is_not(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BUDGET_PER_DY=0.5\nPOSTGRES_USER=me\nHTTP_PORT=0\nDISCORD_BOT_TOKEN_FILE=\n")

    found = (await looked_at(tmp_path))["settings"]

    assert found.mark is Mark.WARNING
    assert found.said.endswith("nothing reads BUDGET_PER_DY: is BUDGET_PER_DAY meant?")


async def test_a_slip_in_the_environment_is_found_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "abc")

    found = (await looked_at(tmp_path))["settings"]

    assert found.mark is Mark.WARNING
    assert found.said == "In the environment: nothing reads DISCORD_TOKEN: is DISCORD_BOT_TOKEN meant?"


async def test_a_start_without_anything_to_run_is_found_before_it_is_made(tmp_path: Path) -> None:
    found = (await looked_at(tmp_path, PLAYGROUND="off"))["platforms"]

    assert found.mark is Mark.FAULT
    assert found.said == NOTHING_TO_RUN


async def test_a_page_that_others_ought_to_reach_but_cannot_is_found(tmp_path: Path) -> None:
    found = (await looked_at(tmp_path, HTTP_HOST="0.0.0.0"))["playground"]

    assert found.mark is Mark.WARNING
    assert "set PLAYGROUND_PASSWORD" in found.said


def test_beside_a_running_bot_all_is_well_and_it_goes_on(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    with closing(socket.create_server(("127.0.0.1", 0))) as chosen:
        port = str(chosen.getsockname()[1])
    running = shell.begin("run", HTTP_PORT=port)
    try:
        assert first_line(running).startswith("Open ")
        checked = shell.run("check", "--json", HTTP_PORT=port)
    finally:
        ran = stopped(running)

    found = {row["name"]: row for row in json.loads(checked.out)}
    assert checked.status == 0, checked.out
    assert "served by the bot that runs" in found["port"]["said"]
    assert ran.status == 0


def test_a_malformed_setting_is_a_row_like_any_other(tmp_path: Path) -> None:
    checked = Shell(tmp_path).run("check", HTTP_PORT="many")

    assert checked.status == 1
    assert (
        checked.out == "fault    settings  HTTP_PORT is not valid: it has to be a port number from 0 to 65535.\n"
    )
    assert checked.err == ""


async def test_a_file_of_mcp_servers_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    broken = tmp_path / "servers.json"
    broken.write_text('{"mcpServers": {"clock": {}}}')

    with settings_in(tmp_path) as settings:
        looked = [
            await check_machine(settings.model_copy(update={"mcp_config": file})) for file in (broken, tmp_path)
        ]
    faults = [{one.name: one for one in rows}["mcp servers"] for rows in looked]

    assert [one.mark for one in faults] == [Mark.FAULT, Mark.FAULT]
    assert "is not valid at mcpServers.clock.command" in faults[0].said
    assert "can't be read" in faults[1].said


def test_keys_of_ones_own_that_cannot_be_read_are_a_row_like_any_other(tmp_path: Path) -> None:
    ran = Shell(tmp_path).run("check", "--json", BYOK_FILE=str(tmp_path / "nothing"))

    assert ran.status == 1
    (row,) = json.loads(ran.out)
    assert row["name"] == "settings"
    assert "which can't be read" in row["said"]
