"""A reply on a platform with native streams: appended, rotated, ended, and edited where a stream is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from bot.delivery.pump import Post, Pump, Showing
from bot.messages import Action, ActionName, FailureKind, Place
from tests.streaming_platform import StreamingPlatform
from tests.unit.test_delivery_pump import RecordingLog
from tests.virtual_time import run_virtual

PLACE = Place("simulated", "w", "c", "1.0")


class Scene:
    """A platform with streams, and a pump."""

    def __init__(self, platform: StreamingPlatform) -> None:
        self.platform = platform
        self.log = RecordingLog()
        keys = count(1)
        self.pump = Pump(self.log, new_key=lambda: f"k{next(keys)}")

    def open(self, n: int = 0) -> Showing:
        place = Place("simulated", "w", f"c{n}", "1.0")
        return self.pump.open(self.platform, place, f"t{n}", asker="u", key=f"first-{n}")


def play(act: Callable[[Scene], Awaitable[None]], platform: StreamingPlatform | None = None) -> Scene:
    async def run() -> Scene:
        scene = Scene(platform or StreamingPlatform())
        async with asyncio.timeout(3600):
            await act(scene)
        await scene.pump.close(0)
        return scene

    scene = run_virtual(run())
    assert scene.platform.violations == []
    assert scene.platform.open_streams() == 0
    return scene


async def say(reply: Showing, seconds: float, rate: float = 20.0, text: str = "word{n} ") -> None:
    for n in range(int(seconds * rate)):
        reply.push(text.format(n=n))
        await asyncio.sleep(1 / rate)


async def end(reply: Showing) -> None:
    reply.finish()
    await reply.settle()


def words(count_: int) -> str:
    return " ".join(f"word{n}" for n in range(count_))


def verbs(scene: Scene) -> list[str]:
    return [call.verb for call in scene.platform.calls]


def test_an_answer_streams_from_its_first_word_and_is_whole_without_an_edit() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await say(reply, 20)
        await end(reply)

    scene = play(act)

    assert verbs(scene)[0] == "start"
    assert set(verbs(scene)[1:-1]) == {"append"}
    assert verbs(scene)[-1] == "stop"
    assert scene.platform.calls[0].seen <= 0.3
    assert scene.platform.texts() == [words(400)]


def test_an_answer_that_is_whole_at_once_is_one_post() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        reply.push("Yes.")
        await end(reply)

    scene = play(act)

    assert verbs(scene) == ["post"]


def test_a_stream_ends_before_its_time_is_over_and_another_goes_on_with_the_fence_reopened() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        reply.push("```py\n")
        await say(reply, 600, rate=1.0, text="line{n}\n")
        reply.push("```")
        await end(reply)

    scene = play(act)

    assert verbs(scene).count("start") == 3
    assert "edit" not in verbs(scene)
    texts = scene.platform.texts()
    assert all(one.startswith("```py\n") and one.endswith("\n```") for one in texts)
    lines = [line for one in texts for line in one.splitlines() if line.startswith("line")]
    assert lines == [f"line{n}" for n in range(600)]


def test_a_stream_that_says_nothing_for_too_long_is_ended_and_its_message_edited_to_the_end() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        reply.push("before the silence ")
        await asyncio.sleep(400)
        reply.push("after it")
        await end(reply)

    scene = play(act)

    assert scene.platform.texts() == ["before the silence after it"]
    assert verbs(scene).count("start") == 1
    assert verbs(scene)[-1] == "edit"


def test_an_answer_longer_than_a_message_goes_on_in_another_stream() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await say(reply, 60, rate=50.0, text="word{n}\n\n")
        await end(reply)

    scene = play(act)

    assert verbs(scene).count("start") == verbs(scene).count("stop") > 1
    assert " ".join("\n".join(scene.platform.texts()).split()) == words(3000)


def test_a_lost_answer_to_an_append_never_doubles_text() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await say(reply, 5)
        scene.platform.lost = {"append"}
        await say(reply, 5, text="more{n} ")
        await end(reply)

    scene = play(act)

    assert scene.platform.texts() == [words(100) + " " + " ".join(f"more{n}" for n in range(100))]
    assert verbs(scene).count("stop") == 1
    assert verbs(scene)[-1] == "edit"


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_a_lost_answer_to_the_first_or_last_call_leaves_one_whole_message(verb: str) -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        scene.platform.lost = {verb}
        await say(reply, 5)
        await end(reply)

    platform = StreamingPlatform()
    if verb == "start":

        async def reconcile(place: Place, key: str) -> str | None:
            for one in platform.grown.values():
                one.open = False
            return next(iter(platform.grown), None)

        platform = StreamingPlatformThatFinds()
    scene = play(act, platform)

    assert scene.platform.texts() == [words(100)]


class StreamingPlatformThatFinds(StreamingPlatform):
    """One that stops a stream in finding it, as an adapter does."""

    async def reconcile(self, place: Place, key: str) -> str | None:
        for one in self.grown.values():
            one.open = False
        return next(iter(self.grown), None)


@pytest.mark.parametrize("kind", [FailureKind.INVALID, FailureKind.FORBIDDEN])
def test_where_streams_are_refused_the_answer_is_posted_and_edited(kind: FailureKind) -> None:
    async def act(scene: Scene) -> None:
        scene.platform.named["start"] = kind
        reply = scene.open()
        await say(reply, 5)
        await end(reply)

    scene = play(act)

    assert verbs(scene)[0] == "post"
    assert set(verbs(scene)[1:]) == {"edit"}
    assert scene.platform.texts() == [words(100)]


@pytest.mark.parametrize("kind", [FailureKind.CLOSED, FailureKind.INVALID])
def test_a_stream_that_is_closed_from_outside_is_edited_to_its_end(kind: FailureKind) -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        await say(reply, 3)
        scene.platform.named["append"] = kind
        if kind is FailureKind.CLOSED:
            scene.platform.named["stop"] = kind
        await say(reply, 3, text="more{n} ")
        for one in scene.platform.grown.values():
            one.open = False
        await end(reply)

    scene = play(act)

    assert scene.platform.texts() == [words(60) + " " + " ".join(f"more{n}" for n in range(60))]


def test_what_is_done_before_the_first_word_is_a_status_and_no_message() -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        reply.set_status("thinking…")
        await asyncio.sleep(150)
        reply.set_status(None)
        await say(reply, 2)
        await end(reply)

    scene = play(act)

    assert scene.platform.statuses == ["thinking…", "thinking…"]
    assert len(scene.platform.grown) == 1


def test_where_no_status_can_be_shown_a_message_says_it() -> None:
    async def act(scene: Scene) -> None:
        scene.platform.named["status"] = FailureKind.FORBIDDEN
        reply = scene.open()
        reply.set_status("thinking…")
        await asyncio.sleep(2)
        reply.set_status(None)
        await say(reply, 2)
        await end(reply)

    scene = play(act)

    assert verbs(scene)[0] == "post"
    assert scene.platform.texts() == [words(40)]


def test_a_message_left_by_a_dead_process_is_edited_to_the_end() -> None:
    async def act(scene: Scene) -> None:
        first = scene.open()
        await say(first, 3)
        left = next(iter(scene.platform.grown))
        place = Place("simulated", "w", "c0", "1.0")
        posts = (Post("first-0", "t0", 0, left),)
        again = scene.pump.open(scene.platform, place, "t0", asker="u", posts=posts)
        await say(again, 3)
        scene.platform.grown[left].open = False
        await end(again)
        first.finish()

    scene = play(act)

    assert scene.platform.texts() == [words(60)]


def test_fifty_answers_at_once_stream_and_edit_without_a_call_too_many_and_all_end() -> None:
    async def act(scene: Scene) -> None:
        replies = [scene.open(n) for n in range(50)]
        await asyncio.gather(*(say(reply, 30) for reply in replies))
        ended = asyncio.get_running_loop().time()
        await asyncio.gather(*(end(reply) for reply in replies))
        assert asyncio.get_running_loop().time() - ended < 60

    scene = play(act)

    assert {"start", "append", "stop", "post", "edit"} <= set(verbs(scene))
    assert sorted(scene.platform.texts()) == [words(600)] * 50
    firsts = {call.place.channel: call.seen for call in reversed(scene.platform.calls)}
    assert max(firsts.values()) < 3


@pytest.mark.parametrize("written", [True, False])
def test_a_question_with_buttons_is_a_message_that_can_be_pressed(written: bool) -> None:
    async def act(scene: Scene) -> None:
        reply = scene.open()
        reply.set_status("thinking…")
        if written:
            await say(reply, 1)
        reply.set_actions((Action(ActionName.CONFIRM, "t0", "c1"),))
        reply.set_status("May I?")
        await asyncio.sleep(3)
        asked = scene.platform.calls[-1]
        assert asked.verb == ("edit" if written else "post")
        assert asked.rendered is not None
        assert [one.name for one in asked.rendered.actions] == [ActionName.CONFIRM]
        reply.set_actions((Action(ActionName.STOP, "t0"),))
        reply.set_status(None)
        await say(reply, 1, text="more{n} ")
        await end(reply)

    scene = play(act)

    assert scene.platform.texts()[-1].endswith("more19")
