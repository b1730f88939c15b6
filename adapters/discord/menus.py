"""The menu of a message: the question about it, and commands that have an entry there."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import discord

from adapters.discord.acted import Acted
from adapters.discord.commands import ASK_ABOUT
from adapters.discord.errors import Refusal
from adapters.discord.forms import ASK, answer_of, form, form_id
from adapters.discord.inbound import past
from adapters.discord.outbound import EPHEMERAL
from adapters.discord.responses import FORM, MESSAGE, SAID, Responses
from adapters.discord.rest import Rest
from bot.messages import CommandCall, CommandSpec, InboundKind, PastMessage, Place
from bot.ports import Intake

_TAKEN = "I've got your question, and answer it here."
_MOST_KNOWN = 500

Read: TypeAlias = Callable[["dict[str, Any]", int, "int | None"], discord.Message]


class Menus:
    """What becomes of a choice. `read` makes a message of what Discord sent."""

    def __init__(self, rest: Rest, responses: Responses, acted: Acted, read: Read) -> None:
        self._rest = rest
        self._responses = responses
        self._acted = acted
        self._read = read
        self._entries: Mapping[str, CommandSpec] = {}
        self._asked_about: OrderedDict[str, PastMessage] = OrderedDict()

    def know(self, specs: Sequence[CommandSpec]) -> None:
        """Remember which commands have an entry."""
        self._entries = {spec.entry.label: spec for spec in specs if spec.entry is not None}

    async def chosen(self, interaction: "discord.Interaction[Any]", data: Any, intake: Intake) -> None:
        """Ask what there is to ask; the message itself comes with the choice."""
        target = str(data.get("target_id"))
        raw = ((data.get("resolved") or {}).get("messages") or {}).get(target)
        command = self._entries.get(str(data.get("name")))
        if raw is None or (command is None and data.get("name") != ASK_ABOUT):
            return
        asks = command is None or (command.entry is not None and command.entry.question is not None)
        if asks:
            await self._responses.respond(interaction, FORM, form(target, command))
        self._remember(target, raw, interaction, await self._acted.place(interaction))
        if command is not None and not asks:
            await self._carry_out(interaction, CommandCall(command.name), target, intake)

    async def submitted(self, interaction: "discord.Interaction[Any]", data: Any, intake: Intake) -> None:
        """A form came back filled in."""
        kind, _, target = str(data.get("custom_id")).partition(":")
        answer = answer_of(data.get("components") or ())
        if not target or not answer.strip():
            return
        command = next((spec for spec in self._entries.values() if kind == form_id(spec)), None)
        if command is not None and command.entry is not None and command.entry.question is not None:
            call = CommandCall(command.name, {command.entry.question.name: answer})
            await self._carry_out(interaction, call, target, intake)
        elif kind == ASK:
            await self._ask(interaction, answer, target, intake)

    async def _ask(
        self, interaction: "discord.Interaction[Any]", question: str, target: str, intake: Intake
    ) -> None:
        """A question about a message, as if it were said."""
        self._responses.acknowledge(interaction, MESSAGE, {"content": _TAKEN, "flags": EPHEMERAL})
        place = await self._acted.place(interaction)
        event = self._acted.event(interaction, InboundKind.MESSAGE, place, SAID)
        quotes = await self._quoted(interaction, target, place)
        asked = replace(event, text=question, quotes=quotes, root=target, handle=None)
        await self._acted.hand_over(interaction, intake, asked, SAID)

    async def _carry_out(
        self, interaction: "discord.Interaction[Any]", call: CommandCall, target: str, intake: Intake
    ) -> None:
        """A command about a message; its answer is for whoever chose it alone."""
        style = self._responses.defer(interaction, private=True)
        place = await self._acted.place(interaction)
        event = self._acted.event(interaction, InboundKind.COMMAND, place, style)
        quotes = await self._quoted(interaction, target, place)
        await self._acted.hand_over(interaction, intake, replace(event, command=call, quotes=quotes), style)

    async def _quoted(
        self, interaction: "discord.Interaction[Any]", target: str, place: Place
    ) -> tuple[PastMessage, ...]:
        """The message that is asked about, which we saw when the form was asked for, or ask for now."""
        if (known := self._asked_about.get(target)) is not None:
            return (known,)
        channel = str(interaction.channel_id or 0)
        try:
            path = f"/channels/{channel}/messages/{target}"
            raw = await self._rest.patiently("GET", path, kind="message", channel=channel)
        except Refusal:
            return ()
        quote = self._past(raw, interaction, place)
        return (quote,) if quote is not None else ()

    def _remember(self, target: str, raw: Any, interaction: "discord.Interaction[Any]", place: Place) -> None:
        quote = self._past(raw, interaction, place)
        if quote is not None:
            self._asked_about[target] = quote
            if len(self._asked_about) > _MOST_KNOWN:
                self._asked_about.popitem(last=False)

    def _past(self, raw: Any, interaction: "discord.Interaction[Any]", place: Place) -> PastMessage | None:
        message = self._read(raw, interaction.channel_id or 0, interaction.guild_id)
        return past(message, place, self._acted.me())
