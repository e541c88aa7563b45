"""How much each watch is talked about, over time."""

from __future__ import annotations

from veille.sinks.elasticsearch.kibana.boards.figures import BEGUN, COVERAGE, QUESTIONS, SUM, WATCH
from veille.sinks.elasticsearch.kibana.panels import Chart, Dashboard, Metric, Said, Table, how_to_read, row
from veille.sinks.elasticsearch.kibana.views import WINDOWS

BOARD = Dashboard(
    key="volume",
    title=Said("Volume", "Volume"),
    about=Said(
        "Combien on parle de chaque veille, au fil du temps.", "How much each watch is talked about, over time."
    ),
    since="now-7d",
    watches_of=WINDOWS,
    rows=(
        how_to_read(
            5,
            Said(
                "Une mention que plusieurs veilles retiennent compte pour chacune. Une *histoire* réunit "
                "ce qui dit presque la même chose : reprises, copies, campagnes.",
                "A mention that several watches match counts for each of them. A *story* joins what says "
                "nearly the same: reposts, copies, campaigns.",
            ),
        ),
        row(
            15,
            (48, Chart(Said("Mentions par veille", "Mentions by watch"), WINDOWS, (SUM,), split=WATCH, shape="line")),
        ),
        row(
            13,
            (
                24,
                Chart(Said("Histoires commencées", "Stories begun"), WINDOWS, (BEGUN,), split=WATCH, shape="line"),
            ),
            (
                24,
                Chart(
                    Said("Mentions qui posent une question", "Mentions that ask something"),
                    WINDOWS,
                    (QUESTIONS,),
                    split=WATCH,
                    shape="line",
                ),
            ),
        ),
        row(
            12,
            (
                48,
                Table(
                    Said("Par veille", "By watch"),
                    WINDOWS,
                    (
                        SUM,
                        BEGUN,
                        QUESTIONS,
                        Metric(Said("de nos comptes", "by our own accounts"), "sum", "own"),
                        COVERAGE,
                    ),
                    rows=(WATCH,),
                ),
            ),
        ),
    ),
)
