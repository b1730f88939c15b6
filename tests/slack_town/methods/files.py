"""files.*: what there is to fetch, and the three steps of an upload."""

from typing import Any

from tests.slack_town.call import Call, Method
from tests.slack_town.errors import Refusal
from tests.slack_town.limits import TIER_3, TIER_4
from tests.slack_town.methods.chat import postable, thread_root
from tests.slack_town.shapes import file_json
from tests.slack_town.values import BOT_ID, BOT_USER, File, Json, Message
from tests.slack_town.world import World


def info(world: World, call: Call) -> Json:
    """files.info: also for files of which events only said that it must be asked."""
    file = world.files.get(call.needed("file"))
    if file is None:
        raise Refusal("file_not_found")
    if file.deleted:
        raise Refusal("file_deleted")
    return {"file": file_json(file, world.files_url), "comments": [], "response_metadata": {"next_cursor": ""}}


def delete(world: World, call: Call) -> Json:
    """files.delete."""
    file = world.files.get(call.needed("file"))
    if file is None:
        raise Refusal("file_not_found")
    file.deleted = True
    world.ring()
    return {}


def upload_url(world: World, call: Call) -> Json:
    """files.getUploadURLExternal: the first step. The second is a POST to the address it gives."""
    length = call.number("length", 0)
    if length <= 0:
        raise Refusal("invalid_arguments")
    file = File(world.new_id("F"), call.needed("filename"), b"", "application/octet-stream", BOT_USER)
    world.uploads[file.id] = (file, length)
    return {"upload_url": f"{world.files_url}/upload/v1/{file.id}", "file_id": file.id}


def complete(world: World, call: Call) -> Json:
    """files.completeUploadExternal: the third step, after which the files exist; shared if a place is named."""
    given: Any = call.args.get("files")
    if not isinstance(given, list) or not given:
        raise Refusal("invalid_arguments")
    pairs = [(world.uploads.get(str(one.get("id"))), one) for one in given]
    if any(known is None or len(known[0].data) != known[1] for known, _ in pairs):
        raise Refusal("file_not_found")
    places = [one for one in (call.text("channel_id") or call.text("channels")).split(",") if one]
    channels = [postable(world, world.channel(place)) for place in places]
    roots = [thread_root(channel, call) for channel in channels]
    files = []
    for known, one in pairs:
        assert known is not None
        file = known[0]
        file.title = str(one.get("title") or file.name)
        world.files[file.id] = world.uploads.pop(file.id)[0]
        files.append(file)
    for channel, root in zip(channels, roots, strict=True):
        message = Message(
            channel.id, world.new_ts(), BOT_USER, call.text("initial_comment"), bot=True, bot_id=BOT_ID
        )
        message.thread_ts, message.files, message.subtype = root, files, "file_share"
        world.post(message)
    return {"files": [file_json(one, world.files_url) for one in files]}


_READ, _WRITE = ("files:read",), ("files:write",)

METHODS = {
    "files.info": Method(info, TIER_4, _READ),
    "files.delete": Method(delete, TIER_3, _WRITE),
    "files.getUploadURLExternal": Method(upload_url, TIER_4, _WRITE),
    "files.completeUploadExternal": Method(complete, TIER_4, _WRITE),
}
