"""An answer that its place does not take: it is not lost, but comes to whoever asked, alone."""

import structlog

from bot.conversation import words
from bot.errors import PlatformError
from bot.messages import Place, Rendered, Standing
from bot.ports import Adapter, KnowsRights, RepliesPrivately, offers
from bot.store.intents.claims import Claim

log = structlog.get_logger(__name__)


async def tell_alone(adapter: Adapter, claim: Claim, final: Rendered) -> None:
    """Give an answer that its place did not take, or not all of it, to the one who asked: whole."""
    if not offers(adapter, RepliesPrivately):
        return
    turn, handle = claim.turn, claim.asked[0].handle if claim.asked else None
    said = final.text.strip() or final.status or ""
    why = words.not_posted(standing_in(adapter, turn.place))
    rendered = Rendered(adapter.render(f"{why}\n\n{said}"), final=True)
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
