"""Commands as Discord offers them, made from the core's table, and what somebody chose there. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.discord.buttons import cut
from bot.messages import Attachment, CommandCall, CommandOption, CommandSpec

ASK_ABOUT = "Ask about this"
"""The entry in a message's menu that is no command's."""

_SLASH, _MESSAGE_MENU = 1, 3
_STRING, _ATTACHMENT = 3, 11
_FILE = {"type": _ATTACHMENT, "name": "file", "description": "A file that goes with it", "required": False}
_GUILD, _BOT_DM = 0, 1
_EVERYWHERE = {"integration_types": [0], "contexts": [_GUILD, _BOT_DM]}


def offered(specs: Sequence[CommandSpec]) -> list[dict[str, Any]]:
    """All commands and menu entries, as the body of one call that replaces whatever was offered before."""
    labels = [ASK_ABOUT, *(spec.entry.label for spec in specs if spec.entry is not None)]
    menus = [{"type": _MESSAGE_MENU, "name": label, "description": "", "options": []} for label in labels]
    return [*map(_slash, specs), *(menu | _EVERYWHERE for menu in menus)]


def same(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether Discord offers this already. It adds fields of its own, and leaves out what is as usual."""
    by_name = {(one.get("type", _SLASH), one.get("name")): one for one in theirs}
    if len(ours) != len(theirs):
        return False
    return all(_same_one(one, by_name.get((one["type"], one["name"]))) for one in ours)


def call_of(data: Mapping[str, Any]) -> CommandCall:
    """The command that was chosen, with its options."""
    given = (one for one in data.get("options") or () if one.get("type") != _ATTACHMENT)
    options = {one["name"]: str(one.get("value", "")) for one in given}
    return CommandCall(str(data["name"]), options)


def files_of(data: Mapping[str, Any], where: str) -> tuple[Attachment, ...]:
    """The files that came with a command. `where` names channel and event in their ids."""
    files = ((data.get("resolved") or {}).get("attachments") or {}).values()
    return tuple(
        Attachment(f"{where}/{one['id']}", str(one["filename"]), one["size"], one.get("content_type"), one["url"])
        for one in files
    )


def typed_in(data: Mapping[str, Any]) -> tuple[str, str]:
    """The option that is being typed, and what stands there so far."""
    focused = next((one for one in data.get("options") or () if one.get("focused")), None)
    return (str(focused["name"]), str(focused.get("value", ""))) if focused else ("", "")


def _slash(spec: CommandSpec) -> dict[str, Any]:
    needed_first = sorted(spec.options, key=lambda one: not one.required)
    return {
        "type": _SLASH,
        "name": spec.name,
        "description": cut(spec.description),
        "options": [*map(_option, needed_first), *([_FILE] if spec.takes_files else [])],
        **_EVERYWHERE,
    }


def _option(option: CommandOption) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "type": _STRING,
        "name": option.name,
        "description": cut(option.description),
        "required": option.required,
    }
    if option.choices:
        shape["choices"] = [{"name": cut(one), "value": one} for one in option.choices]
    elif option.complete:
        shape["autocomplete"] = True
    return shape


def _same_one(ours: Any, theirs: Any) -> bool:
    """Whether everything we say stands there too; a thing left out says nothing, False or empty."""
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and all(_same_one(ours[key], theirs.get(key)) for key in ours)
    if isinstance(ours, list):
        there = theirs or []
        return len(ours) == len(there) and all(map(_same_one, ours, there))
    return bool(ours == theirs or (not ours and not theirs))
