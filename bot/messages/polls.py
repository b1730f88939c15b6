"""Polls: a question with choices, and how often each was chosen."""

from dataclasses import dataclass

MOST_CHOICES = 10


@dataclass(frozen=True, slots=True)
class Poll:
    """A question put to everybody in a place. `closes_at` is seconds since the epoch; `hours` how long that is."""

    id: str
    question: str
    choices: tuple[str, ...]
    multiple: bool
    hours: int
    closes_at: float


@dataclass(frozen=True, slots=True)
class PollResult:
    """How it stands: votes for each choice, in order, how many people voted, and whether it is over."""

    poll: Poll
    votes: tuple[int, ...]
    people: int
    closed: bool = False
