"""Texts of what stands around every screen, and in the place of what lacks; English and French, see `veille.words`."""

from __future__ import annotations

SHELL_WORDS: dict[str, tuple[str, str]] = {
    "now": ("Now", "En direct"),
    "search": ("Search", "Recherche"),
    "search_go": ("Search", "Chercher"),
    "more": ("More", "Plus"),
    "screens": ("Screens", "Écrans"),
    "beside_alerts": ("{n} open", "{n} en cours"),
    "beside_questions": ("{n} without an answer seen", "{n} sans réponse vue"),
    "skip": ("Skip to the content", "Aller au contenu"),
    "choose_language": ("Language", "Langue"),
    "language_en": ("English", "English"),
    "language_fr": ("Français", "Français"),
    "dark": ("Dark", "Sombre"),
    "light": ("Light", "Clair"),
    "simulated": (
        "Simulated: every post here is invented. Nothing of this was said by anybody.",
        "Simulation : toutes ces publications sont inventées. Personne n’a dit cela.",
    ),
    "recorded": (
        "Recorded posts, read from files: nothing here is live.",
        "Publications enregistrées, lues dans des fichiers : rien ici n’est en direct.",
    ),
    "as_of": ("Data as of {time}", "Données à {time}"),
    "zone": ("Times in {zone}", "Heures : {zone}"),
    "keys": ("Keys", "Touches"),
    "close": ("Close", "Fermer"),
    "keys_on": ("Use these keys", "Utiliser ces touches"),
    "key_find": ("go to the search box", "aller à la recherche"),
    "key_next": ("next, previous mention or alert", "mention ou alerte suivante, précédente"),
    "key_open": ("open the mention", "ouvrir la mention"),
    "key_view": ("view it on its network", "la voir sur son réseau"),
    "key_new": ("show the new ones", "afficher les nouvelles"),
    "key_pause": ("pause, resume", "pause, reprendre"),
    "key_correct": ("correct it, or act on the alert", "la corriger, ou agir sur l’alerte"),
    "key_range": ("earlier, later", "avant, après"),
    "key_zoom": ("a shorter, a longer range", "période plus courte, plus longue"),
    "key_export": ("export what was found", "exporter ce qui est trouvé"),
    "key_save": ("save the search as a watch", "faire de la recherche une veille"),
    "key_help": ("this list", "cette liste"),
    "away": ("The archive does not answer.", "L’archive ne répond pas."),
    "away_since": ("The archive does not answer since {time}.", "L’archive ne répond pas depuis {time}."),
    "away_more": (
        "Nothing is shown rather than something wrong. This page comes back by itself; `veille doctor` says more.",
        "Rien n’est affiché plutôt que du faux. Cette page revient d’elle-même ; `veille doctor` en dit plus.",
    ),
    "away_late": ("This took too long.", "La réponse n’est pas venue à temps."),
    "away_late_more": (
        "The archive takes longer over it than this page waits. Nothing is shown rather than something wrong. "
        "Ask again in a moment, or for a shorter time.",
        "L’archive y met plus de temps que cette page n’attend. Rien n’est affiché plutôt que du faux. "
        "Redemandez dans un instant, ou sur une durée plus courte.",
    ),
    "away_search": ("You searched for: {what}", "Vous cherchiez : {what}"),
    "away_m": ("You asked for mention {what}.", "Vous demandiez la mention {what}."),
    "away_alerts": ("You asked for alert {what}.", "Vous demandiez l’alerte {what}."),
    "away_authors": ("You asked for the author of mention {what}.", "Vous demandiez l’auteur de la mention {what}."),
    "panel_late": ("Not counted: it took too long.", "Non compté : trop long."),
    "panel_failed": ("Not known: the archive did not answer.", "Inconnu : l’archive n’a pas répondu."),
    "panel_since": ("Last known at {time}.", "Dernier état connu : {time}."),
}
"""By key, English and French."""
