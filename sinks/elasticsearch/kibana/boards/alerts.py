"""What was out of the ordinary, by kind and severity."""

from __future__ import annotations

from veille.alert import URGENT
from veille.sinks.elasticsearch.kibana.boards.figures import ALERTS_COUNTED, NEGATIVE, NEUTRAL, WATCH
from veille.sinks.elasticsearch.kibana.panels import Chart, Dashboard, Metric, Number, Said, Table, Top, row
from veille.sinks.elasticsearch.kibana.views import ALERTS

OPEN, CALLED = 'not state: "closed"', f"highest >= {URGENT}"

BOARD = Dashboard(
    key="alerts",
    title=Said("Alertes", "Alerts"),
    about=Said("Ce qui sortait de l’ordinaire.", "What was out of the ordinary."),
    since="now-30d",
    watches_of=ALERTS,
    rows=(
        row(
            7,
            (16, Number(Said("Alertes", "Alerts"), ALERTS, (ALERTS_COUNTED,))),
            (
                16,
                Number(Said("en cours", "open"), ALERTS, (Metric(Said("alertes", "alerts"), where=OPEN),)),
            ),
            (
                16,
                Number(
                    Said(f"de gravité {URGENT} et plus", f"of severity {URGENT} or more"),
                    ALERTS,
                    (Metric(Said("alertes", "alerts"), where=CALLED),),
                ),
            ),
        ),
        row(
            14,
            (
                24,
                Chart(
                    Said("Par genre", "By kind"),
                    ALERTS,
                    (ALERTS_COUNTED,),
                    split=Top(Said("genre", "kind"), "kind", 10),
                ),
            ),
            (
                24,
                Chart(
                    Said("Par gravité", "By severity"),
                    ALERTS,
                    (
                        Metric(
                            Said(f"{URGENT} à 10 : quelqu’un est appelé", f"{URGENT} to 10: somebody is called"),
                            where=CALLED,
                            colour=NEGATIVE,
                        ),
                        Metric(Said(f"1 à {URGENT - 1}", f"1 to {URGENT - 1}"), where=f"not {CALLED}", colour=NEUTRAL),
                    ),
                ),
            ),
        ),
        row(
            14,
            (
                48,
                Table(
                    Said("Les dernières", "The latest"),
                    ALERTS,
                    (
                        Metric(Said("commencée", "begun"), "max", "since"),
                        Metric(Said("genre", "kind"), "last_value", "kind"),
                        Metric(Said("veille", "watch"), "last_value", "watch"),
                        Metric(Said("réseau", "network"), "last_value", "source"),
                        Metric(Said("état", "state"), "last_value", "state"),
                        Metric(Said("gravité la plus haute", "highest severity"), "max", "highest"),
                        Metric(Said("observées", "observed"), "max", "observed"),
                        Metric(Said("attendues", "expected"), "max", "expected"),
                        Metric(Said("couverture", "coverage"), "min", "coverage", percent=True),
                    ),
                    rows=(Top(Said("alerte", "alert"), "id", 50),),
                ),
            ),
        ),
        row(
            12,
            (
                48,
                Table(
                    Said("Par veille et genre", "By watch and kind"),
                    ALERTS,
                    (
                        ALERTS_COUNTED,
                        Metric(Said("gravité la plus haute", "highest severity"), "max", "highest"),
                    ),
                    rows=(WATCH, Top(Said("genre", "kind"), "kind", 10)),
                ),
            ),
        ),
    ),
)
