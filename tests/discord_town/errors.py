"""Discord's own errors: status, code and sentence."""

from typing import Any


class DiscordError(Exception):
    """An answer other than success. `more` goes into the body beside `message` and `code`."""

    def __init__(self, status: int, code: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "code": code, **more}


def unauthorized() -> DiscordError:
    return DiscordError(401, 0, "401: Unauthorized")


def not_found() -> DiscordError:
    return DiscordError(404, 0, "404: Not Found")


def unknown_application() -> DiscordError:
    return DiscordError(404, 10002, "Unknown Application")


def unknown_channel() -> DiscordError:
    return DiscordError(404, 10003, "Unknown Channel")


def unknown_guild() -> DiscordError:
    return DiscordError(404, 10004, "Unknown Guild")


def unknown_member() -> DiscordError:
    return DiscordError(404, 10007, "Unknown Member")


def unknown_message() -> DiscordError:
    return DiscordError(404, 10008, "Unknown Message")


def unknown_user() -> DiscordError:
    return DiscordError(404, 10013, "Unknown User")


def unknown_webhook() -> DiscordError:
    return DiscordError(404, 10015, "Unknown Webhook")


def unknown_interaction() -> DiscordError:
    return DiscordError(404, 10062, "Unknown interaction")


def too_large() -> DiscordError:
    return DiscordError(413, 40005, "Request entity too large")


def already_acknowledged() -> DiscordError:
    return DiscordError(400, 40060, "Interaction has already been acknowledged.")


def missing_access() -> DiscordError:
    return DiscordError(403, 50001, "Missing Access")


def not_the_author() -> DiscordError:
    return DiscordError(403, 50005, "Cannot edit a message authored by another user")


def empty_message() -> DiscordError:
    return DiscordError(400, 50006, "Cannot send an empty message")


def closed_dm() -> DiscordError:
    return DiscordError(403, 50007, "Cannot send messages to this user")


def wrong_channel_type() -> DiscordError:
    return DiscordError(400, 50024, "Cannot execute action on this channel type")


def missing_permissions() -> DiscordError:
    return DiscordError(403, 50013, "Missing Permissions")


def invalid_webhook_token() -> DiscordError:
    return DiscordError(401, 50027, "Invalid Webhook Token")


def thread_archived() -> DiscordError:
    return DiscordError(400, 50083, "Thread is archived")


def voice_message_edit() -> DiscordError:
    return DiscordError(400, 50162, "Voice messages cannot be edited")


def no_history_to_reply() -> DiscordError:
    return DiscordError(403, 160002, "Cannot reply without permission to read message history")


def thread_exists() -> DiscordError:
    return DiscordError(400, 160004, "A thread has already been created for this message")


def thread_locked() -> DiscordError:
    return DiscordError(400, 160005, "Thread is locked")


def invalid(field: str, code: str, message: str) -> DiscordError:
    """Invalid Form Body; `field` is dotted: `data.choices.3.name`."""
    errors: Any = {"_errors": [{"code": code, "message": message}]}
    for name in reversed(field.split(".")):
        errors = {name: errors}
    return DiscordError(400, 50035, "Invalid Form Body", errors=errors)


def too_long(field: str, limit: int) -> DiscordError:
    return invalid(field, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")


def too_many_old_edits(retry_after: float) -> DiscordError:
    return DiscordError(
        429,
        30046,
        "Maximum number of edits to messages older than 1 hour reached. Try again later.",
        **{"retry_after": retry_after, "global": False},
    )
