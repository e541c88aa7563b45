"""Every text for people, of the page and of messages, in English and French, asked for by key.

A missing key is an error in the first test.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from veille.alert_words import ALERT_WORDS
from veille.author_words import AUTHOR_WORDS
from veille.brief_words import BRIEF_WORDS
from veille.export_words import EXPORT_WORDS
from veille.health_words import HEALTH_WORDS
from veille.mention_words import MENTION_WORDS
from veille.people_words import PEOPLE_WORDS
from veille.privacy_words import PRIVACY_WORDS
from veille.question_words import QUESTION_WORDS
from veille.result_words import RESULT_WORDS
from veille.search_words import SEARCH_WORDS
from veille.shell_words import SHELL_WORDS
from veille.text.french import kept_together
from veille.watch_words import WATCH_WORDS

LANGUAGES = ("en", "fr")

WORDS: dict[str, tuple[str, str]] = {
    # Now
    "mentions_hour": ("{n} mentions in 60 minutes", "{n} mentions en 60 minutes"),
    "mentions_one": ("1 mention in 60 minutes", "1 mention en 60 minutes"),
    "mentions_none": ("No mention in 60 minutes", "Aucune mention en 60 minutes"),
    # gaps
    "gap_line": ("Gaps: {lasts}", "Lacunes : {lasts}"),
    "gap_open": ("Since {since}, {source}: {cause}.", "Depuis le {since}, {source} : {cause}."),
    "gap_closed": (
        "{since} to {until}, {source}: {cause}. Not repaired.",
        "Du {since} au {until}, {source} : {cause}. Non réparé.",
    ),
    "gap_repaired": (
        "{since} to {until}, {source}: {cause}. Repaired, but for: {lacking}.",
        "Du {since} au {until}, {source} : {cause}. Réparé, sauf : {lacking}.",
    ),
    "gap_not_begun": (
        "{source}: read since {until}, nothing is known of before.",
        "{source} : lu depuis le {until}, rien n’est su d’avant.",
    ),
    "cause_not_begun": ("not read before", "pas encore lu"),
    "gap_here": ("Not read.", "Non lu."),
    "gaps_beside": ("Not read either: {n} shorter stretches.", "Non lu non plus : {n} durées plus courtes."),
    "gaps_beside_one": ("Not read either: a shorter stretch.", "Non lu non plus : une durée plus courte."),
    "gap_missed": ("Lost: {n}.", "Perdues : {n}."),
    "cause_disconnected": ("connection lost", "connexion perdue"),
    "cause_stalled": ("nothing came any more", "plus rien ne venait"),
    "cause_stopped": ("veille was not running", "veille ne tournait pas"),
    "cause_limited": ("the network’s limit was reached", "limite du réseau atteinte"),
    "cause_unavailable": ("the network did not answer", "le réseau ne répondait pas"),
    "cause_overflow": ("more came than could be kept", "trop de publications à la fois"),
    "cause_budget": ("the budget was spent", "budget épuisé"),
    "cause_refused": ("the network refused to answer", "le réseau a refusé de répondre"),
    "cause_expired": ("older posts could no longer be had", "les publications antérieures n’étaient plus disponibles"),
    "cause_too_old": ("older posts could no longer be had", "les publications antérieures n’étaient plus disponibles"),
    "cause_overtaken": ("more came between two looks than is shown", "trop de publications entre deux lectures"),
    "cause_renumbered": ("the network began to count anew", "le réseau a recommencé sa numérotation"),
    "source_x": ("X", "X"),
    "source_bluesky": ("Bluesky", "Bluesky"),
    "source_mastodon": ("Mastodon", "Mastodon"),
    "source_feeds": ("feeds", "flux"),
    "source_files": ("files", "fichiers"),
    "source_world": ("the simulated world", "le monde simulé"),
    # the list of Now
    "live": ("Live mentions", "Mentions en direct"),
    "new": ("{n} new – show", "{n} nouvelles – afficher"),
    "new_one": ("1 new – show", "1 nouvelle – afficher"),
    "follow": ("Follow", "Suivre"),
    "follow_how": (
        "New ones come by themselves while you are at the top and read none of them",
        "Les nouvelles viennent d’elles-mêmes tant que vous êtes en haut et n’en lisez aucune",
    ),
    "pause": ("Pause", "Pause"),
    "resume": ("Resume", "Reprendre"),
    "live_stopped": (
        "No answer since {time}: this page is not up to date.",
        "Pas de réponse depuis {time} : cette page n’est pas à jour.",
    ),
    "just_now": ("just now", "à l’instant"),
    "ago": ("{n} min ago", "il y a {n} min"),
    "nothing_yet": (
        "No mention yet. It appears here as soon as a post matches.",
        "Pas encore de mention. Elle paraîtra ici dès qu’une publication correspond.",
    ),
    "reading": ("What is read", "Ce qui est lu"),
    "reading_told": ("Reading {source} for {time}:", "Lecture de {source} depuis {time} :"),
    "reading_files_told": ("Read from files:", "Lu dans des fichiers :"),
    "reading_posts": ("{n} posts read", "{n} publications lues"),
    "reading_posts_one": ("1 post read", "1 publication lue"),
    "reading_matched": ("{n} match", "{n} pour"),
    "reading_matched_one": ("1 matches", "1 pour"),
    "reading_matched_unknown": ("Not known yet how many match.", "On ne sait pas encore combien correspondent."),
    "reading_unknown": (
        "{source}: not known yet what was read. It is starting, or its process does not run.",
        "{source} : on ne sait pas encore ce qui a été lu. La lecture commence, ou son processus ne tourne pas.",
    ),
    "reading_away": ("Not read since {since}: {cause}.", "Non lu depuis {since} : {cause}."),
    "reading_silent": (
        "Nothing was heard of it since {time}: its process may have ended.",
        "Plus de nouvelles depuis le {time} : son processus s’est peut-être arrêté.",
    ),
    "reading_line": ("{file}, line {line}", "{file}, ligne {line}"),
    "reading_coming": ("What matches is on its way here.", "Ce qui correspond est en chemin."),
    "reading_not_kept": (
        "What no watch matches is not kept, so a query can be tried on what comes from now on, not on what was read.",
        "Ce qui ne correspond à aucune veille n’est pas gardé : une requête s’essaie sur la suite, pas sur ce qui a "
        "été lu.",
    ),
    "reading_x": ("X, by its filtered stream", "X, par son flux filtré"),
    "reading_bluesky": ("Bluesky, its public stream", "Bluesky, son flux public"),
    "reading_feeds": ("Feeds: RSS, Atom, JSON Feed", "Des flux : RSS, Atom, JSON Feed"),
    "reading_mastodon": ("Mastodon, its public timelines", "Mastodon, ses fils publics"),
    "reading_files": ("Files of posts", "Des fichiers de publications"),
    "reading_world": ("A simulated world of invented posts", "Un monde simulé de publications inventées"),
    "reading_none": (
        "Nothing by this process: another one fills the archive.",
        "Rien par ce processus : un autre remplit l’archive.",
    ),
    "watching": ("Watched", "Sous veille"),
    "in_words": ("in words: {words}", "en mots : {words}"),
    "role_brand": ("brand", "marque"),
    "role_competitor": ("competitor", "concurrent"),
    "role_market": ("market", "marché"),
    "everything": ("everything that is read", "tout ce qui est lu"),
    # several pages
    "all": ("all", "toutes"),
    "lasting_seconds": ("{n} s", "{n} s"),
    "lasting_minutes": ("{n} min", "{n} min"),
    "lasting_hours": ("{h} h {m}", "{h} h {m}"),
    "lasting_days": ("{n} d", "{n} j"),
    # Watches
    "watches": ("Watches", "Veilles"),
    "watch": ("Watch", "Veille"),
    "mentions": ("Mentions", "Mentions"),
    "stories_n": ("{n} stories", "{n} histoires"),
    "share_of_voice": ("Share of voice", "Part de voix"),
    "share_negative": ("Share of negative voice", "Part de voix négative"),
    "sure_of": ("sure {n} of {of}", "sûres : {n} sur {of}"),
    "negative_rate": ("Negative, of the sure ones", "Négatives, parmi les sûres"),
    "coverage": ("Read", "Lu"),
    "change": ("Against before", "Par rapport à avant"),
    "change_up": ("up", "en hausse"),
    "change_down": ("down", "en baisse"),
    "change_none": ("no clear change", "pas de changement net"),
    "change_unknown": ("– (nothing before)", "– (rien avant)"),
    "outside": ("outside the sum", "hors de la somme"),
    "n_of": ("{n} of {of}", "{n} sur {of}"),
    "named_twice": (
        "{n} name several of them, and count for each.",
        "{n} en nomment plusieurs, et comptent pour chacune.",
    ),
    "named_twice_one": (
        "1 names several of them, and counts for each.",
        "1 en nomme plusieurs, et compte pour chacune.",
    ),
    "named_twice_none": ("None names several of them.", "Aucune n’en nomme plusieurs."),
    "interval_note": (
        "Intervals are of 95%, by stories, since copies are not independent; what the model gets wrong comes on top.",
        "Intervalles à 95 %, par histoires, car des copies ne sont pas indépendantes ; les erreurs du modèle s’y "
        "ajoutent.",
    ),
    "standing_incomplete": (
        "Incomplete: some of this time was not read.",
        "Incomplet : une partie de ce temps n’a pas été lue.",
    ),
    "gaps": ("Gaps", "Lacunes"),
    "add_competitor": (
        "Add a competitor to veille.yaml to see shares:",
        "Ajoutez un concurrent à veille.yaml pour voir des parts :",
    ),
    # Alerts
    "alerts": ("Alerts", "Alertes"),
    "alerts_open": ("Open", "En cours"),
    "alerts_closed": ("Closed", "Closes"),
    "alerts_any": ("Any severity", "De toute gravité"),
    "alerts_none_open": ("None open.", "Aucune en cours."),
    "alerts_last": ("Last closed: {time}.", "Dernière close : {time}."),
    "unknown_alert": ("There is no such alert.", "Cette alerte n’existe pas."),
    "alert_from_own": ("It began with a post of our own.", "Elle est partie d’une de nos publications."),
    "alert_mentions_all": ("All of its mentions", "Toutes ses mentions"),
    "alert_why_title": ("Why: what is more frequent than usual", "Pourquoi : ce qui est plus fréquent que d’habitude"),
    "alert_samples_title": ("To read first", "À lire d’abord"),
    "alert_authors_title": ("Authors", "Auteurs"),
    "since_then": ("Since then", "Depuis"),
    "usually": ("Usually", "D’habitude"),
    "step_opened": ("opened", "ouverte"),
    "step_updated": ("updated", "mise à jour"),
    "step_closed": ("closed", "close"),
    "expected": ("expected", "attendu"),
    # the verdict
    "verdict_calm": ("Calm.", "Calme."),
    "verdict_watch": ("More than usual.", "Plus que d’habitude."),
    "verdict_incomplete": ("Incomplete.", "Incomplet."),
    "verdict_unknown": ("Not known: too little was read.", "On ne sait pas : trop peu a été lu."),
    "verdict_untellable": ("Not known how things are.", "On ne sait pas où on en est."),
    "verdict_alert": ("Alert {n}/10 since {since}:", "Alerte {n}/10 depuis {since} :"),
    "verdict_alert_about": ("Alert {n}/10 since {since}, {about}.", "Alerte {n}/10 depuis {since}, {about}."),
    "verdict_mentions": ("{n} mentions of {watch} in 60 min", "{n} mentions de {watch} en 60 min"),
    "verdict_mentions_one": ("1 mention of {watch} in 60 min", "1 mention de {watch} en 60 min"),
    "verdict_none": ("No mention of {watch} in 60 min", "Aucune mention de {watch} en 60 min"),
    "verdict_band": ("{low} to {high} expected", "{low} à {high} attendues"),
    "verdict_whole": ("Complete.", "Complet."),
    "verdict_lacking": ("Not everything was read.", "Tout n’a pas été lu."),
    "verdict_gap_open": (
        "{source} not read since {since} ({lasts}).",
        "{source} : pas de lecture depuis {since} ({lasts}).",
    ),
    "verdict_gap": (
        "{source} not read {since} to {until} ({lasts}).",
        "{source} : pas de lecture de {since} à {until} ({lasts}).",
    ),
    "verdict_not_begun": ("{source} read since {until} only.", "{source} : lecture depuis {until} seulement."),
    "verdict_gaps_more": ("And {n} more gaps.", "Et {n} autres lacunes."),
    "verdict_gaps_more_one": ("And 1 more gap.", "Et 1 autre lacune."),
    "verdict_untold": ("Notifications do not arrive since {time}.", "Les notifications n’arrivent pas depuis {time}."),
    "verdict_last": ("Last: {time}.", "Dernière : {time}."),
    "verdict_alerts_more": ("and {n} more open", "et {n} autres en cours"),
    "verdict_alerts_more_one": ("and 1 more open", "et 1 autre en cours"),
    "verdict_since": ("since {time}", "depuis {time}"),
    "verdict_started": ("First: {name}", "D’abord : {name}"),
    "verdict_most_copied": ("Most copied:", "La plus copiée :"),
    "verdict_typical": ("Typical:", "Représentative :"),
    "verdict_link": ("Link: {link}", "Lien : {link}"),
    "verdict_stale": (
        "Not known: this page has not been updated since {time}.",
        "On ne sait pas : cette page n’est plus à jour depuis {time}.",
    ),
    "alert_updated_ago": ("updated {time}", "mise à jour {time}"),
    # sentiment and charts
    "negative": ("negative", "négatif"),
    "neutral": ("neutral", "neutre"),
    "positive": ("positive", "positif"),
    "unsure": ("unsure", "incertain"),
    "per_minute": ("Mentions per minute by sentiment", "Mentions par minute selon le sentiment"),
    "over_time": ("Mentions over time by sentiment", "Mentions dans le temps selon le sentiment"),
    "so_far": ("so far", "en cours"),
    "as_table": ("As a table", "En tableau"),
    "time": ("Time", "Heure"),
    # Search
    "query": ("Query", "Requête"),
    "query_hint": (
        'Words, "a phrase", OR, -not, #tag, @handle, from:, lang:, sentiment:, watch:, since:, until:, is:, has:',
        'Mots, "une expression", OR, -sauf, #mot-dièse, @compte, from:, lang:, sentiment:, watch:, since:, until:, '
        "is:, has:",
    ),
    "this_moment": ("Link to this moment", "Lien vers ce moment"),
    "as_json": ("The same as JSON", "Les mêmes données en JSON"),
    "scope": ("What is looked at", "Ce qui est affiché"),
    "scope_all": ("all watches", "toutes les veilles"),
    "any_time": ("any time", "toutes dates"),
    "last_visit": ("since your last visit", "depuis votre dernière visite"),
    "none_of_watch": ("No mention of {watch} so far.", "Aucune mention de {watch} pour l’instant."),
    "range": ("Range", "Période"),
    "range_1h": ("1 hour", "1 heure"),
    "range_24h": ("24 hours", "24 heures"),
    "range_7d": ("7 days", "7 jours"),
    "range_30d": ("30 days", "30 jours"),
    "range_90d": ("90 days", "90 jours"),
    "found": ("{n} mentions", "{n} mentions"),
    "found_one": ("1 mention", "1 mention"),
    "none": ("No mention matches.", "Aucune mention ne correspond."),
    "try_wider": ("Search 30 days", "Chercher sur 30 jours"),
    "older": ("Older", "Plus anciennes"),
    "newest": ("Newest", "Les plus récentes"),
    "at_character": ("Character {n}", "Caractère {n}"),
    # the card
    "open": ("Open", "Ouvrir"),
    "view_on": ("View on {network}", "Voir sur {network}"),
    "network_x": ("X", "X"),
    "network_bluesky": ("Bluesky", "Bluesky"),
    "network_mastodon": ("Mastodon", "Mastodon"),
    "network_feed": ("Feed", "Flux"),
    "network_file": ("File", "Fichier"),
    "edited": ("edited {time}", "modifié à {time}"),
    "reposted_by": ("reposted by {name}", "republié par {name}"),
    "author_unknown": ("author not sent", "auteur non transmis"),
    "warning_show": ("Show: {warning}", "Afficher : {warning}"),
    "show_all": ("Show all", "Tout afficher"),
    "more_terms": ("{n} more", "{n} autres"),
    "more_terms_one": ("1 more", "1 autre"),
    "question": ("question", "question"),
    "media_image": ("image", "image"),
    "media_video": ("video", "vidéo"),
    "media_gif": ("GIF", "GIF"),
    "media_audio": ("audio", "audio"),
    "precision_point": ("exact", "exact"),
    "precision_city": ("city", "ville"),
    "precision_region": ("region", "région"),
    "precision_country": ("country", "pays"),
    "place_by_coordinates": ("from the post’s coordinates", "d’après les coordonnées de la publication"),
    "place_by_place": ("from the post’s place", "d’après le lieu de la publication"),
    "place_by_profile": ("from the profile", "d’après le profil"),
    "place_by_people": ("put right", "corrigé"),
    "removed": ("Removed by its author or network, {time}", "Retirée par son auteur ou son réseau, {time}"),
    # one mention
    "why_here": ("Why it is here", "Pourquoi elle est là"),
    "what_we_found": ("What we found in it", "Ce que nous y avons trouvé"),
    "links_brought": ("What its links brought", "Ce que ses liens ont apporté"),
    "link": ("Link", "Lien"),
    "visits": ("Visits", "Visites"),
    "conversions": ("Conversions", "Conversions"),
    "worth": ("Worth", "Valeur"),
    "brought_note": (
        "As the owner of the site reports; other mentions may carry the same link.",
        "Comme le rapporte le propriétaire du site ; d’autres mentions peuvent porter le même lien.",
    ),
    "history": ("History", "Historique"),
    "field": ("Field", "Champ"),
    "value": ("Value", "Valeur"),
    "method": ("By", "Par"),
    "confidence": ("confidence", "confiance"),
    "language": ("Language", "Langue"),
    "language_unknown": ("not known", "inconnue"),
    "language_by_network": ("the network", "le réseau"),
    "language_by_detected": ("detected", "détection"),
    "language_by_people": ("put right", "corrigé"),
    "sentiment": ("Sentiment", "Sentiment"),
    "place": ("Place of post or author", "Lieu de la publication ou de l’auteur"),
    "places": ("Places named", "Lieux cités"),
    "not_known": ("not known", "inconnu"),
    "matched_terms": ("matched:", "correspond à :"),
    "published": ("Published", "Publiée"),
    "found_at": ("Found {time}", "Trouvé le {time}"),
    "relabelled": ("Put right", "Corrigée"),
    "version_row": ("Version", "Version"),
    "edited_row": ("Edited", "Modifiée"),
    "received": ("Received", "Reçue"),
    "enriched": ("Enriched", "Enrichie"),
    "revision": ("revision {n}", "révision {n}"),
    "origin": ("Came", "Arrivée"),
    "origin_live": ("as it was published", "à sa publication"),
    "origin_search": ("by a search", "par une recherche"),
    "origin_replay": ("from a file", "d’un fichier"),
    "origin_simulated": ("invented by the simulation", "inventée par la simulation"),
    "native_id": ("Id on its network", "Identifiant sur son réseau"),
    # what is not there
    "gone": (
        "This post was removed by its author or network.",
        "Cette publication a été retirée par son auteur ou son réseau.",
    ),
    "unknown": ("There is no such mention.", "Cette mention n’existe pas."),
    "no_page": ("There is no such page.", "Cette page n’existe pas."),
    "bad_link": (
        "This link leads nowhere. Start again.",
        "Ce lien ne mène nulle part. Recommencez.",
    ),
    "damaged": ("The archive cannot be read.", "L’archive est illisible."),
    # the token
    "token": ("Token", "Jeton"),
    "token_hint": (
        "It was set as VEILLE_WEB_TOKEN where veille runs.",
        "Il a été fixé par VEILLE_WEB_TOKEN là où tourne veille.",
    ),
    "enter": ("Enter", "Entrer"),
    "leave": ("Sign out", "Se déconnecter"),
    "wrong_token": ("That is not the token.", "Ce n’est pas le jeton."),
    **ALERT_WORDS,
    **AUTHOR_WORDS,
    **BRIEF_WORDS,
    **EXPORT_WORDS,
    **HEALTH_WORDS,
    **MENTION_WORDS,
    **PEOPLE_WORDS,
    **PRIVACY_WORDS,
    **QUESTION_WORDS,
    **SEARCH_WORDS,
    **SHELL_WORDS,
    **RESULT_WORDS,
    **WATCH_WORDS,
}

Say = Callable[..., str]

_typeset = cache(kept_together)
"""The same texts are said hundreds of times on a page."""


def says(key: str) -> bool:
    """Whether there is such a text."""
    return key in WORDS


def speaker(language: str) -> Say:
    """A function that says a key in one language, with its blanks filled."""
    column = LANGUAGES.index(language)

    def say(key: str, **blanks: object) -> str:
        words = WORDS[key][column]
        return (_typeset(words) if language == "fr" else words).format(**blanks)

    return say
