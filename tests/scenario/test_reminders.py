"""Reminders from the words to the post: confirmed exactly, posted once, where their owner may read, told to nobody
else."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.messages import ActionName, Inbound, InboundKind, PastMessage, Person
from bot.reminders.discretion import OUT_OF_SIGHT
from bot.store.intents.reminders import forget_reminders, tidy_reminders
from bot.store.schema import occurrences, reminders
from tests.house import House, house
from tests.town import ADA, CHANNEL, DM, GRACE, THREAD, PlainTownAdapter, Shown, Town, dm_of

START = datetime(2026, 11, 25, 16, 40, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
IN_BERLIN = Person("u1", "Ada", time_zone="Europe/Berlin")


@dataclass
class Clock:
    """A wall clock that a test turns."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    async def goes(self, seconds: float, here: House) -> None:
        """Let time pass, and what is due be shown."""
        self.now += seconds
        await here.bell.ring()
        await here.bell.settled()


async def told(here: House, **options: str) -> str:
    """What `/remind` answers."""
    return await command(here, IN_BERLIN, THREAD, **options)


async def command(here: House, who: Person, place: object = THREAD, **options: str) -> str:
    before = len(here.town.whispers)
    await here.people.command("remind", who=who, place=place, **options)  # type: ignore[arg-type]
    await here.town.until(lambda town: len(town.whispers) > before)
    return here.town.whispers[-1][1]


def posts(here: House) -> list[Shown]:
    return here.town.ours()


