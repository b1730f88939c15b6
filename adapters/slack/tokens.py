"""What the operator is told of Slack's tokens, by the check and at the start alike."""

APP_TOKENS_PAGE = "“Basic Information”, under “App-Level Tokens”"


def bot_token_refused(code: str) -> str:
    """Of a bot token that Slack says is dead."""
    return f"Slack refuses SLACK_BOT_TOKEN ({code}). Copy it again from “OAuth & Permissions”."
