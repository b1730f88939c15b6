"""What of a conversation the model still sees: when it is cut, where, and tool calls made whole. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.messages import Item, Model, Reading, Role

LOST_RESULT = "This call did not finish; whether it took effect is unknown. Do not call it again without asking."

_PICTURE_TOKENS = 1_100
_PAGE_TOKENS = 1_000
_CHARS_PER_TOKEN = 4
_OVERHEAD_TOKENS = 12
_FULL = 0.85
_KEEP = 0.5


@dataclass(frozen=True, slots=True)
class Room:
    """How much history fits: tokens, items, and bytes of pictures and whole files."""

    tokens: int = 48_000
    items: int = 400
    media_bytes: int = 3_000_000

    @classmethod
    def of(cls, model: Model | None, answer_tokens: int) -> "Room":
        """The room a model leaves beside its answer; a cautious one where its window is unknown."""
        if model is None or model.context_window is None:
            return cls(tokens=24_000)
        return cls(tokens=max(2_000, min(cls().tokens, int((model.context_window - answer_tokens) * 0.8))))


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the history begins for the model, and where its pictures and whole files do."""

    seq: int
    media_seq: int


def tokens_of(item: Item) -> int:
    """About how many tokens an item takes, on the careful side."""
    chars = len(item.text) + sum(len(call.arguments) + len(call.name) for call in item.tool_calls)
    return _OVERHEAD_TOKENS + chars // _CHARS_PER_TOKEN + sum(_reading_tokens(r) for r in item.files)


def text_tokens(text: str) -> int:
    """About how many tokens a text takes."""
    return len(text) // _CHARS_PER_TOKEN


def _reading_tokens(reading: Reading) -> int:
    text = len(reading.text) // _CHARS_PER_TOKEN + len(reading.pictures) * _PICTURE_TOKENS
    return max(text, (reading.pages or 0) * _PAGE_TOKENS if reading.original else 0) + _OVERHEAD_TOKENS


def media_bytes_of(item: Item) -> int:
    """The bytes of pictures or whole files that an item brings along."""
    return sum(reading_bytes(reading) for reading in item.files)


def reading_bytes(reading: Reading) -> int:
    """The most bytes a reading brings along: its pictures or the whole file, whichever the model takes."""
    whole = reading.original.size if reading.original else 0
    return max(whole, sum(picture.size for picture in reading.pictures))


def plan_cut(items: Sequence[Item], room: Room, current: Cut, turn_id: str) -> Cut:
    """Where to cut now. Unchanged until the room is nearly full; then down to half, once, at a turn's border.

    A window that slid with every turn would never hit a cache. The turn at work is never cut.
    """
    tokens = [tokens_of(item) for item in items]
    media = [media_bytes_of(item) if item.seq >= current.media_seq else 0 for item in items]
    cut = current
    if sum(tokens) > room.tokens * _FULL or len(items) > room.items * _FULL:
        ones = [1] * len(items)
        first = max(_first_kept(tokens, room.tokens * _KEEP), _first_kept(ones, room.items * _KEEP))
        cut = replace(cut, seq=_border(items, first, turn_id, current.seq))
    if sum(media) > room.media_bytes * _FULL:
        first = _first_kept(media, room.media_bytes * _KEEP)
        cut = replace(cut, media_seq=_border(items, first, turn_id, current.media_seq))
    return replace(cut, media_seq=max(cut.media_seq, cut.seq)) if cut != current else current


def half(items: Sequence[Item], current: Cut, turn_id: str) -> Cut:
    """The cut that leaves about half of what is sent now: for a model whose window is smaller than was thought."""
    return plan_cut(items, Room(tokens=max(1, sum(map(tokens_of, items)))), current, turn_id)


def _first_kept(weights: Sequence[int], most: float) -> int:
    """The index from which on everything fits into `most`."""
    total = 0.0
    for index in range(len(weights) - 1, -1, -1):
        total += weights[index]
        if total > most:
            return index + 1
    return 0


def _border(items: Sequence[Item], first: int, turn_id: str, otherwise: int) -> int:
    """The number of the first item of a turn at or after `first`, not beyond the turn at work."""
    for index, item in enumerate(items):
        starts = item.role is Role.USER and (index == 0 or items[index - 1].turn_id != item.turn_id)
        if item.turn_id == turn_id or (index >= first and starts):
            return item.seq
    return otherwise


def whole_calls(items: Sequence[Item]) -> tuple[Item, ...]:
    """The same history with every tool call followed by its results, and no result without its call.

    Made on a copy for the model: a lost result is said to be unknown, a stray or a second one is left out.
    """
    results: dict[tuple[str | None, str | None], Item] = {}
    for item in items:
        if item.role is Role.TOOL:
            results.setdefault((item.turn_id, item.tool_call_id), item)
    return tuple(_ordered(items, results))


def _ordered(items: Sequence[Item], results: dict[tuple[str | None, str | None], Item]) -> Iterator[Item]:
    for item in items:
        if item.role is Role.TOOL:
            continue
        yield item
        for call in item.tool_calls:
            lost = Item(item.seq, Role.TOOL, LOST_RESULT, turn_id=item.turn_id, tool_call_id=call.id)
            yield results.get((item.turn_id, call.id), lost)
