"""The texts about watches and what is followed of them, in English and French; a part of `veille.words`."""

from __future__ import annotations

WATCH_WORDS: dict[str, tuple[str, str]] = {
    "behind": (
        "The settings file says since {time} what cannot be used: the watches of before are shown. The log says why.",
        "Depuis le {time}, le fichier de réglages dit ce qui ne peut servir : les veilles d’avant sont affichées. "
        "Le journal dit pourquoi.",
    ),
}
