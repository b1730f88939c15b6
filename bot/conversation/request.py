"""What is asked of the model for a turn: its prompt, its tools, and how it is to answer."""

import hashlib
from collections.abc import Sequence

from bot.conversation.gather import kept_bytes
from bot.conversation.ports import Ports
from bot.conversation.prompt import Moment, build, files_needed
from bot.messages import ChatRequest, Item, ToolSpec, account_of
from bot.preferences import MAX_TOKENS
from bot.store.intents.turns import Claim


async def build_request(
    ports: Ports, claim: Claim, items: Sequence[Item], media_seq: int, tools: Sequence[ToolSpec]
) -> ChatRequest:
    """The request for the next round of a turn over this history, its files read from disk."""
    turn = claim.turn
    model_id = turn.model or ports.default_model
    model = ports.gateway.model(model_id)
    blobs = await kept_bytes(ports, files_needed(items, model, media_seq))
    moment = Moment(ports.clock(), turn.place, claim.speakers)
    able = model is None or model.calls_tools is not False
    return ChatRequest(
        model=model_id,
        messages=build(items, moment, model, media_seq, blobs, turn.id),
        tools=tuple(tools) if able else (),
        max_tokens=int(claim.chosen.get(MAX_TOKENS.name, ports.limits.answer_tokens)),
        modalities=("text", "image") if model is not None and model.draws else (),
        account=account_of(turn.place, turn.requester, turn.id),
        conversation=hashlib.sha256(turn.conversation.encode()).hexdigest()[:24],
    )
