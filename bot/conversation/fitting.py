"""Whether a model takes what a conversation holds: what would change, told before anybody asks."""

from collections.abc import Iterator

from bot.conversation.history import Cut, Room, plan_cut
from bot.messages import Model, Reading, ReadingKind
from bot.store.intents.claims import Visible


def misfits(window: Visible, model: Model, answer_tokens: int) -> Iterator[str]:
    """What this model can't take of what is seen of a conversation, a sentence each."""
    shown = [reading for item in window.items if item.seq >= window.media_seq for reading in item.files]
    pictures = sum(1 for one in shown if one.kind is ReadingKind.PICTURE and one.pictures)
    if model.sees is False and pictures:
        yield f"It can't see pictures: it is only told of the {_count(pictures, 'picture')} here."
    files = [one for one in shown if one.original is not None]
    if model.reads_files is False and files:
        yield f"It can't read whole files: {_instead(model, files)}."
    if model.calls_tools is False:
        yield "It can't use tools: it opens no links, searches nothing and sets no reminders."
    current = Cut(window.cut_seq, window.media_seq)
    if plan_cut(window.items, Room.of(model, answer_tokens), current, "").seq != window.cut_seq:
        yield "Its window is too small for all that was said here: it sees the later part."


def _instead(model: Model, files: list[Reading]) -> str:
    """What it gets of files that it can't read as they are."""
    what = _count(len(files), "file")
    ways = [
        *(["the text"] if any(one.text for one in files) else []),
        *(["pictures"] if model.sees is not False and any(one.pictures for one in files) else []),
    ]
    return f"it gets {' and '.join(ways)} of the {what} here" if ways else f"it gets nothing of the {what} here"


def _count(count: int, thing: str) -> str:
    return thing if count == 1 else f"{count} {thing}s"
