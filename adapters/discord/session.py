"""The connection over its whole life: logged in, connected, and made anew when discord.py gives up."""

import asyncio
from collections.abc import Callable
from typing import Any

import discord
import structlog

from adapters.discord.connection import Connection, Listener, point_at
from adapters.discord.errors import Refusal
from adapters.discord.rest import DISCORD, Rest
from adapters.discord.tokens import wrong_kind
from bot.errors import StartError

log = structlog.get_logger(__name__)

CONTENT_FLAGS = 1 << 18 | 1 << 19
"""Whether the application may read messages, with Discord's approval or in few servers."""

_LOGIN_CALLS = 2
"""What discord.py asks for by itself before it connects."""

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 60.0
_GOODBYE = 3.0
"""Seconds for an orderly end of the connection."""

REFUSED = "Discord does not accept DISCORD_BOT_TOKEN. Copy it again from the bot's page in the developer portal."
NO_CONTENT = (
    "The message content intent is off for this bot, so it reads only direct messages, mentions, replies to it "
    "and commands. Turn it on in Discord's developer portal (Bot, Privileged Gateway Intents) and start again."
)


class Session:
    """Holds the client. `client` is None until Discord has told who we are."""

    def __init__(self, token: str, base_url: str, rest: Rest, *, settle: float, polite: float) -> None:
        self._token = token
        self._base_url = base_url
        self._rest = rest
        self._make: Callable[[Listener, bool], Connection] = lambda listener, content: Connection(
            listener, message_content=content, settle=settle, polite=polite
        )
        self._application: asyncio.Future[dict[str, Any]] | None = None
        self._running: asyncio.Task[None] | None = None
        self.client: Connection | None = None
        self.message_content = True

    @property
    def me(self) -> int:
        """Our id; 0 until it is known."""
        user = self.client.user if self.client is not None else None
        return user.id if user is not None else 0

    async def application_id(self) -> str:
        """The application's id, as soon as Discord tells it."""
        return str((await asyncio.shield(self._known()))["id"])

    @property
    def connection(self) -> Connection:
        """The client, for whoever was told something by it."""
        assert self.client is not None
        return self.client

    async def start(self, listener: Listener) -> None:
        """Ask once who we are, and connect beside everything else. Raises StartError for a refused token."""
        if (wrong := wrong_kind(self._token)) is not None:
            raise StartError(wrong)
        try:
            told = await self._rest.call("GET", "/oauth2/applications/@me", kind="application")
        except Refusal as refused:
            if refused.status == 401:
                raise StartError(REFUSED) from refused
            log.warning("discord does not answer yet", detail=str(refused))
        else:
            self._known().set_result(told)
        self._running = asyncio.create_task(self._run(listener))

    def heard_at(self, now: float) -> float | None:
        """When anything came over the connection last; None while there is none."""
        silent = self.client.silent_for() if self.client is not None else None
        return now - silent if silent is not None else None

    async def renew(self) -> None:
        """Hang up; another connection is made at once, and its session is a new one."""
        if self.client is not None:
            await self._close(self.client)

    async def stop(self) -> None:
        """End the connection."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        if self.client is not None:
            await self._close(self.client)

    def _known(self) -> "asyncio.Future[dict[str, Any]]":
        if self._application is None:
            self._application = asyncio.get_running_loop().create_future()
        return self._application

    async def _run(self, listener: Listener) -> None:
        """Connect, again and again: discord.py resumes by itself, and gives up only for what it can't mend."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._connect(listener)
                pause = 0.0  # it ended because we wanted it to
            except discord.LoginFailure:
                log.error("discord refuses the token", sentence=REFUSED)
                return
            except discord.PrivilegedIntentsRequired:
                log.warning("message content intent is off", sentence=NO_CONTENT)
                self.message_content, pause = False, 0.0
            except Exception:
                log.exception("discord connection failed", again_in=pause)
            if self.client is not None:
                await self._close(self.client)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, pause * 2))

    async def _connect(self, listener: Listener) -> None:
        if not self._known().done():
            told = await self._rest.patiently("GET", "/oauth2/applications/@me", kind="application")
            self._known().set_result(told)
        if self.message_content and not int(self._known().result().get("flags") or 0) & CONTENT_FLAGS:
            log.warning("message content intent is off", sentence=NO_CONTENT)
            self.message_content = False
        if self._base_url != DISCORD:
            told = await self._rest.patiently("GET", "/gateway", kind="gateway")
            point_at(self._base_url, str(told["url"]))
        self.client = self._make(listener, self.message_content)
        async with self._rest.set_aside(_LOGIN_CALLS):
            await self.client.login(self._token)
        await self.client.connect()

    async def _close(self, client: Connection) -> None:
        try:
            async with asyncio.timeout(_GOODBYE):
                await client.close()
        except Exception as error:  # noqa: BLE001 - it is going away either way
            log.warning("discord connection not closed", error=type(error).__name__)
