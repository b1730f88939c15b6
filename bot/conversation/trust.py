"""What in a conversation was not said to us by those who ask, and what follows from it for tools. Pure."""

from collections.abc import Iterable, Sequence

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
    """Whether an address stands, whole, in something that people wrote, a file holds or a tool found.

    What the model wrote does not count: it may have put together there what is to be carried out.
    """
    wanted = address.strip().rstrip("/")
    return any(
        wanted in item.text or any(wanted in reading.text for reading in item.files)
        for item in items
        if item.role is not Role.ASSISTANT
    )
