"""Texts of the page of one author, in English and French; see `veille.words`."""

from __future__ import annotations

AUTHOR_WORDS: dict[str, tuple[str, str]] = {
    "by_author": ("By this author", "Du même auteur"),
    "author_posts": (
        "Posts that matched your watches. Not a profile of a person.",
        "Publications qui ont correspondu à vos veilles. Ce n’est pas le profil d’une personne.",
    ),
    "author_mentions": ("{n} mentions held", "{n} mentions gardées"),
    "author_mentions_one": ("1 mention held", "1 mention gardée"),
    "author_mentions_least": ("At least {n} mentions held", "Au moins {n} mentions gardées"),
    "author_questions": ("{n} of them questions", "dont {n} questions"),
    "author_questions_one": ("1 of them a question", "dont 1 question"),
    "author_questions_none": ("no question among them", "aucune question parmi elles"),
    "author_answers": ("{n} answers to others’ questions", "{n} réponses aux questions d’autres"),
    "author_answers_one": ("1 answer to others’ questions", "1 réponse aux questions d’autres"),
    "author_answers_least": (
        "at least {n} answers to others’ questions",
        "au moins {n} réponses aux questions d’autres",
    ),
    "author_answers_least_one": ("at least 1 answer to others’ questions", "au moins 1 réponse aux questions d’autres"),
    "author_answers_none": ("no answer to others’ questions seen", "aucune réponse vue aux questions d’autres"),
    "author_spoken_unknown": ("what they asked and answered is not known", "questions et réponses inconnues"),
    "author_by_watch": ("By watch", "Par veille"),
    "author_first": ("First", "Première"),
    "author_last": ("Last", "Dernière"),
    "author_all_watches": ("All watches", "Toutes les veilles"),
    "author_over_time": ("Mentions over time", "Mentions dans le temps"),
    "author_cards": ("Mentions", "Mentions"),
    "author_empty": (
        "Nothing in this range. What is held goes from {first} to {last}.",
        "Rien sur cette période. Ce qui est gardé va du {first} au {last}.",
    ),
    "author_gone": (
        "Nothing is kept about this author under this address.",
        "Rien n’est gardé sur cet auteur sous cette adresse.",
    ),
    "author_unknown_page": ("There is no such page of an author.", "Cette page d’auteur n’existe pas."),
    "author_elsewhere": ("Read their other posts on {network}", "Lire ses autres publications sur {network}"),
    "author_elsewhere_note": (
        "Asked of the network now, shown once, kept nowhere.",
        "Demandées au réseau maintenant, montrées une fois, gardées nulle part.",
    ),
    "elsewhere_title": ("Other posts by this author", "Autres publications de cet auteur"),
    "elsewhere_note": (
        "The latest public posts, as {network} shows them to everybody now. None of it is kept here.",
        "Les dernières publications publiques, telles que {network} les montre à tous maintenant. Rien n’en est gardé.",
    ),
    "elsewhere_away": ("{network} does not answer.", "{network} ne répond pas."),
    "elsewhere_hidden": (
        "This author does not want to be shown to people who have not signed in there.",
        "Cet auteur ne veut pas être montré à qui n’est pas connecté là-bas.",
    ),
    "elsewhere_none": ("Nothing public there.", "Rien de public là-bas."),
    "author_rights": (
        "If this person asks what you hold, objects, or wants it erased: `veille erase` removes all of it and keeps it "
        "out; it gives a receipt.",
        "Si cette personne demande ce que vous gardez, s’y oppose ou veut l’effacement : `veille erase` retire tout, "
        "et rien ne revient ; la commande donne un reçu.",
    ),
}
"""By key, English and French."""
