"""What is read out of feeds in each format, and what no parser is ever shown."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veille.identity import feed_doc_id, version
from veille.post import Post, encode
from veille.producers.feeds.document import Document, Entry, NotAFeed
from veille.producers.feeds.entry import LONGEST_SUMMARY, post_of, read_entry
from veille.producers.feeds.feed import readable
from veille.producers.feeds.json_feed import read_json
from veille.producers.feeds.plain import plain
from veille.producers.feeds.syndication import read_xml
from veille.producers.simulate.feeds_faults import BLOWUP, LAUGHS, OUTSIDE, PAGE

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FEED = "https://press.test/news/rss"
ITEM = """<item><title>T\u00e9l\u00e9 &amp;amp; radio</title><link>/a?b=1&amp;c=2</link>
<guid isPermaLink="false">g-1</guid><description>&lt;p&gt;Th\u00e9 &amp;amp; caf\u00e9&lt;br&gt;chaud&lt;/p&gt;
&lt;script&gt;alert(1)&lt;/script&gt;</description>
<pubDate>Mon, 02 Nov 2026 10:00:00 +0100</pubDate><author>bob@press.test (Bob)</author>
<category>Maison connect\u00e9e</category><georss:point>45.25 -71.5</georss:point>
<enclosure url="https://press.test/a.mp3" type="audio/mpeg" length="1"/></item>"""


def rss(items: str = ITEM, head: str = "<language>fr-FR</language><ttl>60</ttl>") -> bytes:
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:georss="http://www.georss.org/georss"><channel>'
        f"<title>Le Journal</title>{head}{items}</channel></rss>"
    ).encode()


def posts(document: Document, feed: str = FEED) -> list[Post]:
    return [post_of(read_entry(each, NOW), document, feed, NOW, known_at=None) for each in document.entries]


def test_an_entry_of_rss_becomes_an_article_of_plain_text() -> None:
    document = read_xml(rss(), "", FEED)
    (post,) = posts(document)
    moment = datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert (post.doc_id, post.version) == (feed_doc_id(FEED, "g-1"), str(version(moment, NOW)))
    assert (post.source, post.kind, post.op, post.origin) == ("feed", "article", "create", "live")
    assert post.text == "T\u00e9l\u00e9 & radio\nTh\u00e9 & caf\u00e9\nchaud"
    assert (post.url, post.instance, post.native_id) == ("https://press.test/a?b=1&c=2", "press.test", "g-1")
    assert (post.created_at, post.received_at, post.langs) == (moment, NOW, ["fr-fr"])
    assert (post.author.id, post.author.name) == ("press.test", "Le Journal · Bob")
    assert post.entities.hashtags == ["Maisonconnect\u00e9e"]
    assert post.place is not None
    assert (post.place.point, post.media) == ((-71.5, 45.25), ["audio"])
    assert document.fresh_s == 3600


def test_an_entry_of_atom_carries_both_its_dates_and_its_own_language() -> None:
    atom = b"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
    <title>Kit</title><entry xml:lang="de"><title type="text">a &lt;b&gt; c</title><id>tag:x,2026:1</id>
    <link href="http://k.example/1"/><link rel="enclosure" type="image/png" href="http://k/1.png"/>
    <updated>2026-11-02T10:00:00Z</updated><published>2026-11-01T10:00:00Z</published>
    <content type="html">&lt;p&gt;hello&lt;/p&gt;</content><author><name>Ann</name><email>a@b.c</email></author>
    </entry></feed>"""
    (post,) = posts(read_xml(atom, "application/atom+xml", FEED))
    assert (post.text, post.langs, post.media) == ("a <b> c\nhello", ["de"], ["image"])
    assert post.created_at == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert post.version == str(version(datetime(2026, 11, 2, 10, tzinfo=UTC), NOW))
    assert post.author.name == "Kit · Ann"
    assert b"a@b.c" not in encode(post)
    assert post.origin == "simulated"


