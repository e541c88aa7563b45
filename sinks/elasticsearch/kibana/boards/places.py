"""Where authors are: countries without anything from elsewhere, places on Kibana's own map, tables of both."""

from __future__ import annotations

from veille.sinks.elasticsearch.kibana.boards.figures import COUNT, MENTIONED
from veille.sinks.elasticsearch.kibana.panels import Dashboard, Drawn, Metric, Note, Number, Said, Table, Top, row
from veille.sinks.elasticsearch.kibana.views import MENTIONS

BOARD = Dashboard(
    key="map",
    title=Said("Carte", "Map"),
    about=Said("D’où parlent les auteurs, pour autant qu’ils le disent.", "Where authors are, as far as they say."),
    since="now-24h",
    watches_of=MENTIONS,
    rows=(
        row(
            7,
            (12, Number(Said("Mentions", "Mentions"), MENTIONS, (COUNT,))),
            (
                12,
                Number(
                    Said("dont le pays est connu", "of a known country"),
                    MENTIONS,
                    (Metric(MENTIONED, where="geo.country: *"),),
                ),
            ),
            (
                24,
                Note(
                    Said(
                        "Le lieu est celui de l’auteur ou du message, déduit le plus souvent de ce que l’auteur "
                        "écrit de lui-même. La carte des pays ne charge rien d’ailleurs ; le fond de l’autre vient "
                        "d’Elastic Maps Service, si Kibana y a accès.",
                        "A place is that of the author or the post, mostly as authors write of themselves. The map "
                        "of countries loads nothing from elsewhere; the ground of the other one comes from Elastic "
                        "Maps Service, where Kibana may use it.",
                    )
                ),
            ),
        ),
        row(
            20,
            (24, Drawn(Said("Mentions par pays", "Mentions by country"), MENTIONS, "countries")),
            (24, Drawn(Said("Mentions par lieu", "Mentions by place"), MENTIONS, "points")),
        ),
        row(
            15,
            (
                16,
                Table(
                    Said("Pays", "Countries"),
                    MENTIONS,
                    (COUNT,),
                    rows=(Top(Said("pays (ISO 3166-1)", "country (ISO 3166-1)"), "geo.country", 50),),
                ),
            ),
            (
                16,
                Table(
                    Said("Régions", "Regions"),
                    MENTIONS,
                    (COUNT,),
                    rows=(Top(Said("région (ISO 3166-2)", "region (ISO 3166-2)"), "geo.region", 50),),
                ),
            ),
            (
                16,
                Table(
                    Said("Villes", "Cities"),
                    MENTIONS,
                    (COUNT,),
                    rows=(
                        Top(Said("pays", "country"), "geo.country", 20),
                        Top(Said("ville", "city"), "geo.city", 5),
                    ),
                ),
            ),
        ),
    ),
)
