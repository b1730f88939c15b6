"""REST routes on interactions: the first answer, follow-ups, edits, and the application's commands."""

from tests.discord_town import errors, message_shapes, shapes
from tests.discord_town.command_forms import check_choices, check_commands
from tests.discord_town.drafts import Draft, drafted, redrafted
from tests.discord_town.interactions import Callback, Interaction, InteractionType
from tests.discord_town.posts import change, delete, post
from tests.discord_town.rest import Accepted, Answer, Ask, Routes, check_sizes
from tests.discord_town.world import Json, Message, MessageFlag, MessageType

routes = Routes()

_WEBHOOK = "/webhooks/{application_id}/{token}"


@routes("POST", "/interactions/{interaction_id}/{token}/callback", bucket="callback", public=True)
def interaction_callback(ask: Ask) -> Answer:
    """The first answer. Raises 10062 when it comes late, 40060 when there was one."""
    interaction = ask.state.interactions.get(ask.params["token"])
    if interaction is None or interaction.id != ask.id("interaction_id"):
        raise errors.unknown_interaction()
    callback = Callback(ask.body["type"])
    data: Json = ask.body.get("data") or {}
    _check_callback(interaction, callback, data)
    draft = _first_draft(ask, callback, data)
    interaction.acknowledge(callback, ask.now)
    if draft is not None:
        interaction.original = _answer(ask, interaction, draft)
    elif callback is Callback.UPDATE_MESSAGE and interaction.message is not None:
        change(ask.state, interaction.message, redrafted(interaction.message, data, ask.uploads))
        interaction.original = interaction.message
    elif callback is Callback.DEFERRED_UPDATE:
        interaction.original = interaction.message
    elif callback is Callback.AUTOCOMPLETE:
        interaction.choices = data["choices"]
    elif callback is Callback.MODAL:
        interaction.modal = data
    ask.state.touch()
    return _callback_answer(ask, interaction, callback) if ask.query.get("with_response") else None


def _check_callback(interaction: Interaction, callback: Callback, data: Json) -> None:
    completing = interaction.kind is InteractionType.AUTOCOMPLETE
    if completing is not (callback is Callback.AUTOCOMPLETE):
        raise errors.invalid("type", "INTERACTION_RESPONSE_TYPE_INVALID", "Not a response to this interaction.")
    if callback in (Callback.UPDATE_MESSAGE, Callback.DEFERRED_UPDATE) and interaction.message is None:
        raise errors.invalid("type", "INTERACTION_RESPONSE_TYPE_INVALID", "There is no message to update.")
    if callback is Callback.AUTOCOMPLETE:
        check_choices(data.get("choices", []))


def _first_draft(ask: Ask, callback: Callback, data: Json) -> Draft | None:
    check_sizes(ask.state, ask.uploads)
    if callback is Callback.MESSAGE:
        return drafted(data, ask.uploads, ephemeral=True)
    if callback is Callback.DEFERRED_MESSAGE:
        flags = int(data.get("flags") or 0) & MessageFlag.EPHEMERAL
        return Draft(flags=flags | MessageFlag.LOADING)
    return None


def _answer(ask: Ask, interaction: Interaction, draft: Draft) -> Message:
    """Post an answer; one that nobody else sees is private to who asked."""
    state = ask.state
    if interaction.channel.archived and interaction.channel.locked:
        raise errors.thread_archived()
    for upload in draft.attachments:
        upload.channel_id = interaction.channel.id
    kind = MessageType.CHAT_INPUT_COMMAND if interaction.kind is InteractionType.COMMAND else MessageType.DEFAULT
    return post(
        state,
        interaction.channel,
        state.me,
        draft,
        kind=kind,
        webhook_id=state.application.id,
        interaction=_metadata(interaction),
        private_to=interaction.user if draft.flags & MessageFlag.EPHEMERAL else None,
    )


def _metadata(interaction: Interaction) -> Json:
    return {
        "id": str(interaction.id),
        "type": int(interaction.kind),
        "user": shapes.user(interaction.user),
        "authorizing_integration_owners": {},
    }


def _callback_answer(ask: Ask, interaction: Interaction, callback: Callback) -> Json:
    about: Json = {
        "id": str(interaction.id),
        "type": int(interaction.kind),
        "response_message_loading": callback is Callback.DEFERRED_MESSAGE,
    }
    shape: Json = {"interaction": about, "resource": {"type": int(callback)}}
    if interaction.original is not None:
        about["response_message_id"] = str(interaction.original.id)
        about["response_message_ephemeral"] = interaction.original.ephemeral
        if callback in (Callback.MESSAGE, Callback.DEFERRED_MESSAGE, Callback.UPDATE_MESSAGE):
            shape["resource"]["message"] = message_shapes.message(ask.state, interaction.original, content=True)
    return shape


