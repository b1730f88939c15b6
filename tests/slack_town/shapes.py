"""The town's things as Slack's JSON has them."""

import re
from typing import TYPE_CHECKING, Any

from tests.slack_town.values import APP, BOT_ID, BOT_USER, TEAM, Channel, File, Json, Message, User, View

if TYPE_CHECKING:
    from tests.slack_town.world import World

_MARKUP = re.compile(r"(<(?:[@#!][^<>\s]+|(?:https?|mailto):[^<>\s]+)>)")

_ADDRESS = re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?)\"']")


def escaped(text: str) -> str:
    """What somebody typed as it goes over the wire: `&`, `<`, `>` as entities, addresses in angle brackets.

    Mentions and links that are written as on the wire stay as they are.
    """
    return "".join(one if n % 2 else _typed(one) for n, one in enumerate(_MARKUP.split(text)))


def _typed(text: str) -> str:
    return _ADDRESS.sub(r"<\g<0>>", _entities(text))


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def rich_text(text: str) -> list[Json]:
    """The block that Slack makes of what somebody typed."""
    pieces = [_rich(one) for one in _MARKUP.split(text) if one]
    section = {"type": "rich_text_section", "elements": pieces}
    return [{"type": "rich_text", "block_id": "typed", "elements": [section]}]


def _rich(piece: str) -> Json:
    if piece.startswith("<@"):
        return {"type": "user", "user_id": piece[2:-1].partition("|")[0]}
    if piece.startswith("<#"):
        return {"type": "channel", "channel_id": piece[2:-1].partition("|")[0]}
    if piece.startswith("<!"):
        return {"type": "broadcast", "range": piece[2:-1]}
    if piece.startswith("<"):
        return {"type": "link", "url": piece[1:-1].partition("|")[0]}
    return {"type": "text", "text": piece.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")}


def user_json(user: User) -> Json:
    """As users.info has it."""
    profile = {"real_name": user.name, "display_name": user.name, "team": user.team}
    if user.is_bot:
        profile |= {"bot_id": user.bot_id, "api_app_id": APP if user.id == BOT_USER else "A0OTHER"}
    shape: Json = {
        "id": user.id,
        "team_id": user.team,
        "name": user.name.lower(),
        "real_name": user.name,
        "deleted": user.deleted,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": user.tz_offset,
        "locale": user.locale,
        "is_bot": user.is_bot,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": user.is_restricted or user.is_ultra_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_app_user": False,
        "updated": 0,
        "profile": profile,
    }
    if user.is_stranger:
        shape["is_stranger"] = True
    return shape


def channel_json(channel: Channel, bot: str = BOT_USER) -> Json:
    """As conversations.info has it."""
    shape: Json = {
        "id": channel.id,
        "created": 1_700_000_000,
        "is_archived": channel.archived,
        "is_im": channel.kind == "im",
        "is_org_shared": False,
        "context_team_id": TEAM,
    }
    if channel.kind == "im":
        return shape | {"user": next((one for one in sorted(channel.members) if one != bot), bot)}
    return shape | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_member": bot in channel.members,
        "is_general": False,
        "is_shared": channel.shared,
        "is_ext_shared": channel.shared,
        "creator": channel.creator,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def file_json(file: File, files_url: str) -> Json:
    """As files.info has it; `files_url` is where the file host listens."""
    shape: Json = {
        "id": file.id,
        "created": 1_700_000_000,
        "timestamp": 1_700_000_000,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2],
        "pretty_type": file.name.rpartition(".")[2].upper(),
        "user": file.user,
        "user_team": TEAM,
        "editable": False,
        "size": len(file.data),
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": True,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "channels": sorted(one for one in file.shared if one.startswith("C")),
        "groups": sorted(one for one in file.shared if one.startswith("G")),
        "ims": sorted(one for one in file.shared if one.startswith("D")),
        "file_access": "visible",
    }
    if file.external_url:
        return shape | {
            "mode": "external",
            "is_external": True,
            "external_type": "gdrive",
            "size": 0,
            "url_private": file.external_url,
        }
    place = f"{TEAM}-{file.id}"
    return shape | {
        "url_private": f"{files_url}/files-pri/{place}/{file.name}",
        "url_private_download": f"{files_url}/files-pri/{place}/download/{file.name}",
        "permalink": f"https://town.slack.com/files/{file.user}/{file.id}/{file.name}",
    }


