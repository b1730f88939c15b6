"""What a person fills in: a command's options, a message's buttons and menus, the fields of a form."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.discord_town import message_shapes, shapes
from tests.discord_town.rights import rights_in
from tests.discord_town.world import Channel, Json, Message, controls_of

if TYPE_CHECKING:
    from tests.discord_town.people import Person


def find_command(person: "Person", channel: Channel, name: str, kind: int) -> Json:
    """The command that is offered to somebody under this name in a channel. Fails where it is not."""
    state = person.state
    rights = rights_in(channel, person.user, state.clock())
    guild_id = channel.guild.id if channel.guild else 0
    commands = state.application.commands
    context = 0 if channel.guild else 1
    for one in [*commands.get(guild_id, []), *commands.get(0, [])]:
        offered = one.get("contexts") is None or context in one["contexts"]
        needed = int(one["default_member_permissions"] or 0)
        if one["name"] == name and one["type"] == kind and offered and rights & needed == needed:
            return one
    raise AssertionError(f"{name!r} is not offered here")


def filled(
    person: "Person",
    channel: Channel,
    command: Json,
    path: list[str],
    values: Mapping[str, Any],
    *,
    focused: str | None = None,
) -> Json:
    """A command with its options as Discord sends it. Fails for what its form would not take."""
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
    resolved: Json = {}
    level, options = data, command["options"]
    for name in path:
        inner = next(one for one in options if one["name"] == name)
        level["options"] = [{"name": name, "type": inner["type"]}]
        level, options = level["options"][0], inner.get("options") or []
    level["options"] = [
        _option(person, channel, _named(options, name), value, resolved, focused=name == focused)
        for name, value in values.items()
    ]
    missing = [one["name"] for one in options if one.get("required") and one["name"] not in values]
    assert focused or not missing, f"{missing} must be given"
    if command.get("guild_id"):
        data["guild_id"] = command["guild_id"]
    return {**data, "resolved": resolved} if resolved else data


def _named(options: list[Json], name: str) -> Json:
    found = next((one for one in options if one["name"] == name), None)
    assert found is not None, f"there is no option {name!r}"
    return found


def _option(person: "Person", channel: Channel, form: Json, value: Any, resolved: Json, *, focused: bool) -> Json:
    option: Json = {"name": form["name"], "type": form["type"], "value": value}
    if focused:
        assert form.get("autocomplete"), f"{form['name']!r} completes nothing"
        return {**option, "focused": True}
    if form.get("choices"):
        assert value in [one["value"] for one in form["choices"]], f"{value!r} is no choice"
    match form["type"]:
        case 6:
            resolved.setdefault("users", {})[str(value.id)] = shapes.user(value)
            if channel.guild is not None and value.id in channel.guild.members:
                rights = str(int(rights_in(channel, value, person.state.clock())))
                told = shapes.member(channel.guild.members[value.id], whole=False) | {"permissions": rights}
                resolved.setdefault("members", {})[str(value.id)] = told
            option["value"] = str(value.id)
        case 7:
            rights = str(int(rights_in(value, person.user, person.state.clock())))
            told = shapes.channel(person.state, value) | {"permissions": rights}
            resolved.setdefault("channels", {})[str(value.id)] = told
            option["value"] = str(value.id)
        case 11:
            upload = person.hands_over(channel, *value)
            told = message_shapes.attachment(person.state, upload, ephemeral=True)
            resolved.setdefault("attachments", {})[str(upload.id)] = told
            option["value"] = str(upload.id)
    return option


def find_control(message: Message, name: str) -> Json:
    """The button or menu with this label, placeholder or custom id. Fails where it is not, or is disabled."""
    controls = controls_of(message.components)
    for one in controls:
        if name in (one.get("label"), one.get("placeholder"), one["custom_id"]):
            assert not one.get("disabled"), f"{name!r} is disabled"
            return one
    raise AssertionError(
        f"no {name!r} under {message}: {[one.get('label') or one['custom_id'] for one in controls]}"
    )


def written(modal: Json, values: Mapping[str, str]) -> list[Json]:
    """The components of a form, with what somebody wrote into them."""
    known = {one["custom_id"] for one in controls_of(modal["components"])}
    assert set(values) <= known, f"the form has {known}"
    return [_written(one, values) for one in modal["components"]]


def _written(one: Json, values: Mapping[str, str]) -> Json:
    shape: Json = {"type": one["type"], "id": one.get("id", 0)}
    if "custom_id" in one:
        text = values.get(one["custom_id"], one.get("value") or "")
        shape["custom_id"] = one["custom_id"]
        shape |= {"values": [text]} if one["type"] == 3 else {"value": text}
    if "components" in one:
        shape["components"] = [_written(inner, values) for inner in one["components"]]
    if "component" in one:
        shape["component"] = _written(one["component"], values)
    return shape
