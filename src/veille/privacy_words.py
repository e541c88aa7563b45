"""Texts of the notice to those whose posts are kept, in English and French; see `veille.words`."""

from __future__ import annotations

PRIVACY_WORDS: dict[str, tuple[str, str]] = {
    "privacy": ("Personal data", "Données personnelles"),
    "privacy_why": ("What it is for", "À quoi cela sert"),
    "privacy_purpose": (
        "To know what is said in public about names that somebody here answers for, to answer questions, and to be "
        "told when many complain at once. Only posts that everybody can read, and that match a watched name, are "
        "kept.",
        "Savoir ce qui se dit en public de noms dont quelqu’un répond ici, répondre aux questions, et être prévenu "
        "quand beaucoup se plaignent à la fois. Ne sont gardées que des publications que tout le monde peut lire et "
        "qui correspondent à un nom sous veille.",
    ),
    "privacy_what": ("What is kept", "Ce qui est gardé"),
    "privacy_kept": (
        "The post as its network gives it, with its author’s name, handle and, where the profile states one, place; "
        "beside it what was found in the text: words, language, links, whether it asks something, how it sounds.",
        "La publication telle que son réseau la donne, avec le nom, l’identifiant et, si le profil en indique un, le "
        "lieu de son auteur ; à côté, ce qui a été trouvé dans le texte : mots, langue, liens, s’il pose une "
        "question, le ton.",
    ),
    "privacy_never": (
        "Persons are not scored, rated or profiled; health, politics, religion, origin and private life are not "
        "inferred; accounts are not matched with other accounts or files.",
        "Aucune personne n’est notée, classée ni profilée ; santé, politique, religion, origine et vie privée ne "
        "sont pas déduites ; les comptes ne sont rapprochés ni d’autres comptes ni de fichiers.",
    ),
    "privacy_where": ("From where, and for how long", "D’où, et combien de temps"),
    "privacy_days": (
        "{days} days from the post, or until it is deleted there",
        "{days} jours à compter de la publication, ou jusqu’à sa suppression là-bas",
    ),
    "privacy_no_end": (
        "until it is deleted there, or erased on request",
        "jusqu’à sa suppression là-bas, ou son effacement sur demande",
    ),
    "privacy_deletes": (
        "What is edited or deleted on its network is edited or deleted here.",
        "Ce qui est modifié ou supprimé sur son réseau l’est aussi ici.",
    ),
    "privacy_rights": ("Your rights", "Vos droits"),
    "privacy_ask": (
        "You may ask what is kept about you, have it put right or erased, and object to its being kept: write from "
        "the account in question, or name it. Whoever runs this erases with `veille erase`: all of it goes, and "
        "nothing comes back. You may complain to your data protection authority.",
        "Vous pouvez demander ce qui est gardé sur vous, le faire rectifier ou effacer, et vous y opposer : écrivez "
        "depuis le compte en question, ou nommez-le. La personne qui exploite ce service efface avec `veille erase` "
        ": tout disparaît, et rien ne revient. Vous pouvez saisir votre autorité de protection des données.",
    ),
    "privacy_contact": ("Contact", "Contact"),
    "privacy_no_contact": (
        "None is named. For whoever runs this: `web.contact` in the settings file names one.",
        "Aucun n’est indiqué. Pour la personne qui exploite ce service : `web.contact`, dans le fichier de "
        "réglages, en indique un.",
    ),
}
"""By key, English and French."""
