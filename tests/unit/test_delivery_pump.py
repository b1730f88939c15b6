"""The pump shows every reply once, within the budgets, whatever the platform does."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any, TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.delivery.parts import NOT_TAKEN
from bot.delivery.pump import Post, Pump, Showing
from bot.errors import StoreFull
from bot.messages import Action, ActionName, Budget, Capabilities, Failure, FailureKind, OutFile, Place
from tests.simulated_platform import Call, Fault, ReconcilingPlatform, SimulatedPlatform, TypingPlatform
from tests.virtual_time import run_virtual

T = TypeVar("T")
PLACE = Place("simulated", "w", "c")
TRANSIENT = Failure(FailureKind.TRANSIENT)
STOP = (Action(ActionName.STOP, "t1"),)


@dataclass
class RecordingLog:
    """A post log that remembers, and refuses as often as it is told to."""

    events: list[str] = field(default_factory=list)
    commits: int = 0
    refuse: int = 0

    async def intend(self, post: Post, place: Place) -> None:
        self._commit(f"intend {post.n} {post.key}")

    async def posted(self, key: str, message_id: str) -> None:
        self._commit(f"posted {key} {message_id}")

    async def settled(self, turn_id: str, outcomes: Mapping[str, str], receipts: Mapping[str, str]) -> None:
        self._commit(f"settled {turn_id} {dict(outcomes)} {dict(receipts)}".replace("Outcome.", ""))

    def _commit(self, event: str) -> None:
        if self.refuse:
            self.refuse -= 1
            raise StoreFull("no room")
        self.commits += 1
        self.events.append(event)


class Scene:
    """A platform, a log and a pump."""

    def __init__(self, platform: SimulatedPlatform) -> None:
        self.platform = platform
        self.log = RecordingLog()
        keys = count(1)
        self.pump = Pump(self.log, new_key=lambda: f"k{next(keys)}")

    def open(self, turn_id: str = "t1", place: Place = PLACE) -> Showing:
        """A reply whose first key is stored, as a turn opens it."""
        return self.pump.open(self.platform, place, turn_id, key=f"first-{turn_id}")


def play(act: Callable[[Scene], Awaitable[T]], platform: SimulatedPlatform | None = None) -> tuple[Scene, T]:
    """Run one act in virtual time; nothing may hang or exceed a budget."""

    async def run() -> tuple[Scene, T]:
        scene = Scene(platform or SimulatedPlatform())
        async with asyncio.timeout(600):
            result = await act(scene)
        await scene.pump.close(0)
        return scene, result

    scene, result = run_virtual(run())
    assert scene.platform.violations == []
    return scene, result


async def write(showing: Showing, tokens: int, rate: float = 20.0) -> str:
    """Push tokens as a model writes them; all of them."""
    words = [f"word{n} " for n in range(tokens)]
    for word in words:
        showing.push(word)
        await asyncio.sleep(1 / rate)
    return "".join(words)


async def end(showing: Showing) -> Mapping[str, str]:
    showing.finish()
    return await showing.settle()


def verbs(scene: Scene) -> list[str]:
    return [call.verb for call in scene.platform.calls]


def texts(calls: list[Call]) -> list[str]:
    return [call.rendered.text for call in calls if call.rendered]


def test_an_answer_appears_at_once_grows_and_ends_complete() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await write(reply, 100)
        assert reply.visible
        await end(reply)

    scene, _ = play(act)

    assert scene.platform.calls[0].seen == pytest.approx(0.08)
    assert verbs(scene) == ["post"] + ["edit"] * (len(verbs(scene)) - 1)
    assert scene.platform.shown() == ["".join(f"word{n} " for n in range(100)).strip()]
    last = scene.platform.calls[-1].rendered
    assert last is not None
    assert last.final


def test_a_short_answer_is_one_call_and_one_commit() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        reply.push("Yes.")
        await end(reply)

    scene, _ = play(act)

    assert verbs(scene) == ["post"]
    assert scene.log.events == [
        "settled t1 {'first-t1': 'confirmed'} {'first-t1': 'm0'}".replace(
            "'confirmed'", "<CONFIRMED: 'confirmed'>"
        )
    ]


def test_a_one_part_answer_costs_two_commits_of_the_log() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await write(reply, 100)
        await end(reply)

    scene, _ = play(act)

    assert scene.log.commits == 2
    assert scene.log.events[0] == "posted first-t1 m0"


def test_every_further_message_is_intended_before_it_is_posted() -> None:
    async def act(scene: Scene) -> list[int]:
        posts_at_intent = []
        reply = scene.open()
        for n in range(900):
            reply.push(f"word{n} ")
            await asyncio.sleep(0.05)
            posts_at_intent.append(len(scene.log.events))
        await end(reply)
        return posts_at_intent

    scene, _ = play(act)

    keys = [call.key for call in scene.platform.calls if call.verb == "post"]
    assert keys == ["first-t1", "k1", "k2", "k3"]
    assert [event for event in scene.log.events if event.startswith("intend")] == [
        "intend 1 k1",
        "intend 2 k2",
        "intend 3 k3",
    ]
    assert all(
        scene.log.events.index(f"intend {n} k{n}") < scene.log.events.index(f"posted k{n} m{n}") for n in (1, 2)
    )
    assert " ".join(scene.platform.shown()) == " ".join(f"word{n}" for n in range(900))


def test_nothing_is_sent_after_the_end_until_it_is_settled() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await write(reply, 10)
        reply.push("the end")
        reply.finish()
        before = len(scene.platform.calls)
        await asyncio.sleep(20)
        assert len(scene.platform.calls) <= before + 1  # the call that was under way
        await reply.settle()

    scene, _ = play(act)

    assert scene.platform.shown()[0].endswith("the end")


def test_it_tells_for_how_long_nothing_new_would_be_shown() -> None:
    async def act(scene: Scene) -> list[float]:
        loop, reply = asyncio.get_running_loop(), scene.open()
        reply.push("word ")
        told = [reply.quiet_for()]
        await write(reply, 60)
        while not reply.quiet_for():  # noqa: ASYNC110 - a call is on its way
            await asyncio.sleep(0.01)
        reply.push("more ")
        edits, started, quiet = len(scene.platform.calls), loop.time(), reply.quiet_for()
        while len(scene.platform.calls) == edits:  # noqa: ASYNC110 - the platform has no bell
            await asyncio.sleep(0.01)
        told += [quiet, loop.time() - started]
        await end(reply)
        return [*told, reply.quiet_for()]

    _, (before_the_first, quiet, passed, after_the_end) = play(act)

    assert (before_the_first, after_the_end) == (0.0, 0.0)
    assert quiet == pytest.approx(passed, abs=0.1)  # the call itself takes 0.08
    assert quiet > 0.2


def test_a_status_alone_is_a_message_and_becomes_the_answer() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        reply.set_status("Waiting…")
        await asyncio.sleep(3)
        assert reply.shown
        assert not reply.visible
        reply.set_status(None)
        await write(reply, 20)
        assert reply.visible
        await end(reply)

    scene, _ = play(act)

    first = scene.platform.calls[0].rendered
    assert first is not None
    assert (first.text, first.status) == ("", "Waiting…")
    assert verbs(scene).count("post") == 1
    assert len(scene.platform.messages) == 1


def test_the_end_shows_status_and_buttons_and_an_unchanged_text_is_not_sent_again() -> None:
    async def act(scene: Scene) -> int:
        reply = scene.open()
        reply.set_actions(STOP)
        reply.push("All there is.")
        await asyncio.sleep(5)
        reply.push(" ")
        reply.push("\n")
        await asyncio.sleep(30)
        calls = len(scene.platform.calls)
        reply.finish("Stopped.")
        await reply.settle()
        return calls

    scene, before_the_end = play(act)

    assert before_the_end == 1
    shown = scene.platform.messages["m0"].rendered
    assert (shown.text, shown.status, shown.actions, shown.final) == ("All there is.", "Stopped.", (), True)


def test_a_status_that_nothing_follows_is_taken_away() -> None:
    async def act(scene: Scene) -> Mapping[str, str]:
        reply = scene.open()
        reply.set_status("Waiting…")
        await asyncio.sleep(3)
        return await end(reply)

    scene, outcomes = play(act)

    assert dict(outcomes) == {"first-t1": "gone"}
    assert scene.platform.messages == {}


def test_the_typing_sign_is_kept_up_until_something_is_shown() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await asyncio.sleep(20)
        await write(reply, 400)
        await end(reply)

    platform = TypingPlatform()
    play(act, platform)

    assert platform.typed == [0.0, 8.0, 16.0]


def test_a_reply_that_somebody_deletes_is_not_posted_again() -> None:
    async def act(scene: Scene) -> Mapping[str, str]:
        reply = scene.open()
        await write(reply, 20)
        scene.platform.messages.clear()
        await write(reply, 800)
        return await end(reply)

    scene, outcomes = play(act)

    assert set(outcomes.values()) == {"gone"}
    assert scene.platform.messages == {}
    assert verbs(scene).count("post") == 1


def test_a_lost_answer_to_a_post_makes_one_message_where_the_platform_can_be_asked() -> None:
    async def act(scene: Scene) -> None:
        scene.platform.faults.append(Fault(TRANSIENT, taken=True))
        reply = scene.open()
        await write(reply, 60)
        await end(reply)

    platform = ReconcilingPlatform()
    scene, _ = play(act, platform)

    assert platform.reconciled == 1
    assert verbs(scene).count("post") == 1
    assert len(platform.messages) == 1
    assert platform.shown()[0].endswith("word59")


def test_a_lost_answer_to_a_post_is_repeated_with_the_same_key_where_it_cannot() -> None:
    async def act(scene: Scene) -> None:
        scene.platform.faults.append(Fault(TRANSIENT, taken=True))
        reply = scene.open()
        await write(reply, 60)
        await end(reply)

    scene, _ = play(act)

    assert [call.key for call in scene.platform.calls if call.verb == "post"] == ["first-t1", "first-t1"]
    assert len(scene.platform.messages) == 1


def test_a_post_whose_receipt_was_lost_in_a_crash_is_found_and_edited() -> None:
    async def act(scene: Scene) -> None:
        lost = scene.open()
        await write(lost, 20)
        again = scene.pump.open(scene.platform, PLACE, "t1", posts=(Post("first-t1", "t1", 0, None),))
        again.push("The answer, once more.")
        await end(again)

    scene, _ = play(act, ReconcilingPlatform())

    assert scene.platform.shown() == ["The answer, once more."]


def test_an_intended_post_that_was_never_made_is_made_with_its_key() -> None:
    async def act(scene: Scene) -> None:
        again = scene.pump.open(scene.platform, PLACE, "t1", posts=(Post("first-t1", "t1", 0, None),))
        again.push("The answer.")
        await end(again)

    scene, _ = play(act, ReconcilingPlatform())

    assert [(call.verb, call.key) for call in scene.platform.calls] == [("post", "first-t1")]


def test_messages_of_an_earlier_attempt_are_edited_and_those_too_many_deleted() -> None:
    async def act(scene: Scene) -> Mapping[str, str]:
        first = scene.open()
        await write(first, 700)
        await end(first)
        posts = [Post(one.key, "t1", n, one.id) for n, one in enumerate(scene.platform.messages.values())]
        assert len(posts) > 1
        again = scene.pump.open(scene.platform, PLACE, "t1", posts=posts)
        await write(again, 5)
        return await end(again)

    scene, outcomes = play(act)

    assert scene.platform.shown() == ["word0 word1 word2 word3 word4"]
    assert next(iter(outcomes.values())) == "confirmed"
    assert set(list(outcomes.values())[1:]) == {"gone"}


def test_a_finished_answer_is_settled_after_a_crash_from_its_stored_text() -> None:
    async def act(scene: Scene) -> Mapping[str, str]:
        first = scene.open()
        said = await write(first, 60)
        posts = [Post("first-t1", "t1", 0, next(iter(scene.platform.messages)))]
        again = scene.pump.open(scene.platform, PLACE, "t1", posts=posts, text=said)
        again.finish("Done.")
        return await again.settle()

    scene, outcomes = play(act)

    assert dict(outcomes) == {"first-t1": "confirmed"}
    assert scene.platform.shown()[0].endswith("word59")
    assert scene.platform.messages["m0"].rendered.status == "Done."


def test_a_very_long_answer_brings_its_file_after_a_crash_too() -> None:
    async def act(scene: Scene) -> str:
        reply = scene.open()
        whole = "".join(f"Paragraph {n} of a long answer.\n\n" for n in range(1000))
        reply.push(whole)
        reply.finish()
        again = scene.pump.open(scene.platform, PLACE, "t1", text=whole)
        again.finish()
        await again.settle()
        return whole

    scene, whole = play(act)

    assert [len(one.rendered.files) for one in scene.platform.messages.values()] == [0, 0, 0, 0, 1]
    assert list(scene.platform.messages.values())[-1].rendered.files[0].data == whole.encode()


def test_a_continued_answer_goes_on_in_its_message() -> None:
    async def act(scene: Scene) -> None:
        first = scene.open()
        said = await write(first, 30)
        await end(first)
        more = scene.pump.open(scene.platform, PLACE, "t2", posts=(Post("first-t1", "t2", 0, "m0"),), text=said)
        assert more.visible
        more.push("and more")
        await end(more)

    scene, _ = play(act)

    assert scene.platform.shown() == ["".join(f"word{n} " for n in range(30)) + "and more"]


def test_an_abandoned_reply_is_taken_away() -> None:
    async def act(scene: Scene) -> Mapping[str, str]:
        reply = scene.open()
        await write(reply, 30)
        return await reply.abandon()

    scene, outcomes = play(act)

    assert dict(outcomes) == {"first-t1": "gone"}
    assert scene.platform.messages == {}


def test_a_reply_abandoned_before_anything_was_shown_makes_no_call() -> None:
    async def act(scene: Scene) -> Mapping[str, str]:
        return await scene.open().abandon()

    scene, outcomes = play(act)

    assert (dict(outcomes), scene.platform.calls) == ({"first-t1": "gone"}, [])


def test_a_rate_limit_is_obeyed_and_the_pace_recovers() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await write(reply, 100)
        scene.platform.faults.extend([Fault(Failure(FailureKind.RATE_LIMIT, 7.0))] * 3)
        await write(reply, 1200)
        await end(reply)

    scene, _ = play(act, SimulatedPlatform(Capabilities(text_limit=100_000, edits=Budget(5, 5.0))))

    gaps = [b.at - a.at for a, b in pairwise(scene.platform.calls)]
    assert max(gaps) >= 3 * 7.0
    assert gaps[-2] < 1.5
    after = gaps.index(max(gaps))
    assert gaps[after + 1] > 2.0
    assert scene.platform.shown()[0].endswith("word1199")


def test_a_transient_error_is_tried_again_until_it_passes() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await write(reply, 20)
        scene.platform.faults.extend([Fault(TRANSIENT)] * 6)
        await end(reply)

    scene, _ = play(act)

    assert scene.platform.shown()[0].endswith("word19")


@pytest.mark.parametrize("kind", [FailureKind.FORBIDDEN, FailureKind.NOT_FOUND])
def test_a_place_that_refuses_us_ends_the_reply(kind: FailureKind) -> None:
    async def act(scene: Scene) -> Mapping[str, str]:
        scene.platform.faults.append(Fault(Failure(kind)))
        reply = scene.open()
        await write(reply, 900)
        return await end(reply)

    scene, outcomes = play(act)

    assert outcomes["first-t1"] == "refused"
    assert set(outcomes.values()) <= {"refused", "gone"}
    assert scene.platform.calls == []


def test_an_end_that_is_invalid_is_tried_once_more_as_bare_text() -> None:
    async def act(scene: Scene) -> Mapping[str, str]:
        reply = scene.open()
        await write(reply, 20)
        scene.platform.faults.append(Fault(Failure(FailureKind.INVALID)))
        reply.finish("Done.", STOP)
        return await reply.settle()

    scene, outcomes = play(act)

    shown = scene.platform.messages["m0"].rendered
    assert dict(outcomes) == {"first-t1": "confirmed"}
    assert (shown.status, shown.actions, shown.final) == (None, (), True)


def test_a_file_that_is_refused_is_missed_in_words() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        reply.set_status("drawing…")
        await asyncio.sleep(1)
        scene.platform.faults.append(Fault(Failure(FailureKind.INVALID)))
        reply.finish(None, (), (OutFile("huge.png", "image/png", b"", "A picture"),))
        await reply.settle()

    scene, _ = play(act)

    shown = scene.platform.messages["m0"].rendered
    assert (shown.text, shown.files) == (NOT_TAKEN, ())


def test_a_call_that_never_returns_is_given_up_and_repeated() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await write(reply, 20)
        scene.platform.faults.append(Fault(None))
        await end(reply)

    scene, _ = play(act)

    assert scene.platform.shown()[0].endswith("word19")


def test_a_slow_platform_never_holds_up_the_writer() -> None:
    async def act(scene: Scene) -> float:
        reply = scene.open()
        started = asyncio.get_running_loop().time()
        await write(reply, 100)
        written = asyncio.get_running_loop().time() - started
        await end(reply)
        return written

    scene, written = play(act, SimulatedPlatform(latency=8.0))

    assert written == pytest.approx(5.0)
    assert scene.platform.shown()[0].endswith("word99")


def test_a_full_disk_delays_a_post_and_a_lost_receipt_is_stored_with_the_end() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        scene.log.refuse = 1
        await write(reply, 100)
        await end(reply)

    scene, _ = play(act)

    assert len(scene.log.events) == 1
    assert "{'first-t1': 'm0'}" in scene.log.events[0]


@pytest.mark.parametrize("length", [0.5 + 0.37 * n for n in range(30)])
def test_the_end_of_a_reply_is_visible_within_a_slot_and_no_gap_is_long(length: float) -> None:
    async def act(scene: Scene) -> float:
        reply = scene.open()
        await write(reply, int(length * 50), 50.0)
        ended = asyncio.get_running_loop().time()
        await end(reply)
        return asyncio.get_running_loop().time() - ended

    scene, tail = play(act)

    assert tail <= 1.0
    assert max((b.seen - a.seen for a, b in pairwise(scene.platform.calls)), default=0.0) <= 1.5


def test_twenty_replies_share_a_budget_fairly() -> None:
    async def act(scene: Scene) -> None:
        replies = [scene.open(f"t{n}") for n in range(20)]
        await asyncio.gather(*(write(reply, 1200, 20.0) for reply in replies))
        for reply in replies:
            reply.finish()

    scene, _ = play(act, SimulatedPlatform(Capabilities(text_limit=100_000, edits=Budget(5, 5.0))))

    calls = {
        message: [one for one in scene.platform.calls if one.message_id == message]
        for message in scene.platform.messages
    }
    assert len(calls) == 20
    assert {len(one) for one in calls.values()} <= {2, 3, 4}


def test_an_end_goes_before_refreshes() -> None:
    async def act(scene: Scene) -> float:
        replies = [scene.open(f"t{n}") for n in range(10)]
        writing = [asyncio.create_task(write(reply, 2000)) for reply in replies[1:]]
        await write(replies[0], 500)
        started = asyncio.get_running_loop().time()
        await end(replies[0])
        tail = asyncio.get_running_loop().time() - started
        for task in writing:
            task.cancel()
        return tail

    _, tail = play(act, SimulatedPlatform(Capabilities(text_limit=100_000, edits=Budget(5, 5.0))))

    assert tail <= 1.0


def test_a_first_text_goes_before_refreshes() -> None:
    async def act(scene: Scene) -> float:
        replies = [scene.open(f"t{n}") for n in range(10)]
        writing = [asyncio.create_task(write(reply, 2000)) for reply in replies]
        await asyncio.sleep(30)
        asked = asyncio.get_running_loop().time()
        scene.open("late").push("At last.")
        await asyncio.sleep(5)
        for task in writing:
            task.cancel()
        return asked

    scene, asked = play(act, SimulatedPlatform(Capabilities(text_limit=100_000, edits=Budget(5, 5.0))))

    assert next(call.seen for call in scene.platform.calls if call.key == "first-late") <= asked + 1.5


def test_the_total_over_all_places_is_kept_and_ends_have_room_in_it() -> None:
    async def act(scene: Scene) -> list[float]:
        places = [Place("simulated", "w", f"c{n}") for n in range(40)]
        replies = [scene.open(f"t{n}", place) for n, place in enumerate(places)]
        await asyncio.gather(*(write(reply, 200) for reply in replies))
        tails = []
        for reply in replies[:5]:
            started = asyncio.get_running_loop().time()
            await end(reply)
            tails.append(asyncio.get_running_loop().time() - started)
        return tails

    platform = SimulatedPlatform(Capabilities(text_limit=2000, edits=Budget(5, 5.0), total=Budget(10, 1.0)))
    scene, tails = play(act, platform)

    assert len({call.message_id for call in scene.platform.calls}) == 40
    assert max(tails) <= 1.0


def test_an_end_need_not_wait_for_the_total_while_refreshes_use_it_up() -> None:
    async def act(scene: Scene) -> list[float]:
        places = [Place("simulated", "w", f"c{n}") for n in range(40)]
        replies = [scene.open(f"t{n}", place) for n, place in enumerate(places)]
        writing = [asyncio.create_task(write(reply, 2000)) for reply in replies[5:]]
        await asyncio.gather(*(write(reply, 200) for reply in replies[:5]))
        tails = []
        for reply in replies[:5]:
            started = asyncio.get_running_loop().time()
            await end(reply)
            tails.append(asyncio.get_running_loop().time() - started)
            await asyncio.sleep(1.03)
        for task in writing:
            task.cancel()
        return tails

    platform = SimulatedPlatform(Capabilities(text_limit=100_000, edits=Budget(50, 5.0), total=Budget(10, 1.0)))
    _, tails = play(act, platform)

    assert max(tails) <= 2 * platform.latency  # a call of its own may be under way


def test_a_post_that_is_tried_again_is_intended_once() -> None:
    async def act(scene: Scene) -> None:
        scene.platform.faults.append(Fault(TRANSIENT))
        reply = scene.pump.open(scene.platform, PLACE, "t1")
        await write(reply, 60)
        await end(reply)

    scene, _ = play(act)

    assert [event for event in scene.log.events if event.startswith("intend")] == ["intend 0 k1"]


def test_timers_that_fire_a_trifle_early_do_not_spin() -> None:
    async def act(scene: Scene) -> None:
        replies = [scene.open(f"t{n}", Place("simulated", "w", f"c{n}")) for n in range(50)]
        for n in range(100):
            for reply in replies:
                reply.push(f"word{n} ")
            await asyncio.sleep(0.05)
        await asyncio.gather(*(end(reply) for reply in replies))

    scene, _ = play(act)

    assert len(scene.platform.messages) == 50


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16))
@example(1105)  # calls without latency, whose window ends exactly when the next one starts
def test_whatever_goes_wrong_every_answer_ends_complete_and_once(seed: int) -> None:
    chance = random.Random(seed)

    async def act(scene: Scene) -> list[str]:
        async def answer(n: int) -> str:
            await asyncio.sleep(chance.random() * 5)
            reply = scene.open(f"t{n}", Place("simulated", "w", f"c{n % 2}"))
            said = await write(reply, chance.randrange(1, 500), chance.choice((20, 100, 1000)))
            await end(reply)
            return said

        return await asyncio.gather(*(answer(n) for n in range(4)))

    kinds = [
        Fault(TRANSIENT),
        Fault(TRANSIENT, taken=True),
        Fault(Failure(FailureKind.RATE_LIMIT, 2.0)),
        None,
        None,
        None,
    ]
    platform = ReconcilingPlatform(latency=chance.choice((0.0, 0.08, 0.5)), arrives=chance.choice((0.0, 0.5, 1.0)))
    platform.faults.extend(chance.choices(kinds, k=30))
    scene, answers = play(act, platform)

    by_turn: dict[str, list[str]] = {}
    for one in scene.platform.messages.values():
        by_turn.setdefault(one.rendered.text.split(" ")[0], []).append(one.rendered.text)
    shown = " ".join(scene.platform.shown()).split()
    assert sorted(shown) == sorted(" ".join(answers).split())


def test_closing_lets_ends_through_for_a_while() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await write(reply, 95)
        reply.push("the end")
        settling = asyncio.create_task(end(reply))
        await asyncio.sleep(0)
        await scene.pump.close(5.0)
        await settling

    scene, _ = play(act)

    assert scene.platform.shown()[0].endswith("the end")


def test_many_replies_in_places_of_their_own_share_the_total_and_none_is_left_behind() -> None:
    async def act(scene: Scene) -> None:
        replies = [scene.open(f"t{n}", Place("simulated", "w", f"c{n}")) for n in range(50)]
        await asyncio.gather(*(write(reply, 160) for reply in replies))
        await asyncio.gather(*map(end, replies))

    can = Capabilities(text_limit=2000, edits=Budget(5, 5.0), total=Budget(50, 1.0))
    scene, _ = play(act, SimulatedPlatform(capabilities=can))

    edits = Counter(call.place.channel for call in scene.platform.calls if call.verb == "edit")
    assert len(edits) == 50
    assert min(edits.values()) >= 6


def test_who_waited_for_the_total_is_asked_no_more_when_all_is_shown() -> None:
    async def act(scene: Scene) -> int:
        loop, timers = asyncio.get_running_loop(), count()
        set_timer = loop.call_at
        replies = [scene.open(f"t{n}", Place("simulated", "w", f"c{n}")) for n in range(20)]
        writing = [asyncio.create_task(write(reply, 1000)) for reply in replies]
        await asyncio.sleep(4.0)
        for reply, task in zip(replies, writing, strict=True):
            task.cancel()
            await end(reply)

        def counted(when: float, *how: Any, **named: Any) -> asyncio.TimerHandle:
            next(timers)
            return set_timer(when, *how, **named)

        loop.call_at = counted  # type: ignore[method-assign, assignment]
        await asyncio.sleep(60.0)
        return next(timers)

    can = Capabilities(text_limit=2000, edits=Budget(5, 5.0), total=Budget(10, 1.0))
    _, timers = play(act, SimulatedPlatform(capabilities=can))

    assert timers <= 3 * 20  # each place's own, until it is forgotten
