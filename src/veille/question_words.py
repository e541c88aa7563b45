"""Texts about questions and answers, in English and French; see `veille.words`."""

from __future__ import annotations

QUESTION_WORDS: dict[str, tuple[str, str]] = {
    "questions": ("Questions", "Questions"),
    "asked_day": ("{n} questions in 24 h", "{n} questions en 24 h"),
    "asked_day_one": ("1 question in 24 h", "1 question en 24 h"),
    "asked_day_least": ("At least {n} questions in 24 h", "Au moins {n} questions en 24 h"),
    "questions_usual": ("24 h, and who waits longer", "24 h, et qui attend plus longtemps"),
    "asked_then": ("{n} questions", "{n} questions"),
    "asked_then_one": ("1 question", "1 question"),
    "asked_then_least": ("At least {n} questions", "Au moins {n} questions"),
    "asked_none_then": (
        "No question seen in this time (French and English are understood)",
        "Aucune question vue sur cette période (le français et l’anglais sont compris)",
    ),
    "asked_answered": ("{n} with an answer seen", "{n} avec une réponse vue"),
    "asked_elsewhere": ("{n} answered elsewhere", "{n} avec une réponse ailleurs"),
    "asked_none": (
        "No question seen in 24 h (French and English are understood)",
        "Aucune question vue en 24 h (le français et l’anglais sont compris)",
    ),
    "half_within": ("Half were answered within {time}.", "La moitié a reçu une réponse en {time} au plus."),
    "half_not_yet": ("Fewer than half have an answer so far.", "Moins de la moitié ont une réponse pour l’instant."),
    "questions_note": (
        "No answer seen is not no answer: a reply that names nothing that is watched may never come here.",
        "Aucune réponse vue ne veut pas dire aucune réponse : celle qui ne nomme rien de ce qui est sous veille "
        "peut ne jamais arriver ici.",
    ),
    "questions_list": ("Who waits, and who answered", "Qui attend, et qui a répondu"),
    "questions_waiting": ("No answer seen", "Aucune réponse vue"),
    "questions_waiting_long": ("No answer seen for two days", "Aucune réponse vue depuis deux jours"),
    "questions_answered": ("Answered", "Avec réponse"),
    "questions_ours": ("What we asked", "Ce que nous avons demandé"),
    "questions_none": ("Not questions", "Pas des questions"),
    "questions_first": ("The first {n} are shown.", "Les {n} premières sont affichées."),
    "waits_since": ("waiting for {time}", "attend depuis {time}"),
    "ours_since": ("asked {time} ago, no answer seen", "posée il y a {time}, aucune réponse vue"),
    "answers_one": ("1 answer seen", "1 réponse vue"),
    "answers_seen": ("{n} answers seen", "{n} réponses vues"),
    "first_after": ("the first after {time}", "la première après {time}"),
    "twentieth_after": ("the twentieth after {time}", "la vingtième après {time}"),
    "twentieth_not_yet": ("fewer than twenty so far", "moins de vingt pour l’instant"),
    "by_us": ("answered by us after {time}", "réponse de notre part après {time}"),
    "not_by_us": ("not answered by us", "sans réponse de notre part"),
    "answered_by": ("Answered by {names}", "Réponses de {names}"),
    "answered_by_more": ("Answered by {names} and others", "Réponses de {names} et d’autres"),
    "elsewhere_since": ("said to be answered elsewhere, {time}", "réponse donnée ailleurs, signalé le {time}"),
    "none_since": ("said to be no question, {time}", "pas une question, signalé le {time}"),
    "question_gone": ("No longer in this list.", "N’est plus dans cette liste."),
    "not_a_question": ("Not a question", "Pas une question"),
    "answered_elsewhere": ("Answered elsewhere", "Réponse donnée ailleurs"),
    "answers_missing": (
        "Answers may be missing, {since}–{until} ({source}: {cause}).",
        "Des réponses peuvent manquer, {since}–{until} ({source} : {cause}).",
    ),
    "answers_missing_open": (
        "Answers may be missing since {since} ({source}: {cause}).",
        "Des réponses peuvent manquer depuis {since} ({source} : {cause}).",
    ),
    "answers_missing_before": (
        "Answers from before {until} may be missing ({source}: {cause}).",
        "Des réponses d’avant {until} peuvent manquer ({source} : {cause}).",
    ),
    "answers_missing_more": ("More gaps before: {n}.", "Autres lacunes avant : {n}."),
}
"""By key, English and French."""
