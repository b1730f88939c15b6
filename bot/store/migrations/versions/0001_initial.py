"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    _make_inbox()
    _make_conversations()
    _make_items()
    _make_turns()
    _make_tool_calls()
    _make_posts()
    _make_files()
    _make_usage()
    _make_spent()
    _make_vectors()
    _make_feedback()
    _make_reminders()
    _make_occurrences()
    _make_polls()
    _make_votes()
    _make_presence()
    _make_settings()
    _make_page_messages()
    _make_page_files()
    _make_page_events()
    _make_page_keys()
    _make_index()
    _make_summaries()
    _make_recaps()
    _make_erasures()
    _make_recordings()
    _make_secrets()


def _make_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("conversation", sa.Text),
        sa.Column("turn_id", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("owed", sa.Integer, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("person", sa.Text),
    )
    op.create_index("inbox_by_message", "inbox", ["place", "message_id"])
    op.create_index("inbox_by_person", "inbox", ["person", "received_at"])
    op.create_index("inbox_by_turn", "inbox", ["turn_id"])
    op.create_index("inbox_by_owed", "inbox", ["owed"])


def _make_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("start_seq", sa.Integer, nullable=False),
        sa.Column("cut_seq", sa.Integer, nullable=False),
        sa.Column("media_seq", sa.Integer, nullable=False),
        sa.Column("next_seq", sa.Integer, nullable=False),
        sa.Column("prefix_version", sa.Integer, nullable=False),
        sa.Column("seeded", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )


def _make_items() -> None:
    op.create_table(
        "items",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("place", sa.Text),
        sa.Column("message_id", sa.Text),
        sa.Column("turn_id", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("erased", sa.Integer, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("at", sa.Float),
        sa.UniqueConstraint("conversation", "seq"),
    )
    op.create_index("items_by_message", "items", ["place", "message_id"])
    op.create_index("items_by_turn", "items", ["turn_id"])
    op.create_index("items_by_person", "items", ["person", "at"])
    op.create_index("items_by_age", "items", ["at"])


def _make_turns() -> None:
    op.create_table(
        "turns",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("origin", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("restarts", sa.Integer, nullable=False),
        sa.Column("stopping", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("final", sa.Text),
        sa.Column("delivered", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("ended_at", sa.Float),
    )
    op.create_index("turns_by_conversation", "turns", ["conversation", "state"])
    op.create_index("turns_by_state", "turns", ["state"])


def _make_tool_calls() -> None:
    op.create_table(
        "tool_calls",
        sa.Column("turn_id", sa.Text, primary_key=True),
        sa.Column("call_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("ended_at", sa.Float),
    )


def _make_posts() -> None:
    op.create_table(
        "posts",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("turn_id", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("place_key", sa.Text, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("message_id", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_index("posts_by_message", "posts", ["place_key", "message_id"])
    op.create_index("posts_by_turn", "posts", ["turn_id"])


def _make_files() -> None:
    op.create_table(
        "files",
        sa.Column("item_id", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
    )
    op.create_index("files_by_hash", "files", ["sha256"])


def _make_usage() -> None:
    op.create_table(
        "usage",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("turn_id", sa.Text),
        sa.Column("generation_id", sa.Text),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reserved", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("play", sa.Integer, nullable=False),
        sa.Column("prompt_tokens", sa.Integer, nullable=False),
        sa.Column("completion_tokens", sa.Integer, nullable=False),
        sa.Column("cached_tokens", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due", sa.Float),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("usage_by_channel", "usage", ["channel", "day"])
    op.create_index("usage_by_person", "usage", ["person", "day"])
    op.create_index("usage_by_state", "usage", ["state", "due"])
    op.create_index("usage_by_time", "usage", ["at"])


def _make_vectors() -> None:
    op.create_table(
        "vectors",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("owner_id", sa.Integer, primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("dimension", sa.Integer, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("vectors_by_model", "vectors", ["owner", "model", "dimension"])


def _make_spent() -> None:
    op.create_table(
        "spent",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("warned", sa.Integer, nullable=False),
    )


def _make_feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("turn_id", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("rating", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("feedback_by_person", "feedback", ["person"])


def _make_reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False, unique=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("due_at", sa.Float),
        sa.Column("about_place", sa.Text),
        sa.Column("about_message", sa.Text),
        sa.Column("ended_at", sa.Float),
        sa.UniqueConstraint("owner", "number"),
    )
    op.create_index("reminders_by_due", "reminders", ["due_at"])
    op.create_index("reminders_by_message", "reminders", ["about_place", "about_message"])


def _make_occurrences() -> None:
    op.create_table(
        "occurrences",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("reminder_id", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("shown", sa.Integer, nullable=False),
        sa.Column("taken_at", sa.Float, nullable=False),
    )
    op.create_index("occurrences_by_reminder", "occurrences", ["reminder_id", "taken_at"])
    op.create_index("occurrences_by_shown", "occurrences", ["shown"])


def _make_polls() -> None:
    op.create_table(
        "polls",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("unshown", sa.Integer, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("closes_at", sa.Float, nullable=False),
    )
    op.create_index("polls_by_person", "polls", ["person"])


def _make_votes() -> None:
    op.create_table(
        "votes",
        sa.Column("poll_id", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("choice", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("votes_by_person", "votes", ["person"])


def _make_presence() -> None:
    op.create_table(
        "presence",
        sa.Column("platform", sa.Text, primary_key=True),
        sa.Column("until", sa.Float, nullable=False),
    )


def _make_settings() -> None:
    op.create_table(
        "settings",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("person_name", sa.Text),
        sa.Column("at", sa.Float),
        sa.Column("aloud", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("settings_by_person", "settings", ["person"])


def _make_page_messages() -> None:
    op.create_table(
        "page_messages",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("seq", sa.Integer, nullable=False, unique=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("thread", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("replies", sa.Integer, nullable=False),
        sa.Column("deleted", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("page_messages_by_place", "page_messages", ["channel", "thread", "n"])


def _make_page_files() -> None:
    op.create_table(
        "page_files",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("sha256", sa.Text, primary_key=True),
    )
    op.create_index("page_files_by_hash", "page_files", ["sha256"])


def _make_page_events() -> None:
    op.create_table(
        "page_events",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("owed", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("page_events_by_owed", "page_events", ["owed"])


def _make_page_keys() -> None:
    op.create_table(
        "page_keys",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("granted_at", sa.Float, nullable=False),
    )


def _make_summaries() -> None:
    op.create_table(
        "summaries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("begins", sa.Text),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("newest_only", sa.Integer, nullable=False),
        sa.Column("messages", sa.Text, nullable=False),
        sa.Column("people", sa.Text, nullable=False),
        sa.Column("first_at", sa.Float, nullable=False),
        sa.Column("last_at", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("made_at", sa.Float, nullable=False),
    )
    op.create_index("summaries_by_place", "summaries", ["place"])
    op.create_index("summaries_by_channel", "summaries", ["channel"])


def _make_recaps() -> None:
    op.create_table(
        "recaps",
        sa.Column("conversation", sa.Text, primary_key=True),
        sa.Column("upto_seq", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("made_at", sa.Float, nullable=False),
    )


def _make_index() -> None:
    op.create_table(
        "indexed_places",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("apart", sa.Integer, nullable=False),
        sa.Column("own", sa.Integer, nullable=False),
        sa.Column("dm", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("indexed_places_by_channel", "indexed_places", ["channel"])
    op.create_index("indexed_places_by_own", "indexed_places", ["own", "dm"])
    op.create_table(
        "indexed_people",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "indexed_messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("place_id", sa.Integer, nullable=False),
        sa.Column("message_id", sa.Text),
        sa.Column("author_id", sa.Integer, nullable=False),
        sa.Column("item_id", sa.Integer),
        sa.Column("text", sa.Text),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("recorded", sa.Integer, nullable=False),
        sa.UniqueConstraint("place_id", "message_id"),
    )
    op.create_index("indexed_messages_by_author", "indexed_messages", ["author_id"])
    op.create_index("indexed_messages_by_item", "indexed_messages", ["item_id"])
    op.create_table(
        "index_marks",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("done", sa.Integer, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE indexed_words USING fts5"
            "(words, letters, labels, content='', columnsize=0, tokenize='ascii')"
        )


def _make_erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("erasures_by_state", "erasures", ["state"])


def _make_recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("read", sa.Integer, nullable=False),
        sa.Column("reached", sa.Float),
    )
    op.create_table(
        "backfills",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("since", sa.Float, nullable=False),
        sa.UniqueConstraint("place", "before"),
    )
    op.create_index("backfills_by_channel", "backfills", ["channel"])
    op.create_table(
        "forgotten",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("within", sa.Text, primary_key=True),
        sa.Column("until", sa.Float, nullable=False),
    )


def _make_secrets() -> None:
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