@routes("POST", _WEBHOOK, bucket="webhook", public=True)
def create_followup(ask: Ask) -> Answer:
    """One more answer; the first after a deferred one takes its place. There is no nonce here."""
    interaction = _by_token(ask)
    check_sizes(ask.state, ask.uploads)
    draft = drafted(ask.body, ask.uploads, ephemeral=True)
    original = interaction.original
    if original is not None and original.flags & MessageFlag.LOADING and original.deleted_at is None:
        message = _fill(ask, original, draft)
    else:
        message = _answer(ask, interaction, draft)
        interaction.followups.append(message)
    return message_shapes.message(ask.state, message, content=True)


@routes("GET", _WEBHOOK + "/messages/{message_id}", bucket="webhook", public=True)
def get_followup(ask: Ask) -> Answer:
    return message_shapes.message(ask.state, _followup(ask), content=True)


@routes("PATCH", _WEBHOOK + "/messages/{message_id}", bucket="webhook", public=True)
def edit_followup(ask: Ask) -> Answer:
    message = _followup(ask)
    check_sizes(ask.state, ask.uploads)
    for upload in ask.uploads:
        upload.channel_id = message.channel.id
    if message.channel.archived:
        raise errors.thread_archived()
    draft = redrafted(message, ask.body, ask.uploads)
    if message.flags & MessageFlag.LOADING:
        _fill(ask, message, draft)
    else:
        change(ask.state, message, draft)
    return message_shapes.message(ask.state, message, content=True)


@routes("DELETE", _WEBHOOK + "/messages/{message_id}", bucket="webhook", public=True)
def delete_followup(ask: Ask) -> Answer:
    delete(ask.state, _followup(ask))
    return None


def _fill(ask: Ask, thinking: Message, draft: Draft) -> Message:
    """Put the answer where "thinking" stood; whether it is private was said when it was deferred."""
    for upload in draft.attachments:
        upload.channel_id = thinking.channel.id
    private = thinking.flags & MessageFlag.EPHEMERAL
    draft.flags = draft.flags & ~(MessageFlag.LOADING | MessageFlag.EPHEMERAL) | private
    change(ask.state, thinking, draft)
    return thinking


def _by_token(ask: Ask) -> Interaction:
    interaction = ask.state.interactions.get(ask.params["token"])
    if interaction is None or ask.id("application_id") != ask.state.application.id:
        raise errors.unknown_webhook()
    interaction.require_token(ask.now)
    return interaction


def _followup(ask: Ask) -> Message:
    interaction, name = _by_token(ask), ask.params["message_id"]
    mine = [interaction.original, *interaction.followups]
    for message in mine:
        if message is not None and name in ("@original", str(message.id)) and message.deleted_at is None:
            return message
    raise errors.unknown_message()


@routes("GET", "/applications/{application_id}/commands")
def get_commands(ask: Ask) -> Answer:
    return ask.state.application.commands.get(0, [])


@routes("PUT", "/applications/{application_id}/commands")
def put_commands(ask: Ask) -> Answer:
    return _put(ask, 0)


@routes("GET", "/applications/{application_id}/guilds/{guild_id}/commands")
def get_guild_commands(ask: Ask) -> Answer:
    return ask.state.application.commands.get(ask.id("guild_id"), [])


@routes("PUT", "/applications/{application_id}/guilds/{guild_id}/commands", bucket="put_commands")
def put_guild_commands(ask: Ask) -> Answer:
    return _put(ask, ask.id("guild_id"))


@routes("POST", "/applications/{application_id}/commands")
def create_command(ask: Ask) -> Answer:
    app = ask.state.application
    rest = [one for one in app.commands.get(0, []) if one["name"] != ask.body["name"]]
    return Accepted(201, _register(ask, 0, [*rest, ask.body])[-1])


def _put(ask: Ask, guild_id: int) -> list[Json]:
    """Replace all commands; one that keeps its name and type keeps its id."""
    if ask.id("application_id") != ask.state.application.id:
        raise errors.unknown_application()
    return _register(ask, guild_id, ask.body)


def _register(ask: Ask, guild_id: int, commands: list[Json]) -> list[Json]:
    check_commands(commands)
    app, known = ask.state.application, {}
    for one in app.commands.get(guild_id, []):
        known[one["name"], one["type"]] = one["id"]
    registered = []
    for one in commands:
        kind = one.get("type", 1)
        defaults: Json = {"description": "", "options": [], "dm_permission": True, "nsfw": False}
        defaults |= {"default_member_permissions": None, "contexts": None, "integration_types": [0]}
        given = {key: value for key, value in one.items() if value is not None}
        name = known.get((one["name"], kind)) or str(ask.state.snowflake(ask.now))
        own: Json = {
            "id": name,
            "application_id": str(app.id),
            "type": kind,
            "version": str(ask.state.snowflake(ask.now)),
        }
        registered.append({**defaults, **given, **own, **({"guild_id": str(guild_id)} if guild_id else {})})
    app.commands[guild_id] = registered
    ask.state.touch()
    return registered
