"""Plays seeds on the real program: asks, kills at the seed's moment, waits for the end, judges what is seen."""

import asyncio
from collections.abc import AsyncIterator, Callable, Container, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from tests.crash.discord_people import discord_people
from tests.crash.page import Seen, page
from tests.crash.plan import Asked, Moment, Plan, plan, thread_root
from tests.crash.program import PATIENCE, Program, program
from tests.crash.slack_people import slack_people
from tests.crash.verdict import Question, Shown, apologies, violations

SEEDS_TOGETHER = 3
"""So many seeds are played one after another on one program, whose store grows older with each."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a seed. `broken` is everything that people saw and should not have seen."""

    plan: Plan
    broken: tuple[str, ...]
    apologies: int
    log: str


class Platform(StrEnum):
    """Where people talk with the program."""

    PAGE = "page"
    DISCORD = "discord"
    SLACK = "slack"
    SLACK_EDITS = "slack-edits"  # a Slack without streams


class People(Protocol):
    """What people see and do, wherever it is."""

    @property
    def seen(self) -> Seen:
        """Everything they were shown, by its id."""

    async def say(self, person: str, text: str, where: str, client_id: str) -> str:
        """Say it, until it is said; the id it goes by."""

    async def until(self, holds: Callable[[Seen], object]) -> None:
        """Wait until they are shown what makes this hold."""

    async def transcript(self) -> list[Shown]:
        """Everything that both can read, place by place."""


async def play_all(
    seeds: Iterable[int],
    directory: Path,
    *,
    side_by_side: int,
    quiet: float,
    platform: Platform = Platform.PAGE,
) -> list[Result]:
    """Play them, a few programs side by side. After a program's last, `quiet` seconds must change nothing.

    What was answered before is judged again after every seed.
    """
    wanted = list(seeds)
    groups = [wanted[n : n + SEEDS_TOGETHER] for n in range(0, len(wanted), SEEDS_TOGETHER)]
    gate = asyncio.Semaphore(side_by_side)

    async def play_group(group: Sequence[int]) -> list[Result]:
        async with gate:
            return await _play_together(group, directory / f"from-{group[0]}", quiet, platform)

    return [result for results in await asyncio.gather(*map(play_group, groups)) for result in results]


async def _play_together(seeds: Sequence[int], directory: Path, quiet: float, platform: Platform) -> list[Result]:
    results: list[Result] = []
    asked: list[Question] = []
    async with stage(platform, directory) as (running, seen):
        for chosen in map(plan, seeds):
            asked += [one.question for one in chosen.asked]
            before = sum(result.apologies for result in results)
            still = quiet if chosen.seed == seeds[-1] else 0.0
            results.append(await _play(chosen, running, seen, asked, still, before))
    return results


@asynccontextmanager
async def stage(platform: Platform, directory: Path) -> AsyncIterator[tuple[Program, People]]:
    if platform is Platform.DISCORD:
        async with discord_people(directory) as stage:
            yield stage
    elif platform in (Platform.SLACK, Platform.SLACK_EDITS):
        async with slack_people(directory, streams=platform is Platform.SLACK) as stage:
            yield stage
    else:
        async with program(directory) as running, page(running) as seen:
            yield running, seen


async def _play(
    chosen: Plan, running: Program, seen: People, asked: Sequence[Question], quiet: float, before: int
) -> Result:
    try:
        await _ask_and_kill(chosen, running, seen)
        broken, transcript = await judged(seen, asked)
        await asyncio.sleep(quiet)
        after = await seen.transcript()
    except TimeoutError:
        return Result(chosen, ("it took too long",), 0, running.log())
    if not broken and (changed := _as_seen(after) ^ _as_seen(transcript)):
        broken = [f"{one.id} went on changing after the end" for one in changed]
    return Result(chosen, tuple(broken), apologies(after) - before, running.log() if broken else "")


def _as_seen(transcript: Iterable[Shown]) -> set[Shown]:
    """The messages without the number of their last edit: one edited to what it was is what it was."""
    return {replace(message, seq=0) for message in transcript}


async def _ask_and_kill(chosen: Plan, running: Program, seen: People) -> None:
    root_id, root = thread_root(chosen.seed)
    await seen.say("grace", root, "random", root_id)
    earlier = set(seen.seen)
    sending = [asyncio.create_task(_send(seen, one)) for one in _target_last(chosen)]
    try:
        if chosen.acknowledged:
            await sending[-1]
        await seen.until(lambda shown: _is_time(chosen, earlier, shown))
        await asyncio.sleep(chosen.after)
        first = running.serving()
        await running.kill(chosen.victim)
        if chosen.again is not None:
            await running.begun_again(first)
            await asyncio.sleep(chosen.again)
            await running.kill(chosen.victim)
        await asyncio.gather(*sending)
    finally:
        for task in sending:
            task.cancel()


def _target_last(chosen: Plan) -> list[Asked]:
    """The others are at work or on their way when the target comes."""
    return sorted(chosen.asked, key=lambda one: one is chosen.asked[chosen.target])


async def _send(seen: People, one: Asked) -> None:
    await seen.say(one.person, one.question.text, one.where, one.client_id)


def _is_time(chosen: Plan, earlier: Container[str], shown: Seen) -> bool:
    """Whether the page shows what the plan waits for."""
    if chosen.moment is Moment.ACCEPT:
        return True
    place = chosen.asked[chosen.target].question.place
    answer = [one for one in shown.values() if one.us and one.place == place and one.id not in earlier]
    if chosen.moment is Moment.TOOL_CALL:
        return any(message.status or message.words for message in answer)  # a tool may be quicker than the eye
    return bool(answer) and sum(len(message.words.split()) for message in answer) >= chosen.words


async def judged(seen: People, asked: Sequence[Question]) -> tuple[list[str], list[Shown]]:
    """What is wrong, and all that is seen, once there is nothing left to object to or patience ends."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while True:
        transcript = await seen.transcript()
        broken = violations(asked, transcript)
        if not broken or asyncio.get_running_loop().time() > end:
            return broken, transcript
        await asyncio.sleep(0.2)
