"""How a message and its files look as JSON, to somebody who may read them or may not."""

import hashlib
import hmac
from urllib.parse import quote

from tests.discord_town import shapes
from tests.discord_town.clock import iso
from tests.discord_town.pictures import size_of
from tests.discord_town.state import State
from tests.discord_town.world import Guild, Json, Message, MessageFlag, MessageType, Upload

_SIGNING_KEY = b"attachments"


def signed_url(state: State, path: str) -> str:
    """The address of a file, good for the life of attachments from now on."""
    issued = int(state.clock())
    expires = int(state.clock() + state.attachment_life)
    return (
        f"{state.base_url}{path}?ex={expires:x}&is={issued:x}&hm={signature(path, f'{expires:x}', f'{issued:x}')}&"
    )


def signature(path: str, expires: str, issued: str) -> str:
    """What proves that an address was given out here: of the file's ids, as names are written in many ways."""
    ids = "/".join(path.split("/")[:4])
    return hmac.new(_SIGNING_KEY, f"{ids}?{expires}?{issued}".encode(), hashlib.sha256).hexdigest()


def path_of(upload: Upload) -> str:
    return f"/attachments/{upload.channel_id}/{upload.id}/{quote(upload.filename)}"


def attachment(state: State, one: Upload, *, ephemeral: bool = False) -> Json:
    url = signed_url(state, path_of(one))
    shape: Json = {
        "id": str(one.id),
        "filename": one.filename,
        "size": len(one.data),
        "url": url,
        "proxy_url": url,
        "content_type": one.content_type,
    }
    if one.content_type.startswith("image/"):
        shape["width"], shape["height"] = size_of(one.data)
    if one.description is not None:
        shape["description"] = one.description
    if one.duration is not None:
        shape |= {"duration_secs": one.duration, "waveform": "AAAA"}
    return {**shape, "ephemeral": True} if ephemeral else shape


def readable(state: State, message: Message, *, content: bool) -> bool:
    """Whether the bot is given what a message says; `content` is whether it has the intent for all of them."""
    return (
        content
        or message.author is state.me
        or message.channel.is_dm
        or state.me.id in message.pings.users
        or message.private_to is not None
    )


def message(
    state: State, one: Message, *, content: bool, event: bool = False, nonce: bool = False, nested: bool = False
) -> Json:
    """A message. Events carry the guild and the author's membership; answers do not."""
    guild = one.channel.guild
    shape: Json = {
        "id": str(one.id),
        "channel_id": str(one.channel.id),
        "type": int(one.kind),
        "author": shapes.user(one.author),
        "timestamp": iso(one.at),
        "edited_timestamp": iso(one.edited_at),
        "tts": False,
        "pinned": False,
        "flags": one.flags,
        "mention_everyone": one.pings.everyone,
        "mentions": [
            _mention(state, key, guild, event=event) for key in sorted(one.pings.users & set(state.users))
        ],
        "mention_roles": [str(key) for key in sorted(one.pings.roles)],
        **_said(state, one, content=content),
        **_reactions(state, one),
        **_interaction_of(one),
    }
    if event and guild is not None:
        shape["guild_id"] = str(guild.id)
        if one.author.id in guild.members and one.webhook_id is None:
            shape["member"] = shapes.member(guild.members[one.author.id], whole=False)
    if nonce and one.nonce is not None:
        shape["nonce"] = one.nonce
    if one.thread is not None:
        shape["thread"] = shapes.thread(state, one.thread)
    return shape if nested else shape | _reference(state, one, content=content)


def _said(state: State, one: Message, *, content: bool) -> Json:
    if not readable(state, one, content=content):
        return {"content": "", "embeds": [], "attachments": [], "components": []}
    return {
        "content": one.content,
        "embeds": one.embeds if not one.flags & MessageFlag.SUPPRESS_EMBEDS else [],
        "attachments": [attachment(state, file, ephemeral=one.ephemeral) for file in one.attachments],
        "components": one.components,
    }


def _mention(state: State, user_id: int, guild: Guild | None, *, event: bool) -> Json:
    shape = shapes.user(state.users[user_id])
    if event and guild is not None and user_id in guild.members:
        shape["member"] = shapes.member(guild.members[user_id], whole=False)
    return shape


def _reactions(state: State, one: Message) -> Json:
    counted = [
        {
            "emoji": {"id": None, "name": emoji},
            "count": len(by),
            "count_details": {"burst": 0, "normal": len(by)},
            "burst_colors": [],
            "me_burst": False,
            "me": state.me.id in by,
        }
        for emoji, by in one.reactions.items()
        if by
    ]
    return {"reactions": counted} if counted else {}


def _interaction_of(one: Message) -> Json:
    shape: Json = {}
    if one.webhook_id is not None:
        shape |= {"webhook_id": str(one.webhook_id), "application_id": str(one.webhook_id)}
    return {**shape, "interaction_metadata": one.interaction} if one.interaction else shape


def _reference(state: State, one: Message, *, content: bool) -> Json:
    if one.reference is None:
        return {}
    target = state.channels.get(one.reference.channel_id)
    points: Json = {"type": one.reference.kind, "channel_id": str(one.reference.channel_id)}
    if one.reference.message_id is not None:
        points["message_id"] = str(one.reference.message_id)
    if target is not None and target.guild is not None:
        points["guild_id"] = str(target.guild.id)
    shape: Json = {"message_reference": points}
    if one.snapshot is not None:
        return {**shape, "message_snapshots": [{"message": _snapshot(state, one, one.snapshot, content=content)}]}
    if one.kind in (MessageType.REPLY, MessageType.THREAD_STARTER):
        found = target.messages.get(one.reference.message_id or 0) if target else None
        told = message(state, found, content=content, nested=True) if found else None
        shape["referenced_message"] = told
    return shape


def _snapshot(state: State, holder: Message, one: Message, *, content: bool) -> Json:
    """What was forwarded: readable where the message that carries it is; it has no author."""
    full = readable(state, holder, content=content)
    shape = message(state, one, content=True, nested=True)
    kept = ("type", "timestamp", "edited_timestamp", "flags", "mentions", "mention_roles")
    said = ("content", "embeds", "attachments", "components")
    empty: Json = {"content": "", "embeds": [], "attachments": [], "components": []}
    return {key: shape[key] for key in kept} | ({key: shape[key] for key in said} if full else empty)
