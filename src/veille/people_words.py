"""Texts of what people do about mentions, in English and French; see `veille.words`."""

from __future__ import annotations

PEOPLE_WORDS: dict[str, tuple[str, str]] = {
    "mine": ("Mine", "Les miennes"),
    "name_why": (
        "What is given to you and not handled stands here, once you have given the name under which you act: it is "
        "kept in this browser, and shown beside what you do.",
        "Ce qui vous est confié et reste à traiter est ici, dès que vous avez donné le nom sous lequel vous agissez : "
        "il est gardé dans ce navigateur, et affiché avec vos actions.",
    ),
    "name_label": ("Your name", "Votre nom"),
    "name_keep": ("Keep", "Garder"),
    "act_by": (", {name}", ", {name}"),
    "do_correct": ("Correct", "Corriger"),
    "do_handled": ("Handled", "Traitée"),
    "do_not_handled": ("Not handled", "Non traitée"),
    "do_assign": ("Give to", "Confier à"),
    "do_assign_button": ("Give", "Confier"),
    "do_assign_me": ("Take it myself ({name})", "La prendre ({name})"),
    "do_question": ("A question", "Une question"),
    "do_no_question": ("Not a question", "Pas une question"),
    "do_not_about": ("Not about {watch}", "Hors sujet pour {watch}"),
    "do_put_right": ("Put right", "Corriger"),
    "country_none": ("not known", "inconnu"),
    "is_handled": ("handled", "traitée"),
    "is_assigned": ("given to {name}", "confiée à {name}"),
    "is_noted": ("note", "note"),
    "is_put_right": ("put right", "corrigé"),
    "did_handled": ("Handled, {time}{by}.", "Traitée, {time}{by}."),
    "did_assigned": ("Given to {value}, {time}{by}.", "Confiée à {value}, {time}{by}."),
    "did_note": ("Note, {time}{by}:", "Note, {time}{by} :"),
    "did_answered": ("Answered elsewhere, {time}{by}.", "Réponse donnée ailleurs, {time}{by}."),
    "did_not_about": ("Not about {value}, {time}{by}.", "Hors sujet pour {value}, {time}{by}."),
    "did_label": (
        "{field} put right, {time}{by}: {value}. veille: {was}.",
        "{field} : corrigé, {time}{by} : {value}. veille : {was}.",
    ),
    "did_question_yes": ("a question", "une question"),
    "did_question_no": ("no question", "pas une question"),
    "did_kept": (
        "Searches and counts go by what is put right here, also after edits and newer models.",
        "Recherches et comptes suivent ces corrections, même après une modification ou un nouveau modèle.",
    ),
}
"""By key, English and French."""
