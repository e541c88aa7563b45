"""Who talks, ranked by the number of mentions alone."""

from __future__ import annotations

from veille.sinks.elasticsearch.kibana.boards.figures import COUNT, SOURCE, WATCH_OF_MENTION
from veille.sinks.elasticsearch.kibana.panels import Chart, Dashboard, Metric, Said, Table, Top, how_to_read, row
from veille.sinks.elasticsearch.kibana.views import MENTIONS

BOARD = Dashboard(
    key="authors",
    title=Said("Auteurs", "Authors"),
    about=Said("Qui parle, et sur quels réseaux.", "Who talks, and on which networks."),
    since="now-24h",
    watches_of=MENTIONS,
    rows=(
        how_to_read(
            5,
            Said(
                "Les auteurs sont rangés par le seul nombre de leurs mentions, jamais par leur humeur. "
                "Ce qui est supprimé, effacé ou masqué n’apparaît pas.",
                "Authors are ranked by the number of their mentions alone, never by their mood. What is "
                "deleted, erased or hidden does not appear.",
            ),
        ),
        row(
            18,
            (
                24,
                Table(
                    Said("Auteurs les plus présents", "Most frequent authors"),
                    MENTIONS,
                    (COUNT,),
                    where="author.handle: *",
                    rows=(
                        Top(Said("auteur", "author"), "author.handle", 50),
                        Top(Said("réseau", "network"), "source", 5),
                    ),
                ),
            ),
            (
                24,
                Table(
                    Said("Auteurs par veille", "Authors by watch"),
                    MENTIONS,
                    (COUNT,),
                    where="author.handle: *",
                    rows=(WATCH_OF_MENTION, Top(Said("auteur", "author"), "author.handle", 10)),
                ),
            ),
        ),
        row(
            13,
            (
                24,
                Chart(
                    Said("Auteurs distincts", "Distinct authors"),
                    MENTIONS,
                    (Metric(Said("auteurs", "authors"), "unique_count", "author.id"),),
                    shape="line",
                ),
            ),
            (24, Chart(Said("Mentions par réseau", "Mentions by network"), MENTIONS, (COUNT,), split=SOURCE)),
        ),
        row(
            13,
            (
                24,
                Chart(
                    Said("Messages, réponses, reprises", "Posts, replies, reposts"),
                    MENTIONS,
                    (COUNT,),
                    split=Top(Said("genre", "kind"), "kind", 5),
                ),
            ),
            (
                24,
                Table(
                    Said("Comptes dont on parle", "Accounts that are talked about"),
                    MENTIONS,
                    (COUNT,),
                    rows=(Top(Said("compte", "account"), "tags.handles", 25),),
                ),
            ),
        ),
    ),
)
