"""Divides an answer into messages and makes an unfinished one fit to look at. Pure.

A message holds a slice of the answer. Where a fence, a table or emphasis goes across a border, the message before
it ends with what closes it, and the message after it begins with what opens it again; white space at a border is
dropped.
"""

from bot.delivery.cutting import Message, Render
from bot.delivery.lines import Lines
from bot.delivery.pieces import healed_piece, last_piece


def split(text: str, limit: int, render: Render) -> list[str]:
    """Divide a whole answer into messages of at most `limit` rendered characters each.

    Paragraphs stay whole where they can, then list items, lines, sentences, words; links stay whole if they fit.
    `limit` leaves room for at least one rendered character beside what is opened again.
    """
    lines = Lines()
    lines.read(text, ended=True)
    start, prefix, parts = 0, "", []
    while (cut := Message(text, start, prefix, lines, limit, render).next_cut()) is not None:
        parts.append(cut.piece.of(text))
        start, prefix = cut.start, cut.prefix
    return [*parts, last_piece(text, start, prefix, lines).of(text)]


def heal(text: str) -> str:
    """What to show of an unfinished answer: what is open is closed, what cannot be closed yet is held back."""
    lines = Lines()
    lines.read(text)
    return healed_piece(text, 0, "", lines).of(text)