@pytest.mark.parametrize(
    ("publisher", "author", "name"),
    [
        ("Le Journal", "Bob", "Le Journal · Bob"),
        ("Le Journal", "", "Le Journal"),
        ("", "Bob", "Bob"),
        ("Le Journal", " LE JOURNAL ", "Le Journal"),
        ("<b>Le Journal</b>", "Bob &amp; Ann", "Le Journal · Bob & Ann"),
        ("J" * 300, "Bob", "J" * 200),
        ("", "", None),
    ],
)
def test_an_article_names_its_publisher_before_who_wrote_it(publisher: str, author: str, name: str | None) -> None:
    (post,) = posts(Document(title=publisher, entries=[Entry(guid="g", title="t", author=author)]))
    assert post.author.name == name


@pytest.mark.parametrize(
    "document",
    [
        b'<rss version="0.91"><channel><title>t</title><item><title>eins</title><link>http://x.test/1</link></item>'
        b"</channel></rss>",
        b'<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        b'"http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel><title>t</title>'
        b"<item><title>eins</title><link>http://x.test/1</link></item></channel></rss>",
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">'
        b"<channel><title>t</title></channel><item><title>eins</title><link>http://x.test/1</link></item></rdf:RDF>",
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        b'<channel rdf:about="http://x"><title>t</title></channel><item rdf:about="http://x.test/1"><title>eins</title>'
        b"<link>http://x.test/1</link></item></rdf:RDF>",
    ],
    ids=["rss-0.91", "rss-0.91-doctype", "rss-0.90", "rss-1.0"],
)
def test_old_formats_are_read_and_an_entry_without_guid_is_known_by_its_link(document: bytes) -> None:
    (post,) = posts(read_xml(document, "text/xml", FEED))
    assert (post.text, post.doc_id) == ("eins", feed_doc_id(FEED, "http://x.test/1"))


def test_json_feed_is_read_and_what_is_of_another_type_is_passed_over() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "title": "J", "language": "fr",
        "authors": [{"name": "Zo\u00e9"}],
        "items": [
            {"id": 7, "url": "https://j.test/7", "title": "a < b", "content_text": "x & y <z>",
             "tags": ["Th\u00e9", 3],
             "date_published": "2026-11-02T10:00:00+01:00", "attachments": [{"mime_type": "video/mp4"}, None]},
            {"id": "8", "content_html": "<p>hi</p>", "title": 5, "author": {"name": "Al"}, "tags": "no"},
            "nonsense",
        ],
    }  # fmt: skip
    first, second = posts(read_json(json.dumps(feed).encode(), FEED))
    assert (first.doc_id, first.text) == (feed_doc_id(FEED, "7"), "a < b\nx & y <z>")
    assert (first.entities.hashtags, first.media, first.author.name) == (["Th\u00e9"], ["video"], "J · Zo\u00e9")
    assert first.created_at == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert (second.text, second.author.name, second.langs, second.created_at) == ("hi", "J · Al", ["fr"], NOW)


def test_half_characters_and_nuls_of_a_json_feed_do_not_stop_its_entries() -> None:
    feed = b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "a\\ud83d", "title": "x\\u0000y\\udc00"}]}'
    (post,) = posts(read_json(feed, FEED))
    assert encode(post)
    assert "\ufffd" in post.text


def test_half_characters_anywhere_in_a_json_feed_become_posts_that_can_be_stored() -> None:
    half = "x\ud83d\u0000"
    whole = {
        "id": half, "url": f"https://j.test/{half}", "title": half, "summary": half, "date_published": half,
        "language": half, "tags": [half], "authors": [{"name": half}], "attachments": [{"mime_type": half}],
    }  # fmt: skip
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": half, "language": half, "items": [whole]}
    (post,) = posts(read_json(json.dumps(feed).encode(), FEED))
    assert encode(post)
    found = readable(Document(entries=[Entry(author=half), Entry(title=half)]), "press.test", NOW, 10)
    assert [type(row[2]).__name__ for row in found.rows] == ["Broken", "Read"]


