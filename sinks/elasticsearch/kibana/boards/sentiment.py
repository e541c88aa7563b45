"""How what is said sounds; what is unsure is always shown."""

from __future__ import annotations

from veille.sinks.elasticsearch.kibana.boards.figures import MOODS, SUM, WATCH
from veille.sinks.elasticsearch.kibana.panels import Chart, Dashboard, Said, Table, how_to_read, row
from veille.sinks.elasticsearch.kibana.views import WINDOWS

BOARD = Dashboard(
    key="sentiment",
    title=Said("Sentiment", "Sentiment"),
    about=Said("Comment sonne ce qu’on dit.", "How what is said sounds."),
    since="now-7d",
    watches_of=WINDOWS,
    rows=(
        how_to_read(
            5,
            Said(
                "Le sentiment est une estimation. *Incertain* n’est pas *neutre* : le modèle n’a pas su "
                "trancher, et ces mentions restent comptées.",
                "Sentiment is a guess. *Unsure* is not *neutral*: the model could not tell, and those "
                "mentions stay in the count.",
            ),
        ),
        row(15, (48, Chart(Said("Sentiment au fil du temps", "Sentiment over time"), WINDOWS, MOODS))),
        row(
            13,
            (
                24,
                Chart(
                    Said("Parts au fil du temps", "Shares over time"),
                    WINDOWS,
                    MOODS,
                    shape="bar_percentage_stacked",
                ),
            ),
            (
                24,
                Chart(
                    Said("Parts par veille", "Shares by watch"),
                    WINDOWS,
                    MOODS,
                    by=WATCH,
                    shape="bar_horizontal_percentage_stacked",
                ),
            ),
        ),
        row(12, (48, Table(Said("Par veille", "By watch"), WINDOWS, (SUM, *MOODS), rows=(WATCH,)))),
    ),
)
