"""The real core over a local Discord, a local Slack and the page at once, with the built-in gateway's models."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import aiohttp

from adapters.discord.adapter import DiscordAdapter
from adapters.slack.adapter import SlackAdapter
from adapters.web.adapter import WebAdapter
from bot.access import Access
from bot.app.core import Core, core, desk_for, intake_for
from bot.app.platforms import OWN, offer_commands, page_for
from bot.commands import COMMANDS
from bot.conversation.desk import Desk
from bot.demo.server import DemoGateway
from bot.intake import Intake
from bot.media.reader import WorkerReader
from bot.messages import (
    Budget,
    CallKind,
    Choice,
    CommandCall,
    Inbound,
    InboundKind,
    Person,
    Place,
    Quota,
    Upcoming,
)
from bot.reminders.bell import Bell
from bot.settings import Settings
from bot.tools.base import Outside
from tests.databases import new_database
from tests.discord_bot import adapter_for
from tests.discord_town.limits import Limit
from tests.discord_town.town import DiscordTown, discord_town
from tests.slack_stage import slack_adapter
from tests.slack_town.town import Town as SlackTown
from tests.slack_town.town import slack_town
from tests.tool_stage import Site, serve, site
from tests.web_page import Client

_PLENTY = Budget(100_000, 1.0)


@dataclass
class Clock:
    """The time of day for the core, which can be put forward."""

    ahead: float = 0.0

    def time(self) -> float:
        return time.time() + self.ahead


@dataclass
class Ears:
    """An intake that remembers what it took in, so that one can wait for it."""

    intake: Intake
    heard: set[tuple[str, InboundKind, str]] = field(default_factory=set)
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def accept(self, inbound: Inbound) -> None:
        try:
            await self.intake.accept(inbound)
        finally:
            self.heard.add((inbound.place.platform, inbound.kind, inbound.message_id))
            self.bell.set()

    async def say(self, place: Place, person: Person, call: CommandCall, key: str = "") -> str:
        return await self.intake.say(place, person, call, key)

    async def upcoming(self, place: Place, person: Person) -> Sequence[Upcoming]:
        return await self.intake.upcoming(place, person)

    async def complete(
        self, place: Place, person: Person, command: str, option: str, typed: str
    ) -> Sequence[Choice]:
        return await self.intake.complete(place, person, command, option, typed)


@dataclass
class Towns:
    """Everything a test holds."""

    discord: DiscordTown
    slack: SlackTown
    page: WebAdapter
    origin: str
    http: aiohttp.ClientSession
    site: Site
    parts: Core
    desk: Desk
    intake: Intake
    ears: Ears
    bell: Bell
    clock: Clock
    adapters: tuple[DiscordAdapter, SlackAdapter, WebAdapter]
    browsers: dict[str, Client] = field(default_factory=dict)

    def browser(self, person: str) -> Client:
        """Somebody on the page."""
        return self.browsers.setdefault(person, Client(self.http, self.origin, person))

    async def heard(self, platform: str, kind: InboundKind, message_id: str, seconds: float = 2.0) -> bool:
        """Wait until the core has taken this in; whether it has."""
        try:
            async with asyncio.timeout(seconds):
                while (platform, kind, message_id) not in self.ears.heard:
                    self.ears.bell.clear()
                    await self.ears.bell.wait()
        except TimeoutError:
            return False
        return True

    async def rest(self, seconds: float = 60.0) -> None:
        """Wait until nothing is at work."""
        try:
            await self.until(lambda: not self._busy(), seconds)
        except TimeoutError:
            at_work = [one.at_work for one in self.desk._workers.values() if one.at_work is not None]
            told = [(work.claim.turn.place.key, work.reply._reply.status) for work in at_work]
            begun = [str(task.get_coro()) for task in (*self.intake._tasks, *self.intake._errands._tasks)]
            raise TimeoutError(f"still at work after {seconds} s: {told} {begun}") from None

    def _busy(self) -> bool:
        """Whether anything was begun that people will see; the core has no bell for that, nor a need of one."""
        intake = self.intake
        begun = (*intake._tasks, *intake._errands._tasks, *intake._admission._tasks)
        return bool(begun) or self.desk.running > 0 or self.desk.waiting > 0

    async def until(self, holds: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until it holds."""
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - three towns have three bells
                await asyncio.sleep(0.002)


