"""The question in a prompt: whose it is, what came before it, what came with it. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from bot.demo.senses import Seen
from bot.demo.understanding import Prompt, Said

_WORD = re.compile(r"[^\W_]{2,}")
_HEAD = 2_000
_MOST_KEYWORDS = 24
_COMMON = frozenset(
    _WORD.findall(
        """
        about after all also am an and any are as ask at be been but by can could did do does for from get give had
        has have he her him his how if in into is it its just know let like line many may me more most much my no
        not of on one or our out please read said say says see she should show so some tell than that the their
        them then there these they thing this those to told up us was we were what when where which who whom whose
        why will with word words would you your file files document pdf picture image photo attached text contain
        page
        """
    )
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be answered now. `before` is everything said earlier, `results` what tools said since."""

    text: str
    speaker: str | None
    prompt: Prompt
    before: tuple[Said, ...] = ()
    files: tuple[Seen, ...] = ()
    results: tuple[Said, ...] = ()
    partial: str | None = None

    @property
    def head(self) -> str:
        """The beginning of the text, where wishes are looked for; what follows is only a burden."""
        return self.text[:_HEAD]

    @property
    def calls(self) -> dict[str, tuple[str, str]]:
        """The calls made since the question, by id: the tool's name and its arguments."""
        made = (said.calls for said in self.prompt.said[len(self.before) :] if said.calls)
        return {call_id: call for calls in made for call_id, call in calls.items()}


def questions(prompt: Prompt) -> tuple[Question, ...]:
    """What is unanswered: the last thing that each person asked since the last answer, in order."""
    said = prompt.said
    last = max((i for i, one in enumerate(said) if one.role == "user" and not one.note), default=None)
    if last is None:
        return (Question("", None, prompt),)
    first = _first_unanswered(said, last)
    asked = said[first : last + 1]
    rest = said[last + 1 :]
    files = tuple(file for one in asked if not one.note for file in one.files)
    results = tuple(one for one in rest if one.role == "tool")
    partial = rest[-1].text if rest and rest[-1].role == "assistant" and not rest[-1].calls else None
    question = Question("", None, prompt, said[:first], files, results, partial)
    texts = _by_speaker(asked, _addressees(prompt))
    return tuple(replace(question, text=text, speaker=speaker) for speaker, text in texts.items())


def keywords(text: str) -> frozenset[str]:
    """The words of a question that could find something, two dozen at most."""
    rare = dict.fromkeys(word for word in map(str.lower, _WORD.findall(text)) if word not in _COMMON)
    return frozenset(islice(rare, _MOST_KEYWORDS))


def words_in(text: str, wanted: frozenset[str]) -> list[str]:
    """Those of the wanted words that the text holds, give or take a plural's s."""
    held = {word.lower() for word in _WORD.findall(text)}
    return sorted(word for word in wanted if held & {word, word.rstrip("s"), f"{word}s"})


def matching_lines(text: str, wanted: frozenset[str], most: int = 3) -> list[str]:
    """The lines that hold most of the wanted words, in their order."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    scores = [_hits(line, wanted) for line in lines]
    best = max(scores, default=0)
    return [line for line, score in zip(lines, scores, strict=True) if best and score == best][:most]


def _hits(line: str, wanted: frozenset[str]) -> int:
    return len(words_in(line, wanted))


def score(text: str, wanted: frozenset[str]) -> int:
    """How many of the wanted words the best line holds."""
    return max((_hits(line, wanted) for line in text.splitlines()), default=0)


def _first_unanswered(said: tuple[Said, ...], last: int) -> int:
    """The first of the unbroken run of people's messages that ends with the last question."""
    first = last
    while first and said[first - 1].role == "user" and not said[first - 1].note:
        first -= 1
    return first


def _by_speaker(asked: tuple[Said, ...], addressees: str) -> dict[str | None, str]:
    """The last words of each person who is to be answered; whoever spoke last always is."""
    texts: dict[str | None, str] = {}
    for one in asked:
        due = one is asked[-1] or one.speaker is None or f"{one.speaker} (id" in addressees
        if due and not one.note and (one.text or one.speaker not in texts):
            texts[one.speaker] = one.text
    return texts


def _addressees(prompt: Prompt) -> str:
    """The line of the moment that names who is to be answered, where there is one."""
    context = "".join(one.whole for one in prompt.everything if one.role == "context")
    return context.partition("Answer now, to: ")[2]


def speeches(before: tuple[Said, ...]) -> Iterator[tuple[str, str]]:
    """Who said what, among people: the name and the text."""
    for one in before:
        if one.role == "user" and one.text:
            yield one.speaker or "You", one.text
