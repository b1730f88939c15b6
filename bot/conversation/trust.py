"""What in a conversation was not said to us by those who ask, and what follows for tools and links. Pure."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from bot.conversation.addresses import carries_nothing, named_by_others, same
from bot.messages import Item, Person, Role


def holds_untrusted(items: Iterable[Item], speakers: Sequence[Person]) -> bool:
    """Whether the model has been shown text of people who did not ask, of files, or that a tool found outside."""
    known = {person.id for person in speakers}
    return any(_is_untrusted(item, known) for item in items)


def _is_untrusted(item: Item, speakers: set[str]) -> bool:
    match item.role:
        case Role.NOTE:
            return True
        case Role.TOOL:
            return item.untrusted
        case Role.USER:
            return bool(item.files) or (item.person is not None and item.person.id not in speakers)
        case Role.ASSISTANT:
            return False


def is_mentioned(address: str, items: Iterable[Item]) -> bool:
    """Whether an address carries nothing of what the model has read: it was named before, or says nothing at all.

    What the model wrote does not count: it may have put together there what is to be carried out.
    """
    return carries_nothing(address) or same(address) in named_by_others(items)


def named_in(items: Sequence[Item]) -> Callable[[str], bool]:
    """Asks whether an address was named; the conversation is read through with the first question."""
    named = cache(lambda: named_by_others(items))
    return lambda address: same(address) in named()
