"""What Slack's refusals mean: its error names, and what happens below HTTP, as the core's few kinds."""

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import extract_tb

from bot.errors import GatepostError, PlatformError
from bot.messages import Failure, FailureKind

_KINDS = {
    FailureKind.NOT_FOUND: "message_not_found channel_not_found thread_not_found invalid_thread_ts invalid_ts",
    FailureKind.CLOSED: "message_not_in_streaming_state stopped_by_user",
    FailureKind.RATE_LIMIT: "ratelimited rate_limited message_limit_exceeded",
    FailureKind.FORBIDDEN: (
        "not_in_channel is_archived is_inactive restricted_action restricted_action_read_only_channel"
        " restricted_action_thread_only_channel restricted_action_non_threadable_channel"
        " restricted_action_thread_locked cant_update_message cant_delete_message"
        " missing_scope messages_tab_disabled ekm_access_denied no_permission user_not_in_channel"
        " message_not_owned_by_app cannot_reply_to_message as_user_not_supported team_access_not_granted"
    ),
    # A token that died is the operator's to replace; what is unsaid is said after the next start.
    FailureKind.TRANSIENT: (
        "internal_error fatal_error service_unavailable request_timeout team_added_to_org lost disconnected"
        " token_revoked token_expired invalid_auth account_inactive not_authed"
    ),
    FailureKind.UNEDITABLE: "edit_window_closed",
}
KIND_OF = {code: kind for kind, codes in _KINDS.items() for code in codes.split()}

DEAD_TOKEN = frozenset({"token_revoked", "token_expired", "invalid_auth", "account_inactive", "not_authed"})
"""Errors after which no call can succeed until the operator puts in another token."""

NO_STREAMS = frozenset(
    {"unknown_method", "method_deprecated", "feature_not_enabled", "not_allowed_token_type", "access_denied"}
)
"""Errors that say that this workspace or this app has no streams or statuses at all."""


class SlackRefused(PlatformError):
    """Slack refused a call, or its answer was lost (`lost`). `code` is Slack's name for why."""

    def __init__(self, method: str, code: str, retry_after: float | None = None) -> None:
        kind = KIND_OF.get(code, FailureKind.INVALID)
        super().__init__(Failure(kind, retry_after), f"{method}: {code}")
        self.method = method
        self.code = code


def refused(code: str) -> SlackRefused:
    """A refusal of our own, before Slack is asked."""
    return SlackRefused("not sent", code)


UNREADABLE = (ValueError, LookupError, AttributeError, TypeError, RecursionError)
"""What reading raises over JSON that Slack did not write: something is missing, or of another type."""


class NotUnderstood(GatepostError):
    """Slack sent what does not have the form of its kind. Its text says what was looked for, and where."""


@contextmanager
def reading() -> Iterator[None]:
    """Around what only reads what Slack sent. Raises NotUnderstood where that can't be read."""
    try:
        yield
    except UNREADABLE as error:
        raise NotUnderstood(_missed(error)) from error


def _missed(error: BaseException) -> str:
    """What was wrong and where we saw it, without a word of what was sent."""
    last = extract_tb(error.__traceback__)[-1]
    missing = f" {error.args[0]}" if isinstance(error, KeyError) and error.args else ""
    return f"{type(error).__name__}{missing} in {last.name}"
