"""Discord's limit over everything: kept, the more important first, and question by question."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from adapters.discord.limits import TOTAL_CALLS, Rank, Total
from tests.virtual_time import run_virtual

T = TypeVar("T")
LATENCY = 0.08


class Calls:
    """Calls over one limit; when each of them began."""

    def __init__(self) -> None:
        self.total = Total()
        self.began: list[float] = []

    async def call(self, rank: Rank = Rank.FIRST, about: int = 0, leads_to: int = 0) -> float:
        """Make a call; when it was answered."""
        loop = asyncio.get_running_loop()
        await self.total.enter(rank, about, leads_to)
        self.began.append(loop.time())
        await asyncio.sleep(LATENCY)
        self.total.leave()
        return loop.time()

    async def question(self, about: int) -> float:
        """A thread is opened, what was said before is read, the first text posted; when it is seen."""
        thread = asyncio.create_task(self.call(about=about, leads_to=2))
        await asyncio.sleep(0.002)
        await asyncio.gather(thread, self.call(about=about, leads_to=1))
        return await self.call(about=about)


def play(act: Callable[[Calls], Awaitable[T]]) -> T:
    """Run one act in virtual time; nobody may call more often than is allowed."""

    async def run() -> tuple[Calls, T]:
        calls = Calls()
        async with asyncio.timeout(60):
            return calls, await act(calls)

    calls, result = run_virtual(run())
    began = sorted(calls.began)
    assert all(later - first > 1.0 for first, later in zip(began, began[TOTAL_CALLS:], strict=False))
    return result


@pytest.mark.parametrize("questions", [16, 50, 200])
def test_questions_that_come_at_once_get_their_first_texts_one_after_the_other(questions: int) -> None:
    seen = play(lambda calls: asyncio.gather(*(calls.question(n) for n in range(1, questions + 1))))

    assert sum(at < 0.2 for at in seen) == 16
    for n, at in enumerate(seen):
        windows_before = 3 * n // TOTAL_CALLS
        assert at < (windows_before + 1) * (1 + LATENCY) + 0.3, f"question {n}"


def test_what_is_kept_for_a_first_text_that_does_not_come_is_free_again_after_a_second() -> None:
    async def act(calls: Calls) -> list[float]:
        for about in range(1, 11):
            await calls.call(about=about, leads_to=4)
        return await asyncio.gather(*(calls.call() for _ in range(40)))

    ended = play(act)

    assert max(ended) < 2.2


def test_an_end_goes_before_first_texts_and_those_before_refreshes() -> None:
    async def act(calls: Calls) -> list[str]:
        went: list[str] = []

        async def named(name: str, rank: Rank, about: int) -> None:
            await calls.total.enter(rank, about)
            went.append(name)
            calls.total.leave()

        await asyncio.gather(*(calls.call(about=n) for n in range(1, TOTAL_CALLS + 1)))
        lines = [
            ("refresh", Rank.REFRESH, 0),
            ("newer", Rank.FIRST, 9),
            ("older", Rank.FIRST, 8),
            ("end", Rank.FIRST, 0),
        ]
        await asyncio.gather(*(named(*one) for one in lines))
        return went

    assert play(act) == ["end", "older", "newer", "refresh"]
