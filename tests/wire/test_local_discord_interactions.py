"""The local Discord's commands, buttons, menus and forms, seen by unmodified discord.py."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord
import pytest
from discord import app_commands

from tests.discord_town.client import Recorder, place
from tests.discord_town.people import Person
from tests.discord_town.town import DiscordTown
from tests.discord_town.world import Channel, MessageFlag

Interaction = discord.Interaction[discord.Client]


async def offer(
    client: Recorder, town: DiscordTown, answer: Callable[[Interaction], Awaitable[Any]], name: str = "ask"
) -> None:
    """Offer one command, answered by `answer`."""
    tree = app_commands.CommandTree(client)

    @tree.command(name=name, description="Ask something")
    async def command(interaction: Interaction) -> None:
        await answer(interaction)

    await tree.sync()


async def test_commands_are_replaced_by_one_call_and_keep_their_ids(town: DiscordTown, client: Recorder) -> None:
    tree = app_commands.CommandTree(client)

    @tree.command(name="model", description="Choose a model")
    async def model(interaction: Interaction) -> None: ...

    @tree.context_menu(name="Ask about this")
    async def ask(interaction: Interaction, message: discord.Message) -> None: ...

    first = await tree.sync()
    second = await tree.sync()
    assert {one.name for one in first} == {"model", "Ask about this"}
    assert [one.id for one in first] == [one.id for one in second]
    assert len(town.calls.of("put_commands")) == 2
    assert [one.name for one in await tree.fetch_commands()] == [one.name for one in second]


async def test_a_command_is_completed_while_somebody_types(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    tree = app_commands.CommandTree(client)

    async def complete(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        if current == "long":
            return [app_commands.Choice(name="n", value="v" * 101)]
        return [app_commands.Choice(name=f"{current}!", value=current)]

    @tree.command(name="model", description="Choose a model")
    @app_commands.autocomplete(name=complete)
    async def model(interaction: Interaction, name: str) -> None:
        await interaction.response.send_message(name)

    await tree.sync()
    typed = ada.autocompletes(square, "model", "name", "acm")
    await town.until(lambda: typed.acknowledged)
    assert typed.choices == [{"name": "acm!", "value": "acm"}]
    refused = ada.autocompletes(square, "model", "name", "long")
    await town.until(lambda: town.calls.of("interaction_callback")[-1].code)
    assert town.calls.of("interaction_callback")[-1].code == 50035
    assert not refused.acknowledged


async def test_an_answer_that_was_put_off_comes_where_thinking_stood(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    async def answer(interaction: Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send("one")
        await interaction.edit_original_response(content="one and a half")
        await interaction.followup.send("two")
        await interaction.followup.send("for you", ephemeral=True)

    await offer(client, town, answer)
    asked = ada.types_command(square, "ask")
    await town.until(lambda: len(asked.answers) == 3)
    assert asked.texts == ["one and a half", "two", "for you"]
    assert square.visible() == ["one and a half", "two"]
    assert square.visible(ada.user) == ["one and a half", "two", "for you"]
    assert square.in_order()[0].versions[0].text == ""


async def test_what_was_put_off_in_private_stays_private(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    async def answer(interaction: Interaction) -> None:
        await interaction.response.defer(thinking=True, ephemeral=True)
        await interaction.followup.send("secret")
        await interaction.delete_original_response()

    await offer(client, town, answer)
    asked = ada.types_command(ada.dm, "ask")
    await town.until(lambda: asked.original and asked.original.deleted_at)
    asked = ada.types_command(square, "ask")
    await town.until(lambda: asked.original and asked.original.deleted_at)
    assert asked.original is not None
    assert asked.original.flags & MessageFlag.EPHEMERAL
    assert client.events("message") == []
    assert square.visible() == []


async def test_a_command_carries_people_files_and_subcommands(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    tree = app_commands.CommandTree(client)
    remind: app_commands.Group = app_commands.Group(name="remind", description="Reminders")

    @remind.command(name="add", description="Add one")
    async def add(
        interaction: Interaction, who: discord.Member, where: discord.TextChannel, what: discord.Attachment
    ) -> None:
        data = await what.read()
        await interaction.response.send_message(f"{who.name} {where.name} {what.filename} {data.decode()}")

    tree.add_command(remind)
    await tree.sync()
    asked = ada.types_command(square, "remind add", who=ada.user, where=square, what=("a.txt", b"milk"))
    await town.until(lambda: asked.texts)
    assert asked.texts == ["ada square a.txt milk"]


async def test_a_menu_entry_is_used_on_a_message_without_the_intent(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    tree = app_commands.CommandTree(client)

    @tree.context_menu(name="Ask about this")
    async def ask(interaction: Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"about: {message.content}", ephemeral=True)

    await tree.sync()
    used = ada.uses_menu(ada.says(square, "the sky"), "Ask about this")
    await town.until(lambda: used.texts)
    assert used.texts == ["about: the sky"]
    assert square.visible() == ["the sky"]


class Controls(discord.ui.View):
    """A button that updates, a button that asks in a form, and a menu."""

    @discord.ui.button(label="Stop")
    async def stop_it(self, interaction: Interaction, button: Any) -> None:
        await interaction.response.edit_message(content="stopped", view=None)

    @discord.ui.button(label="Title")
    async def title(self, interaction: Interaction, button: Any) -> None:
        await interaction.response.send_modal(Title())

    @discord.ui.select(
        placeholder="Model", options=[discord.SelectOption(label="a"), discord.SelectOption(label="b")]
    )
    async def model(self, interaction: Interaction, menu: discord.ui.Select[Any]) -> None:
        await interaction.response.defer()
        await interaction.followup.send(f"chose {menu.values[0]}")


class Title(discord.ui.Modal, title="Title"):
    """A form with one field."""

    words: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Words", custom_id="words")

    async def on_submit(self, interaction: Interaction) -> None:
        await interaction.response.send_message(f"titled {self.words.value}")


async def test_buttons_menus_and_forms_are_used_and_answered(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    await place(client, square).send("working", view=Controls())
    answer = square.last
    chosen = ada.selects(answer, "Model", "b")
    await town.until(lambda: chosen.followups)
    opened = ada.presses(answer, "Title")
    await town.until(lambda: opened.modal)
    submitted = ada.submits_modal(opened, words="all of it")
    await town.until(lambda: submitted.texts)
    pressed = ada.presses(answer, "Stop")
    await town.until(lambda: pressed.acknowledged)
    assert square.visible() == ["stopped", "chose b", "titled all of it"]
    assert answer.components == []
    with pytest.raises(AssertionError, match="no 'Stop'"):
        ada.presses(answer, "Stop")


async def test_the_first_answer_must_come_within_three_seconds_and_once(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    refusals: list[discord.HTTPException] = []

    async def answer(interaction: Interaction) -> None:
        for text in ("one", "two"):
            params = discord.http.handle_message_parameters(content=text)
            payload = {"type": 4, "data": params.payload}
            route = discord.http.Route(
                "POST",
                "/interactions/{webhook_id}/{webhook_token}/callback",
                webhook_id=interaction.id,
                webhook_token=interaction.token,
            )
            try:
                await client.http.request(route, json=payload)
            except discord.HTTPException as refused:
                refusals.append(refused)
        town.state.touch()

    await offer(client, town, answer)
    ada.types_command(square, "ask")
    await town.until(lambda: len(refusals) == 1)
    assert (refusals[0].status, refusals[0].code) == (400, 40060)
    late = ada.types_command(square, "ask")
    late.at -= 3.1
    await town.until(lambda: len(refusals) == 3)
    assert [(one.status, one.code) for one in refusals[1:]] == [(404, 10062)] * 2
    assert square.visible() == ["one"]


async def test_a_token_is_good_for_a_quarter_of_an_hour(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    kept: list[Interaction] = []

    async def answer(interaction: Interaction) -> None:
        with pytest.raises(discord.NotFound) as early:
            await interaction.followup.send("too early")
        assert early.value.code == 10015
        await interaction.response.send_message("one")
        kept.append(interaction)
        town.state.touch()

    await offer(client, town, answer)
    ada.types_command(square, "ask")
    await town.until(lambda: kept)
    town.clock.advance(890)
    await kept[0].followup.send("still good")
    town.clock.advance(20)
    with pytest.raises(discord.HTTPException) as expired:
        await kept[0].edit_original_response(content="too late")
    assert (expired.value.status, expired.value.code) == (401, 50027)
    assert square.visible() == ["one", "still good"]


async def test_a_table_of_commands_that_discord_would_refuse_is_refused(client: Recorder) -> None:
    commands: list[dict[str, Any]] = [
        {"name": "Model", "description": "capital", "type": 1},
        {"name": "model", "description": "x" * 101, "type": 1},
        {"name": "model", "description": "", "type": 1},
        {"name": "m" * 33, "description": "long", "type": 1},
    ]
    for one in commands:
        with pytest.raises(discord.HTTPException) as refused:
            await client.http.bulk_upsert_global_commands(client.application_id or 0, [one])
        assert refused.value.code == 50035
