"""What is kept about people: handed out, forgotten when they ask, let go with time; whatever is killed when."""

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from bot.errors import PlatformError
from bot.forgetting import KEPT_AS_IT_IS
from bot.messages import ActionName, Failure, FailureKind, Person, Place, Rendered
from bot.retention import DAY, Retention
from bot.store.intents import erasures as erasing
from bot.store.intents.indexed import index_items
from bot.store.intents.kept import entries_for
from bot.store.intents.reminders import reminders_of
from bot.store.schema import metadata
from tests.files import picture
from tests.house import House, house
from tests.scenario.conftest import Here
from tests.town import ADA, CHANNEL, GRACE, THREAD, Shown

WORDS = "zebrafish"


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


async def ask(here: House, text: str, who: Person = ADA, **files: bytes) -> None:
    """A question and its answer, in so many words."""
    before = sum(message.final for message in here.town.ours())
    await here.people.say(text, who, files={f"{name}.png": data for name, data in files.items()})
    await here.answer(f"re {text}")
    await here.answered(before + 1)


async def whisper(here: House, so_far: int) -> Rendered:
    """What one person was told after so many."""
    await here.town.until(lambda town: len(town.whispered) > so_far)
    return here.town.whispered[so_far]


async def press(here: House, rendered: Rendered, name: ActionName, who: Person = ADA) -> None:
    """Press a button of a private answer."""
    shown = Shown("m0", THREAD, ADA, rendered.text, rendered)
    await here.people.press(name, shown, who)


async def forget(here: House, so_far: int = 0, what: str = "everything") -> str:
    """The whole way; what was said at the end."""
    await here.people.command("forget", what=what)
    await press(here, await whisper(here, so_far), ActionName.FORGET)
    return (await whisper(here, so_far + 1)).text


def everything(conn: Connection) -> str:
    rows = [row for table in metadata.sorted_tables for row in conn.execute(select(table))]
    return "\n".join(map(repr, rows))


def bytes_in(directory: Path) -> bytes:
    """All that stands in the database's files, the log too."""
    return b"".join(path.read_bytes() for path in directory.glob("house.db*"))


def on_disk(directory: Path) -> int:
    return sum(path.is_file() for path in (directory / "files").rglob("*"))


def unzipped(rendered: Rendered) -> tuple[dict[str, Any], zipfile.ZipFile]:
    [file] = rendered.files
    archive = zipfile.ZipFile(BytesIO(file.data))
    return json.loads(archive.read("kept.json")), archive


