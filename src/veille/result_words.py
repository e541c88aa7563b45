"""The words of what a search found: stories and the map; in English and French."""

from __future__ import annotations

RESULT_WORDS: dict[str, tuple[str, str]] = {
    "order_copied": ("most copied", "les plus recopiées"),
    "group": ("Show", "Afficher"),
    "group_story": ("one card a story", "une fiche par histoire"),
    "group_mention": ("every mention", "chaque mention"),
    "found_story": ("1 story", "1 histoire"),
    "found_put_right": ("of which {n} put right by people", "dont {n} corrigées à la main"),
    "found_put_right_one": ("of which 1 put right by people", "dont 1 corrigée à la main"),
    "range_of": ("{since} – {until}", "{since} – {until}"),
    "gaps_in": ("{n} gaps ({lasts})", "{n} lacunes ({lasts})"),
    "gap_in": ("1 gap ({lasts})", "1 lacune ({lasts})"),
    "go_to_day": ("Go to date", "Aller au jour"),
    "go": ("Go", "Aller"),
    "seek_values": ("Find a value", "Chercher une valeur"),
    "sought_no_author": (
        "No author has this as their handle, or as a word of their name.",
        "Aucun auteur n’a cela pour compte, ni comme mot de son nom.",
    ),
    "sought_none": ("No value has this.", "Aucune valeur ne contient cela."),
    "sought_all": ("All values", "Toutes les valeurs"),
    "view": ("View", "Vue"),
    "view_list": ("List", "Liste"),
    "view_map": ("Map", "Carte"),
    "map_area": ("Where authors are", "Où sont les auteurs"),
    "map_place": ("Places talked about", "Lieux dont on parle"),
    "map_of": ("{n} of {total} have a place", "{n} sur {total} ont un lieu"),
    "map_of_one": ("1 of {total} has a place", "1 sur {total} a un lieu"),
    "map_none": ("None of them has a place.", "Aucune n’a de lieu."),
    "map_where": ("Place", "Lieu"),
    "map_by": ("How it is known", "Comment on le sait"),
    "map_rest": ("{country}, elsewhere", "{country}, ailleurs"),
    "map_other": (
        "{n} more are in places or countries with fewer than 5 mentions, which are not drawn.",
        "{n} autres sont dans des lieux ou pays de moins de 5 mentions, qui ne sont pas dessinés.",
    ),
    "map_other_one": (
        "1 more is in a place or country with fewer than 5 mentions, which is not drawn.",
        "1 autre est dans un lieu ou pays de moins de 5 mentions, qui n’est pas dessiné.",
    ),
    "map_apart": (
        "Two different things, never added up: where an author is, and what a text talks about. A text that names "
        "several places counts for each.",
        "Deux choses différentes, jamais additionnées : où est l’auteur, et de quoi parle le texte. Un texte qui nomme "
        "plusieurs lieux compte pour chacun.",
    ),
}
