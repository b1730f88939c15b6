"""What a bot may write: a message's form as Discord checks it, before anything is shown."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from tests.discord_town import errors
from tests.discord_town.world import Json, Message, MessageFlag, Upload, controls_of, texts_of

CONTENT_LIMIT = 2000
LAYOUT_TEXT_LIMIT = 4000
LAYOUT_SIZE_LIMIT = 40
NONCE_LIMIT = 25
_CREATABLE = (
    MessageFlag.SUPPRESS_EMBEDS
    | MessageFlag.SUPPRESS_NOTIFICATIONS
    | MessageFlag.IS_VOICE_MESSAGE
    | MessageFlag.COMPONENTS_V2
)
_EMBED_TEXTS = {"title": 256, "description": 4096}


@dataclass
class Draft:
    """What a message is to say."""

    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Upload] = field(default_factory=list)
    flags: int = 0
    allowed: Json | None = None
    poll: Json | None = None


def drafted(body: Json, uploads: list[Upload], *, ephemeral: bool = False) -> Draft:
    """The draft of a new message. Raises 50035 and 50006 as Discord does."""
    may = _CREATABLE | (MessageFlag.EPHEMERAL if ephemeral else 0)
    draft = Draft(
        content=_content(body),
        embeds=list(body.get("embeds") or ()),
        components=list(body.get("components") or ()),
        attachments=_described(body, uploads),
        flags=int(body.get("flags") or 0) & may,
        allowed=body.get("allowed_mentions"),
        poll=_poll(body.get("poll")),
    )
    return _checked(draft)


def redrafted(message: Message, body: Json, uploads: list[Upload]) -> Draft:
    """The draft of an edited message: what the body does not name stays. Raises as `drafted` does."""
    flags = message.flags
    if body.get("flags") is not None:
        asked = int(body["flags"])
        flags = flags & ~MessageFlag.SUPPRESS_EMBEDS | asked & MessageFlag.SUPPRESS_EMBEDS
        flags |= asked & MessageFlag.COMPONENTS_V2
    draft = Draft(
        content=_content(body) if "content" in body else message.content,
        embeds=list(body["embeds"] or ()) if "embeds" in body else message.embeds,
        components=list(body["components"] or ()) if "components" in body else message.components,
        attachments=_kept(message, body, uploads),
        flags=flags,
        allowed=body.get("allowed_mentions"),
    )
    return _checked(draft)


def _checked(draft: Draft) -> Draft:
    """The same draft, its components numbered as Discord numbers them."""
    check(draft)
    numbers = count(1)
    draft.components = [_numbered(one, numbers) for one in draft.components]
    return draft


def _numbered(component: Json, numbers: Iterator[int]) -> Json:
    own = component.get("id") or next(numbers)
    shape = {**component, "id": own}
    if "components" in component:
        shape["components"] = [_numbered(one, numbers) for one in component["components"]]
    if "accessory" in component:
        shape["accessory"] = _numbered(component["accessory"], numbers)
    return shape


def check(draft: Draft) -> None:
    """Raise what Discord would say to it."""
    if len(draft.content) > CONTENT_LIMIT:
        raise errors.too_long("content", CONTENT_LIMIT)
    _check_embeds(draft.embeds)
    if draft.flags & MessageFlag.COMPONENTS_V2:
        _check_layout(draft)
    elif not (draft.content or draft.embeds or draft.components or draft.attachments or draft.poll):
        raise errors.empty_message()
    elif any(one.get("type") != 1 for one in draft.components):
        raise errors.invalid("components", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')
    _check_controls(draft.components)


def _poll(poll: Json | None) -> Json | None:
    """A poll's limits, by Discord's page on creating one."""
    if poll is None:
        return None
    if not 1 <= len(poll["question"]["text"]) <= 300:
        raise errors.too_long("poll.question.text", 300)
    if not 1 <= len(poll["answers"]) <= 10:
        raise errors.too_long("poll.answers", 10)
    if any(not 1 <= len(one["poll_media"]["text"]) <= 55 for one in poll["answers"]):
        raise errors.too_long("poll.answers.poll_media.text", 55)
    if not 1 <= poll["duration"] <= 768:
        raise errors.invalid("poll.duration", "NUMBER_TYPE_MAX", "int value should be between 1 and 768.")
    return poll


def check_nonce(body: Json) -> str | None:
    """The nonce of a post. Raises 50035 for one that is too long."""
    nonce = body.get("nonce")
    if nonce is not None and len(str(nonce)) > NONCE_LIMIT:
        raise errors.too_long("nonce", NONCE_LIMIT)
    return None if nonce is None else str(nonce)


def _content(body: Json) -> str:
    return str(body.get("content") or "").strip()


def _described(body: Json, uploads: list[Upload]) -> list[Upload]:
    told = {str(one.get("id")): one for one in body.get("attachments") or ()}
    for index, upload in enumerate(uploads):
        about = told.get(str(index), {})
        upload.description = about.get("description")
        upload.filename = about.get("filename") or upload.filename
    return uploads


def _kept(message: Message, body: Json, uploads: list[Upload]) -> list[Upload]:
    if "attachments" not in body:
        return message.attachments + uploads
    named = {str(one.get("id")) for one in body["attachments"] or ()}
    return [one for one in message.attachments if str(one.id) in named] + _described(body, uploads)


def _check_embeds(embeds: list[Json]) -> None:
    if len(embeds) > 10:
        raise errors.too_long("embeds", 10)
    total = 0
    for index, embed in enumerate(embeds):
        for key, limit in _EMBED_TEXTS.items():
            if len(embed.get(key) or "") > limit:
                raise errors.too_long(f"embeds.{index}.{key}", limit)
        total += sum(len(embed.get(key) or "") for key in _EMBED_TEXTS)
        total += sum(len(one["name"]) + len(one["value"]) for one in embed.get("fields", ()))
        total += len((embed.get("footer") or {}).get("text", "")) + len(
            (embed.get("author") or {}).get("name", "")
        )
    if total > 6000:
        raise errors.invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _check_layout(draft: Draft) -> None:
    if draft.content:
        raise errors.invalid(
            "content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "The 'content' field cannot be used"
        )
    if draft.embeds:
        raise errors.invalid(
            "embeds", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "The 'embeds' field cannot be used"
        )
    if not draft.components:
        raise errors.empty_message()
    if sum(map(len, texts_of(draft.components))) > LAYOUT_TEXT_LIMIT:
        raise errors.invalid(
            "components",
            "COMPONENT_MAX_TOTAL_TEXT_LENGTH",
            "Total displayable text must be 4000 or fewer in length.",
        )
    if _count(draft.components) > LAYOUT_SIZE_LIMIT:
        raise errors.invalid(
            "components", "COMPONENT_MAX_TOTAL", "The total number of components must be 40 or fewer."
        )


def _count(components: list[Json]) -> int:
    return sum(1 + _count(one.get("components", [])) + ("accessory" in one) for one in components)


def _check_controls(components: list[Json]) -> None:
    if len([one for one in components if one.get("type") == 1]) > 5 and all(
        c.get("type") == 1 for c in components
    ):
        raise errors.too_long("components", 5)
    seen: set[str] = set()
    for one in controls_of(components):
        name = one["custom_id"]
        if not 1 <= len(name) <= 100:
            raise errors.too_long("components.custom_id", 100)
        if name in seen:
            raise errors.invalid(
                "components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
            )
        seen.add(name)
        if len(one.get("label") or "") > 80:
            raise errors.too_long("components.label", 80)
        if len(one.get("options") or ()) > 25:
            raise errors.too_long("components.options", 25)
