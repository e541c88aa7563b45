"""Texts of the page of one mention, in English and French; see `veille.words`."""

from __future__ import annotations

MENTION_WORDS: dict[str, tuple[str, str]] = {
    "watch_gone": ("No longer watched.", "N’est plus sous veille."),
    "why_followed": (
        "It matches nothing itself: it answers a mention, in a conversation that is followed.",
        "Elle ne correspond à rien elle-même : elle répond à une mention, dans une conversation suivie.",
    ),
    "why_show": ("Show in text", "Montrer dans le texte"),
    "towards": ("Towards {watch}", "Envers {watch}"),
    "yes": ("yes", "oui"),
    "no": ("no", "non"),
    "question_asked": ("A question is asked", "Une question est posée"),
    "enriches_tags": ("Watches, hashtags, links", "Veilles, mots-dièse, liens"),
    "enriches_language": ("Language", "Langue"),
    "enriches_geo": ("Place of post or author", "Lieu de la publication ou de l’auteur"),
    "enriches_places": ("Places named", "Lieux cités"),
    "enriches_sentiment": ("Sentiment", "Sentiment"),
    "enriches_towards": ("Sentiment towards each watch", "Sentiment envers chaque veille"),
    "enriches_fingerprint": ("Likeness to other mentions", "Ressemblance à d’autres mentions"),
    "enriches_transformer": ("Sentiment, by the larger model", "Sentiment, par le modèle plus grand"),
    "step_failed": ("Could not be found: `{error}`", "N’a pas pu être trouvé : `{error}`"),
    "hashtags": ("Hashtags", "Mots-dièse"),
    "links": ("Links", "Liens"),
    "correct": ("Act or correct", "Agir ou corriger"),
    "correct_none": ("Nobody has done or corrected anything.", "Personne n’a rien fait ni corrigé."),
    "conversation": ("Conversation", "Conversation"),
    "conversation_answers": ("It answers", "Elle répond à"),
    "conversation_not_held": (
        "It answers a post that is not held here.",
        "Elle répond à une publication qui n’est pas gardée ici.",
    ),
    "conversation_seen": ("{n} answers seen", "{n} réponses vues"),
    "conversation_seen_one": ("1 answer seen", "1 réponse vue"),
    "conversation_first": ("The first {n} are shown.", "Les {n} premières sont affichées."),
    "conversation_none": (
        "It answers nothing, and no answer was seen.",
        "Elle ne répond à rien, et aucune réponse n’a été vue.",
    ),
    "story": ("Copies", "Copies"),
    "story_none": ("No copy of it was seen.", "Aucune copie n’en a été vue."),
    "story_of": (
        "{n} mentions tell the same, the first {time}.",
        "{n} mentions disent la même chose, la première {time}.",
    ),
    "story_first_is_this": ("This is the first that was seen.", "C’est la première qui a été vue."),
    "story_first": ("Open the first", "Ouvrir la première"),
    "story_all": ("All of them", "Toutes"),
    "story_over_time": ("Copies over time", "Copies dans le temps"),
    "uri": ("Its global address", "Son adresse globale"),
    "gone_at": (
        "This post was removed by its author or network, {time}.",
        "Cette publication a été retirée par son auteur ou son réseau, {time}.",
    ),
}
"""By key, English and French."""