async def test_a_reminder_is_confirmed_exactly_and_comes_once_in_a_direct_message(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        said = await told(here, what="tomorrow at nine to call Bob")
        await clock.goes(16 * 3600, here)
        early = list(posts(here))
        await clock.goes(1200, here)
        await clock.goes(3600, here)

    assert (
        "in a direct message on **Thursday, 26 November 2026 at 09:00 (Europe/Berlin, UTC+1)**: call Bob" in said
    )
    assert "`/remind cancel 1`" in said
    assert early == []
    assert [(one.place, one.text) for one in posts(here)] == [(dm_of(ADA), "⏰ call Bob")]
    (shown,) = posts(here)
    assert shown.rendered is not None
    assert shown.rendered.summons is False


async def test_one_for_all_here_names_only_the_one_who_asked(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        await told(here, what="here in 5 minutes to stretch @everyone")
        await told(here, what="every day at 17:00 to go", where="channel")
        await clock.goes(1200, here)

    shown = {one.place: one for one in posts(here)}
    assert set(shown) == {THREAD, CHANNEL}
    for one in shown.values():
        assert one.rendered is not None
        assert (one.rendered.asker, one.rendered.summons) == ("u1", True)


async def test_late_ones_come_once_with_the_delay_and_what_was_missed(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        await told(here, what="every day at 18:00 to water the plants")
        await told(here, what="in 5 minutes to stretch")
    clock.now += 3 * 86_400
    async with house(tmp_path, here.town, clock=clock) as there:
        await clock.goes(0, there)
        await clock.goes(0, there)
        listed = await told(there, what="list")

    texts = sorted(one.text for one in there.town.ours())
    assert len(texts) == 2
    assert "2 days 23 hours late" in texts[0]
    assert "22 hours 40 minutes late" in texts[1]
    assert "Friday, 27 November 2026 at 18:00 (Europe/Berlin, UTC+1), and 2 earlier ones were missed" in texts[1]
    assert "Saturday, 28 November 2026 at 18:00 (Europe/Berlin, UTC+1), every day at 18:00: water" in listed


@pytest.mark.parametrize("died", ["post", "silent"])
async def test_one_that_was_killed_over_its_post_stands_there_once(tmp_path: Path, died: str) -> None:
    clock, town = Clock(), Town()
    async with house(tmp_path, town, clock=clock, orderly=False) as here:
        await told(here, what="in 5 minutes to stretch")
        town.silent = died == "silent"
        if died == "post":
            town.held.add("final")
        clock.now += 300
        await here.bell.ring()
        async with asyncio.timeout(5):
            while not town.doing:  # noqa: ASYNC110 - a platform that hangs rings no bell
                await asyncio.sleep(0)
        if died == "silent":
            await town.until(lambda town: town.ours())
    town.held.clear()
    town.silent = False
    async with house(tmp_path, town, clock=clock) as there:
        await clock.goes(5, there)
        await clock.goes(60, there)

    assert [one.text for one in town.ours()] == ["⏰ stretch"]


async def test_where_the_platform_cant_tell_it_says_that_it_may_stand_twice(tmp_path: Path) -> None:
    class Adapter(PlainTownAdapter):
        """One that forgets what it was given."""

    clock, town = Clock(), Town(silent=True, forgets=True)
    async with house(tmp_path, town, clock=clock, orderly=False, adapter=Adapter) as here:
        town.silent = False
        await told(here, what="in 5 minutes to stretch")
        town.silent = True
        clock.now += 300
        await here.bell.ring()
        await town.until(lambda town: town.ours())
    town.silent = False
    async with house(tmp_path, town, clock=clock, adapter=Adapter) as there:
        await clock.goes(5, there)

    assert len(town.ours()) == 2
    assert "may stand here twice" in (town.ours()[1].status or "")


async def test_whoever_lost_access_gets_it_alone_and_without_others_words(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        await _from_menu(here, "in 5 minutes")
        await told(here, what="here in 5 minutes to read the plan")
        here.town.shut_out.add(("u1", THREAD.channel))
        await clock.goes(300, here)

    assert {one.place for one in posts(here)} == {dm_of(ADA)}
    assert not any("the secret plan" in one.text for one in posts(here))
    assert any("I can't post this where you wanted it" in one.text for one in posts(here))


async def test_what_a_model_made_of_others_words_is_told_while_its_owner_can_read_them(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        await here.people.say("remind me twice in 5 minutes, once to call Bob", who=IN_BERLIN)
        model = await here.request()
        await model.call(
            ("c1", "remind", '{"when": "in 5 minutes", "text": "Call Bob"}'),
            ("c2", "remind", '{"when": "in 5 minutes", "text": "the harbour code is 4711"}'),
        )
        await here.answer("Will do.")
        await here.answered()
        before = await told(here, what="list")
        here.town.shut_out.add(("u1", THREAD.channel))
        after = await told(here, what="list")
        await clock.goes(300, here)

    alone = [one.text for one in posts(here) if one.place == dm_of(ADA)]
    assert "4711" in before
    assert "Call Bob" in after
    assert "4711" not in after
    assert sorted(alone) == sorted(["⏰ Call Bob", f"⏰ {OUT_OF_SIGHT}"])


async def test_a_closed_direct_message_is_said_where_it_was_made_and_nothing_private_with_it(
    tmp_path: Path,
) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        here.town.dms_closed.add("u1")
        await told(here, what="in 5 minutes to see the doctor")
        await clock.goes(300, here)
        listed = await told(here, what="list")

    (shown,) = posts(here)
    assert shown.place == THREAD
    assert "doctor" not in shown.text
    assert "I can't send you direct messages, so this comes here" in shown.text
    assert shown.rendered is not None
    assert (shown.rendered.asker, shown.rendered.summons) == ("u1", True)
    assert "You have no reminders" in listed


async def test_what_can_be_posted_nowhere_is_kept_and_listed(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        here.town.dms_closed.add("u1")
        here.town.shut_out.add(("u1", THREAD.channel))
        await told(here, what="in 5 minutes to stretch")
        await clock.goes(300, here)
        listed = await told(here, what="list")
        cancelled = await told(here, what="cancel 1")
        then = await told(here, what="list")

    assert posts(here) == []
    assert "**1** was due, and I could post it nowhere: stretch" in listed
    assert cancelled == "Reminder 1 is cancelled: stretch"
    assert "You have no reminders" in then


async def test_list_change_cancel_and_snooze_by_words(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        await told(here, what="in 5 minutes to stretch")
        await told(here, what="every second Friday at 10: retro")
        changed = await told(here, what="change 2 every Monday at 11:00")
        nothing = await told(here, what="cancel 7")
        await clock.goes(300, here)
        snoozed = await told(here, what="snooze 1 h")
        again = await told(here, what="snooze 1 2 h")
        await clock.goes(3600, here)
        by_number = await told(here, what="snooze 1 tomorrow")
        listed = await told(here, what="list")
        await told(here, what="cancel #1")
        await clock.goes(86_400, here)

    assert "every week on Monday at 11:00, first on **Monday, 30 November 2026 at 11:00" in changed
    assert nothing == "You have no reminder 7. `/remind list` shows what you have."
    assert snoozed == "Snoozed until Wednesday, 25 November 2026 at 17:45 (Europe/Berlin, UTC+1)."
    assert "dealt with: Snoozed until" in again
    assert "Thursday, 26 November 2026 at 09:00" in by_number
    assert [line[:7] for line in listed.splitlines()] == ["- **1**", "- **2**"]
    assert [one.text for one in posts(here)] == ["⏰ stretch", "⏰ stretch"]
    assert [one.status for one in posts(here)] == [snoozed, by_number]


async def test_buttons_snooze_end_and_finish_for_the_owner_alone(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        await told(here, what="here every day at 17:00 to stretch")
        await clock.goes(1200, here)
        (first,) = posts(here)
        await here.people.press(ActionName.DONE, first, GRACE)
        await here.town.until(lambda town: town.whispers[-1][0] == GRACE)
        refused = here.town.whispers[-1][1]
        assert first.rendered is not None
        snooze = first.rendered.actions[0]
        assert [a.label for a in first.rendered.actions] == [
            "Snooze 10 min",
            "Snooze 1 h",
            "Snooze tomorrow",
            "Done",
            "Stop repeating",
        ]
        await here.people.press_action(snooze, first)
        await here.people.press_action(snooze, first)
        await clock.goes(0, here)
        await clock.goes(600, here)
        second = posts(here)[1]
        await here.people.press(ActionName.DONE, second)
        await clock.goes(86_400, here)
        third = posts(here)[2]
        await here.people.press(ActionName.CANCEL, third)
        await clock.goes(86_400, here)

    assert refused == "Only the person who is reminded can do that."
    assert [one.status for one in posts(here)] == [
        "Snoozed until Wednesday, 25 November 2026 at 17:10 (Europe/Berlin, UTC+1).",
        "Done.",
        "Done, and it comes no more.",
    ]
    assert all(one.rendered is not None and one.rendered.actions == () for one in posts(here))


async def test_the_menu_of_a_message_reminds_of_it_and_forgets_what_is_deleted(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        said = await _from_menu(here, "in 5 minutes")
        await _from_menu(here, "in 10 minutes")
        await clock.goes(300, here)
        await here.people.delete_message("m-secret")
        await clock.goes(300, here)
        bodies = await here.store.read(
            lambda conn: [*conn.scalars(select(reminders.c.body)), *conn.scalars(select(occurrences.c.body))]
        )

    assert "of that message." in said
    assert not any("the secret plan" in body for body in bodies)
    assert not any("the secret plan" in one.text for one in posts(here))  # the first was edited too
    assert len(posts(here)) == 2


async def test_a_caps_worth_is_the_most_one_person_keeps(tmp_path: Path) -> None:
    async with house(tmp_path, clock=Clock(), most_reminders=2) as here:
        await told(here, what="in 5 minutes to a")
        await told(here, what="in 6 minutes to b")
        third = await told(here, what="in 7 minutes to c")
        others = await command(here, GRACE, what="in 7 minutes to c")

    assert "You have 2 reminders to come, which are the most I keep." in third
    assert "I'll remind you" in others


async def test_a_zone_is_asked_for_once_and_then_kept(tmp_path: Path) -> None:
    async with house(tmp_path, clock=Clock()) as here:
        asked = await command(here, GRACE, what="tomorrow at nine to call")
        await here.people.command("settings", who=GRACE, name="time_zone", value="new york")
        await here.town.until(lambda town: "America/New_York" in town.whispers[-1][1])
        known = await command(here, GRACE, what="tomorrow at nine to call")
        await here.people.command("settings", who=GRACE, name="time_zone", value="Mars")
        await here.town.until(lambda town: "has to be a time zone" in town.whispers[-1][1])

    assert "Which time zone are you in?" in asked
    assert "09:00 (America/New_York, UTC-5)" in known


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        ("tomorrow at 5 to eat", "05:00 or 17:00"),
        ("yesterday at 17:00 to eat", "in the past"),
        ("tomorrow at nine", "Of what shall I remind you?"),
        ("to eat", "Try “in 20 minutes”"),
        ("cancel", "Which one?"),
        ("change 1", "You have no reminder 1"),
        ("snooze", "not reminded you of anything"),
    ],
)
async def test_what_is_unclear_is_one_sentence_and_keeps_nothing(tmp_path: Path, what: str, asked: str) -> None:
    async with house(tmp_path, clock=Clock()) as here:
        said = await told(here, what=what)
        kept = await here.store.read(lambda conn: conn.scalars(select(reminders.c.id)).all())

    assert asked in said
    assert kept == []


async def test_the_model_reminds_in_plain_words_and_a_repeated_call_is_one_reminder(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        await here.people.say("remind me in 5 minutes to stretch", who=IN_BERLIN)
        model = await here.request()
        await model.call(
            ("c1", "remind", '{"when": "in 5 minutes", "text": "stretch"}'),
            ("c2", "remind", '{"when": "tomorrow at 5", "text": "eat"}'),
            ("c3", "remind", '{"action": "cancel"}'),
        )
        then = await here.answer("Will do.")
        await here.answered()
        await clock.goes(300, here)

    results = [message["content"] for message in then.messages if message["role"] == "tool"]
    assert "Wednesday, 25 November 2026 at 16:45 (Europe/Berlin, UTC+1)" in results[0]
    assert "error: Do you mean 05:00 or 17:00?" in results[1]
    assert "error: which one?" in results[2]
    assert [one.text for one in posts(here)] == ["Will do.", "⏰ stretch"]


async def test_a_call_that_died_is_made_again_and_reminds_once(tmp_path: Path) -> None:
    clock, town = Clock(), Town()
    async with house(tmp_path, town, clock=clock, orderly=False) as here:
        await here.people.say("remind me in 5 minutes to stretch", who=IN_BERLIN)
        model = await here.request()
        await model.call(("c1", "remind", '{"when": "in 5 minutes", "text": "stretch"}'))
        await here.request()  # the next round: the call has been made, and its result may be stored or not
        await here.store.write(_forget_result)
    async with house(tmp_path, town, clock=clock) as there:
        then = await there.answer("Will do.")
        await there.answered()
        await clock.goes(300, there)

    results = [message["content"] for message in then.messages if message["role"] == "tool"]
    assert "I'll remind you" in results[0]
    assert sum(one.text == "⏰ stretch" for one in town.ours()) == 1


async def test_the_model_tells_others_nothing_of_what_is_private(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        await told(here, what="in 1 h to see the doctor")
        await here.people.say("list my reminders, and move the first", who=IN_BERLIN)
        model = await here.request()
        await model.call(
            ("c1", "remind", '{"action": "list"}'),
            ("c2", "remind", '{"action": "change", "number": 1, "when": "in 2 hours"}'),
        )
        then = await here.answer("Done.")
        await here.answered()

    results = [message["content"] for message in then.messages if message["role"] == "tool"]
    assert not any("doctor" in result for result in results)
    assert "1 more are for you alone" in results[0]


async def test_nobody_reaches_anothers_reminders(tmp_path: Path) -> None:
    async with house(tmp_path, clock=Clock()) as here:
        await told(here, what="in 1 h to see the doctor")
        listed = await command(here, GRACE, what="list")
        cancelled = await command(here, GRACE, what="cancel 1")
        mine = await told(here, what="list")

    assert "You have no reminders" in listed
    assert cancelled == "You have no reminder 1. `/remind list` shows what you have."
    assert "doctor" in mine


async def test_everything_of_a_person_goes_when_it_is_to_be_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        await told(here, what="in 5 minutes to stretch")
        await told(here, what="in 1 h to see the doctor")
        await command(here, GRACE, what="in 1 h to eat")
        await clock.goes(300, here)
        await here.store.write(tidy_reminders, clock.now + 1)
        await here.store.write(forget_reminders, "town:u1")
        left = await here.store.read(lambda conn: conn.scalars(select(reminders.c.owner)).all())
        told_of = await here.store.read(lambda conn: conn.scalars(select(occurrences.c.key)).all())

    assert left == ["town:u2"]
    assert told_of == []


async def test_the_bell_wakes_for_what_is_made_while_it_waits(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        ringing = asyncio.create_task(here.bell.run())
        await command(here, ADA, DM, what="in 1 second to stretch")
        await here.town.until(lambda town: town.ours())
        ringing.cancel()

    assert [(one.place, one.text) for one in posts(here)] == [(DM, "⏰ stretch")]


async def _from_menu(here: House, when: str) -> str:
    before = len(here.town.whispers)
    about = PastMessage("m-secret", GRACE, "the secret plan", START, place=THREAD)
    call = here.people.typed("remind", IN_BERLIN, THREAD, when=when)
    event = Inbound(
        call.key,
        InboundKind.COMMAND,
        THREAD,
        call.message_id,
        IN_BERLIN,
        0.0,
        addressed=True,
        command=call.command,
        quotes=(about,),
    )
    await here.people.deliver(event)
    await here.town.until(lambda town: len(town.whispers) > before)
    return here.town.whispers[-1][1]


def _forget_result(conn: object) -> None:
    from sqlalchemy import Connection, delete, update

    from bot.store.schema import items, tool_calls

    assert isinstance(conn, Connection)
    conn.execute(delete(items).where(items.c.role == "tool"))
    conn.execute(update(tool_calls).values(state="started"))
