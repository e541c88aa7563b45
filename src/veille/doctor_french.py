"""What `veille doctor` finds, in French for the page: names, findings and remedies by how they stand in English.

Check, language --told--> Told; a text that is none of these stays in English, and is said to be so
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from veille.health import Check
from veille.text.french import Sentences

NAMES: Mapping[str, str] = {
    "embedded broker": "broker intégré",
    "disk": "disque",
    "environment": "environnement",
    "sqlite archive": "archive sqlite",
    "world": "monde simulé",
    "feeds": "flux",
    "files": "fichiers",
    "watches": "veilles",
    "notify": "notifications",
}
"""Names of checks that are words; those of products stay as they are."""

FRENCH: Mapping[str, str] = {
    # this machine
    "{} on Python {}": "{} sous Python {}",
    "{} without FTS5": "{} sans FTS5",
    "use a Python whose SQLite has FTS5, as Debian's and python.org's have": (
        "utilisez un Python dont SQLite a FTS5, comme celui de Debian ou de python.org"
    ),
    "{} with FTS5": "{} avec FTS5",
    "set `kafka:` to a Kafka of your own": "indiquez sous `kafka:` un Kafka à vous",
    "make room, or set `data` to a folder on another disk": (
        "faites de la place, ou donnez à `data` un dossier sur un autre disque"
    ),
    "{} is there": "{} est là",
    "{} GiB free for {}": "{} Gio libres pour {}",
    "{} is not read": "{} n’est pas lue",
    "did you mean {}?": "vouliez-vous dire {} ?",
    # services
    "{}; all topics as they must be": "{} ; tous les topics sont comme il faut",
    "set it on the topic as expected": "donnez au topic la valeur attendue",
    "none yet at {}": "aucune pour l’instant à {}",
    "`veille run` makes it": "`veille run` la crée",
    "mentions: {}": "mentions : {}",
    "mentions: {}, the newest of {} UTC": "mentions : {}, la plus récente du {} UTC",
    "set VEILLE_X_BEARER_TOKEN, or VEILLE_X_BEARER_TOKEN_FILE to a file that holds it": (
        "fixez VEILLE_X_BEARER_TOKEN, ou donnez à VEILLE_X_BEARER_TOKEN_FILE un fichier qui le contient"
    ),
    "no bearer token": "pas de jeton (bearer token)",
    "{} is no file": "{} n’est pas un fichier",
    "name files that exist": "nommez des fichiers qui existent",
    "none is set": "aucune n’est définie",
    "add `watches:` to veille.yaml, or use --watch; see veille.example.yaml": (
        "ajoutez `watches:` à veille.yaml, ou passez --watch ; voyez veille.example.yaml"
    ),
    "matched last under other watches ({}) than the settings have ({})": (
        "a trié la dernière fois selon d’autres veilles ({}) que celles des réglages ({})"
    ),
    "if it runs, its log says why it stays with them; a start takes up these": (
        "si cette source tourne, son journal dit pourquoi elle y reste ; un démarrage prend celles des réglages"
    ),
    "{}; `veille notify test` tries it": "{} ; `veille notify test` l’essaie",
    "{} given up, the last at {} UTC to {}: {}": "abandonnées : {} ; la dernière le {} UTC vers {} : {}",
    "`veille notify test` shows whether it works now; the page has the alerts": (
        "`veille notify test` montre si cela marche maintenant ; la page a les alertes"
    ),
    "not tried: {} more servers": "non essayés : {} autres serveurs",
    "{} can be reached": "{} est joignable",
    "{} cannot be reached": "{} n’est pas joignable",
    "check the way out, a proxy or a firewall": "vérifiez l’accès au réseau, un proxy ou un pare-feu",
    "check that it runs, its address, and the way to it": "vérifiez que le service tourne, son adresse, et l’accès",
    "see the message": "voyez le message",
    # what the topics say
    "{} does not exist": "{} n’existe pas",
    "run `veille topics create`": "lancez `veille topics create`",
    "{} has {} partitions, expected {}": "{} a {} partitions ; attendu : {}",
    "the number is fixed for a topic's life, because keys would change their partition": (
        "le nombre vaut pour la vie du topic, car des clés changeraient de partition"
    ),
    "{} does not show its settings": "{} ne montre pas ses réglages",
    "the user needs DescribeConfigs on it": "l’utilisateur a besoin de DescribeConfigs sur ce topic",
    "{} has {}={}, expected {}": "{} a {}={} ; attendu : {}",
    # what Kafka says
    "Kafka does not do what was asked of it: {}": "Kafka ne fait pas ce qui lui est demandé : {}",
    "Kafka's certificate is not trusted ({}): set kafka.ca to the PEM file of its authority": (
        "Le certificat de Kafka n’inspire pas confiance ({}) : donnez à kafka.ca le fichier PEM de son autorité"
    ),
    "kafka.ca: {} holds no usable PEM certificate ({})": "kafka.ca : {} n’a pas de certificat PEM utilisable ({})",
    "kafka.security is scram, which needs kafka.username and a password: set VEILLE_KAFKA_PASSWORD, or "
    "VEILLE_KAFKA_PASSWORD_FILE to a file that holds it": (
        "kafka.security vaut scram, ce qui demande kafka.username et un mot de passe : fixez VEILLE_KAFKA_PASSWORD, "
        "ou donnez à VEILLE_KAFKA_PASSWORD_FILE un fichier qui le contient"
    ),
    "Kafka at {} refuses the user {}: name or password wrong, or the user has no {} credentials there ({})": (
        "Kafka à {} refuse l’utilisateur {} : nom ou mot de passe faux, ou pas d’identifiants {} là-bas ({})"
    ),
    "Kafka user {} lacks a right: {}; `veille doctor --grants` prints all that are needed": (
        "Il manque un droit à l’utilisateur {} de Kafka : {} ; `veille doctor --grants` les donne tous"
    ),
    # what the archive says
    "Elasticsearch at {} does not answer ({})": "Elasticsearch à {} ne répond pas ({})",
    "Elasticsearch at {} takes nothing now ({})": "Elasticsearch à {} n’accepte rien pour l’instant ({})",
    "Elasticsearch at {} does not accept the API key: set VEILLE_ELASTICSEARCH_API_KEY": (
        "Elasticsearch à {} n’accepte pas la clé d’API : fixez VEILLE_ELASTICSEARCH_API_KEY"
    ),
    "the API key may not do this on Elasticsearch at {}: `veille doctor --grants` prints the rights needed": (
        "la clé d’API n’en a pas le droit sur Elasticsearch à {} : `veille doctor --grants` donne les droits voulus"
    ),
    "{} shows a certificate that is not trusted here: name the PEM file of its authority under `elasticsearch: ca:`": (
        "{} montre un certificat sans confiance ici : nommez le fichier PEM de son autorité sous `elasticsearch: ca:`"
    ),
    "{} does not speak TLS: write its address with `http:`": "{} ne parle pas TLS : écrivez son adresse avec `http:`",
    "{} is no Elasticsearch; OpenSearch is not supported": "{} n’est pas Elasticsearch ; OpenSearch n’est pas accepté",
    "the archive {} cannot be used now: {}": "l’archive {} est inutilisable pour l’instant : {}",
    "the archive {} is damaged: {}; restore it, or move it away and replay": (
        "l’archive {} est abîmée : {} ; restaurez-la, ou déplacez-la et rejouez"
    ),
    "{} is no archive of veille: move it away, or choose another data folder": (
        "{} n’est pas une archive de veille : déplacez-la, ou choisissez un autre dossier de données"
    ),
    "{} has archive schema {}, this veille reads {}: install the newer veille": (
        "{} a le schéma d’archive {}, cette veille lit le {} : installez la veille plus récente"
    ),
    "{} has archive schema {}, this veille reads {}: `veille upgrade` brings it up to date": (
        "{} a le schéma d’archive {}, cette veille lit le {} : `veille upgrade` la met à jour"
    ),
    # what others say
    "there is no embedded broker on this system ({}): set `kafka:` instead": (
        "il n’y a pas de broker intégré pour ce système ({}) : indiquez plutôt `kafka:`"
    ),
    "notify: {} is no address that Apprise knows: see github.com/caronc/apprise, or its spelling": (
        "notify : {} n’est pas une adresse connue d’Apprise : voyez github.com/caronc/apprise, ou son orthographe"
    ),
    "notify: {} names {} receivers: write an entry for each, so that what fails for one is not repeated to the "
    "others": (
        "notify : {} nomme {} destinataires : écrivez une entrée pour chacun, pour que l’échec de l’un ne répète "
        "rien aux autres"
    ),
}
"""Findings and remedies, and the errors that come as findings."""


def _value(value: str) -> str:
    """A number as French writes it; anything else as it is."""
    if not re.fullmatch(r"\d{1,3}(,\d{3})+|\d+\.\d", value):
        return value
    return value.replace(",", "\N{NARROW NO-BREAK SPACE}").replace(".", ",")


_SENTENCES = Sentences(FRENCH, _value)


@dataclass(frozen=True)
class Told:
    """A check as a page says it; the languages are those that its texts are in."""

    check: Check
    name: str
    found: str
    found_in: str
    remedy: str
    remedy_in: str


def told(check: Check, language: str) -> Told:
    """A check for a reader of this language."""
    if language != "fr":
        return Told(check, check.name, check.found, "en", check.remedy, "en")
    found, remedy = in_french(check.found), in_french(check.remedy)
    return Told(
        check,
        NAMES.get(check.name, check.name),
        check.found if found is None else found,
        "en" if found is None else "fr",
        check.remedy if remedy is None else remedy,
        "en" if remedy is None else "fr",
    )


def in_french(said: str) -> str | None:
    """A finding or a remedy in French; None for what is not of this list."""
    return _SENTENCES.of(said)
