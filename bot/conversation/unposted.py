"""An answer that its place does not take: it is not lost, but comes to whoever asked, alone."""

from collections.abc import Mapping

import structlog

from bot.conversation import words
from bot.delivery.posts import Outcome
from bot.messages import Rendered, Turn
from bot.ports import Adapter, RepliesPrivately, offers

log = structlog.get_logger(__name__)


async def tell_alone(adapter: Adapter, turn: Turn, final: Rendered, outcomes: Mapping[str, Outcome]) -> None:
    """Give an answer of which nothing stands anywhere, and no message could be posted, to the one who asked."""
    listener: object = adapter
    if set(outcomes.values()) != {Outcome.REFUSED} or not offers(listener, RepliesPrivately):
        return
    said = final.text.strip() or final.status or ""
    rendered = Rendered(adapter.render(f"{words.NOT_POSTED}\n\n{said}"), final=True)
    try:
        await listener.reply_privately(turn.requester, turn.place, rendered, None)
    except Exception as error:  # noqa: BLE001 - an adapter's own errors have no common root
        failure = adapter.classify(error).kind
        log.warning("answer not posted, nor told alone", place=turn.place.key, turn=turn.id, failure=failure)
    else:
        log.info("answer told alone", place=turn.place.key, turn=turn.id)
