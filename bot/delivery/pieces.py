"""A message of an answer: a slice of it, with what closes and reopens what goes across its borders. Pure."""

import re
from dataclasses import dataclass

from bot.delivery.inline import Inline, open_inline, without_loose_marks
from bot.delivery.lines import Lines, opening_fence

_MAY_BEGIN_BLOCK = re.compile(r"[ \t>]*(?:[-=+*_#|~`]+|\d{1,9}[.)]?|(?:`{3,}|~{3,}).*)?[ \t]*$")


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of an answer: `prefix`, the answer from `start` to `end`, `suffix`."""

    start: int
    end: int
    prefix: str = ""
    suffix: str = ""

    def of(self, answer: str) -> str:
        """Its markdown."""
        return f"{self.prefix}{answer[self.start : self.end]}{self.suffix}"


def last_piece(text: str, start: int, prefix: str, lines: Lines) -> Piece:
    """The piece that holds the rest of a whole answer; all lines have been read."""
    fence = lines.here.fence
    if fence is None:
        return Piece(start, max(start, len(text.rstrip())), prefix)
    return Piece(start, len(text), prefix, fence.closed.removeprefix("\n" if text.endswith("\n") else ""))


def healed_piece(text: str, start: int, prefix: str, lines: Lines) -> Piece:
    """The piece that shows a growing answer from `start` on; its finished lines have been read."""
    here = lines.here
    line = text[here.at :]
    if here.fence is not None:
        end = here.at if here.fence.may_end_with(line) else len(text)
        end -= text[end - 1 : end] == "\n"
        return Piece(start, max(start, end), prefix, here.fence.closed)
    if _MAY_BEGIN_BLOCK.match(line) or opening_fence(line) or line.lstrip(" >").startswith("|"):
        end = here.at - lines.maybe_heads_table
    else:
        end = len(text)
    block = max(start, min(here.block, end))
    end = _without_loose_end(text, block, end)
    while (shown := inline_at(text, start, prefix, here.block, end).shown) < end:
        end = _without_loose_end(text, block, shown)  # which may open a link again
    end = max(start, len(text[:end].rstrip()))
    return Piece(start, end, prefix, inline_at(text, start, prefix, here.block, end).closed)


def settled_end(text: str, lines: Lines) -> int:
    """Up to where a growing answer reads the same whatever follows; its finished lines have been read."""
    end = healed_piece(text, 0, "", lines).end
    if lines.here.fence is not None:
        return end
    return inline_at(text, 0, "", lines.here.block, end).settled


def inline_at(text: str, start: int, prefix: str, block: int, end: int) -> Inline:
    """What is open at `end` in the paragraph from `block` on, for a message from `start` that `prefix` opens.

    Offsets are those of the text.
    """
    begin = min(max(start, block), end)
    carried = prefix if block < start and not prefix.endswith("\n") else ""
    found = open_inline(carried + text[begin:end])
    moved = begin - len(carried)
    return Inline(found.marks, max(begin, found.settled + moved), max(begin, found.shown + moved))


def _without_loose_end(text: str, block: int, end: int) -> int:
    shown = text[block:end].rstrip()
    return block + len(shown[: without_loose_marks(shown)].rstrip())
