"""What opens is a Gatepost database of a known schema; everything else is refused with one sentence."""

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.store.engine import open_store
from bot.store.migrations import HEAD
from tests.unit.store_notes import make_tables, note, numbers


def url_of(path: Path) -> str:
    """The URL of a database file."""
    return f"sqlite:///{path}"


def made(path: Path) -> Path:
    """A database as the program makes it."""
    asyncio.run(open_store(url_of(path)).close())
    return path


def refusal(path: Path) -> str:
    """The sentence with which a database is refused."""
    with pytest.raises(StartError) as refused:
        open_store(url_of(path))
    assert refused.value.said.endswith(".")
    return refused.value.said


async def test_a_database_is_made_with_its_directory_and_opens_again(tmp_path: Path) -> None:
    url = url_of(tmp_path / "new" / "data" / "gatepost.db")
    store = open_store(url)
    await store.write(make_tables)
    await store.write(note, 1)
    await store.close()
    store = open_store(url)

    assert await store.read(numbers) == [1]
    await store.close()


def test_the_log_is_gone_after_an_orderly_end(tmp_path: Path) -> None:
    made(tmp_path / "gatepost.db")

    assert [path.name for path in tmp_path.iterdir()] == ["gatepost.db"]


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "gatepost.db")
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")

    assert "is newer than this program (schema 9999)" in refusal(path)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "gatepost.db"
    garbage = random.Random(1).randbytes(20_000)
    path.write_bytes(garbage)

    assert refusal(path) == f"{path} is not a Gatepost database; move it away or set DATABASE_URL."
    assert path.read_bytes() == garbage


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "gatepost.db"
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE customers (id)")
    before = path.read_bytes()

    assert refusal(path) == f"{path} is not a Gatepost database; move it away or set DATABASE_URL."
    assert path.read_bytes() == before


def test_a_database_that_lost_its_pages_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "gatepost.db")
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3000)

    assert "is damaged" in refusal(path)


def test_a_database_without_its_write_ahead_log_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "gatepost.db")
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode=DELETE")

    assert "write-ahead log" in refusal(path)


def test_a_database_that_another_program_is_making_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "gatepost.db"
    script = f"from bot.store.engine import open_store; open_store({url_of(path)!r})"
    with (
        subprocess.Popen([sys.executable, "-c", script]) as one,
        subprocess.Popen([sys.executable, "-c", script]) as two,
    ):
        assert (one.wait(), two.wait()) == (0, 0)

    made(path)


def test_a_directory_in_the_place_of_the_database_is_refused(tmp_path: Path) -> None:
    assert "can't be opened" in refusal(tmp_path)


def test_a_data_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert "can't be made" in refusal(tmp_path / "file" / "gatepost.db")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://localhost/gatepost", "PostgreSQL is not supported yet"),
        ("postgresql+asyncpg://localhost/gatepost", "PostgreSQL is not supported yet"),
        ("mysql://localhost/gatepost", "not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("gatepost.db", "can't be understood"),
        ("", "can't be understood"),
    ],
)
def test_an_url_of_another_kind_is_refused(url: str, said: str) -> None:
    with pytest.raises(StartError, match=said):
        open_store(url)


_AS_NOBODY = """
    import os, sys
    from bot.errors import StartError
    from bot.store.engine import open_store
    open_store(f"sqlite:///{sys.argv[1]}/elsewhere.db")  # loads what is loaded late
    if os.getuid() == 0:
        os.setuid(65534)
    try:
        open_store(f"sqlite:///{sys.argv[2]}/gatepost.db")
    except StartError as refused:
        print(refused.said)
"""


@pytest.mark.skipif(os.name == "nt", reason="permission bits are POSIX's")
@pytest.mark.parametrize("existing", [False, True])
def test_a_read_only_directory_is_refused(tmp_path: Path, existing: bool) -> None:
    with tempfile.TemporaryDirectory() as name:  # not in tmp_path, whose parents are closed to other accounts
        path = Path(name)
        if existing:
            made(path / "gatepost.db").chmod(0o644)
        path.chmod(0o555)
        script = textwrap.dedent(_AS_NOBODY)
        ran = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path), name], capture_output=True, text=True, check=True
        )
        path.chmod(0o755)

    assert ran.stdout.startswith(f"The database {name}/gatepost.db can't be ")
    assert "check the permissions" in ran.stdout


def test_opening_a_database_that_needs_nothing_does_not_load_alembic(tmp_path: Path) -> None:
    path = made(tmp_path / "gatepost.db")
    script = f"from bot.store.engine import open_store; open_store({url_of(path)!r})"
    script += "; import sys; print('alembic' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout == "False\n"


def test_a_new_database_is_stamped_with_the_newest_revision(tmp_path: Path) -> None:
    path = made(tmp_path / "gatepost.db")
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
