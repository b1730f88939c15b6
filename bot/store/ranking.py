"""Which of the messages that fit fits best. Pure.

By how much of what is asked for it says, how close together, how often, how briefly, and how lately.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.store.words import Words, words_of

_SATURATION, _BREVITY = 1.2, 0.5
"""As in BM25: how soon more of the same word counts no more, and how much more a long message has to say."""

_CLOSE = 1.5
"""What it is worth when all that is asked for stands side by side, against one rare word."""

_LATE = 0.5
_HALF_LIFE = 30 * 24 * 3600.0
"""What it is worth to be the newest, and after how many seconds half of that."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message: what it says, and when it was sent."""

    text: str
    sent_at: float


def scores(
    candidates: Sequence[Candidate], terms: Sequence[Words], weights: Mapping[Words, float], *, beginnings: bool
) -> list[float]:
    """How well each of them fits. `weights` are larger the rarer a term is; one that is not named weighs 1."""
    read = [words_of(one.text) for one in candidates]
    usual = sum(len(one.words) for one in read) / len(read) if read else 1.0
    newest = max((one.sent_at for one in candidates), default=0.0)
    return [
        _fit(words, terms, weights, usual, beginnings) * _freshness(newest - one.sent_at)
        for one, words in zip(candidates, read, strict=True)
    ]


def _fit(
    said: Words, terms: Sequence[Words], weights: Mapping[Words, float], usual: float, beginnings: bool
) -> float:
    places = [_places(said, term, beginnings) for term in terms]
    length = 1 - _BREVITY + _BREVITY * len(said.words) / max(usual, 1.0)
    score = 0.0
    for term, at in zip(terms, places, strict=True):
        score += weights.get(term, 1.0) * len(at) * (_SATURATION + 1) / (len(at) + _SATURATION * length)
    found = [at for at in places if at]
    if len(found) > 1:
        score += _CLOSE * len(found) / _span(found)
    return score if terms else 1.0


def _places(said: Words, term: Words, beginnings: bool) -> list[int]:
    """Where a term stands: the numbers of its first words. Letters by themselves stand in front."""
    if not term.words:
        return [0] if all(letter in said.letters for letter in term.letters) else []
    first, *rest = term.words
    found: list[int] = []
    last = len(rest)
    for at in range(len(said.words) - last):
        words = said.words[at : at + last + 1]
        if words == term.words or (
            beginnings and words[:last] == term.words[:last] and words[last].startswith((rest or [first])[-1])
        ):
            found.append(at)
    return found


def _span(found: Sequence[Sequence[int]]) -> int:
    """How many words the shortest stretch has in which every term begins."""
    events = sorted((at, n) for n, places in enumerate(found) for at in places)
    latest: dict[int, int] = {}
    best = events[-1][0] - events[0][0] + 1
    for at, n in events:
        latest[n] = at
        if len(latest) == len(found):
            best = min(best, at - min(latest.values()) + 1)
    return max(best, len(found))


def _freshness(age: float) -> float:
    return 1 + _LATE * math.exp2(-age / _HALF_LIFE)
