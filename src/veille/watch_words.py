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
    "standing_authors": ("Authors", "Auteurs"),
    "standing_authors_unknown": (
        "How many authors there are is not known.",
        "On ne sait pas combien il y a d’auteurs.",
    ),
    "named_twice_unknown": (
        "How many name several of them is not known.",
        "On ne sait pas combien en nomment plusieurs.",
    ),
    "watch_backtest_search": (
        "What the archive holds for this query: 30 days, day by day, and what X would have taken",
        "Ce que l’archive contient pour cette requête : 30 jours, jour par jour, et ce que X aurait pris",
    ),
    "backtest_all": ("Without a query: all that the archive holds.", "Sans requête : tout ce que l’archive contient."),
    "backtest_in": ("in {n} days", "en {n} jours"),
    "backtest_held": ("in the {n} of {of} days that are held", "sur les {n} jours conservés des {of} derniers"),
    "backtest_held_one": ("in the one of {of} days that is held", "sur le seul jour conservé des {of} derniers"),
    "backtest_held_none": ("Of these {of} days nothing is held.", "De ces {of} jours rien n’est conservé."),
    "backtest_mean": ("A day, on average", "Par jour, en moyenne"),
    "backtest_median": ("A day, median of whole days", "Par jour, médiane des jours entiers"),
    "backtest_median_not": ("no whole day so far", "pas encore de jour entier"),
    "backtest_most": ("Most on one day", "Le plus en un jour"),
    "backtest_short": (
        "Less than a day is held: what a whole one brings is not known, these are the figures so far.",
        "Moins d’un jour est conservé : ce qu’un jour entier apporte n’est pas connu, ce sont les chiffres jusqu’ici.",
    ),
    "backtest_days": ("Mentions a day by sentiment", "Mentions par jour selon le sentiment"),
    "backtest_spend": ("What X would take", "Ce que X prendrait"),
    "backtest_of_x": ("Posts of X among them", "Dont publications de X"),
    "backtest_usd": ("For these", "Pour celles-ci"),
    "backtest_usd_a_day": ("A day, at this pace", "Par jour, à ce rythme"),
    "backtest_usd_a_month": ("{n} days, at this pace", "{n} jours, à ce rythme"),
    "backtest_x_read": (
        "X was read for {n} of these days, and the pace is that of those.",
        "X a été lu {n} de ces jours, et le rythme est celui de ceux-là.",
    ),
    "backtest_free": (
        "X alone is paid: posts of other networks cost nothing.",
        "Seul X se paie : les publications des autres réseaux ne coûtent rien.",
    ),
    "backtest_if_all": (
        "None of these is X’s. If X had as many as all of them, {n} days would cost {usd} USD.",
        "Aucune n’est de X. Si X en avait autant que toutes celles-ci, {n} jours coûteraient {usd} USD.",
    ),
    "backtest_rang": (
        "Which alerts would have rung, when and why: `{command}` replays each minute.",
        "Quelles alertes auraient sonné, quand et pourquoi : `{command}` rejoue chaque minute.",
    ),
    "backtest_not": (
        "The archive holds only what the watches matched: a query that is wider than they are finds less here than it "
        "would on X.",
        "L’archive n’a que ce que les veilles ont trouvé : une requête plus large qu’elles trouve moins ici qu’elle ne "
        "trouverait sur X.",
    ),
    "backtest_ask_x": (
        "This asks X itself how many there were in seven days, and says which alerts would have rung:",
        "Ceci demande à X lui-même combien il y en a eu en sept jours, et dit quelles alertes auraient sonné :",
    ),
    "gap_not_held": ("{source}: nothing is held of before {until}.", "{source} : rien n’est conservé d’avant {until}."),
    "cause_not_held": ("not held", "non conservé"),
    "source_archive": ("archive", "archive"),
}
