"""The texts about alerts, in English and French; a part of `veille.words`."""

from __future__ import annotations

ALERT_WORDS: dict[str, tuple[str, str]] = {
    # what it is
    "alert_peak": ("Unusually many mentions", "Mentions inhabituellement nombreuses"),
    "alert_bad_buzz": ("Bad buzz", "Bad buzz"),
    "alert_good_buzz": ("Good buzz", "Buzz positif"),
    "alert_silence": ("Silence", "Silence"),
    "alert_competitor_peak": ("A competitor is talked about", "On parle d’un concurrent"),
    "alert_source_gap": ("Source not read", "Source non lue"),
    "alert_about": ("{kind}: {subject}", "{kind} : {subject}"),
    # how it goes
    "alert_opened": ("Opened {opened}, still open.", "Ouverte {opened}, en cours."),
    "alert_updated": (
        "Opened {opened}, updated {updated}, still open.",
        "Ouverte {opened}, mise à jour {updated}, en cours.",
    ),
    "alert_closed": ("Opened {opened}, closed {closed}.", "Ouverte {opened}, close {closed}."),
    "alert_severity": ("Severity {n} of 10.", "Gravité {n} sur 10."),
    "alert_severity_was": ("Severity {n} of 10 at most.", "Gravité {n} sur 10 au plus."),
    "alert_counts": (
        "{mentions} {authors} in {minutes} min; {low} to {high} expected.",
        "{mentions} {authors} en {minutes} min ; {low} à {high} attendues.",
    ),
    "alert_mentions": ("{n} mentions", "{n} mentions"),
    "alert_mentions_one": ("1 mention", "1 mention"),
    "alert_mentions_none": ("No mention", "Aucune mention"),
    "alert_authors": ("by {n} authors", "de {n} auteurs"),
    "alert_authors_one": ("by 1 author", "d’un seul auteur"),
    "alert_changed": ("Changed: {changes}.", "Changements : {changes}."),
    "alert_change_severity": ("severity {before} to {after}", "gravité {before} à {after}"),
    "alert_change_term": ("a new word", "un nouveau mot"),
    "alert_change_onset": ("it began earlier", "début plus ancien"),
    "alert_because": ("Closed because: {why}.", "Close car : {why}."),
    "alert_back_in_band": ("as usual again for {n} min", "retour à l’habituel depuis {n} min"),
    "alert_rule": ("Rule: {rule}", "Règle : {rule}"),
    # why, what to read, what is missing
    "alert_terms": ("Words", "Mots"),
    "alert_stories": ("Stories", "Histoires"),
    "alert_links": ("Links", "Liens"),
    "alert_places": ("Where the authors are", "Où sont les auteurs"),
    "alert_driver": ("{value} ({n}, usually {usual})", "{value} ({n}, d’habitude {usual})"),
    "alert_story": ("one of {n} mentions, usually {usual}", "une de {n} mentions, d’habitude {usual}"),
    "alert_why": ("{block}: {drivers}", "{block} : {drivers}"),
    "alert_samples": ("To read first:", "À lire d’abord :"),
    "alert_sample_first": ("the first", "la première"),
    "alert_sample_most_copied": ("the most copied", "la plus copiée"),
    "alert_sample_typical": ("a typical one", "une représentative"),
    "alert_sample_dissenting": ("one that disagrees", "une qui n’est pas d’accord"),
    "alert_sample": ("- {role}: {link}", "- {role} : {link}"),
    "alert_coverage": (
        "Not everything was read: {percent} of the time since the beginning.",
        "Tout n’a pas été lu : {percent} du temps depuis le début.",
    ),
    "alert_gap_unknown": ("A gap that is no longer known.", "Une lacune dont on ne sait plus rien."),
    "alert_held": (
        "It stays open because data stopped, not because it goes on.",
        "Elle reste ouverte faute de données, non parce qu’elle dure.",
    ),
    "alert_own": ("It began with a post of our own: {link}", "Elle est partie d’une de nos publications : {link}"),
    "alert_page": (
        "All of it, and the button to acknowledge: {link}",
        "Le détail, et le bouton pour en accuser réception : {link}",
    ),
    # messages
    "message_opened": ("Alert {n}/10", "Alerte {n}/10"),
    "message_updated": ("Now {n}/10", "Maintenant {n}/10"),
    "message_closed": ("Closed", "Close"),
    "message_title": ("{state} – {about}", "{state} – {about}"),
    "message_digest": ("{n} alerts kept back", "{n} alertes mises de côté"),
    "message_digest_one": ("1 alert kept back", "1 alerte mise de côté"),
    "message_lesser": ("Not urgent:", "Sans urgence :"),
    "message_hours": ("Outside of the hours:", "En dehors des heures :"),
    "message_muted": ("While it was muted:", "Pendant la mise en sourdine :"),
    "message_sign": ("veille, alert {id}, revision {n}", "veille, alerte {id}, révision {n}"),
    "message_simulated": (
        "Simulated: nothing of this was said by anybody.",
        "Simulation : personne n’a dit cela.",
    ),
    "message_test": ("A test", "Un essai"),
    "message_test_text": (
        "Messages of veille arrive here. The page: {link}",
        "Les messages de veille arrivent ici. La page : {link}",
    ),
}
