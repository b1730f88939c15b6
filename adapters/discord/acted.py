"""An interaction as an event of the core, and its way there."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import discord
import structlog

from adapters.discord.inbound import PLATFORM, person_of, place_of
from adapters.discord.places import Where, may_moderate
from adapters.discord.responses import Responses, handle_of
from bot.errors import GatepostError, sentence_for
from bot.messages import Inbound, InboundKind, Person, Place, Rendered
from bot.ports import Intake

log = structlog.get_logger(__name__)

Find: TypeAlias = Callable[["int | None", int], Awaitable[Where]]


class Acted:
    """Who did what where. `find` tells the place of a channel, `me` who we are."""

    def __init__(self, responses: Responses, find: Find, me: Callable[[], int]) -> None:
        self._responses = responses
        self._find = find
        self.me = me

    async def place(self, interaction: "discord.Interaction[Any]") -> Place:
        """Where it was done. Raises Refusal where Discord will not say; of a thread the act itself says it."""
        if interaction.guild_id is not None and isinstance(thread := interaction.channel, discord.Thread):
            return place_of(interaction.guild_id, thread.parent_id, thread.id)
        return (await self._find(interaction.guild_id, interaction.channel_id or 0)).place

    def person(self, interaction: "discord.Interaction[Any]") -> Person:
        """Who did it."""
        return person_of(interaction.user, self.me(), moderates=may_moderate(interaction))

    def event(
        self, interaction: "discord.Interaction[Any]", kind: InboundKind, place: Place, style: str
    ) -> Inbound:
        """All that is the same whatever was done."""
        message = interaction.message
        return Inbound(
            key=f"{PLATFORM}:interaction:{interaction.id}",
            kind=kind,
            place=place,
            message_id=str(message.id if message is not None else interaction.id),
            person=self.person(interaction),
            sent_at=interaction.created_at.timestamp(),
            addressed=True,
            handle=handle_of(interaction, style),
        )

    async def hand_over(
        self, interaction: "discord.Interaction[Any]", intake: Intake, event: Inbound, style: str
    ) -> None:
        """It is not kept for later where it can't be taken in: who acted is told, and acts again."""
        try:
            await intake.accept(event)
        except Exception as error:
            log.exception("event not taken", key=event.key, kind=event.kind, place=event.place.key)
            said = sentence_for(error) if isinstance(error, GatepostError) else GatepostError.sentence
            await self._responses.say(handle_of(interaction, style), Rendered(said), private=True)
