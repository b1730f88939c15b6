"""Commands, buttons, menus and forms: acknowledged within three seconds, then handed to the core."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord

from adapters.discord.acted import Acted
from adapters.discord.buttons import action_of, cut, is_short, model_menu, short
from adapters.discord.commands import call_of, files_of, typed_in
from adapters.discord.menus import Menus
from adapters.discord.outbound import EPHEMERAL
from adapters.discord.responses import CHOICES, MESSAGE, UPDATE, UPDATE_LATER, UPDATED, Responses
from bot.messages import Action, ActionName, Choice, CommandCall, CommandSpec, InboundKind, Person, Place
from bot.ports import Intake

_MESSAGE_MENU = 3
_NO_MODELS = "The list of models has not arrived yet. Try again in a moment."
_WHICH_MODEL = "Which model shall answer instead? `/model` takes any other."


class Interactions:
    """Acknowledges interactions and hands over what they ask for."""

    def __init__(self, responses: Responses, acted: Acted, menus: Menus) -> None:
        self._responses = responses
        self._acted = acted
        self._menus = menus
        self._private: Mapping[str, bool] = {}

    def know(self, specs: Sequence[CommandSpec]) -> None:
        """Remember menu entries, and whose answers are private: Discord wants to know before there is one."""
        self._private = {spec.name: spec.private for spec in specs}
        self._menus.know(specs)

    async def take(self, interaction: "discord.Interaction[Any]", intake: Intake) -> None:
        """Answer it at once, and hand it over."""
        data: Any = interaction.data or {}
        match interaction.type:
            case discord.InteractionType.autocomplete:
                await self._complete(interaction, data, intake)
            case discord.InteractionType.application_command if data.get("type") == _MESSAGE_MENU:
                await self._menus.chosen(interaction, data, intake)
            case discord.InteractionType.application_command:
                await self._command(interaction, data, intake)
            case discord.InteractionType.component:
                await self._pressed(interaction, data, intake)
            case discord.InteractionType.modal_submit:
                await self._menus.submitted(interaction, data, intake)

    async def _command(self, interaction: "discord.Interaction[Any]", data: Any, intake: Intake) -> None:
        style = self._responses.defer(interaction, private=self._private.get(str(data.get("name")), True))
        place, person = await self._acted.place(interaction), self._acted.person(interaction)
        call = call_of(data)
        options = {
            name: await _whole(intake, place, person, call.name, name, value)
            for name, value in call.options.items()
        }
        event = self._acted.event(interaction, InboundKind.COMMAND, place, style)
        files = files_of(data, f"{interaction.channel_id}/{interaction.id}")
        whole = replace(event, command=CommandCall(call.name, options), attachments=files)
        await self._acted.hand_over(interaction, intake, whole, style)

    async def _pressed(self, interaction: "discord.Interaction[Any]", data: Any, intake: Intake) -> None:
        action = action_of(str(data.get("custom_id")))
        if action is None:
            return
        chosen = (data.get("values") or [None])[0]
        place, person = await self._acted.place(interaction), self._acted.person(interaction)
        if action.name is ActionName.OTHER_MODEL and chosen is None and not action.value:
            await self._offer_models(interaction, action, intake, place, person)
            return
        if chosen is not None:
            value = await _whole(intake, place, person, "model", "id", str(chosen))
            action = Action(action.name, action.turn_id, value)
            said = f"Asking {cut(value)}…"
            self._responses.acknowledge(interaction, UPDATE, {"content": said, "components": []})
        else:
            self._responses.acknowledge(interaction, UPDATE_LATER, {})
        event = self._acted.event(interaction, InboundKind.BUTTON, place, UPDATED)
        await self._acted.hand_over(interaction, intake, replace(event, action=action), UPDATED)

    async def _complete(self, interaction: "discord.Interaction[Any]", data: Any, intake: Intake) -> None:
        option, typed = typed_in(data)
        place, person = await self._acted.place(interaction), self._acted.person(interaction)
        found = await intake.complete(place, person, str(data.get("name")), option, typed)
        await self._responses.respond(interaction, CHOICES, {"choices": _choices(found)})

    async def _offer_models(
        self, interaction: "discord.Interaction[Any]", action: Action, intake: Intake, place: Place, person: Person
    ) -> None:
        choices = await intake.complete(place, person, "model", "id", "")
        body: dict[str, Any] = {"content": _WHICH_MODEL if choices else _NO_MODELS, "flags": EPHEMERAL}
        if choices:
            body["components"] = [model_menu(action.turn_id, choices)]
        await self._responses.respond(interaction, MESSAGE, body)


async def _whole(intake: Intake, place: Place, person: Person, command: str, option: str, value: str) -> str:
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
