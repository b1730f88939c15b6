"""An answer that its place does not take: it is not lost, but comes to whoever asked, alone."""

import structlog

from bot.conversation import words
from bot.delivery.pump import Showing
from bot.errors import PlatformError
from bot.messages import Place, Rendered, Standing, Turn
from bot.ports import Adapter, KnowsRights, RepliesPrivately, offers

log = structlog.get_logger(__name__)


async def show_end(
    reply: Showing, adapter: Adapter, turn: Turn, final: Rendered, handle: str | None = None
) -> None:
    """Show the end of an answer in its place, and what that does not take, or not all of it, to who asked: whole.

    `final` is the answer with its files, `handle` of what the requester did. Raises `StoreError`.
    """
    await reply.settle()
    if reply.lost:
        await _tell_alone(adapter, turn, final, handle)


async def _tell_alone(adapter: Adapter, turn: Turn, final: Rendered, handle: str | None) -> None:
    if not offers(adapter, RepliesPrivately):
        return
    said = final.text.strip() or final.status or ""
    why = words.not_posted(standing_in(adapter, turn.place))
    rendered = Rendered(adapter.render(f"{why}\n\n{said}"), files=final.files, final=True)
    try:
        await adapter.reply_privately(turn.requester, turn.place, rendered, handle)
    except PlatformError as error:
        failure = error.failure.kind
        log.warning("answer not posted, nor told alone", place=turn.place.key, turn=turn.id, failure=failure)
    else:
        log.info("answer told alone", place=turn.place.key, turn=turn.id)


def standing_in(adapter: object, place: Place) -> Standing | None:
    """What we are not allowed in a place, where the platform says so."""
    return adapter.standing(place) if offers(adapter, KnowsRights) else None
