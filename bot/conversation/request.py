"""What is asked of the model for a turn: its prompt, its tools, and how it is to answer."""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation import choices
from bot.conversation.concessions import Plan, fallbacks_for
from bot.conversation.gather import kept_bytes
from bot.conversation.picturing import asked
from bot.conversation.ports import Ports
from bot.conversation.prompt import Moment, build, files_needed
from bot.messages import (
    ChatRequest,
    Item,
    Model,
    PicturePart,
    PromptMessage,
    ToolSpec,
    TurnKind,
    account_of,
)
from bot.personas import PERSONA, persona_text
from bot.preferences import LANGUAGE
from bot.store.intents.claims import Claim


async def build_request(
    ports: Ports, claim: Claim, items: Sequence[Item], media_seq: int, tools: Sequence[ToolSpec], plan: Plan
) -> ChatRequest:
    """The request for the next round of a turn over this history, its files read from disk."""
    turn, chosen = claim.turn, claim.chosen
    model = ports.gateway.model(plan.model)
    reads = replace(model or Model(plan.model), reads_files=False) if plan.smaller else model
    if imagines := turn.kind is TurnKind.IMAGINE:
        items = asked(items)  # a picture is made of the wish alone
    blobs = await kept_bytes(ports, files_needed(items, reads, media_seq))
    may_search = ports.gateway.routes and plan.calls and not imagines
    searches = choices.searches_of(chosen, model) if may_search else ()
    able = model is None or model.calls_tools is not False
    moment = Moment(ports.clock(), turn.place, claim.speakers, searches=bool(searches), tools=able or imagines)
    request = ChatRequest(
        model=plan.model,
        messages=build(
            items,
            moment,
            reads,
            media_seq,
            blobs,
            turn.id,
            persona_text(chosen.get(PERSONA.name)),
            claim.recap if choices.recaps(chosen) and not imagines else None,
            "" if imagines else chosen.get(LANGUAGE.name, ""),
        ),
        tools=tuple(tools) if able and not imagines else (),
        max_tokens=choices.answer_limit(chosen, ports.limits.answer_tokens, model),
        modalities=("text", "image") if model is not None and model.draws else (),
        account=account_of(turn.place, turn.requester, turn.id),
        conversation=ports.pseudonyms.of(turn.conversation),
        sampling=choices.sampling_of(chosen, model),
        tool_choice=None if plan.calls else "none",
        reasoning=choices.reasoning_of(chosen, model),
        routing=choices.routing_of(chosen, ports.pseudonyms.of(turn.asker)),
        server_tools=searches,
        attributed=choices.attributes_app(chosen),
    )
    if left := tuple(one for one in ports.fallbacks if one not in plan.given_up):
        routing = replace(request.routing, fallbacks=fallbacks_for(request, left, ports.gateway.model))
        request = replace(request, routing=routing)
    return await _lighter(ports, request) if plan.smaller else request


async def _lighter(ports: Ports, request: ChatRequest) -> ChatRequest:
    """The same with its pictures made small."""

    async def light(message: PromptMessage) -> PromptMessage:
        parts = [await ports.reader.smaller(p) if isinstance(p, PicturePart) else p for p in message.parts]
        return replace(message, parts=tuple(parts))

    return replace(request, messages=tuple([await light(message) for message in request.messages]))
