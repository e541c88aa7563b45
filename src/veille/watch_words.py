"""The texts about watches and what is followed of them, in English and French; a part of `veille.words`."""

from __future__ import annotations

WATCH_WORDS: dict[str, tuple[str, str]] = {
    "behind": (
        "The settings file says since {time} what cannot be used: the watches of before are shown. The log says why.",
        "Depuis le {time}, le fichier de réglages dit ce qui ne peut servir : les veilles d’avant sont affichées. "
        "Le journal dit pourquoi.",
    ),
    "not_read": ("not read", "non lu"),
    "at_least": ("at least", "au moins"),
    "least_found": ("At least {n} mentions", "Au moins {n} mentions"),
    "least_found_one": ("At least 1 mention", "Au moins 1 mention"),
    "so_far_min": ("so far, {n} of {of} min", "en cours, {n} min sur {of}"),
    "so_far_h": ("so far, {n} of {of} h", "en cours, {n} h sur {of}"),
    "so_far_d": ("so far, {n} of {of} d", "en cours, {n} j sur {of}"),
    "week_of": ("week from {day}", "semaine du {day}"),
    "onset": ("Onset {time}", "Début {time}"),
    "onset_window": ("counted, {n} min from the onset", "compté, {n} min dès le début"),
    "brush_hint": (
        "A bar leads to its mentions; drag across several for their time.",
        "Une barre mène à ses mentions ; glissez sur plusieurs pour leur période.",
    ),
    "least_hour": ("At least {n} mentions in 60 minutes", "Au moins {n} mentions en 60 minutes"),
    "least_hour_one": ("At least 1 mention in 60 minutes", "Au moins 1 mention en 60 minutes"),
    "stale_alert": ("As of {time}: this page is not updating.", "État à {time} : cette page n’est plus à jour."),
    "copies": ("and {n} copies", "et {n} copies"),
    "copies_one": ("and 1 copy", "et 1 copie"),
    "standing_seen": ("Read: {percent}.", "Lu : {percent}."),
    "change_apart": ("– (not read alike)", "– (pas lu autant)"),
    "unknown_watch": ("No watch has this name.", "Aucune veille ne porte ce nom."),
    "watch_line": ("{file}, line {line}", "{file}, ligne {line}"),
    "watch_no_file": ("Not in a settings file", "Pas dans un fichier de réglages"),
    "watch_x_rule": ("As an X rule: {n} of {most} characters", "Comme règle X : {n} caractères sur {most}"),
    "watch_x_rules": (
        "As {rules} X rules, the longest of {n} of {most} characters",
        "Comme {rules} règles X, la plus longue de {n} caractères sur {most}",
    ),
    "watch_x_never": (
        "No post on X can match it: X is not asked",
        "Aucune publication de X n’y correspond : X n’est pas interrogé",
    ),
    "watch_x_not": ("X takes no rule for it", "X n’en accepte aucune règle"),
    "watch_terms": ("What each term brings", "Ce que chaque terme apporte"),
    "watch_term": ("Term", "Terme"),
    "watch_part": ("Share", "Part"),
    "watch_in": ("mentions, {range}.", "mentions, {range}."),
    "watch_loud": (
        "“{term}” alone brings {part}, several times what any other term does: if this watch has noise, look there "
        "first.",
        "« {term} » en apporte à lui seul {part}, plusieurs fois plus que tout autre terme : s’il y a du bruit, "
        "c’est là qu’il faut regarder d’abord.",
    ),
    "watch_idle": ("Nothing came by: {terms}.", "N’ont rien apporté : {terms}."),
    "watch_rest": ("none of these", "aucun de ceux-ci"),
    "watch_terms_note": (
        "A mention that several terms bring counts for each. By none of these: followed replies, what X itself "
        "matched, and terms of an older query.",
        "Une mention que plusieurs termes apportent compte pour chacun. Par aucun : les réponses suivies, ce que X a "
        "retenu lui-même et les termes d’une requête plus ancienne.",
    ),
    "watch_alerts": ("All alerts of this watch", "Toutes les alertes de cette veille"),
    "watch_backtest": ("Back-test", "Essai rétrospectif"),
    "watch_backtest_note": (
        "What this query would have brought and cost, and which alerts would have rung; change it here first:",
        "Ce que cette requête aurait apporté et coûté, et quelles alertes auraient sonné ; modifiez-la d’abord ici :",
    ),
    "watch_backtest_search": (
        "What the archive holds for this query, 30 days",
        "Ce que l’archive contient pour cette requête, 30 jours",
    ),
}