async def test_who_asks_to_be_forgotten_is_told_what_will_go_and_then_what_went(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await ask(here, WORDS, cat=picture())
        await ask(here, "orchid", GRACE)
        assert on_disk(tmp_path) > 0
        await here.people.command("forget")
        asked = await whisper(here, 0)
        before = await here.store.read(everything)
        await press(here, asked, ActionName.FORGET)
        told = (await whisper(here, 1)).text
        left = await here.store.read(everything)

    assert "- Messages you wrote to me, or where I listened, and the files you sent: 1" in asked.text
    assert "What remains, and why:" in asked.text
    assert WORDS in before
    assert told.startswith("Done. What I kept about you is gone:")
    assert "and the files you sent: 1" in told
    assert "Backups" in told
    assert WORDS not in left
    assert '"id":"u1"' not in left.replace(ask_of(left), "")
    assert "re orchid" in left
    assert on_disk(tmp_path) == 0


def ask_of(left: str) -> str:
    """The row of the request itself, which stays until the day is over."""
    return next(line for line in left.splitlines() if "'told'" in line or "'wanted'" in line)


async def test_nothing_goes_before_the_button_is_pressed_nor_when_another_is(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await ask(here, WORDS)
        await here.people.command("forget")
        asked = await whisper(here, 0)
        await press(here, asked, ActionName.FORGET, GRACE)
        refused = (await whisper(here, 1)).text
        await press(here, asked, ActionName.KEEP)
        kept = (await whisper(here, 2)).text
        await press(here, asked, ActionName.FORGET)
        late = (await whisper(here, 3)).text
        left = await here.store.read(everything)

    assert "nothing to confirm" in refused
    assert kept == KEPT_AS_IT_IS
    assert "nothing to confirm" in late
    assert WORDS in left


async def test_a_confirmation_after_an_hour_counts_for_nothing(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path, clock=clock) as here:
        await ask(here, WORDS)
        await here.people.command("forget")
        asked = await whisper(here, 0)
        clock.now += erasing.GOOD_FOR + 1
        await press(here, asked, ActionName.FORGET)
        assert "nothing to confirm" in (await whisper(here, 1)).text
        assert WORDS in await here.store.read(everything)


async def test_the_model_sees_nothing_of_what_was_forgotten(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await ask(here, WORDS)
        await ask(here, "orchid", GRACE)
        await forget(here)
        await here.people.say("and now?", GRACE)
        asked = await here.answer("now")

    assert WORDS not in asked.prompt
    assert "orchid" in asked.prompt


async def test_an_answer_to_what_was_forgotten_is_not_written_again(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await ask(here, WORDS)
        [answer] = here.town.ours()
        await forget(here)
        assert answer.rendered is not None
        await here.people.press(ActionName.REGENERATE, answer)
        said = (await whisper(here, 2)).text
        assert here.asked.empty()

    assert "no longer kept" in said


async def test_what_is_being_answered_ends_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.forgetting._PAUSE", 0.05)
    async with house(tmp_path) as here:
        await here.people.say(WORDS)
        answering = await here.request()
        await here.people.command("forget")
        await press(here, await whisper(here, 0), ActionName.FORGET)
        await answering.finish(f"re {WORDS}")
        await here.answered(1)
        told = (await whisper(here, 1)).text
        left = await here.store.read(everything)
        [answer] = here.town.ours()

    assert told.startswith("Done.")
    assert answer.text == f"re {WORDS}"
    assert WORDS not in left


async def test_one_place_can_be_forgotten_alone(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await ask(here, WORDS)
        await here.people.say("orchid", place=CHANNEL)
        await here.answer("re orchid")
        await here.answered(2)
        told = await forget(here, what="here")
        left = await here.store.read(everything)

    assert "of what you said in this thread" in told
    assert WORDS not in left
    assert "re orchid" in left


async def test_a_wrong_word_gets_one_sentence_and_changes_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await ask(here, WORDS)
        await here.people.command("forget", what="bob")
        said = (await whisper(here, 0)).text

    assert said == "/forget takes everything, here as what, not “bob”. Nothing was done."


async def test_whoever_is_unknown_is_told_so(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.command("forget", who=GRACE)
        assert (await whisper(here, 0)).text == "I keep nothing about you."


@pytest.mark.parametrize("pieces", [0, 1, 3])
async def test_a_kill_in_the_middle_is_made_good_by_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    done, stuck = 0, asyncio.Event()

    async def slow(*given: Any, again: bool) -> None:
        """Dies after so many pieces."""
        store, _files, erasure_id, clock = given
        nonlocal done
        names = [entry.name for entry in entries_for((await found(store, erasure_id)).theirs(clock()))]
        for name in names[:pieces]:
            await store.write(erasing.erase_some, erasure_id, name, clock())
            done += 1
        stuck.set()
        await asyncio.Event().wait()

    async with house(tmp_path, orderly=False) as here:
        await ask(here, WORDS, cat=picture())
        town = here.town
        with monkeypatch.context() as patched:
            patched.setattr("bot.forgetting.erase", slow)
            await here.people.command("forget")
            await press(here, await whisper(here, 0), ActionName.FORGET)
            await asyncio.wait_for(stuck.wait(), 10)
    assert done == pieces
    async with house(tmp_path, town) as here:
        told = (await whisper(here, 1)).text
        left = await here.store.read(everything)

    assert told.startswith("Done. What I kept about you is gone:")
    assert "and the files you sent: 1" in told
    assert WORDS not in left
    assert len(town.whispered) == 2
    assert on_disk(tmp_path) == 0


async def found(store: Any, erasure_id: str) -> erasing.Erasure:
    erasure = await store.read(erasing.find_erasure, erasure_id)
    assert erasure is not None
    return erasure  # type: ignore[no-any-return]


async def test_all_that_is_kept_comes_as_a_file_that_explains_itself(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await ask(here, WORDS, cat=picture())
        await ask(here, "orchid", GRACE)
        await here.people.command("settings", name="reasoning", value="high", scope="me")
        await whisper(here, 0)
        await here.people.command("export")
        told = await whisper(here, 1)

    kept, archive = unzipped(told)
    assert told.files[0].name.startswith("gatepost-export-")
    assert "Here is everything I keep about you" in told.text
    assert kept["about"]["person"] == "town:u1"
    [message] = kept["kept"]["messages"]
    assert message["text"] == WORDS
    [stored, *_] = message["files"][0]["stored"]
    assert archive.read(stored["file"]).startswith(b"\x89PNG")
    assert [one["text"] for one in kept["kept"]["answers"]] == [f"re {WORDS}"]
    [setting] = kept["kept"]["settings"]
    assert (setting["for"], setting["name"], setting["value"]) == ("town:u1", "reasoning", "high")
    assert "orchid" not in json.dumps(kept)
    assert "messages: messages you wrote to me" in archive.read("README.txt").decode()


async def test_a_file_that_the_platform_does_not_take_is_not_passed_over_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as here:
        await ask(here, WORDS)
        taken = here.people.reply_privately

        async def only_words(person: Person, place: Place, rendered: Rendered, handle: str | None) -> None:
            if rendered.files:
                raise PlatformError(Failure(FailureKind.INVALID), "too large")
            await taken(person, place, rendered, handle)

        monkeypatch.setattr(here.people, "reply_privately", only_words)
        await here.people.command("export")
        told = await whisper(here, 0)

    assert told.text.startswith("Here is everything I keep about you")
    assert "could not be sent" in told.text


async def test_what_does_not_fit_is_named_in_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.commands.export.MOST_BYTES", 10)
    async with house(tmp_path) as here:
        await ask(here, WORDS, cat=picture())
        await here.people.command("export")
        told = await whisper(here, 0)

    kept, archive = unzipped(told)
    assert "did not fit" in told.text
    assert [one["name"] for one in kept["left_out"]] == ["cat.png"]
    assert sorted(archive.namelist()) == ["README.txt", "kept.json"]
    assert "gatepost export town:u1" in archive.read("README.txt").decode()


@asynccontextmanager
async def retaining(tmp_path: Path, clock: Clock, days: int | None) -> AsyncIterator[tuple[House, Retention]]:
    async with house(tmp_path, clock=clock) as here:
        yield here, Retention(here.store, here.files, clock, days, lambda: None)


async def test_what_is_older_than_it_may_be_goes_and_nothing_else(tmp_path: Path) -> None:
    clock = Clock()
    async with retaining(tmp_path, clock, 90) as (here, retention):
        await ask(here, WORDS, cat=picture())
        await here.people.command("remind", what="celebrate", when="in 200 days Europe/Berlin")
        assert "remind you" in (await whisper(here, 0)).text
        clock.now += 50 * DAY
        await ask(here, "orchid")
        await retention.look()
        assert WORDS in await here.store.read(everything)
        clock.now += 41 * DAY
        await here.people.say("unanswered", GRACE)
        answering = await here.request()
        await retention.look()
        left = await here.store.read(everything)
        [reminder] = await here.store.read(reminders_of, "town:u1")
        await answering.finish("answered")
        await here.answered(3)

    assert WORDS not in left
    assert "re orchid" in left
    assert reminder.text == "celebrate"
    assert here.town.ours()[-1].text == "answered"
    assert on_disk(tmp_path) == 0


async def test_a_question_that_waits_longer_than_anything_is_kept_is_still_answered(tmp_path: Path) -> None:
    clock = Clock()
    async with retaining(tmp_path, clock, 1) as (here, retention):
        await here.people.say(WORDS)
        answering = await here.request()
        clock.now += 3 * DAY
        await retention.look()
        await answering.finish("late")
        await here.answered(1)
        assert here.town.ours()[-1].text == "late"
        clock.now += 2 * DAY
        await retention.look()
        assert WORDS not in await here.store.read(everything)


async def test_without_a_number_of_days_everything_stays(tmp_path: Path) -> None:
    clock = Clock()
    async with retaining(tmp_path, clock, None) as (here, retention):
        await ask(here, WORDS)
        clock.now += 10_000 * DAY
        await retention.look()
        assert WORDS in await here.store.read(everything)


async def test_the_name_on_todays_money_goes_the_day_after(tmp_path: Path) -> None:
    clock = Clock()
    async with retaining(tmp_path, clock, 90) as (here, retention):
        await ask(here, WORDS)
        await forget(here)
        await retention.look()
        assert "town:u1" in await here.store.read(everything)
        clock.now += DAY
        await retention.look()
        left = await here.store.read(everything)

    assert "town:u1" not in left
    assert '"id":"u1"' not in left


async def test_what_somebody_does_after_they_were_forgotten_is_theirs_again(tmp_path: Path) -> None:
    clock = Clock()
    async with retaining(tmp_path, clock, 90) as (here, retention):
        await ask(here, WORDS)
        await forget(here)
        clock.now += 1
        await here.people.command("settings", name="language", value="German", scope="me")
        await whisper(here, 2)
        await here.people.command("remind", what="celebrate", when="in 3 days Europe/Berlin")
        await whisper(here, 3)
        await ask(here, "orchid")
        for _ in range(2):
            await retention.look()
            clock.now += DAY
        left = await here.store.read(everything)
        assert len(await here.store.read(reminders_of, "town:u1")) == 1

    assert "German" in left
    assert "re orchid" in left
    assert WORDS not in left


async def test_no_word_of_what_was_forgotten_stands_in_the_files(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        for n in range(20):
            await here.people.say(f"orchid {n}", GRACE, addressed=n == 0)
            if n == 0:
                await here.answer("yes")
                await here.answered(1)
        await ask(here, WORDS)
        await here.store.write(index_items, 10**6, 1_000)
        assert WORDS.encode() in (tmp_path / "house.db-wal").read_bytes()
        await forget(here)
        async with asyncio.timeout(10.0):
            while WORDS.encode() in bytes_in(tmp_path):  # noqa: ASYNC110  # a file tells nobody of a change
                await asyncio.sleep(0.02)
        assert b"orchid" in bytes_in(tmp_path)


async def test_no_word_of_what_had_its_time_stands_in_the_files(tmp_path: Path) -> None:
    clock = Clock()
    async with retaining(tmp_path, clock, 90) as (here, retention):
        await ask(here, WORDS)
        await here.store.write(index_items, 10**6, 1_000)
        clock.now += 91 * DAY
        await ask(here, "orchid")
        await retention.look()

        assert b"orchid" in bytes_in(tmp_path)
        assert WORDS.encode() not in bytes_in(tmp_path)


async def test_many_messages_go_in_small_pieces_with_room_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("bot.store.intents.kept_words.AT_A_TIME", 2)
    monkeypatch.setattr("bot.retention.BREATH", 0.0)
    async with retaining(tmp_path, clock, 90) as (here, retention):
        for n in range(5):
            await here.people.say(f"{WORDS} {n}", addressed=n == 0)
            if n == 0:
                await here.answer("yes")
                await here.answered(1)
        clock.now += 91 * DAY
        before = here.store.commits
        await retention.look()
        assert here.store.commits - before >= 3
        assert WORDS not in await here.store.read(everything)


async def kept_by_the_program(directory: Path) -> None:
    """What a bot that was used leaves in its data directory."""
    async with house(directory) as here:
        await ask(here, WORDS, cat=picture())
    (directory / "house.db").rename(directory / "gatepost.db")


def test_an_operator_hands_out_what_is_kept(here: Here) -> None:
    data = here.directory / "data"
    data.mkdir()
    asyncio.run(kept_by_the_program(data))

    ran = here.run("export", "town:u1")
    again = here.run("export", "town:u1")
    nobody = here.run("export", "town:u9", "-o", "nobody.zip")
    named = here.run("export", "town:u1", "-o", "ada.zip")

    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "gatepost-export-town-u1.zip: 4 records and 1 file."
    archive = zipfile.ZipFile(here.directory / "gatepost-export-town-u1.zip")
    kept = json.loads(archive.read("kept.json"))
    assert kept["kept"]["messages"][0]["text"] == WORDS
    assert archive.read(kept["kept"]["messages"][0]["files"][0]["stored"][0]["file"]).startswith(b"\x89PNG")
    assert again.status == 1
    assert "exists already" in again.sentence
    assert (nobody.status, nobody.out) == (0, "Nothing is kept about town:u9.\n")
    assert not (here.directory / "nobody.zip").exists()
    assert named.status == 0
    assert (here.directory / "ada.zip").stat().st_mode & 0o077 == 0


def test_an_export_says_what_is_wrong(here: Here) -> None:
    assert here.run("export", "town:u1").sentence.startswith("gatepost: There is no database at ")
    for typed in ("ada", "discord:", ":1", "discord:1 2"):
        assert here.run("export", typed).status == 2
