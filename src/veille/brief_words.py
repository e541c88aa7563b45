"""The texts of the brief, in English and French; a part of `veille.words`."""

from __future__ import annotations

BRIEF_WORDS: dict[str, tuple[str, str]] = {
    "brief_heading": ("What happened", "Ce qui s’est passé"),
    "brief_title": ("{begin}: {mentions}", "{begin} : {mentions}"),
    "brief_since": ("Since {time}", "Depuis {time}"),
    "brief_quoted": ("{about}: “{begins}”", "{about} : « {begins} »"),
    "brief_no_mention": ("no mention", "aucune mention"),
    "brief_no_alert": ("No alert.", "Aucune alerte."),
    "brief_alert": ("1 alert, {open} open", "1 alerte, {open} en cours"),
    "brief_alerts": ("{n} alerts, {open} open", "{n} alertes, {open} en cours"),
    "brief_alert_open": ("{about}, since {since}", "{about}, depuis {since}"),
    "brief_alert_over": ("{about}, {since} – {until}", "{about}, {since} – {until}"),
    "brief_stories": ("Most repeated", "Le plus repris"),
    "brief_story": ("{watches}, first {when}", "{watches}, dès {when}"),
    "brief_question": ("1 question without an answer seen", "1 question sans réponse vue"),
    "brief_questions": (
        "{n} questions without an answer seen, oldest {oldest}",
        "{n} questions sans réponse vue, la plus ancienne {oldest}",
    ),
    "brief_voice": ("Share of voice, against last week", "Part de voix, face à la semaine dernière"),
    "brief_negative": ("Share of negative voice", "Part de voix négative"),
    "brief_whole": ("Everything was read.", "Tout a été lu."),
    "brief_gap": ("Not all was read: 1 gap, {percent} read.", "Tout n’a pas été lu : 1 lacune, {percent} de lu."),
    "brief_gaps": (
        "Not all was read: {n} gaps, {percent} read.",
        "Tout n’a pas été lu : {n} lacunes, {percent} de lu.",
    ),
}
