"""views.*: the App Home and modals."""

import hashlib
from typing import Any

from tests.slack_town import blocks as block_kit
from tests.slack_town.call import Call, Method
from tests.slack_town.errors import Refusal
from tests.slack_town.limits import TIER_4
from tests.slack_town.shapes import view_json
from tests.slack_town.values import Json, View
from tests.slack_town.world import World


def publish(world: World, call: Call) -> Json:
    """views.publish: somebody's App Home."""
    user, body = call.needed("user_id"), _body(call, "home")
    if user not in world.users:
        raise Refusal("user_not_found")
    before = world.homes.get(user)
    if call.text("hash") and before is not None and call.text("hash") != before.hash:
        raise Refusal("hash_conflict")
    name = before.id if before else world.new_id("V")
    view = world.homes[user] = View(name, user, body, _hash(world), world.clock.now())
    return {"view": view_json(view)}


def open_modal(world: World, call: Call) -> Json:
    """views.open: within three seconds of what somebody did, once."""
    user = spend_trigger(world, call)
    body = _body(call, "modal")
    view = View(world.new_id("V"), user, body, _hash(world), world.clock.now(), body.get("external_id", ""))
    world.modals[view.id] = view
    return {"view": view_json(view)}


def update(world: World, call: Call) -> Json:
    """views.update: a view by its id or external id."""
    known = [*world.modals.values(), *world.homes.values()]
    view = next((one for one in known if one.id == call.text("view_id")), None) or next(
        (one for one in known if one.external_id and one.external_id == call.text("external_id")), None
    )
    if view is None:
        raise Refusal("not_found")
    if call.text("hash") and call.text("hash") != view.hash:
        raise Refusal("hash_conflict")
    view.body, view.hash, view.at = _body(call, view.body["type"]), _hash(world), world.clock.now()
    return {"view": view_json(view)}


def spend_trigger(world: World, call: Call) -> str:
    """Use up a trigger id; the user it was made for. Raises Refusal."""
    trigger = call.needed("trigger_id")
    known = world.triggers.get(trigger)
    if known is None:
        raise Refusal("invalid_trigger_id")
    if known.spent:
        raise Refusal("exchanged_trigger_id")
    if known.expires < world.clock.now():
        raise Refusal("expired_trigger_id")
    known.spent = True
    return known.user


def _body(call: Call, kind: str) -> Json:
    body: Any = call.args.get("view")
    if not isinstance(body, dict) or body.get("type") != kind:
        raise Refusal("invalid_arguments", response_metadata={"messages": [f"[ERROR] must be a {kind} view"]})
    if kind == "modal" and not 1 <= len(body.get("title", {}).get("text", "")) <= 24:
        raise Refusal(
            "invalid_arguments", response_metadata={"messages": ["[ERROR] title needs 1 to 24 characters"]}
        )
    block_kit.check(body.get("blocks", []), at_most=100)
    return body


def _hash(world: World) -> str:
    stamp = f"{world.clock.now():.6f}.{world.new_id('')}"
    return f"{int(world.clock.now())}.{hashlib.sha256(stamp.encode()).hexdigest()[:8]}"


METHODS = {
    "views.publish": Method(publish, TIER_4),
    "views.open": Method(open_modal, TIER_4),
    "views.push": Method(open_modal, TIER_4),
    "views.update": Method(update, TIER_4),
}
