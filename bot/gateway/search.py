"""Finding a model while somebody types: each keystroke is answered from memory, and nothing worked out twice."""

import difflib
import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.messages import Model, Purpose

_NEVER = float("inf")
_AROUND = " \t\n`'\"“”‘’<>.,"
"""What stands around an id that was copied from a sentence."""

_LIKE = 0.6
"""How alike two spellings are, of 1, for one to be taken for a slip of the other."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model as it is compared: in lower case, its id also without the maker, which people rarely type."""

    id: str
    lower: str
    tail: str
    name: str
    withdrawn_at: float

    @classmethod
    def of(cls, model: Model) -> "Entry":
        """What a model is compared by."""
        lower = model.id.lower()
        withdrawn_at = _NEVER if model.withdrawn_at is None else model.withdrawn_at
        return cls(model.id, lower, lower.partition("/")[2], model.name.lower(), withdrawn_at)

    def rank(self, wanted: str, words: Sequence[str]) -> int | None:
        """How it fits, the best first: the id, its part after the maker or the name, an id that begins so, a name
        that does, one with all the words; or not at all."""
        if self.lower == wanted:
            return 0
        if wanted and wanted in (self.tail, self.name):
            return 1
        if self.lower.startswith(wanted):
            return 2
        if self.tail.startswith(wanted) or self.name.startswith(wanted):
            return 3
        return 4 if all(word in self.lower or word in self.name for word in words) else None


class Index:
    """The models of one list, ready to be searched."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._entries: Mapping[Purpose, list[Entry]] = {purpose: [] for purpose in Purpose}
        for model in models:
            for purpose in _purposes(model):
                self._entries[purpose].append(Entry.of(model))

    def search(
        self, typed: str, limit: int, purpose: Purpose, recent: Sequence[str], *, withdrawn_before: float
    ) -> list[str]:
        """The ids of the models that fit what was typed so far, best first; among equals those used here lately.

        A model that is withdrawn before that moment is found only by its whole id.
        """
        wanted = typed.strip().lower()
        words = wanted.split()
        used = {model_id: place for place, model_id in enumerate(recent)}
        fitting = []
        for entry in self._entries[purpose]:
            rank = entry.rank(wanted, words)
            if rank == 0 or (rank is not None and entry.withdrawn_at > withdrawn_before):
                fitting.append((rank, used.get(entry.id, len(used)), entry.id))
        return [model_id for _, _, model_id in heapq.nsmallest(limit, fitting)]


def spelled_as_listed(models: Iterable[Model], typed: str) -> str:
    """A model's id as the list spells it, however it is capitalised or quoted; else what was typed, bare."""
    bare = typed.strip(_AROUND)
    lower, fitting = bare.lower(), []
    for model in models:
        if model.id == bare:
            return bare
        if model.id.lower() == lower:
            fitting.append(model.id)
    return fitting[0] if len(fitting) == 1 else bare


def near(models: Iterable[Model], typed: str, most: int = 3) -> list[str]:
    """The ids that somebody may have meant who typed one that there is not: those that are spelled like it."""
    ids = {model.id.lower(): model.id for model in models}
    ids |= {lower.partition("/")[2]: whole for lower, whole in ids.items() if "/" in lower}
    found = difflib.get_close_matches(typed.strip().lower(), ids, most * 2, _LIKE)
    return list(dict.fromkeys(ids[one] for one in found))[:most]


def _purposes(model: Model) -> Iterable[Purpose]:
    if model.type == "language":
        yield Purpose.CHAT
    if model.draws:
        yield Purpose.DRAW
    if model.type == "embedding":
        yield Purpose.EMBED
