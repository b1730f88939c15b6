"""What was acknowledged is there afterwards, however the process ended and whatever the disk refused."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bot.store.engine import open_store
from tests.unit.store_notes import numbers

_PREPARED = """
    import asyncio, sys
    from bot.errors import StoreError
    from bot.store.engine import open_store
    from tests.unit.store_notes import make_tables, note
    store = open_store(sys.argv[1])

    async def main():
        await store.write(make_tables)
"""

_WRITES_FOR_EVER = """
        async def write(number):
            print(await store.write(note, number), flush=True)
        for start in range(0, 1_000_000, 20):
            await asyncio.gather(*(write(start + n) for n in range(20)))

    asyncio.run(main())
"""

# A file that may not grow stands for a disk that takes no more; the limit is lifted afterwards.
_WRITES_UNTIL_REFUSED = """
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, resource.RLIM_INFINITY))
        try:
            for number in range(10_000):
                print(await store.write(note, number, "x" * 5000), flush=True)
        except StoreError:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            print(await store.write(note, 10_000), flush=True)
            await store.close()

    asyncio.run(main())
"""


def started(script: str, url: str) -> subprocess.Popen[str]:
    """A process that prints the number of every note that was acknowledged."""
    program = textwrap.dedent(_PREPARED + script)
    return subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE, text=True)


async def kept(url: str) -> list[int]:
    """The notes in the database, read after the process ended."""
    store = open_store(url)
    try:
        return await store.read(numbers)
    finally:
        await store.close()


@pytest.mark.parametrize("acknowledged", [1, 37, 400])
async def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    url = f"sqlite:///{tmp_path}/gatepost.db"
    with started(_WRITES_FOR_EVER, url) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(acknowledged)]
        process.kill()
        lines += [line for line in process.stdout if line.endswith("\n")]

    assert len(lines) >= acknowledged
    assert {int(line) for line in lines} <= set(await kept(url))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on a file's size")
async def test_a_disk_that_refuses_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gatepost.db"
    with started(_WRITES_UNTIL_REFUSED, url) as process:
        assert process.stdout is not None
        acknowledged = [int(line) for line in process.stdout if line.strip().isdigit()]  # the log speaks there too

    assert process.returncode == 0
    assert len(acknowledged) > 10
    assert acknowledged[-1] == 10_000, "it goes on once the disk takes more"
    assert await kept(url) == acknowledged
