"""Who may call what: the tokens that the town has given out."""

from tests.slack_town.call import Method
from tests.slack_town.errors import Refusal

BOT_TOKEN = "xoxb-1000-2000-town"
APP_TOKEN = "xapp-1-A0GATE-3000-town"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"

BOT_SCOPES = frozenset(
    {
        "app_mentions:read",
        "assistant:write",
        "channels:history",
        "groups:history",
        "im:history",
        "mpim:history",
        "channels:read",
        "groups:read",
        "im:read",
        "mpim:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "im:write",
        "reactions:write",
        "users:read",
        "search:read.public",
        "search:read.files",
        "search:read.users",
    }
)


class Tokens:
    """What each token may do. Scopes can be taken away, tokens revoked."""

    def __init__(self) -> None:
        self.scopes: dict[str, set[str]] = {BOT_TOKEN: set(BOT_SCOPES), APP_TOKEN: {"connections:write"}}
        self.dead: dict[str, str] = {}
        """Tokens that are good no more, and the error that says why."""

    def revoke(self, token: str = BOT_TOKEN, error: str = "token_revoked") -> None:
        """Make a token useless: token_revoked, account_inactive, token_expired."""
        self.dead[token] = error

    def take(self, *scopes: str, token: str = BOT_TOKEN) -> None:
        """Take scopes away."""
        self.scopes[token] -= set(scopes)

    def may(self, token: str, *scopes: str) -> bool:
        """A living token that has one of the scopes."""
        return token not in self.dead and not self.scopes.get(token, set()).isdisjoint(scopes)

    def check(self, token: str, method: Method) -> None:
        """Whether this token may call this method. Raises Refusal."""
        if not token:
            raise Refusal("not_authed")
        if token in self.dead:
            raise Refusal(self.dead[token])
        if token not in self.scopes:
            raise Refusal("invalid_auth")
        if method.app != token.startswith("xapp-"):
            raise Refusal("not_allowed_token_type")
        if method.scopes and not self.may(token, *method.scopes):
            provided = ",".join(sorted(self.scopes[token]))
            raise Refusal("missing_scope", needed=",".join(method.scopes), provided=provided)
