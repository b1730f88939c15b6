"""Which messages are summarised together: by parts that fit, divided where people were silent. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.messages import Digest, KeptDigest, Model, PastMessage, Reasoning

LONGEST = 6_000
"""Characters of one message that are read; only a platform for essays knows longer ones."""

PART_TOKENS = 16_000
"""The most tokens of messages in one part: what a model still reads with care."""

ANSWER_TOKENS = 4_000
"""The most tokens of one digest."""

THOUGHT_TOKENS = 4_000
"""What a model that thinks first may use for that, on top."""

_LEAST_TOKENS = 400
_AROUND_TOKENS = 900
_HEADER_TOKENS = 14
_BYTES_PER_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Room:
    """How much fits into one request of a model: tokens of messages, and of the answer."""

    part: int = PART_TOKENS
    answer: int = ANSWER_TOKENS

    @classmethod
    def of(cls, model: Model | None) -> "Room":
        """The room that a model leaves; the usual one where its window is unknown."""
        if model is None:
            return cls()
        wanted = ANSWER_TOKENS + (THOUGHT_TOKENS if model.reasons else 0)
        answer = min(wanted, model.max_tokens or wanted)
        if model.context_window is None:
            return cls(answer=answer)
        answer = min(answer, model.context_window // 4)
        left = int((model.context_window - answer - _AROUND_TOKENS) * 0.8)
        return cls(max(_LEAST_TOKENS, min(PART_TOKENS, left)), answer)


def little_thought(model: Model | None) -> Reasoning | None:
    """As little thinking as the model offers, but some: a summary takes reading more than reasoning."""
    if model is None or not model.reasons:
        return None
    return next((Reasoning(effort) for effort in ("minimal", "low") if effort in model.reasoning_levels), None)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive messages, and their digest where there is one already."""

    messages: tuple[PastMessage, ...]
    digest: Digest | None = None


def mark_of(message: PastMessage) -> str:
    """A mark of what a message says: another where it says something else."""
    said = "\0".join([message.text, *(one.name for one in message.attachments)])
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:8]


def marks_of(messages: Iterable[PastMessage]) -> dict[str, str]:
    """The ids of messages in order, each with its mark."""
    return {one.message_id: mark_of(one) for one in messages}


def tokens_of(text: str) -> int:
    """About how many tokens a text takes, on the careful side for every script."""
    return len(text.encode(errors="replace")) // _BYTES_PER_TOKEN


def tokens_in(message: PastMessage) -> int:
    """About how many tokens a message takes, with the line that says whose it is."""
    return _HEADER_TOKENS + tokens_of(message.text[:LONGEST]) + sum(tokens_of(a.name) for a in message.attachments)


def parts_of(messages: Sequence[PastMessage], most: int) -> list[tuple[PastMessage, ...]]:
    """The messages in order, in parts of at most so many tokens; a message that is longer is a part by itself.

    A part that is full ends at the longest silence in its last third.
    """
    parts: list[tuple[PastMessage, ...]] = []
    start = 0
    while start < len(messages):
        end = _end(messages, start, most)
        parts.append(tuple(messages[start:end]))
        start = end
    return parts


def _end(messages: Sequence[PastMessage], start: int, most: int) -> int:
    end, tokens = start, 0
    while end < len(messages) and (end == start or tokens + tokens_in(messages[end]) <= most):
        tokens += tokens_in(messages[end])
        end += 1
    if end == len(messages):
        return end
    silences = range(start + max(1, (end - start) * 2 // 3), end + 1)
    return max(silences, key=lambda at: (messages[at].sent_at - messages[at - 1].sent_at, at), default=end)


def prefix(messages: Sequence[PastMessage], kept: Iterable[KeptDigest]) -> KeptDigest | None:
    """Of what is kept the digest of the most messages that these begin with, unchanged."""
    marks = list(marks_of(messages).items())
    fitting = [one for one in kept if list(one.messages.items()) == marks[: len(one.messages)]]
    return max(fitting, key=lambda one: len(one.messages), default=None)


def stretches(messages: Sequence[PastMessage], kept: Iterable[KeptDigest], most: int) -> list[Stretch]:
    """The messages as parts, those that were summarised before as they were then, the others divided anew."""
    marks = list(marks_of(messages).items())
    at = {message_id: n for n, (message_id, _) in enumerate(marks)}
    found: list[tuple[int, KeptDigest]] = []
    for one in kept:
        start = at.get(next(iter(one.messages), ""))
        if start is not None and list(one.messages.items()) == marks[start : start + len(one.messages)]:
            found.append((start, one))
    return list(_laid_out(messages, sorted(found, key=lambda pair: (pair[0], -len(pair[1].messages))), most))


def _laid_out(
    messages: Sequence[PastMessage], found: Sequence[tuple[int, KeptDigest]], most: int
) -> Iterator[Stretch]:
    done = 0
    for start, kept in found:
        if start < done:
            continue
        yield from map(Stretch, parts_of(messages[done:start], most))
        done = start + len(kept.messages)
        yield Stretch(tuple(messages[start:done]), kept.digest)
    yield from map(Stretch, parts_of(messages[done:], most))


def grouped(sizes: Sequence[int], most: int) -> list[range]:
    """Which of several digests, by their sizes, become one: two at least, so that it comes to an end."""
    groups: list[range] = []
    start = 0
    while start < len(sizes):
        end, total = start, 0
        while end < len(sizes) and (end - start < 2 or total + sizes[end] <= most):
            total += sizes[end]
            end += 1
        groups.append(range(start, end))
        start = end
    return groups