def event_file(file: File, files_url: str) -> Json:
    """As an event has it: in full, or only a hint to ask files.info."""
    if file.check_file_info:
        return {"id": file.id, "mode": "file_access", "file_access": "check_file_info"}
    if file.deleted:
        return {"id": file.id, "mode": "tombstone"}
    return file_json(file, files_url)


def read_back(markdown: str) -> str:
    """What Slack makes of streamed Markdown where it gives a message as `text`; others recorded it."""
    text = re.sub(r"\[([^\]]*)\]\(([^)]*)\)", r"<\2|\1>", markdown)
    text = re.sub(r"\*\*([^\n]+?)\*\*", r"*\1*", text)
    return re.sub(r"(?m)^[-*] ", "• ", re.sub(r"(?m)^#+ ", "", text)).strip()


def message_json(world: "World", message: Message, *, metadata: bool = False) -> Json:
    """As conversations.history has it; with `metadata` if it was asked for."""
    shape: Json = {"type": "message", "ts": message.ts, "text": message.text, "team": message.team}
    if message.user:
        shape["user"] = message.user
    if message.bot_id:
        shape |= _app_fields(world, message)
    else:
        shape["client_msg_id"] = f"00000000-0000-4000-8000-{int(message.ts.replace('.', '')) % 10**12:012d}"
    given = {"subtype": message.subtype, "blocks": message.blocks, "attachments": message.attachments}
    shape |= {name: value for name, value in given.items() if value}
    if message.files:
        shape |= {"files": [event_file(one, world.files_url) for one in message.files], "upload": False}
    if metadata and message.metadata:
        shape["metadata"] = message.metadata
    return shape | _stream_fields(message) | _later_fields(message) | _thread_fields(world, message)


def _stream_fields(message: Message) -> Json:
    if message.stream is None:
        return {}
    shape: Json = {"streaming_state": "in_progress" if message.streaming else "completed"}
    return shape if message.rewritten else shape | {"text": read_back(message.text)}


def _later_fields(message: Message) -> Json:
    shape: Json = {}
    if message.edited is not None:
        shape["edited"] = {"user": message.user, "ts": f"{message.edited:.6f}"}
    if message.reactions:
        shape["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()
        ]
    return shape


def _app_fields(world: "World", message: Message) -> Json:
    shape: Json = {"bot_id": message.bot_id}
    if message.bot:
        shape |= {
            "app_id": APP,
            "bot_profile": {
                "id": BOT_ID,
                "app_id": APP,
                "name": world.users[BOT_USER].name,
                "team_id": TEAM,
                "deleted": False,
            },
        }
    return shape | ({"username": message.username} if message.username else {})


def _thread_fields(world: "World", message: Message) -> Json:
    channel = world.channels[message.channel]
    if message.thread_ts:
        root = channel.messages.get(message.thread_ts)
        return {"thread_ts": message.thread_ts, "parent_user_id": root.user if root else ""}
    replies = [one for one in channel.visible(message.ts) if one is not message]
    if not replies:
        return {}
    users = list(dict.fromkeys(one.user for one in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "reply_users": users[:5],
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": True,
    }


def view_json(view: View) -> Json:
    """As views.open has it."""
    shape: dict[str, Any] = {
        "id": view.id,
        "team_id": TEAM,
        "app_id": APP,
        "bot_id": BOT_ID,
        "app_installed_team_id": TEAM,
        "hash": view.hash,
        "root_view_id": view.id,
        "previous_view_id": None,
        "callback_id": "",
        "private_metadata": "",
        "external_id": view.external_id,
        "state": {"values": {}},
    }
    return shape | view.body
