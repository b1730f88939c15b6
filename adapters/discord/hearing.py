"""What discord.py tells, on its way in: made an event of ours, and handed over in order."""

from collections.abc import Callable
from typing import Any

import discord
import structlog

from adapters.discord import inbound as taken
from adapters.discord.history import History
from adapters.discord.interactions import Interactions
from adapters.discord.joining import greeting, greeting_place
from adapters.discord.places import Places
from adapters.discord.posting import Posting
from adapters.discord.session import Session
from adapters.discord.waiting import Waiting
from bot.messages import Inbound, InboundKind, Place, Rendered
from bot.ports import Clock, Intake

log = structlog.get_logger(__name__)


class Hearing:
    """Implements `Listener`. `serves` tells whether the operator lets the bot serve in a place."""

    def __init__(
        self,
        session: Session,
        places: Places,
        history: History,
        interactions: Interactions,
        posting: Posting,
        clock: Clock,
        serves: Callable[[Place], bool],
    ) -> None:
        self._session = session
        self._places = places
        self._history = history
        self._interactions = interactions
        self._posting = posting
        self._clock = clock
        self._serves = serves
        self._waiting = Waiting()
        self._intake: Intake | None = None
        self._missed: Callable[[], None] = lambda: None
        self.connected = False
        self.told_at = clock()

    def start(self, intake: Intake) -> None:
        """Hand over to it what is told from now on."""
        self._intake = intake

    def stop(self) -> None:
        """Hand over nothing more."""
        self._intake = None
        self._waiting.stop()

    def listens(self) -> bool:
        """Whether what is said reaches the store."""
        return self.connected and not self._waiting

    def when_missed(self, tell: Callable[[], None]) -> None:
        """Tell after every new session: its predecessor's events are not told again."""
        self._missed = tell

    def hears(self, listens: bool, *, afresh: bool = False) -> None:
        """Whether events reach us now."""
        self.connected, self.told_at = listens, self._clock()
        log.info("discord listens" if listens else "discord is not connected", afresh=afresh)
        if listens and afresh:
            self._missed()

    async def said(self, message: discord.Message) -> None:
        """Somebody wrote, we ourselves perhaps."""
        self.told_at = self._clock()
        if message.author.id != self._session.me:
            await self._heard(message, InboundKind.MESSAGE)
        elif message.nonce is not None:
            self._history.note(str(message.nonce), str(message.id))

    async def edited(self, message: discord.Message) -> None:
        """Somebody wrote anew; or only a preview was added, which nobody did."""
        if message.author.id != self._session.me and message.edited_at is not None:
            await self._heard(message, InboundKind.EDIT)

    async def removed(self, guild: int | None, channel: int, messages: set[int]) -> None:
        """Messages were taken away, anybody's."""
        place = (await self._places.find(guild, channel)).place
        for message in sorted(messages):
            await self._hand_over(taken.deleted(message, place, self._clock()))

    async def acted(self, interaction: "discord.Interaction[Any]") -> None:
        """A command, a button, a menu or a form."""
        self.told_at = self._clock()
        if self._intake is not None:
            await self._interactions.take(interaction, self._intake)

    async def joined(self, guild: discord.Guild) -> None:
        """We were added to a server: say once what we do and what we can read, where we serve at all."""
        where = greeting_place(guild)
        served = where is not None and self._serves(taken.place_of(guild.id, where))
        log.info("joined", workspace=str(guild.id), greeted=served)
        if where is not None and served:
            said = greeting(message_content=self._session.message_content)
            await self._posting.post(
                taken.place_of(guild.id, where), Rendered(said, final=True), f"joined:{guild.id}"
            )

    async def _heard(self, message: discord.Message, kind: InboundKind) -> None:
        guild = message.guild.id if message.guild is not None else None
        where = await self._places.find(guild, message.channel.id)
        how: dict[str, Any] = {"took_part": where.took_part(message), "content": self._session.message_content}
        event = taken.heard(message, where.place, self._session.me, kind=kind, **how)
        if event is not None:
            await self._hand_over(event)

    async def _hand_over(self, event: Inbound) -> None:
        if self._intake is not None:
            await self._waiting.deliver(event, self._intake)
