"""Commands, buttons, menus and forms: answered within three seconds, handed to the core, and ended as it says.

A token is good for a quarter of an hour. What is said later, or after Discord forgot the token, is said otherwise.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord
import structlog

from adapters.discord.buttons import action_of, cut, is_short, model_menu, short
from adapters.discord.commands import ASK_ABOUT, call_of, typed_in
from adapters.discord.errors import Refusal
from adapters.discord.inbound import PLATFORM, past, person_of
from adapters.discord.outbound import EPHEMERAL, said_alone
from adapters.discord.places import Where, may_moderate
from adapters.discord.rest import Rest
from bot.errors import GatepostError, sentence_for
from bot.messages import (
    Action,
    ActionName,
    Choice,
    CommandCall,
    CommandSpec,
    Inbound,
    InboundKind,
    PastMessage,
    Person,
    Place,
)
from bot.ports import Clock, Intake

log = structlog.get_logger(__name__)

TOKEN_SECONDS = 14.5 * 60
"""How long after the event its token is used; Discord takes it for half a minute more."""

_MESSAGE, _LATER, _UPDATE_LATER, _UPDATE, _CHOICES, _FORM = 4, 5, 6, 7, 8, 9
_MESSAGE_MENU = 3
_LABEL, _TEXT_INPUT, _SHORT, _PARAGRAPH = 18, 4, 1, 2
_ASK = "gp-ask"
_TAKEN = "I've got your question, and answer it here."
_MOST_KNOWN = 500

Find = Callable[["int | None", int], Awaitable[Where]]
Read = Callable[["dict[str, Any]", int, "int | None"], discord.Message]


class Interactions:
    """What becomes of each. `find` tells the place of a channel, `read` makes a message of what Discord sent."""

    def __init__(self, rest: Rest, clock: Clock, find: Find, read: Read, me: Callable[[], int]) -> None:
        self._rest = rest
        self._clock = clock
        self._find = find
        self._read = read
        self._me = me
        self._private: Mapping[str, bool] = {}
        self._entries: Mapping[str, CommandSpec] = {}
        self._first: OrderedDict[str, asyncio.Task[bool]] = OrderedDict()
        self._asked_about: OrderedDict[str, PastMessage] = OrderedDict()

    def know(self, specs: Sequence[CommandSpec]) -> None:
        """Remember menu entries, and whose answers are private: Discord wants to know before there is one."""
        self._private = {spec.name: spec.private for spec in specs}
        self._entries = {spec.entry.label: spec for spec in specs if spec.entry is not None}

    async def take(self, interaction: "discord.Interaction[Any]", intake: Intake) -> None:
        """Answer it at once, and hand it over."""
        data: Any = interaction.data or {}
        match interaction.type:
            case discord.InteractionType.autocomplete:
                await self._complete(interaction, data, intake)
            case discord.InteractionType.application_command if data.get("type") == _MESSAGE_MENU:
                await self._offer_form(interaction, data, intake)
            case discord.InteractionType.application_command:
                await self._command(interaction, data, intake)
            case discord.InteractionType.component:
                await self._pressed(interaction, data, intake)
            case discord.InteractionType.modal_submit:
                await self._submitted(interaction, data, intake)

    # --- what comes in ---------------------------------------------------------------------------

    async def _command(self, interaction: "discord.Interaction[Any]", data: Any, intake: Intake) -> None:
        private = self._private.get(str(data.get("name")), True)
        self._acknowledge(interaction, _LATER, {"flags": EPHEMERAL} if private else {})
        style = "later-private" if private else "later-public"
        place = await self._place(interaction)
        person = self._person(interaction)
        call = call_of(data)
        options = {
            name: await self._whole(intake, place, person, call.name, name, value)
            for name, value in call.options.items()
        }
        event = self._event(interaction, InboundKind.COMMAND, place, style)
        await self._hand_over(interaction, intake, replace(event, command=CommandCall(call.name, options)), style)

    async def _pressed(self, interaction: "discord.Interaction[Any]", data: Any, intake: Intake) -> None:
        action = action_of(str(data.get("custom_id")))
        if action is None:
            return
        chosen = (data.get("values") or [None])[0]
        place, person = await self._place(interaction), self._person(interaction)
        if action.name is ActionName.OTHER_MODEL and chosen is None and not action.value:
            await self._offer_models(interaction, action, intake, place, person)
            return
        if chosen is not None:
            value = await self._whole(intake, place, person, "model", "id", str(chosen))
            action = Action(action.name, action.turn_id, value)
            said = f"Asking {cut(value)}…"
            self._acknowledge(interaction, _UPDATE, {"content": said, "components": []})
        else:
            self._acknowledge(interaction, _UPDATE_LATER, {})
        event = self._event(interaction, InboundKind.BUTTON, place, "update")
        await self._hand_over(interaction, intake, replace(event, action=action), "update")

    async def _submitted(self, interaction: "discord.Interaction[Any]", data: Any, intake: Intake) -> None:
        kind, _, target = str(data.get("custom_id")).partition(":")
        question = _first_text(data.get("components") or ())
        if not target or not question.strip():
            return
        chosen = next((spec for spec in self._entries.values() if kind == _form_id(spec)), None)
        if chosen is not None and chosen.entry is not None and chosen.entry.question is not None:
            call = CommandCall(chosen.name, {chosen.entry.question.name: question})
            await self._from_menu(interaction, call, target, intake)
            return
        if kind != _ASK:
            return
        self._acknowledge(interaction, _MESSAGE, {"content": _TAKEN, "flags": EPHEMERAL})
        place = await self._place(interaction)
        event = self._event(interaction, InboundKind.MESSAGE, place, "said")
        quote = await self._quoted(interaction, target, place)
        quotes = (quote,) if quote is not None else ()
        asked = replace(event, text=question, quotes=quotes, root=target, handle=None)
        await self._hand_over(interaction, intake, asked, "said")

    async def _from_menu(
        self, interaction: "discord.Interaction[Any]", call: CommandCall, target: str, intake: Intake
    ) -> None:
        """A command about a message; its answer is for whoever chose it alone."""
        self._acknowledge(interaction, _LATER, {"flags": EPHEMERAL})
        place = await self._place(interaction)
        event = self._event(interaction, InboundKind.COMMAND, place, "later-private")
        quote = await self._quoted(interaction, target, place)
        quotes = (quote,) if quote is not None else ()
        await self._hand_over(interaction, intake, replace(event, command=call, quotes=quotes), "later-private")

    async def _complete(self, interaction: "discord.Interaction[Any]", data: Any, intake: Intake) -> None:
        option, typed = typed_in(data)
        place, person = await self._place(interaction), self._person(interaction)
        found = await intake.complete(place, person, str(data.get("name")), option, typed)
        await self._respond(interaction, _CHOICES, {"choices": _choices(found)})

    async def _offer_form(self, interaction: "discord.Interaction[Any]", data: Any, intake: Intake) -> None:
        """Ask what there is to ask for an entry of a message's menu; the message comes with the choice."""
        target = str(data.get("target_id"))
        raw = ((data.get("resolved") or {}).get("messages") or {}).get(target)
        chosen = self._entries.get(str(data.get("name")))
        if raw is None or (chosen is None and data.get("name") != ASK_ABOUT):
            return
        asks = chosen is None or (chosen.entry is not None and chosen.entry.question is not None)
        if asks:
            await self._respond(interaction, _FORM, _form(target, chosen))
        message = self._read(raw, interaction.channel_id or 0, interaction.guild_id)
        quote = past(message, await self._place(interaction), self._me())
        if quote is not None:
            self._asked_about[target] = quote
            if len(self._asked_about) > _MOST_KNOWN:
                self._asked_about.popitem(last=False)
        if chosen is not None and not asks:
            await self._from_menu(interaction, CommandCall(chosen.name), target, intake)

    async def _offer_models(
        self, interaction: "discord.Interaction[Any]", action: Action, intake: Intake, place: Place, person: Person
    ) -> None:
        choices = await intake.complete(place, person, "model", "id", "")
        if not choices:
            said = "The list of models has not arrived yet. Try again in a moment."
            await self._respond(interaction, _MESSAGE, {"content": said, "flags": EPHEMERAL})
            return
        said = "Which model shall answer instead? `/model` takes any other."
        menu = [model_menu(action.turn_id, choices)]
        await self._respond(interaction, _MESSAGE, {"content": said, "flags": EPHEMERAL, "components": menu})

    async def _quoted(
        self, interaction: "discord.Interaction[Any]", target: str, place: Place
    ) -> PastMessage | None:
        """The message that is asked about, which we saw when the form was asked for, or ask for now."""
        known = self._asked_about.get(target)
        if known is not None:
            return known
        channel = interaction.channel_id or 0
        try:
            path = f"/channels/{channel}/messages/{target}"
            raw = await self._rest.patiently("GET", path, kind="message", channel=str(channel))
        except Refusal:
            return None
        return past(self._read(raw, channel, interaction.guild_id), place, self._me())

    # --- what goes out ---------------------------------------------------------------------------

    async def say(self, handle: str, text: str, *, private: bool) -> bool:
        """Say it as the answer to an event; False when that is not possible any more."""
        interaction_id, application, token, style = handle.split(":", 3)
        begun = self._first.get(interaction_id)
        if begun is not None and not await asyncio.shield(begun):
            return False
        if self._clock() - _time_of(int(interaction_id)) > TOKEN_SECONDS:
            return False
        try:
            await self._say(f"/webhooks/{application}/{token}", style, text, private=private)
        except Refusal as refused:
            log.warning("interaction not answered", detail=str(refused))
            return False
        return True

    async def _say(self, webhook: str, style: str, text: str, *, private: bool) -> None:
        bodies = list(said_alone(text, private=private))
        if style == "later-public" and private:
            await self._rest.answer("DELETE", f"{webhook}/messages/@original")
        elif style.startswith("later") or style == "said":
            await self._rest.answer("PATCH", f"{webhook}/messages/@original", bodies.pop(0))
        for body in bodies:
            await self._rest.answer("POST", webhook, body)

    def _acknowledge(self, interaction: "discord.Interaction[Any]", kind: int, data: Any) -> None:
        """Answer first of all, beside everything else; what follows waits for it."""
        first = asyncio.ensure_future(self._respond(interaction, kind, data))
        self._first[str(interaction.id)] = first
        if len(self._first) > _MOST_KNOWN:
            self._first.popitem(last=False)

    async def _respond(self, interaction: "discord.Interaction[Any]", kind: int, data: Any) -> bool:
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        try:
            await self._rest.answer("POST", path, {"type": kind, "data": data})
        except Refusal as refused:
            log.warning("interaction not acknowledged", kind=kind, detail=str(refused))
            return False
        return True

    async def _hand_over(
        self, interaction: "discord.Interaction[Any]", intake: Intake, event: Inbound, style: str
    ) -> None:
        """It is not kept for later where it can't be taken in: who acted is told, and acts again."""
        try:
            await intake.accept(event)
        except Exception as error:
            log.exception("event not taken", key=event.key, kind=event.kind, place=event.place.key)
            said = sentence_for(error) if isinstance(error, GatepostError) else GatepostError.sentence
            await self.say(self._handle(interaction, style), said, private=True)

    # --- how it is read --------------------------------------------------------------------------

    async def _place(self, interaction: "discord.Interaction[Any]") -> Place:
        return (await self._find(interaction.guild_id, interaction.channel_id or 0)).place

    def _person(self, interaction: "discord.Interaction[Any]") -> Person:
        return person_of(interaction.user, self._me(), moderates=may_moderate(interaction))

    def _event(
        self, interaction: "discord.Interaction[Any]", kind: InboundKind, place: Place, style: str
    ) -> Inbound:
        message = interaction.message
        return Inbound(
            key=f"{PLATFORM}:interaction:{interaction.id}",
            kind=kind,
            place=place,
            message_id=str(message.id if message is not None else interaction.id),
            person=self._person(interaction),
            sent_at=interaction.created_at.timestamp(),
            addressed=True,
            handle=self._handle(interaction, style),
        )

    def _handle(self, interaction: "discord.Interaction[Any]", style: str) -> str:
        return f"{interaction.id}:{interaction.application_id}:{interaction.token}:{style}"

    async def _whole(
        self, intake: Intake, place: Place, person: Person, command: str, option: str, value: str
    ) -> str:
        """The value that a shortened one stands for."""
        if not is_short(value):
            return value
        beginning = value[:-17]
        for choice in await intake.complete(place, person, command, option, beginning):
            if short(choice.value) == value:
                return choice.value
        return value


