"""What is asked of a model that only draws: a picture of what was said, made from what came with it."""

from collections.abc import Sequence

from bot.conversation.choices import routing_of
from bot.conversation.gather import kept_bytes
from bot.conversation.ports import Ports
from bot.conversation.prompt import files_needed
from bot.messages import (
    Item,
    Model,
    PicturePart,
    PictureRequest,
    PictureWish,
    Role,
    TurnKind,
    account_of,
)
from bot.store.intents.claims import Claim

NO_WORDS = "A variation of this picture."
"""What is drawn where somebody sent a picture and not a word."""


async def picture_request(ports: Ports, claim: Claim, items: Sequence[Item]) -> PictureRequest | None:
    """The request of a turn that is answered by the path for pictures; None for one that is a chat.

    The files that came with the question are sent along where the model takes any.
    """
    turn = claim.turn
    model_id = turn.model or ports.default_model
    model = ports.gateway.model(model_id)
    if not only_draws(model, imagines=turn.kind is TurnKind.IMAGINE):
        return None
    said = asked(items)
    wishes = [PictureWish.read(item.text) for item in said]
    needed = files_needed(said, model, 0)
    blobs = await kept_bytes(ports, needed)
    given = [PicturePart(file.media_type, blobs[file.sha256]) for file in needed if file.sha256 in blobs]
    return PictureRequest(
        model=model_id,
        prompt="\n".join(wish.prompt for wish in wishes if wish.prompt.strip()) or NO_WORDS,
        size=wishes[-1].size if wishes else None,
        sources=tuple(one for one in given if one.media_type.startswith("image/")),
        routing=routing_of(claim.chosen, ports.pseudonyms.of(turn.asker)),
        account=account_of(turn.place, turn.requester, turn.id),
    )


def only_draws(model: Model | None, *, imagines: bool) -> bool:
    """Whether a model is asked by the path for pictures: it does nothing else, or is not known to do more."""
    if model is None:
        return imagines
    return model.type == "image" or (imagines and not model.draws)


def asked(items: Sequence[Item]) -> list[Item]:
    """The messages that are answered: the last person's, and those that were asked together with it."""
    said = [item for item in items if item.role is Role.USER and item.message_id is not None]
    return [item for item in said if item.turn_id == said[-1].turn_id]
