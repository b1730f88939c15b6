"""Commands, buttons, menus and forms on Discord, over the wire and the whole core."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.discord.commands import ASK_ABOUT
from adapters.discord.outbound import TWICE
from bot.commands import COMMANDS
from bot.commands.progress import Progress
from bot.messages import CommandOption, CommandSpec, Rendered
from tests.discord_bot import adapter_for, discord_bot
from tests.discord_house import LONG_ID, DiscordHouse, discord_house, labels
from tests.discord_town import interaction_shapes
from tests.discord_town.faults import Fault, cut, fails, lost, never, slow, too_many
from tests.discord_town.rights import Right
from tests.discord_town.state import Event
from tests.discord_town.town import DiscordTown, discord_town
from tests.discord_town.world import Message
from tests.files import picture

QUESTION = "what is a heron?"
HELP = CommandSpec("help", "What can be typed")


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[DiscordHouse]:
    async with discord_house(tmp_path) as opened:
        await offered(opened.town)
        yield opened


async def offered(town: DiscordTown) -> list[str]:
    """Wait until commands are offered; their names."""
    await town.until(lambda: town.state.application.commands.get(0))
    return [str(one["name"]) for one in town.state.application.commands[0]]


async def answered(home: DiscordHouse) -> Message:
    """An answer in direct messages, whole."""
    home.ada.says(home.ada.dm, QUESTION)
    await home.answer("A wading bird.")
    answer = (await home.says(home.ada.dm, "A wading bird."))[0]
    await home.rest()
    return answer


async def test_every_command_is_offered_and_the_menu_entry_with_them(home: DiscordHouse) -> None:
    names = await offered(home.town)

    entries = [command.spec.entry.label for command in COMMANDS if command.spec.entry is not None]
    assert names == [*(command.spec.name for command in COMMANDS), ASK_ABOUT, *entries]


async def test_commands_are_put_once_and_again_only_when_they_changed() -> None:
    specs = tuple(command.spec for command in COMMANDS)
    new = CommandSpec(
        "dance", "Dance a little", (CommandOption("how", "How", required=True, choices=("fast", "slow")),)
    )
    async with discord_bot() as bot:
        for wanted in (specs, specs, (*specs, new), (*specs, new)):
            await bot.adapter.offer(wanted)
        again = adapter_for(bot.town)
        await again.start(bot.intake)
        await again.offer((*specs, new))
        await again.stop()

        assert len(bot.town.calls.of("put_commands")) == 2
        assert "dance" in await offered(bot.town)
        act = bot.ada.types_command(bot.general, "dance", how="slow")
        event = await bot.heard()
        assert event.command is not None
        assert (event.command.name, dict(event.command.options)) == ("dance", {"how": "slow"})
        await bot.town.until(lambda: act.acknowledged)


async def test_a_private_answer_is_seen_by_who_asked_alone(home: DiscordHouse) -> None:
    act = home.ada.types_command(home.general, "help")
    await home.town.until(lambda: act.texts)

    assert "/model" in act.texts[0]
    assert home.general.visible(home.ada.user) == act.texts
    assert home.general.visible(home.grace.user) == []


async def test_a_public_answer_is_seen_by_all_and_a_refusal_by_one(home: DiscordHouse) -> None:
    act = home.ada.types_command(home.ada.dm, "reset")
    await home.town.until(lambda: act.texts)
    refused = home.ada.types_command(home.general, "model", id="no/such-model")
    await home.town.until(lambda: refused.texts)

    assert "start afresh" in act.texts[0]
    assert "Only admins and moderators" in refused.texts[0]
    assert home.general.visible(home.grace.user) == []


async def test_models_are_completed_and_chosen_however_long_their_ids_are(home: DiscordHouse) -> None:
    typing = home.ada.autocompletes(home.ada.dm, "model", "id", "long")
    await home.town.until(lambda: typing.acknowledged)
    choice = typing.choices[0]["value"]
    act = home.ada.types_command(home.ada.dm, "model", id=choice)
    await home.town.until(lambda: act.texts)

    assert len(LONG_ID) > 100 >= len(choice)
    assert LONG_ID in act.texts[0]


async def test_stop_keeps_what_was_said_and_continue_goes_on_in_the_same_message(home: DiscordHouse) -> None:
    home.ada.says(home.ada.dm, QUESTION)
    answering = await home.request()
    await answering.say("A wading")
    await home.town.until(lambda: home.ours(home.ada.dm) and "Stop" in labels(home.ours(home.ada.dm)[0]))
    answer = home.ours(home.ada.dm)[0]
    home.ada.presses(answer, "Stop")
    await home.town.until(lambda: "Continue" in labels(answer))
    assert answer.text == "A wading\n-# Stopped."

    home.ada.presses(answer, "Continue")
    await home.answer(" bird.")
    await home.says(home.ada.dm, "A wading bird.")


async def test_buttons_work_after_a_restart(tmp_path: Path) -> None:
    async with discord_town() as town:
        async with discord_house(tmp_path, town) as home:
            answer = await answered(home)
        async with discord_house(tmp_path, town) as home:
            home.ada.presses(answer, "Regenerate")
            await home.answer("A tall bird.")

            assert (await home.says(home.ada.dm, "A tall bird."))[0] is answer


async def test_only_the_asker_and_moderators_may_press(home: DiscordHouse) -> None:
    question = home.ada.mentions_bot(home.general, QUESTION)
    await home.answer("A wading bird.")
    thread = await home.thread_of(question)
    answer = (await home.says(thread, "A wading bird."))[0]
    await home.rest()
    act = home.grace.presses(answer, "Regenerate")
    await home.town.until(lambda: act.followups)
    moderator = home.town.person("Mod", home.guild, roles=(home.town.moderators(home.guild),))
    moderator.presses(answer, "Regenerate")
    await home.answer("A tall bird.")
    await home.says(thread, "A tall bird.")

    assert "Only those who asked" in act.followups[0].text
    assert act.followups[0].private_to is home.grace.user
    assert home.asked.empty()


async def test_another_model_is_chosen_in_a_private_menu_and_answers_the_same_question(home: DiscordHouse) -> None:
    answer = await answered(home)
    act = home.ada.presses(answer, "Other model")
    await home.town.until(lambda: act.answers)
    options = act.answers[0].components[0]["components"][0]["options"]
    long = next(one["value"] for one in options if one["value"].startswith("acme/long"))
    home.ada.selects(act.answers[0], "Choose a model", long)
    answering = await home.answer("A tall bird.")
    await home.says(home.ada.dm, "A tall bird.")

    assert act.answers[0].ephemeral
    assert answering.exchange.json["model"] == LONG_ID


async def test_ask_about_this_takes_a_question_in_a_form_and_answers_under_the_message(home: DiscordHouse) -> None:
    said = home.grace.says(home.general, "the launch is at noon", files={"plan.txt": b"bring a hat"})
    act = home.ada.uses_menu(said, ASK_ABOUT)
    await home.town.until(lambda: act.modal)
    sent = home.ada.submits_modal(act, question="when is it?")
    answering = await home.answer("At noon.")
    thread = await home.thread_of(said)
    await home.says(thread, "At noon.")

    assert answering.question.endswith("when is it?")
    assert "the launch is at noon" in answering.prompt
    assert "bring a hat" in answering.prompt
    assert thread.name == "when is it?"
    assert sent.answers[0].ephemeral


async def test_whose_message_was_asked_about_is_not_notified_by_the_answer(tmp_path: Path) -> None:
    async with discord_house(tmp_path, reply_in="place") as home:
        await home.town.until(lambda: home.town.state.application.commands)
        said = home.grace.says(home.general, "the launch is at noon")
        act = home.ada.uses_menu(said, ASK_ABOUT)
        await home.town.until(lambda: act.modal)
        home.ada.submits_modal(act, question="when is it?")
        await home.answer("At noon.")
        answer = (await home.says(home.general, "At noon."))[0]

        assert answer.reference is not None
        assert answer.reference.message_id == said.id
        assert answer.ever_pinged.users == frozenset()


async def test_every_act_is_acknowledged_in_time_though_the_store_is_slow() -> None:
    async with discord_bot() as bot:
        gate = asyncio.Event()

        async def slowly(_event: object) -> None:
            await gate.wait()

        bot.intake.then = slowly
        await bot.adapter.offer((HELP,))
        act = bot.ada.types_command(bot.general, "help")
        await bot.town.until(lambda: act.acknowledged)
        gate.set()


async def test_an_answer_that_outlives_its_token_comes_as_an_ordinary_message() -> None:
    async with discord_bot() as bot:
        await bot.adapter.offer(
            (CommandSpec("help", "What can be typed"), CommandSpec("reset", "Anew", private=False))
        )
        bot.ada.types_command(bot.general, "help")
        private = await bot.heard()
        bot.ada.types_command(bot.general, "reset")
        public = await bot.heard(2)
        bot.town.clock.advance(16 * 60)
        for event, is_private in ((private, True), (public, False)):
            assert event.handle is not None
            said = Rendered(f"private: {is_private}", final=True)
            await bot.adapter.answer_command(event.person, event.place, said, event.handle, private=is_private)

        assert "private: True" in bot.texts(bot.ada.dm)
        assert "private: False" in bot.general.visible(bot.grace.user)


@pytest.mark.parametrize("route", ["interaction_callback", "edit_followup"])
@pytest.mark.parametrize("fault", [fails(503), lost(), cut(), too_many(0.05)], ids=["503", "lost", "cut", "429"])
async def test_where_discord_stumbles_an_act_is_answered_once_all_the_same(route: str, fault: Fault) -> None:
    async with discord_bot() as bot:
        await bot.adapter.offer((CommandSpec("reset", "Anew", private=False),))
        bot.town.faults.add(route, fault)
        bot.ada.types_command(bot.general, "reset")
        event = await bot.heard()
        assert event.handle is not None
        said = Rendered("all there is", final=True)
        await bot.adapter.answer_command(event.person, event.place, said, event.handle, private=False)

        assert bot.texts(bot.general) == ["all there is"]


@pytest.mark.parametrize("fault", [fails(503), lost(), cut()], ids=["503", "lost", "cut"])
async def test_a_further_answer_that_may_stand_there_already_says_so(fault: Fault) -> None:
    async with discord_bot() as bot:
        await bot.adapter.offer((CommandSpec("reset", "Anew", private=False),))
        bot.town.faults.add("create_followup", fault)
        act = bot.ada.types_command(bot.general, "reset")
        event = await bot.heard()
        assert event.handle is not None
        said = Rendered("for you alone", final=True)
        await bot.adapter.answer_command(event.person, event.place, said, event.handle, private=True)

        assert act.texts[-1] == f"for you alone{TWICE}"
        assert act.texts[:-1] == (["for you alone"] if fault.done else [])
        assert bot.texts(bot.ada.dm) == []


async def test_of_an_answer_that_broke_off_only_the_rest_is_said_otherwise() -> None:
    async with discord_bot() as bot:
        await bot.adapter.offer((CommandSpec("reset", "Anew", private=False),))
        bot.town.faults.add("create_followup", fails(404))
        bot.ada.types_command(bot.general, "reset")
        event = await bot.heard()
        assert event.handle is not None
        said = Rendered(f"{'a' * 1500}\n{'b' * 1500}", final=True)
        await bot.adapter.answer_command(event.person, event.place, said, event.handle, private=False)

        assert bot.texts(bot.general) == ["a" * 1500, "b" * 1500]


@pytest.mark.parametrize("fault", [fails(503), lost(), cut()], ids=["503", "lost", "cut"])
async def test_what_is_said_by_direct_message_comes_once_where_discord_stumbles(fault: Fault) -> None:
    async with discord_bot() as bot:
        bot.ada.mentions_bot(bot.general, "what is a heron?")
        event = await bot.heard()
        bot.town.faults.add("create_message", fault)
        await bot.adapter.reply_privately(event.person, event.place, Rendered("A wading bird.", final=True), None)

        assert bot.texts(bot.ada.dm) == ["A wading bird."]


async def test_a_sign_of_progress_that_discord_is_slow_with_never_stands_over_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.commands.progress.FIRST", 0.0)
    arrived = asyncio.Event()

    def arrives(_call: object) -> bool:
        arrived.set()
        return True

    async with discord_bot() as bot:
        await bot.adapter.offer((HELP,))
        act = bot.ada.types_command(bot.general, "help")
        event = await bot.heard()
        assert event.handle is not None
        bot.town.faults.add("edit_followup", slow(0.1), where=arrives)
        progress = Progress(bot.adapter, event)
        progress.tell("reading…")
        await arrived.wait()
        await progress.end()
        said = Rendered("all there is", final=True)
        await bot.adapter.answer_command(event.person, event.place, said, event.handle, private=True)
        await bot.town.until(lambda: len(bot.town.calls.of("edit_followup")) == 2)

        assert act.texts == ["all there is"]


async def test_an_act_that_is_told_twice_is_answered_as_if_told_once(home: DiscordHouse) -> None:
    await home.town.until(lambda: home.town.state.application.commands)
    act = home.ada.types_command(home.general, "status")
    told = interaction_shapes.interaction(home.town.state, act)
    home.town.state.publish(Event("INTERACTION_CREATE", told, home.guild, home.general))
    await home.town.until(lambda: act.texts)
    await home.quiet()

    assert len(act.texts) == 1
    assert [one.text for one in home.ours(home.ada.dm)] == []


async def test_a_button_in_a_thread_that_slept_is_acknowledged_without_a_question_to_discord(
    tmp_path: Path,
) -> None:
    async with discord_town() as town:
        async with discord_house(tmp_path, town) as home:
            question = home.ada.mentions_bot(home.general, "what is a heron?")
            await home.answer("A wading bird.")
            thread = await home.thread_of(question)
            answer = (await home.says(thread, "A wading bird."))[0]
            await home.rest()
            home.ada.archives(thread)
        async with discord_house(tmp_path, town) as home:
            town.faults.add("get_channel", never())
            act = home.ada.presses(answer, "Regenerate")
            await town.until(lambda: act.acknowledged)
            town.faults.clear()


async def test_an_act_that_discord_takes_no_answer_for_is_answered_otherwise() -> None:
    async with discord_bot() as bot:
        await bot.adapter.offer((HELP,))
        bot.town.faults.add("interaction_callback", fails(404, 10062, "Unknown interaction"))
        bot.ada.types_command(bot.general, "help")
        event = await bot.heard()
        assert event.handle is not None
        said = Rendered("all there is", final=True)
        await bot.adapter.answer_command(event.person, event.place, said, event.handle, private=True)

        assert "all there is" in bot.texts(bot.ada.dm)


async def test_a_question_is_asked_natively_with_a_file_and_answered_there(
    home: DiscordHouse,
) -> None:
    act = home.ada.types_command(home.general, "ask", text="What is this?", file=("heron.png", picture()))
    asked = await home.answer("A heron.")
    await home.says(home.general, "> What is this?\n\nA heron.")
    await home.town.until(lambda: act.texts)

    assert "image_url" in str(asked.messages)
    assert act.texts == ["I'm on it: the answer comes in a message of its own."]
    assert "> What is this?\n\nA heron." in home.general.visible(home.grace.user)
    assert act.texts[0] not in home.general.visible(home.grace.user)


async def test_what_is_kept_comes_as_a_file_for_one_and_goes_by_a_button(home: DiscordHouse) -> None:
    await answered(home)
    handed = home.ada.types_command(home.general, "export")
    await home.town.until(lambda: handed.texts)
    asked = home.ada.types_command(home.general, "forget")
    await home.town.until(lambda: asked.texts)
    press = home.ada.presses(asked.answers[-1], "Forget it")
    await home.town.until(lambda: len(press.texts) > 1)

    [file] = handed.answers[-1].attachments
    assert file.filename.startswith("gatepost-export-")
    assert "Shall I forget what I keep about you?" in asked.texts[0]
    assert press.texts[-1].startswith("Done. What I kept about you is gone:")
    assert home.general.visible(home.grace.user) == []


async def test_a_model_is_chosen_for_oneself_natively_and_it_is_said_why_it_answers(home: DiscordHouse) -> None:
    chosen = home.ada.types_command(home.ada.dm, "model", id="acme/alpha-2", scope="me")
    await home.town.until(lambda: chosen.texts)
    asked = home.ada.types_command(home.ada.dm, "model")
    await home.town.until(lambda: asked.texts)

    assert chosen.texts == ["From now on `acme/alpha-2` answers you."]
    assert "answers in this conversation, because you chose it for yourself on" in asked.texts[0]


async def test_status_says_what_is_missing_where_it_is_asked_and_what_that_costs(tmp_path: Path) -> None:
    async with discord_town() as town:
        town.state.application.message_content = False
        async with discord_house(tmp_path, town) as home:
            await town.until(lambda: town.state.application.commands)
            town.forbids(
                home.general, Right.ATTACH_FILES | Right.CREATE_PUBLIC_THREADS | Right.READ_MESSAGE_HISTORY
            )
            act = home.ada.types_command(home.general, "status")
            await town.until(lambda: act.texts)
            direct = home.ada.types_command(home.ada.dm, "status")
            await town.until(lambda: direct.texts)

            assert "- ⚠️ The permission Attach Files is missing: I can't show pictures" in act.texts[0]
            assert "- ⚠️ The permission Create Public Threads is missing: I answer in the channel" in act.texts[0]
            assert "- ⚠️ The permission Read Message History is missing: I don't know what" in act.texts[0]
            assert "- ⚠️ The message content intent is off: I read only" in act.texts[0]
            assert act.texts[0].count("⚠️") == 4
            assert direct.texts[0].count("⚠️") == 1

            summary = home.ada.types_command(home.general, "summary")
            await town.until(lambda: summary.texts)
            search = home.ada.types_command(home.general, "search", words="herons")
            await town.until(lambda: search.texts)

            assert "needs the message content intent, which is off" in search.texts[0]
            assert summary.texts[0].startswith(
                "I can't read what was said there, so there is nothing to summarise"
            )
