"""Web pages as text: what people see of them, and nothing that they do not."""

from bot.media.limits import Limits
from bot.media.pages import read_page

URL = "https://a.example/dir/page"


def read(html: str) -> str:
    return read_page("page", html.encode(), Limits(), URL).text


def test_blocks_stand_on_lines_of_their_own_with_their_marks() -> None:
    text = read(
        "<title>T</title><h2>One</h2><p>a <b>b</b>\n c</p><ul><li>x<li>y</ul><table><tr><td>1<td>2</table>"
    )

    assert text.splitlines() == ["T", "", "## One", "a b c", "- x", "- y", "| 1| 2"]


def test_what_is_not_shown_is_not_read() -> None:
    hidden = '<script>1</script><style>2</style><p hidden>3</p><p style="color:red;display: none">4</p><!-- 5 -->'

    assert read(f"{hidden}<p>seen</p>") == "seen"


def test_the_article_is_taken_from_what_stands_around_it_unless_that_is_all_there_is() -> None:
    around, article = "<nav>menu</nav><div>teaser</div>", f"<article>{'word ' * 100}</article>"

    assert "menu" not in read(around + article)
    assert "teaser" not in read(around + article)
    assert "menu" in read(around)


def test_links_are_listed_whole_each_once_and_only_those_that_can_be_opened() -> None:
    html = '<a href="../b">B</a><a href="../b#x">again</a><a href="javascript:x()">J</a><a href="https://c.example/">C</a>'

    listed = read(html).rpartition("Links on this page:\n")[2].splitlines()
    assert listed == ["- B: https://a.example/b", "- C: https://c.example/"]


def test_a_page_says_itself_how_it_is_written() -> None:
    page = '<meta charset="iso-8859-2"><p>żółw</p>'.encode("iso-8859-2")

    assert read_page("page", page, Limits(), URL).text == "żółw"


def test_long_pages_are_cut_and_broken_ones_are_read_as_far_as_they_go() -> None:
    assert read_page("page", b"<p>" + b"a" * 500, Limits(characters=100), URL).unread is not None
    assert read("<p>a<div>b</p></table><td>c") == "a\nb\nc"
    assert read("") == ""
