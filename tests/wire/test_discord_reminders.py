"""Reminders on Discord: from a menu and by command, to one person or a channel, while they may read."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.errors import PlatformError
from bot.messages import Person, Place, PlaceKind
from bot.reminders.bell import Bell
from tests.discord_bot import Bot, discord_bot
from tests.discord_house import DiscordHouse, discord_house, labels
from tests.discord_town.rights import Right
from tests.discord_town.world import Channel, Overwrite


@asynccontextmanager
async def ringing(directory: Path) -> AsyncIterator[DiscordHouse]:
    """The house, with its bell."""
    async with discord_house(directory) as home:
        await home.town.until(lambda: home.town.state.application.commands.get(0))
        parts = home.parts
        bell = Bell(parts.store, parts.pump, {"discord": home.adapter}, time.time, parts.reminders.changed)
        running = asyncio.create_task(bell.run())
        try:
            yield home
        finally:
            running.cancel()
            await bell.close()


async def test_the_menu_reminds_of_a_message_and_its_buttons_end_it(tmp_path: Path) -> None:
    async with ringing(tmp_path) as home:
        said = home.grace.says(home.general, "the launch is at noon")
        chosen = home.ada.uses_menu(said, "Remind me")
        await home.town.until(lambda: chosen.modal)
        sent = home.ada.submits_modal(chosen, question="in 1 second")
        await home.town.until(lambda: sent.texts)
        (shown,) = await home.says(home.ada.dm, *_of_message("the launch is at noon"))
        before = labels(shown)
        home.ada.presses(shown, "Done")
        await home.town.until(lambda: not labels(shown))

    assert "I'll remind you in a direct message" in sent.texts[0]
    assert before == ["Snooze 10 min", "Snooze 1 h", "Snooze tomorrow", "Done"]
    assert shown.text.endswith("-# Done.")


async def test_one_for_the_channel_notifies_the_one_who_asked_and_nobody_else(tmp_path: Path) -> None:
    async with ringing(tmp_path) as home:
        home.ada.types_command(
            home.general, "remind", what=f"here in 1 second to wake <@{home.grace.id}> @everyone"
        )
        await home.town.until(lambda: home.ours(home.general))
        (shown,) = home.ours(home.general)

    assert shown.text.startswith(f"<@{home.ada.id}> ⏰ wake")
    assert shown.ever_pinged.users == {home.ada.id}
    assert not shown.ever_pinged.everyone


async def test_closed_direct_messages_are_said_where_it_was_made_without_a_word_of_it(tmp_path: Path) -> None:
    async with ringing(tmp_path) as home:
        home.ada.user.dms_closed = True
        home.ada.types_command(home.general, "remind", what="in 1 second to see the doctor")
        await home.town.until(lambda: home.ours(home.general))
        (shown,) = home.ours(home.general)

    assert "I can't send you direct messages, so this comes here" in shown.text
    assert "doctor" not in shown.text


async def test_who_may_read_is_worked_out_from_roles_overwrites_and_private_threads() -> None:
    async with discord_bot() as bot:
        staff = bot.town.role(bot.guild, "staff")
        boss = bot.town.person("Boss", bot.guild, roles=(staff,))
        stranger = bot.town.person("Stranger")
        secret = bot.town.channel(bot.guild, "secret")
        thread = bot.ada.opens_thread(bot.general, "quiet", private=True)
        bot.ada.adds(thread, bot.town.me)
        _hide(bot, secret, staff.id)
        hidden = Place("discord", str(bot.guild.id), str(secret.id))
        general = Place("discord", str(bot.guild.id), str(bot.general.id))
        inside = Place("discord", str(bot.guild.id), str(bot.general.id), str(thread.id), PlaceKind.THREAD)
        await bot.quiet()
        people = {"ada": bot.ada, "grace": bot.grace, "boss": boss, "stranger": stranger}
        reads = {
            (name, where.key): await bot.adapter.can_read(Person(str(one.id), name), where)
            for name, one in people.items()
            for where in (general, hidden, inside)
        }

        bot.town.gateway.cut()
        while bot.adapter.listening():  # noqa: ASYNC110 - the adapter has no bell
            await asyncio.sleep(0)
        with pytest.raises(PlatformError):  # what is not known yet is asked again, and no "no"
            await bot.adapter.can_read(Person(str(bot.ada.id), "ada"), general)

    assert {who for who, where in reads if where == general.key and reads[who, where]} == {"ada", "grace", "boss"}
    assert {who for who, where in reads if where == hidden.key and reads[who, where]} == {"boss"}
    assert {who for who, where in reads if where == inside.key and reads[who, where]} == {"ada"}


def _of_message(quoted: str) -> tuple[str]:
    return (f"⏰ You wanted to come back to this message.\n\n```\n{quoted}\n```",)


def _hide(bot: Bot, channel: Channel, role: int) -> None:
    """Only this role, and the bot, see the channel."""
    assert bot.town.me is not None
    view = int(Right.VIEW_CHANNEL)
    bot.town.set_overwrites(
        channel,
        Overwrite(bot.guild.id, 0, deny=view),
        Overwrite(role, 0, allow=view),
        Overwrite(bot.town.me.id, 1, allow=view),
    )
