"""`veille kibana`: dashboards in a Kibana, or as a file to be imported by hand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli import options
from veille.cli.output import print_json, print_line, print_table
from veille.errors import Misused
from veille.settings import Settings

if TYPE_CHECKING:
    from veille.sinks.elasticsearch.kibana.objects import Chosen

kibana = typer.Typer(no_args_is_help=True, help="Dashboards in Kibana.")

Language = Annotated[
    str | None, typer.Option("--language", metavar="fr|en", help="Of titles and labels; else `kibana.language`.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(kibana, name="kibana")


INSTALL = """Examples:

veille kibana install --url https://kibana:5601

veille kibana install --space communication --language en --json
"""


@kibana.command("install", epilog=INSTALL)
def install(
    *,
    url: Annotated[str | None, typer.Option("--url", help="Kibana's address; else `kibana.url`.")] = None,
    space: Annotated[str | None, typer.Option("--space", help="Id of a space; else `kibana.space`.")] = None,
    language: Language = None,
    config: options.Config = None,
    as_json: options.Json = False,
) -> None:
    """Put data views, maps and dashboards into Kibana, over those of an earlier time; nothing else is touched.

    The API key comes from VEILLE_KIBANA_API_KEY. Which watches are compared, the prefix of the indices and the page's
    address are those of the settings.
    """
    from veille.sinks.elasticsearch.kibana.client import Kibana
    from veille.sinks.elasticsearch.kibana.objects import ndjson

    settings = _settings(config, url=url, space=space, language=language)
    if not settings.kibana.url:
        raise Misused("where is Kibana? Give `--url https://kibana:5601`, or `kibana: {url: …}` in the settings")
    server = Kibana(settings.kibana)
    version = server.version()
    server.check_space()
    installed = server.install(ndjson(_chosen(settings)))
    rows = [
        {"type": each.type, "id": each.id, "title": each.title, "replaced": each.replaced}
        | ({"url": f"{server.base}/app/dashboards#/view/{each.id}"} if each.type == "dashboard" else {})
        for each in installed
    ]
    if as_json:
        told = {"kibana": version or None, "space": server.space, "language": settings.kibana.language}
        print_json(told | {"objects": rows})
        return
    cells = [
        ("replaced" if row["replaced"] else "made", str(row["type"]), str(row["title"]), str(row.get("url", "")))
        for row in rows
    ]
    print_table(("", "what", "title", "where"), cells, wide="where")
    print_line(f"Kibana {version or '(version unknown)'}, space {server.space}.")


EXPORT = """Examples:

veille kibana export > veille.ndjson

veille kibana export --language en > veille.ndjson        (then Stack Management > Saved Objects > Import)
"""


@kibana.command("export", epilog=EXPORT)
def export(*, language: Language = None, config: options.Config = None) -> None:
    """Print the same objects as a file that Kibana imports by hand, one JSON document a line."""
    from veille.sinks.elasticsearch.kibana.objects import ndjson

    sys.stdout.write(ndjson(_chosen(_settings(config, language=language))).decode())


def _settings(config: Any, **flags: str | None) -> Settings:
    given = {f"kibana.{name}": value for name, value in flags.items() if value is not None}
    return options.settings(config, overrides=given)


def _chosen(settings: Settings) -> Chosen:
    """What of the settings stands in the dashboards."""
    from veille.settings import ElasticsearchSettings
    from veille.sinks.elasticsearch.kibana.objects import Chosen
    from veille.voice import compared

    return Chosen(
        prefix=(settings.elasticsearch or ElasticsearchSettings()).prefix,
        language=settings.kibana.language,
        compared=tuple(watch.id for watch in compared(settings.watches)),
        page=settings.web.public_url.rstrip("/"),
    )