def test_a_date_that_cannot_be_is_kept_as_claimed_and_receipt_counts() -> None:
    item = "<item><guid>g</guid><title>t</title><pubDate>Tue, 01 Jan 2030 10:00:00 GMT</pubDate></item>"
    (post,) = posts(read_xml(rss(item), "", FEED))
    assert (post.created_at, post.version) == (NOW, str(version(None, NOW)))
    assert (post.created_at_claimed, post.flags) == ("Tue, 01 Jan 2030 10:00:00 GMT", ["time_clamped"])


def test_of_an_article_only_the_beginning_is_kept() -> None:
    item = f"<item><guid>g</guid><title>t</title><description>{'word ' * 5_000}</description></item>"
    (post,) = posts(read_xml(rss(item), "", FEED))
    assert LONGEST_SUMMARY - 20 < len(post.text) <= LONGEST_SUMMARY + 2
    assert post.text.endswith("word…")


def test_the_same_entry_has_the_same_identity_wherever_its_feed_has_moved() -> None:
    item = "<item><guid>relative/7</guid><title>t</title></item>"
    here = posts(read_xml(rss(item), "", FEED))
    assert [post.doc_id for post in here] == [post.doc_id for post in posts(read_xml(rss(item), "", FEED))]


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "windows-1252", "utf-16"])
def test_a_feed_is_read_in_the_encoding_that_it_declares(encoding: str) -> None:
    text = rss().decode().replace('version="1.0"', f'version="1.0" encoding="{encoding}"', 1)
    (post,) = posts(read_xml(text.encode(encoding), "text/xml", FEED))
    assert post.text.startswith("T\u00e9l\u00e9 & radio")


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bomb", [LAUGHS, BLOWUP, OUTSIDE], ids=["billion laughs", "quadratic blow-up", "xxe"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32"])
def test_a_document_with_entities_of_its_own_is_refused_unread_in_any_encoding(bomb: bytes, encoding: str) -> None:
    began = time.thread_time()
    with pytest.raises(NotAFeed) as caught:
        read_xml(bomb.decode().encode(encoding), "text/xml", FEED)
    assert caught.value.reason == "unsafe_xml"
    assert time.thread_time() - began < 2


def test_entities_are_refused_behind_comments_in_other_letters_and_in_utf_7_too() -> None:
    hidden = [
        b"<!-- <rss> --><!DOCTYPE rss [<!ENTITY a 'b'>]><rss version='2.0'><channel><title>&a;</title></channel></rss>",
        b"<!DOCTYPE rss [<!entity a 'b'>]><rss version='2.0'><channel><title>&a;</title></channel></rss>",
        b"<!DOCTYPE rss [<!ENTITY % a SYSTEM 'http://10.0.0.1/'> %a;]><rss version='2.0'/>",
    ]
    for document in hidden:
        with pytest.raises(NotAFeed, match="entities"):
            read_xml(document, "", FEED)
    utf_7 = b"<?xml version='1.0' encoding='utf-7'?>+ADwAIQ-DOCTYPE rss [+ADwAIQ-ENTITY a 'boom'>]>" + rss()[21:]
    assert "boom" not in str(read_xml(utf_7, "text/xml; charset=utf-7", FEED))


def test_an_external_dtd_is_named_and_never_fetched() -> None:
    document = b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">' + rss()[21:]
    assert len(read_xml(document, "", FEED).entries) == 1


@pytest.mark.parametrize("closed", [True, False])
def test_an_abyss_of_elements_is_refused_in_good_time(closed: bool) -> None:
    depth = 200_000
    deep = "<a>" * depth + ("</a>" * depth if closed else "")
    began = time.thread_time()
    with pytest.raises(NotAFeed, match="deep"):
        read_xml(rss(f"<item><description>{deep}</description></item>"), "", FEED)
    assert time.thread_time() - began < 3


