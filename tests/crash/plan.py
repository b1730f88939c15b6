"""What a seed asks, and when it kills whom: the same for the same seed. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.crash.program import Victim
from tests.crash.verdict import Question


class Moment(StrEnum):
    """When the program is killed, as seen from the page."""

    ACCEPT = "accept"  # the question was sent, or somebody has just said that it was taken
    FIRST_POST = "first post"
    MID_STREAM = "mid-stream"
    TOOL_CALL = "tool call"
    FINAL_EDIT = "final edit"
    START_UP = "start-up"  # in mid-stream, and once more while it is starting again


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with who asks it, where, and under which id the page sends it."""

    person: str
    where: str
    client_id: str
    question: Question


@dataclass(frozen=True, slots=True)
class Plan:
    """A seed's questions, side by side, and its kill: `target` is the question it looks at.

    Before, the target was `acknowledged`, or so many `words` of its answer were seen. `after` is how many seconds
    pass then, and `again` how long the next process lives where there is a second kill.
    """

    seed: int
    moment: Moment
    victim: Victim
    asked: tuple[Asked, ...]
    target: int
    acknowledged: bool
    words: int
    after: float
    again: float | None


_LONG = 2
"""The question whose answer takes more than one message, where it is the target."""

_TARGETS = {
    Moment.ACCEPT: (0, 1, 2, 3, 4),
    Moment.FIRST_POST: (0, 1, 2, 3, 4),
    Moment.MID_STREAM: (0, 1, 2),
    Moment.TOOL_CALL: (3,),
    Moment.FINAL_EDIT: (0, 1, 2, 3),
    Moment.START_UP: (0, 1, 2),
}
_LONGEST_WAIT = {
    Moment.ACCEPT: 0.05,
    Moment.FIRST_POST: 0.03,
    Moment.MID_STREAM: 0.1,
    Moment.TOOL_CALL: 0.3,
    Moment.FINAL_EDIT: 0.06,
    Moment.START_UP: 0.1,
}
_LONGEST_START = 1.2


def plan(seed: int) -> Plan:
    """Eighteen seeds in a row are every moment with every victim."""
    random = Random(seed)
    moments, victims = list(Moment), list(Victim)
    moment = moments[seed % len(moments)]
    rounds = seed // len(moments)
    victim = victims[rounds % len(victims)]
    acknowledged = moment is Moment.ACCEPT and rounds % 2 == 1
    target = random.choice(_TARGETS[moment])
    asked = tuple(_asked(seed, random, long=target == _LONG, patient=moment is Moment.START_UP))
    return Plan(
        seed=seed,
        moment=moment,
        victim=victim,
        asked=asked,
        target=target,
        acknowledged=acknowledged,
        words=_words_before(moment, asked[target].question, random),
        after=0.0 if acknowledged else random.uniform(0, _LONGEST_WAIT[moment]),
        again=random.uniform(0, _LONGEST_START) if moment is Moment.START_UP else None,
    )


def thread_root(seed: int) -> tuple[str, str]:
    """What people said in a channel without us, before a question is asked in the thread below it."""
    return f"root-{seed:06d}", f"lunch number {seed}?"


def _asked(seed: int, random: Random, *, long: bool, patient: bool) -> list[Asked]:
    """Questions in both people's direct messages, as mentions in two channels, and within a thread."""
    spoken = _spoken(seed, random, 90)
    numbers = ", ".join(map(str, range(1, random.randint(60, 120))))
    more = ", ".join(map(str, range(1, random.randint(1_700, 1_900) if long else 300)))
    time = r"current_time says: \w+, \d\d \w+ \d{4}, \d\d:\d\d:\d\d in UTC \(\S+\)"
    root = f"grace-{thread_root(seed)[0]}"
    exact = [
        ("ada", "dm-ada", f"repeat after me: {spoken}", _exactly(spoken)),
        (
            "grace",
            "dm-grace",
            f"repeat after me: pace 300 seed {seed} {numbers}",
            _exactly(f"pace 300 seed {seed} {numbers}"),
        ),
        (
            "ada",
            "general",
            f"@Gatepost repeat after me: pace 5000 seed {seed} {more}",
            _exactly(f"pace 5000 seed {seed} {more}"),
        ),
        ("grace", "dev", f"@Gatepost what time is it, 3 times? ({seed})", " ".join([time] * 3)),
        ("ada", f"random/{root}", f"@Gatepost repeat after me: {seed} and out", _exactly(f"{seed} and out")),
    ]
    return [_one(seed, n, *words, patient=patient) for n, words in enumerate(exact)]


def _one(seed: int, n: int, person: str, where: str, text: str, answer: str, *, patient: bool) -> Asked:
    client_id = f"seed-{seed:06d}-{n}"
    message_id = f"{person}-{client_id}"
    in_channel = not where.startswith("dm-") and "/" not in where
    place = f"{where}/{message_id}" if in_channel else where
    return Asked(person, where, client_id, Question(message_id, place, text, answer, patient))


def _spoken(seed: int, random: Random, words: int) -> str:
    """Words that no other seed speaks, at a pace that can be watched."""
    syllables = ("ba", "de", "fi", "go", "ku", "la", "me", "ni")
    spoken = " ".join("".join(random.choices(syllables, k=2)) for _ in range(words))
    return f"pace 150 {seed} {spoken}"


def _exactly(words: str) -> str:
    """A pattern for these words; only what is special in one is escaped, so that their number can be counted."""
    return words.replace(".", r"\.")


def _words_before(moment: Moment, question: Question, random: Random) -> int:
    """How many words of the target's answer the page shows before the kill."""
    whole = len(question.answer.split())
    if moment in (Moment.MID_STREAM, Moment.START_UP):
        return int(whole * random.uniform(0.05, 0.9))
    return whole if moment is Moment.FINAL_EDIT else 0
