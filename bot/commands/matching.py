"""Which models of a list fit the words that somebody typed; best first. Pure."""

from collections.abc import Iterable, Sequence

from bot.commands.wording import abilities, price
from bot.gateway.search import Entry
from bot.messages import Model

_BY_FACTS = 5
"""The rank of a model that only fits by what is known of it: after those that fit by id or name."""

_KINDS = ("language", "image", "embedding")


def matching(models: Iterable[Model], typed: str, recent: Sequence[str] = ()) -> tuple[Model, ...]:
    """The models in which every word occurs: in id, name, type, price or abilities.

    A better fit comes first; among equals those that stay, those that chat, those used here lately.
    """
    wanted = typed.strip().lower()
    words = wanted.split()
    used = {model_id: place for place, model_id in enumerate(recent)}

    def order(model: Model) -> tuple[int, bool, int, int, str] | None:
        rank = Entry.of(model).rank(wanted, words)
        if rank is None and all(word in _facts(model) for word in words):
            rank = _BY_FACTS
        leaving = model.withdrawn_at is not None
        place = used.get(model.id, len(used))
        return None if rank is None else (rank, leaving, _kind(model), place, model.id)

    ordered = ((order(model), model) for model in models)
    fitting = [(key, model) for key, model in ordered if key is not None]
    return tuple(model for _, model in sorted(fitting, key=lambda pair: pair[0]))


def _facts(model: Model) -> str:
    leaving = "withdrawn" if model.withdrawn_at is not None else ""
    return " ".join((model.id, model.name, model.type, price(model), *abilities(model), leaving)).lower()


def _kind(model: Model) -> int:
    return _KINDS.index(model.type) if model.type in _KINDS else len(_KINDS)
