"""`veille topics`: create, list and describe veille's topics on a Kafka of your own."""

from __future__ import annotations

import typer

from veille.cli import options
from veille.cli.output import print_json, print_line, print_table
from veille.errors import Misused
from veille.settings import KafkaSettings

topics = typer.Typer(no_args_is_help=True, help="Topics on a Kafka of your own.")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(topics, name="topics")


@topics.command("create", epilog="Example: veille topics create --config veille.yaml")
def create(config: options.Config = None, as_json: options.Json = False) -> None:
    """Create the topics that do not exist yet; those that exist are left as they are."""
    from veille.kafka import create_topics

    created = create_topics(_kafka(config))
    if as_json:
        print_json({"created": created})
    else:
        print_line("\n".join(f"created {name}" for name in created) or "All topics exist already.")


@topics.command("list", epilog="Example: veille topics list --json")
def list_(config: options.Config = None, as_json: options.Json = False) -> None:
    """List veille's topics on the broker."""
    from veille.kafka import list_topics

    names = list_topics(_kafka(config))
    if as_json:
        print_json({"topics": names})
    else:
        print_line("\n".join(names) or "No topic yet: run `veille topics create`.")


@topics.command("describe", epilog="Example: veille topics describe")
def describe(config: options.Config = None, as_json: options.Json = False) -> None:
    """Show partitions, copies and clean-up, and what is not as it must be (exit code 1)."""
    from veille.kafka import describe_topics, drift

    kafka = _kafka(config)
    states, wrong = describe_topics(kafka), drift(kafka)
    if as_json:
        print_json({"topics": list(states.values()), "drift": wrong})
    else:
        rows = [
            (each.name, str(each.partitions), str(each.replication), each.config.get("cleanup.policy", ""))
            for each in states.values()
        ]
        print_table(("topic", "partitions", "copies", "clean-up"), rows)
        for told in wrong:
            print_line(f"wrong: {told}")
    raise typer.Exit(1 if wrong else 0)


def _kafka(config: options.Config) -> KafkaSettings:
    settings = options.settings(config)
    if settings.kafka is None:
        raise Misused(
            "there is no Kafka in the settings, and the embedded broker makes its own topics: "
            "set `kafka:` in veille.yaml, or VEILLE_KAFKA_SERVERS"
        )
    return settings.kafka
