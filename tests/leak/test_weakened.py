"""Without any one of its checks the leak test fails: so each of them is needed, and watched."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.leak.house import opened_play
from tests.leak.play import Play
from tests.leak.weakened import WEAK, without

pytestmark = pytest.mark.asyncio(loop_scope="module")

_MOST_TURNS = 200
"""Far more than it takes: who leaves when is drawn, and differs with the speed of the machine."""

_TURNS_BEFORE = 2
"""The same turns with every check in its place."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def played(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    async with opened_play(tmp_path_factory.mktemp("leak"), seed=4) as opened:
        yield opened


@pytest.mark.parametrize("check", WEAK)
async def test_without_a_check_something_leaks_and_is_noticed(played: Play, check: str) -> None:
    weak = WEAK[check]
    await played.until_leak(max(_TURNS_BEFORE, len(weak.kinds)), weak)
    assert played.leaks == []
    with without(check):
        found = await played.until_leak(_MOST_TURNS, weak)

    assert weak.seen in found
    played.forgive()
