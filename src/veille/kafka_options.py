"""How clients are opened: servers, TLS, SASL; kafka-python's names and aiokafka's. It imports neither."""

from __future__ import annotations

import ssl
from typing import Any

from veille.errors import Misused
from veille.settings import KafkaSettings

BOOTSTRAP_MS = 10_000
"""How long the first connection may take before the broker counts as away."""

RECONNECT_MS = 1_000
"""Longest pause between attempts, so that a restarted broker is found within a second (kafka-python: 30 s)."""

SCRAM = "SCRAM-SHA-512"
PROTOCOLS = {"plain": "PLAINTEXT", "tls": "SSL", "scram": "SASL_SSL"}


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """What every kafka-python client is opened with. Raises Misused when `scram` lacks a name or a password."""
    options: dict[str, Any] = {
        "bootstrap_servers": list(settings.servers),
        "bootstrap_timeout_ms": BOOTSTRAP_MS,
        "reconnect_backoff_max_ms": RECONNECT_MS,
        "security_protocol": PROTOCOLS[settings.security],
    }
    if settings.security != "plain":
        options["ssl_context"] = ssl_context(settings)
    return options | _sasl_options(settings)


def aiokafka_options(settings: KafkaSettings) -> dict[str, Any]:
    """The same for aiokafka, whose names differ."""
    options: dict[str, Any] = {
        "bootstrap_servers": list(settings.servers),
        "security_protocol": PROTOCOLS[settings.security],
    }
    if settings.security != "plain":
        options["ssl_context"] = ssl_context(settings)
    return options | _sasl_options(settings)


def ssl_context(settings: KafkaSettings) -> ssl.SSLContext:
    """Trusts `settings.ca`, or the system's authorities without it. Raises Misused when the file is no use."""
    try:
        return ssl.create_default_context(cafile=settings.ca)
    except (OSError, ssl.SSLError) as error:
        raise Misused(f"kafka.ca: {settings.ca} holds no usable PEM certificate ({error})") from error


def _sasl_options(settings: KafkaSettings) -> dict[str, Any]:
    if settings.security != "scram":
        return {}
    if not settings.username or not settings.password:
        raise Misused(
            "kafka.security is scram, which needs kafka.username and a password: set VEILLE_KAFKA_PASSWORD, "
            "or VEILLE_KAFKA_PASSWORD_FILE to a file that holds it"
        )
    return {
        "sasl_mechanism": SCRAM,
        "sasl_plain_username": settings.username,
        "sasl_plain_password": settings.password,
    }
