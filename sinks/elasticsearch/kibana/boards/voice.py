"""Share of voice: brand and competitors side by side, the market outside."""

from __future__ import annotations

from veille.sinks.elasticsearch.kibana.boards.figures import BEGUN, COVERAGE, MOODS, SUM, WATCH
from veille.sinks.elasticsearch.kibana.panels import Chart, Dashboard, Said, Shares, Table, how_to_read, row
from veille.sinks.elasticsearch.kibana.views import WINDOWS

BOARD = Dashboard(
    key="voice",
    title=Said("Part de voix", "Share of voice"),
    about=Said(
        "La marque et ses concurrents, les uns contre les autres.", "The brand and its competitors, side by side."
    ),
    since="now-7d",
    watches_of=WINDOWS,
    rows=(
        how_to_read(
            6,
            Said(
                "La somme est celle de la marque et des concurrents ; le marché n’en fait pas partie. "
                "`veille kibana install` prend les rôles dans `veille.yaml` ; après un import à la main, "
                "choisissez ces veilles en haut. Une mention qui en nomme deux compte pour les deux.",
                "The sum is over brand and competitors; the market is no part of it. `veille kibana "
                "install` takes the roles from `veille.yaml`; after an import by hand, choose those "
                "watches at the top. A mention that names two of them counts for both.",
            ),
        ),
        row(
            15,
            (16, Shares(Said("Part des mentions", "Share of mentions"), WINDOWS, (SUM,), compared=True, of=WATCH)),
            (
                32,
                Chart(
                    Said("Part au fil du temps", "Share over time"),
                    WINDOWS,
                    (SUM,),
                    compared=True,
                    split=WATCH,
                    shape="bar_percentage_stacked",
                ),
            ),
        ),
        row(
            13,
            (
                16,
                Shares(
                    Said("Part des mentions négatives", "Share of negative mentions"),
                    WINDOWS,
                    (MOODS[0],),
                    compared=True,
                    of=WATCH,
                ),
            ),
            (
                32,
                Table(
                    Said("Côte à côte", "Side by side"),
                    WINDOWS,
                    (SUM, BEGUN, *MOODS, COVERAGE),
                    compared=True,
                    rows=(WATCH,),
                ),
            ),
        ),
    ),
)
