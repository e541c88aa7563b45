"""Words, hashtags, links, places and stories."""

from __future__ import annotations

from veille.sinks.elasticsearch.kibana.boards.figures import COUNT, WATCH
from veille.sinks.elasticsearch.kibana.panels import Chart, Dashboard, Metric, Said, Table, Top, how_to_read, row
from veille.sinks.elasticsearch.kibana.views import MENTIONS, WINDOWS


def _minutes(title: Said, of: Top) -> Table:
    """In how many minutes each was among a watch's most frequent."""
    return Table(title, WINDOWS, (Metric(Said("minutes", "minutes")),), alone=True, rows=(WATCH, of))


def _mentions(title: Said, of: Top) -> Chart:
    """In how many mentions each is."""
    return Chart(title, MENTIONS, (COUNT,), by=of, shape="bar_horizontal")


BOARD = Dashboard(
    key="terms",
    title=Said("Mots et liens", "Words and links"),
    about=Said("De quoi on parle, et ce qu’on partage.", "What is talked about, and what is shared."),
    since="now-24h",
    watches_of=MENTIONS,
    rows=(
        how_to_read(
            5,
            Said(
                "Mots et adresses sont comptés en minutes où ils étaient parmi les plus fréquents d’une "
                "veille ; le choix des veilles, en haut, ne les touche pas. Les autres tableaux comptent "
                "des mentions.",
                "Words and addresses are counted in minutes in which they were among a watch’s most "
                "frequent; the choice of watches above leaves them as they are. The other tables count "
                "mentions.",
            ),
        ),
        row(
            16,
            (
                24,
                _minutes(
                    Said("Mots les plus fréquents", "Most frequent words"), Top(Said("mot", "word"), "terms.value", 15)
                ),
            ),
            (
                24,
                _minutes(
                    Said("Adresses les plus partagées", "Most shared addresses"),
                    Top(Said("adresse", "address"), "links.value", 10),
                ),
            ),
        ),
        row(
            16,
            (16, _mentions(Said("Mots-dièse", "Hashtags"), Top(Said("mot-dièse", "hashtag"), "tags.hashtags", 20))),
            (16, _mentions(Said("Sites", "Sites"), Top(Said("site", "site"), "tags.domains", 20))),
            (
                16,
                _mentions(
                    Said("Lieux dont on parle", "Places that are talked about"),
                    Top(Said("lieu", "place"), "places.name", 20),
                ),
            ),
        ),
        row(
            13,
            (
                24,
                Chart(
                    Said("Langues", "Languages"),
                    MENTIONS,
                    (COUNT,),
                    split=Top(Said("langue", "language"), "language.code", 8, others=True),
                ),
            ),
            (
                24,
                Table(
                    Said("Histoires les plus reprises", "Most copied stories"),
                    MENTIONS,
                    (COUNT, Metric(Said("auteurs", "authors"), "unique_count", "author.id")),
                    where="story: *",
                    rows=(Top(Said("histoire", "story"), "story", 20),),
                ),
            ),
        ),
    ),
)
