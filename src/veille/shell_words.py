"""Texts of what stands around every screen, in English and French; see `veille.words`."""

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
}
"""By key, English and French."""