@pytest.mark.parametrize(
    "document",
    [PAGE, b"", b"   ", b"%PDF-1.7", b"<opml version='2.0'/>", bytes(1000), b"\xff\xfe" + bytes(99), b"<", b"plain"],
)
def test_what_is_no_feed_is_said_to_be_none(document: bytes) -> None:
    with pytest.raises(NotAFeed) as caught:
        read_xml(document, "text/xml", FEED)
    assert caught.value.reason == "not_a_feed"


@pytest.mark.parametrize(
    "document", [b"{}", b"[1]", b'{"version": 1}', b'{"version": "https://jsonfeed', b"[" * 99_999]
)
def test_json_that_is_no_json_feed_is_said_to_be_none(document: bytes) -> None:
    with pytest.raises(NotAFeed, match="JSON"):
        read_json(document, FEED)


def test_of_a_document_that_ends_in_the_middle_whole_entries_are_read() -> None:
    whole = rss("".join(ITEM.replace("g-1", f"g-{number}") for number in range(5)))
    cut = read_xml(whole[: whole.index(b"g-3") + 40], "", FEED)
    assert ([entry.guid for entry in cut.entries], cut.whole) == (["g-0", "g-1", "g-2"], False)
    assert read_xml(whole, "", FEED).whole


def test_a_feed_with_small_mistakes_is_read_nevertheless() -> None:
    document = read_xml(
        rss(ITEM + "<item><guid isPermaLink='false'>2</guid><title>a & b &nbsp; c<br></title></item>"), "", FEED
    )
    assert ([entry.guid for entry in document.entries], document.whole) == (["g-1", "2"], True)


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(0, 900), st.sampled_from(["", "text/xml; charset=utf-16", "charset=x"]))
def test_whatever_comes_it_is_a_document_or_said_to_be_none(noise: bytes, at: int, content_type: str) -> None:
    base = rss()
    for body in (noise, base[:at] + noise + base[at:], base[:at]):
        try:
            document = read_xml(body, content_type, FEED)
        except NotAFeed:
            continue
        for entry in document.entries:
            if entry.guid or entry.link or entry.title:
                assert encode(posts(Document(entries=[entry]))[0])


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("<ul><li>one<li>two</ul>three", "one\ntwo\nthree"),
        ("x<style>p{}</style>y<script>z</script>", "xy"),
        ("a\n  b\t c", "a b c"),
        ("<p>a</p>\n\n<p>b</p>", "a\nb"),
        ("<script>never closed", ""),
        ("1 < 2 > 3 <> 4", "1 < 2 > 3 <> 4"),
        ('<img alt="a > b" src=x>c', "c"),
        ("a<!-- <p>x</p> -->b<!-- never closed", "ab"),
        ("<![CDATA[<![<!x>y", "<![CDATA[<![y"),
        ("<SCRIPT>if (a<b) {}</sCript >z", "z"),
        ("it's <b title=\"it's\">so</b>", "it's so"),
    ],
)
def test_html_becomes_the_text_that_its_readers_see(html: str, text: str) -> None:
    assert plain(html) == text


@pytest.mark.parametrize(
    "piece", ["<", "<!", "<!--", "&", "<a ", "</", '<a b="', "<a b='", "<![", "<script>", "<?", "a>", "&#1"]
)
def test_html_that_was_made_to_take_long_does_not(piece: str) -> None:
    began = time.thread_time()
    plain(piece * ((1 << 16) // len(piece)))
    assert time.thread_time() - began < 1


@given(st.text(st.sampled_from("<>!-/?[]&;#'\" =ab\n\u00e9"), max_size=60))
def test_any_text_at_all_can_be_read_as_html(text: str) -> None:
    assert "\r" not in plain(text)
