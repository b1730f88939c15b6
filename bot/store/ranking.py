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


_READ = 200_000
"""Characters that are read of all candidates together; of longer ones only what stands around the words."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message: what it says, and when it was sent."""

    text: str
    sent_at: float


def scores(
    candidates: Sequence[Candidate], terms: Sequence[Words], weights: Mapping[Words, float], *, beginnings: bool
) -> list[float]:
    """How well each of them fits. `weights` are larger the rarer a term is; one that is not named weighs 1."""
    newest = max((one.sent_at for one in candidates), default=0.0)
    fresh = [_freshness(newest - one.sent_at) for one in candidates]
    if len(terms) == 1:
        return [fit * late for fit, late in zip(_fits_one(candidates, terms[0]), fresh, strict=True)]
    room = _READ // max(len(candidates), 1)
    read = [words_of(one.text if len(one.text) <= room else _around(one.text, terms, room)) for one in candidates]
    usual = sum(len(one.words) for one in read) / len(read) if read else 1.0
    weighty = [weights.get(term, 1.0) for term in terms]
    return [_fit(words, terms, weighty, usual, beginnings) * late for words, late in zip(read, fresh, strict=True)]


def _fits_one(candidates: Sequence[Candidate], term: Words) -> list[float]:
    """For a single term, which all hold: how often, and how briefly. No words have to be read."""
    wanted = (term.words or term.letters)[0]
    usual = sum(len(one.text) for one in candidates) / len(candidates) if candidates else 1.0
    fits: list[float] = []
    for one in candidates:
        count = one.text.lower().count(wanted) or 1
        fits.append(_much(count, len(one.text) / max(usual, 1.0)))
    return fits


def _much(count: int, length: float) -> float:
    """What it is worth to hold a term so often, in a text of such a length beside the usual one."""
    return count * (_SATURATION + 1) / (count + _SATURATION * (1 - _BREVITY + _BREVITY * length))


def _fit(said: Words, terms: Sequence[Words], weights: Sequence[float], usual: float, beginnings: bool) -> float:
    places = [_places(said, term, beginnings) for term in terms]
    length = len(said.words) / max(usual, 1.0)
    score = sum([weight * _much(len(at), length) for weight, at in zip(weights, places, strict=True) if at])
    found = [at for at in places if at]
    if len(found) > 1:
        score += _CLOSE * len(found) / _span(found)
    return score if terms else 1.0


def _around(text: str, terms: Sequence[Words], room: int) -> str:
    """As much of a long text as there is room for, from a little before the first of what is asked for."""
    lower = text.lower()
    found = [at for term in terms if term.words and (at := lower.find(term.words[0])) >= 0]
    start = max(0, min(found, default=0) - room // 4)
    return text[start : start + room]


def _places(said: Words, term: Words, beginnings: bool) -> list[int]:
    """Where a term stands: the numbers of its first words. Letters by themselves stand in front."""
    words, size = said.words, len(term.words)
    if not size:
        return [0] if all(letter in said.letters for letter in term.letters) else []
    *whole, last = term.words
    if beginnings:
        ends = [at for at, word in enumerate(words) if word.startswith(last)]
    elif last in words:
        ends = [at for at, word in enumerate(words) if word == last]
    else:
        return []
    if size == 1:
        return ends
    return [at - size + 1 for at in ends if at >= size - 1 and list(words[at - size + 1 : at]) == whole]


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