@asynccontextmanager
async def three_towns(
    directory: Path,
    model: str = "gatepost/scripted",
    furnish: Callable[[DiscordTown, SlackTown], None] = lambda _discord, _slack: None,
    standing: tuple[DiscordTown, SlackTown, Site] | None = None,
    **settings: Any,
) -> AsyncIterator[Towns]:
    """Everything, over `directory`; `furnish` says what is there before the bot comes.

    In towns that are `standing` and over the same directory it is the same bot, started again.
    No platform holds it up: their limits are others' to test.
    """
    async with AsyncExitStack() as stack:
        clock = Clock()
        stack.enter_context(patch("bot.app.core.time", SimpleNamespace(time=clock.time)))
        discord, slack, there = standing or await _built(stack)
        discord.limits.limits, discord.limits.total = _Unlimited(), None
        slack.api.limits.on = False
        furnish(discord, slack)
        parts = await stack.enter_async_context(_core(stack, directory, model, settings))
        parts = replace(parts, outside=Outside(there.reach, there.url("/weather/v1"), "gatepost/painter"))
        page = page_for(parts, Settings(_env_file=None, data_dir=directory), lambda _line: None)
        specs = [command.spec for command in COMMANDS]
        adapters = adapter_for(discord), slack_adapter(slack, specs, ping_every=20.0), page
        for adapter in adapters:
            _hurry(adapter)
        desk = desk_for(parts, adapters)
        stack.push_async_callback(desk.close, 0.0)
        intake = intake_for(parts, desk, adapters, Access((), own=OWN), lambda: None)
        stack.push_async_callback(intake.close)
        by_name = {one.platform: one for one in adapters}
        bell = Bell(parts.store, parts.pump, by_name, clock.time, parts.reminders.changed)
        stack.push_async_callback(bell.close)
        origin = await serve(stack, page.routes())
        ears = Ears(intake)
        await desk.recover()
        for adapter in adapters:
            await adapter.start(ears)
            stack.push_async_callback(adapter.stop)
        await intake.recover()
        await offer_commands(adapters[0])
        await adapters[1].connected()
        http = await stack.enter_async_context(_let_in(page, origin))
        here = (discord, slack, page, origin, http, there, parts, desk, intake, ears, bell, clock, adapters)
        towns = Towns(*here)
        await towns.until(adapters[0].listening)
        yield towns


async def _built(stack: AsyncExitStack) -> tuple[DiscordTown, SlackTown, Site]:
    discord = await stack.enter_async_context(discord_town())
    slack = await stack.enter_async_context(slack_town())
    return discord, slack, await stack.enter_async_context(site())


@asynccontextmanager
async def _core(
    stack: AsyncExitStack, directory: Path, model: str, settings: dict[str, Any]
) -> AsyncIterator[Core]:
    reader = WorkerReader()
    stack.push_async_callback(reader.close)
    async with DemoGateway(reader=reader, pace=float("inf"), first_token=0) as demo:
        free = {"budget_per_day": None, "budget_per_person_per_day": None}
        chosen = Settings(
            _env_file=None,
            ai_gateway_base_url=demo.base_url,
            default_model=model,
            data_dir=directory,
            **(free | settings),
        )
        async with core(chosen, directory, new_database(directory / "gatepost.db")) as parts:
            await parts.gateway.refresh()
            yield parts


@asynccontextmanager
async def _let_in(page: WebAdapter, origin: str) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": origin}) as http:
        async with http.get(await page.invitation(origin)) as response:
            assert response.status == 200
        yield http


def _hurry(adapter: Any) -> None:
    quotas = {kind: Quota(_PLENTY) for kind in CallKind} if adapter.capabilities.quotas else {}
    adapter.capabilities = replace(adapter.capabilities, edits=_PLENTY, quotas=quotas, total=None)


class _Unlimited(dict[str, Limit]):
    def get(self, _bucket: Any, _otherwise: Any = None) -> Any:
        return Limit(100_000, 1.0)
