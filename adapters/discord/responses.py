"""What an interaction is answered with: something within three seconds, and what there is to say afterwards.

A token is good for a quarter of an hour. What is said later, or after Discord forgot the token, is said otherwise.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import discord
import structlog

from adapters.discord.errors import ACKNOWLEDGED, Refusal
from adapters.discord.ids import time_of
from adapters.discord.outbound import EPHEMERAL, TWICE, said_alone
from adapters.discord.rest import Rest
from bot.messages import FailureKind, OutFile, Rendered
from bot.ports import Clock

log = structlog.get_logger(__name__)

TOKEN_SECONDS = 14.5 * 60
"""How long after the event its token is used; Discord takes it for half a minute more."""

MESSAGE, LATER, UPDATE_LATER, UPDATE, CHOICES, FORM = 4, 5, 6, 7, 8, 9
"""What a first answer can be, in Discord's numbers."""

LATER_PRIVATE, LATER_PUBLIC, UPDATED, SAID = "later-private", "later-public", "update", "said"
"""How an event was acknowledged, which decides how the rest is said: written into its handle."""

_MOST_KNOWN = 500
_TRIES, _PAUSE, _PATIENCE = 4, 0.5, 10.0
"""How often a call is made, the seconds between two, and the most where Discord names them."""

_AT_ONCE = 1.0
"""Seconds of the three for a first answer that may be spent waiting."""


class Responses:
    """Answers interactions, each first at once and then by its handle."""

    def __init__(self, rest: Rest, clock: Clock) -> None:
        self._rest = rest
        self._clock = clock
        self._first: OrderedDict[str, asyncio.Task[bool]] = OrderedDict()

    def acknowledge(self, interaction: "discord.Interaction[Any]", kind: int, data: Any) -> None:
        """Answer first of all, beside everything else; what follows waits for it. Once for an act told twice."""
        if str(interaction.id) in self._first:
            return
        first = asyncio.ensure_future(self.respond(interaction, kind, data))
        self._first[str(interaction.id)] = first
        if len(self._first) > _MOST_KNOWN:
            self._first.popitem(last=False)

    def defer(self, interaction: "discord.Interaction[Any]", *, private: bool) -> str:
        """Say that an answer follows, which will be for all or for one; how it is to be said then."""
        self.acknowledge(interaction, LATER, {"flags": EPHEMERAL} if private else {})
        return LATER_PRIVATE if private else LATER_PUBLIC

    async def respond(self, interaction: "discord.Interaction[Any]", kind: int, data: Any) -> bool:
        """Answer, and wait for it; whether Discord took it. Where it stumbles, it is asked once more."""
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        stumbled = False
        while True:
            try:
                await self._rest.answer("POST", path, {"type": kind, "data": data})
            except Refusal as refused:
                if stumbled and refused.code == ACKNOWLEDGED:
                    return True  # the first time after all
                if stumbled or not refused.failure.kind.passes:
                    log.warning("interaction not acknowledged", kind=kind, detail=str(refused))
                    return False
                stumbled = True
                await asyncio.sleep(min(refused.failure.retry_after or 0.0, _AT_ONCE))
            else:
                return True

    async def say(self, handle: str, rendered: Rendered, *, private: bool) -> Rendered | None:
        """Say it as the answer to an event; what could not be said so, None where all was."""
        interaction_id, application, token, style = handle.split(":", 3)
        begun = self._first.get(interaction_id)
        if begun is not None and not await asyncio.shield(begun):
            return rendered
        if self._clock() - time_of(int(interaction_id)) > TOKEN_SECONDS:
            return rendered
        return await self._say(f"/webhooks/{application}/{token}", style, rendered, private=private)

    async def _say(self, webhook: str, style: str, rendered: Rendered, *, private: bool) -> Rendered | None:
        left, (method, path) = said_alone(rendered, private=private), ("POST", webhook)
        try:
            if style == LATER_PUBLIC and private:
                await self._take_away(f"{webhook}/messages/@original")
            elif style in (LATER_PUBLIC, LATER_PRIVATE, SAID):
                method, path = "PATCH", f"{webhook}/messages/@original"
            while left:
                await self._insist(method, path, left[0], rendered.files if len(left) == 1 else ())
                left, (method, path) = left[1:], ("POST", webhook)
        except Refusal as refused:
            log.warning("interaction not answered", detail=str(refused))
            return replace(rendered, text="\n".join(body["content"] for body in left))
        return None

    async def _insist(self, method: str, path: str, body: Any = None, files: Sequence[OutFile] = ()) -> None:
        """One call, again where Discord stumbles or wants it later: said otherwise it might be said twice.

        A new message bears no key here, so one that may be there already says so when it is made again.
        """
        unsure = False
        for tries in count(1):
            try:
                await self._rest.answer(method, path, body, files)
            except Refusal as refused:
                wait, unsure = refused.failure.retry_after or _PAUSE * tries, unsure or refused.unsure
                ends = not refused.failure.kind.passes or tries == _TRIES or wait > _PATIENCE
                if unsure and body is not None and (ends or method == "POST"):
                    body["content"] = f"{body['content'].removesuffix(TWICE)}{TWICE}"
                if ends:
                    raise
                await asyncio.sleep(wait)
            else:
                return

    async def _take_away(self, message: str) -> None:
        """One that is gone already, by an earlier answer to the same event, is as good."""
        try:
            await self._insist("DELETE", message)
        except Refusal as refused:
            if refused.failure.kind is not FailureKind.NOT_FOUND:
                raise


def handle_of(interaction: "discord.Interaction[Any]", style: str) -> str:
    """What an answer to it needs to know, as one text that can be stored."""
    return f"{interaction.id}:{interaction.application_id}:{interaction.token}:{style}"