def _choices(found: Sequence[Choice]) -> list[dict[str, str]]:
    return [{"name": cut(one.label), "value": short(one.value)} for one in found[:25]]


def _form_id(spec: CommandSpec) -> str:
    return f"gp-{spec.entry.id}" if spec.entry is not None else ""


def _form(target: str, spec: CommandSpec | None) -> dict[str, Any]:
    """The one thing that is asked: by an entry of a command, or a question about the message."""
    entry = spec.entry if spec is not None else None
    question = {
        "type": _TEXT_INPUT,
        "custom_id": "question",
        "style": _PARAGRAPH if entry is None else _SHORT,
        "required": True,
        "max_length": 2000 if entry is None else 200,
    }
    asked = "Your question about this message"
    if entry is None:
        question["placeholder"] = "What does this mean?"
    elif entry.question is not None:
        asked = entry.question.description[:45]
    label = {"type": _LABEL, "label": asked, "component": question}
    kind, title = (_ASK, ASK_ABOUT) if spec is None or entry is None else (_form_id(spec), entry.label)
    return {"custom_id": f"{kind}:{target}", "title": title, "components": [label]}


def _first_text(components: Sequence[Mapping[str, Any]]) -> str:
    for one in components:
        inner = [one["component"]] if isinstance(one.get("component"), dict) else list(one.get("components") or ())
        if one.get("custom_id") == "question" and one.get("value"):
            return str(one["value"])
        if inner and (found := _first_text(inner)):
            return found
    return ""


def _time_of(snowflake: int) -> float:
    return discord.utils.snowflake_time(snowflake).timestamp()
