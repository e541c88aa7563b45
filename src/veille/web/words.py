"""Every text of the page, in English and French. Templates ask by key; a missing key is an error in the first test."""

from __future__ import annotations

from collections.abc import Callable

LANGUAGES = ("en", "fr")

WORDS: dict[str, tuple[str, str]] = {
    "now": ("Now", "En direct"),
    "search": ("Search", "Recherche"),
    "skip": ("Skip to the content", "Aller au contenu"),
    "simulated": (
        "Simulated: every post here is invented. Nothing of this was said by anybody.",
        "Simulation : toutes ces publications sont inventées. Personne n’a dit cela.",
    ),
    "last_hour": ("The last 60 minutes", "Les 60 dernières minutes"),
    "mentions_hour": ("{n} mentions in 60 minutes", "{n} mentions en 60 minutes"),
    "mentions_one": ("1 mention in 60 minutes", "1 mention en 60 minutes"),
    "in_archive": ("{n} in the archive", "{n} dans l’archive"),
    "live": ("Live mentions", "Mentions en direct"),
    "new": ("{n} new – show", "{n} nouvelles – afficher"),
    "pause": ("Pause", "Pause"),
    "resume": ("Resume", "Reprendre"),
    "live_stopped": ("Live stopped at {time}: no answer.", "Direct arrêté à {time} : pas de réponse."),
    "nothing_yet": ("No mention yet. Reading since {time}.", "Pas encore de mention. Lecture depuis {time}."),
    "watching": ("Watching", "Sous veille"),
    "negative": ("negative", "négatif"),
    "neutral": ("neutral", "neutre"),
    "positive": ("positive", "positif"),
    "unsure": ("unsure", "incertain"),
    "per_minute": ("Mentions per minute by sentiment", "Mentions par minute selon le sentiment"),
    "over_time": ("Mentions over time by sentiment", "Mentions dans le temps selon le sentiment"),
    "so_far": ("so far", "en cours"),
    "as_table": ("The same as a table", "Les mêmes chiffres en tableau"),
    "time": ("Time", "Heure"),
    "query": ("Query", "Requête"),
    "query_hint": (
        'Words, "a phrase", OR, -not, #tag, @handle, from:, lang:, is:, has:, url:',
        'Mots, "une expression", OR, -sauf, #mot-dièse, @compte, from:, lang:, is:, has:, url:',
    ),
    "range": ("Range", "Période"),
    "range_1h": ("1 hour", "1 heure"),
    "range_24h": ("24 hours", "24 heures"),
    "range_7d": ("7 days", "7 jours"),
    "range_30d": ("30 days", "30 jours"),
    "found": ("{n} mentions", "{n} mentions"),
    "found_one": ("1 mention", "1 mention"),
    "at_least": ("at least {n} mentions", "au moins {n} mentions"),
    "none": ("No mention matches.", "Aucune mention ne correspond."),
    "older": ("Older", "Plus anciennes"),
    "open": ("Open", "Ouvrir"),
    "view_on": ("View on {network}", "Voir sur {network}"),
    "edited": ("edited", "modifié"),
    "reposted_by": ("reposted by {name}", "republié par {name}"),
    "removed": ("Removed by its author or network, {time}", "Retiré par son auteur ou son réseau, {time}"),
    "gone": (
        "This post was removed by its author or network.",
        "Cette publication a été retirée par son auteur ou son réseau.",
    ),
    "unknown": ("There is no such mention.", "Cette mention n’existe pas."),
    "away": ("The archive does not answer.", "L’archive ne répond pas."),
    "away_more": (
        "Nothing is shown rather than something wrong. Try again in a moment; `veille doctor` says more.",
        "Rien n’est affiché plutôt que du faux. Réessayez dans un instant ; `veille doctor` en dit plus.",
    ),
    "retry": ("Try again", "Réessayer"),
    "question": ("question", "question"),
    "as_of": ("Data as of {time}", "Données à {time}"),
    "zone": ("Times in {zone}", "Heures : {zone}"),
    "why_here": ("Why it is here", "Pourquoi elle est là"),
    "what_we_found": ("What we found in it", "Ce que nous y avons trouvé"),
    "field": ("Field", "Champ"),
    "value": ("Value", "Valeur"),
    "confidence": ("confidence", "confiance"),
    "language": ("Language", "Langue"),
    "sentiment": ("Sentiment", "Sentiment"),
    "place": ("Place", "Lieu"),
    "places": ("Places named", "Lieux cités"),
    "received": ("Received", "Reçue"),
    "theme": ("Theme", "Thème"),
    "token": ("Token", "Jeton"),
    "enter": ("Enter", "Entrer"),
    "wrong_token": ("That is not the token.", "Ce n’est pas le jeton."),
    "warning_show": ("Show: {warning}", "Afficher : {warning}"),
    "show_all": ("Show all", "Tout afficher"),
    "everything": ("everything", "tout"),
}

Say = Callable[..., str]


def speaker(language: str) -> Say:
    """A function that says a key in one language, with its blanks filled."""
    column = LANGUAGES.index(language)

    def say(key: str, **blanks: object) -> str:
        return WORDS[key][column].format(**blanks)

    return say
