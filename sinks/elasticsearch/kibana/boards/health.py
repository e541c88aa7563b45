"""What the counts may have missed: coverage, silent networks, failed enrichments."""

from __future__ import annotations

from veille.sinks.elasticsearch.kibana.boards.figures import ALERTS_COUNTED, COUNT, COVERAGE, NEGATIVE, SOURCE
from veille.sinks.elasticsearch.kibana.panels import (
    Chart,
    Dashboard,
    Metric,
    Number,
    Said,
    Table,
    Top,
    how_to_read,
    row,
)
from veille.sinks.elasticsearch.kibana.views import ALERTS, MENTIONS, WINDOWS

BOARD = Dashboard(
    key="health",
    title=Said("Santé", "Health"),
    about=Said("Ce que les comptes ont pu manquer.", "What the counts may have missed."),
    since="now-24h",
    rows=(
        how_to_read(
            6,
            Said(
                "La *couverture* est la part des secondes, toutes sources ensemble, sans interruption de "
                "lecture. Elle est dite pour les minutes qui ont une mention. Les interruptions elles-mêmes, "
                "avec leur cause : `veille gaps`, et la page.",
                "*Coverage* is the share of seconds, over all sources, that lie in no gap. It is told for "
                "minutes that have a mention. The gaps themselves, with their cause: `veille gaps`, and the "
                "page.",
            ),
        ),
        row(
            13,
            (
                32,
                Chart(
                    Said("Couverture", "Coverage"),
                    WINDOWS,
                    (
                        COVERAGE,
                        Metric(Said("la plus basse", "lowest"), "min", "coverage", colour=NEGATIVE, percent=True),
                    ),
                    shape="line",
                ),
            ),
            (
                16,
                Number(
                    Said("Minutes incomplètes", "Incomplete minutes"),
                    WINDOWS,
                    (Metric(Said("minutes d’une veille", "minutes of a watch"), where="coverage < 1"),),
                ),
            ),
        ),
        row(
            13,
            (
                24,
                Chart(
                    Said("Réseaux muets ou interrompus", "Silent or interrupted networks"),
                    ALERTS,
                    (ALERTS_COUNTED,),
                    where="kind: (silence or source_gap)",
                    split=Top(Said("réseau", "network"), "source", 10),
                ),
            ),
            (
                24,
                Table(
                    Said("Dernière mention par réseau", "Latest mention by network"),
                    MENTIONS,
                    (
                        Metric(Said("reçue", "received"), "max", "received_at"),
                        Metric(Said("publiée", "published"), "max", "created_at"),
                        COUNT,
                    ),
                    rows=(SOURCE,),
                ),
            ),
        ),
        row(
            13,
            (
                24,
                Chart(
                    Said("Enrichissements qui ont échoué", "Enrichments that failed"),
                    MENTIONS,
                    (COUNT,),
                    where="notes.step: *",
                    split=Top(Said("étape", "step"), "notes.step", 10),
                ),
            ),
            (
                24,
                Chart(
                    Said("Version de l’enrichissement", "Revision of the enrichment"),
                    MENTIONS,
                    (COUNT,),
                    split=Top(Said("version", "revision"), "enriched.revision", 5, others=True),
                ),
            ),
        ),
    ),
)
