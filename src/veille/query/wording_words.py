"""What `wording.py` says of a rule, in English and French: of each condition as it is asked, and as it is negated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Wording = tuple[str, str]
"""What holds, and what holds when it is negated; `{}` is what is asked for."""


class Frames(NamedTuple):
    """The rest of the sentence in one language."""

    posts: str
    none_of: str
    both: str
    either: str
    at_least: str
    at_most: str
    between: str
    undetermined: str


_ARE = {
    "from": ("by {}", "de {}"),
    "to": ("replies to {}", "des réponses à {}"),
    "retweets_of": ("reposts of {}", "des republications de {}"),
    "lang": ("declared to be in the language {}", "déclarées en langue {}"),
    "language": ("in the language {}", "en langue {}"),
    "source": ("from {}", "venues de {}"),
    "country": ("from the country {}", "du pays {}"),
    "place_country": ("tagged with the country {}", "situées dans le pays {}"),
    "place": ("tagged with the place {}", "situées à {}"),
    "region": ("from the region {}", "de la région {}"),
    "about": ("about places in {}", "à propos de lieux en {}"),
    "author": ("by {}, by handle or name", "de {}, par identifiant ou par nom"),
    "watch": ("matched by the watch {}", "trouvées par la veille {}"),
    "story": ("of the story {}", "de l’histoire {}"),
    "domain": ("with a link to {}", "avec un lien vers {}"),
    "assigned": ("given to {}", "confiées à {}"),
    "corrected": ("put right by people ({})", "corrigées par quelqu’un ({})"),
    "matched": ("matched by “{}”, a watch and its term", "trouvées par « {} », une veille et son terme"),
    "since": ("from {} or later", "datées du {} ou d’après"),
    "until": ("from before {}", "d’avant le {}"),
    "conversation_id": ("in the conversation {}", "dans la conversation {}"),
    "in_reply_to_tweet_id": ("replies to the post {}", "des réponses à la publication {}"),
    "retweets_of_tweet_id": ("reposts of the post {}", "des republications de la publication {}"),
    "min_followers": ("by accounts with {} followers", "de comptes qui ont {} abonnés"),
    "followers_count": ("by accounts with {} followers", "de comptes qui ont {} abonnés"),
    "tweets_count": ("by accounts with {} posts", "de comptes qui ont {} publications"),
    "following_count": ("by accounts that follow {} others", "de comptes abonnés à {} autres"),
    "listed_count": ("by accounts on {} lists", "de comptes présents sur {} listes"),
    "min_likes": ("liked {} times", "aimées {} fois"),
    "min_replies": ("answered {} times", "suivies de {} réponses"),
    "min_reposts": ("reposted {} times", "republiées {} fois"),
    "sample": ("among a fixed sample of {}%", "dans un échantillon fixe de {} %"),
    "bio": ("by accounts whose profile says “{}”", "de comptes dont le profil dit « {} »"),
    "bio_name": ("by accounts whose name says “{}”", "de comptes dont le nom dit « {} »"),
    "bio_location": ("by accounts whose place says “{}”", "de comptes dont le lieu dit « {} »"),
}
_WITH_LINK = {
    "url": ("the words “{}” in order", "les mots « {} » dans l’ordre"),
    "url_contains": ("“{}”", "« {} »"),
    "url_title": ("“{}” in its page’s title", "« {} » dans le titre de sa page"),
    "url_description": ("“{}” in its page’s description", "« {} » dans la description de sa page"),
}

ENGLISH: Mapping[str, Wording] = {
    "is:retweet": ("are reposts", "are no reposts"),
    "is:reply": ("are replies", "are no replies"),
    "is:quote": ("quote another post", "quote no other post"),
    "is:verified": ("are by verified accounts", "are not by verified accounts"),
    "is:followed": ("are replies to what the watch has", "are no replies to what the watch has"),
    "is:handled": ("are handled", "are not handled"),
    "is:assigned": ("are given to somebody", "are given to nobody"),
    "is:nullcast": ("are shown as advertisements only", "are no pure advertisements"),
    "sentiment:negative": ("are of negative sentiment", "are not of negative sentiment"),
    "sentiment:neutral": ("are of neutral sentiment", "are not of neutral sentiment"),
    "sentiment:positive": ("are of positive sentiment", "are not of positive sentiment"),
    "sentiment:unsure": ("are of unsure sentiment", "are not of unsure sentiment"),
    "score": ("have a sentiment score from {} to {}", "do not have a sentiment score from {} to {}"),
    "question:yes": ("ask something", "ask nothing"),
    "question:no": ("ask nothing", "ask something"),
    "has:hashtags": ("have a hashtag", "do not have a hashtag"),
    "has:cashtags": ("have a cashtag", "do not have a cashtag"),
    "has:mentions": ("have a mention", "do not have a mention"),
    "has:links": ("have a link", "do not have a link"),
    "has:media": ("have an image, a video or other media", "do not have an image, a video or other media"),
    "has:images": ("have an image", "do not have an image"),
    "has:video_link": ("have a video", "do not have a video"),
    "has:geo": ("have a place", "do not have a place"),
    "has:question": ("have a question", "do not have a question"),
    "has:note": ("have a note of ours", "do not have a note of ours"),
    **{name: (f"are {english}", f"are not {english}") for name, (english, _) in _ARE.items()},
    **{name: (f"have a link with {said}", f"have no link with {said}") for name, (said, _) in _WITH_LINK.items()},
    "words": ("contain “{}”", "do not contain “{}”"),
    "near": (
        "contain “{}” with its words up to {} from their places",
        "do not contain “{}” with its words up to {} from their places",
    ),
    "handle": ("mention {}", "do not mention {}"),
    "tag": ("carry {}", "do not carry {}"),
    "inside": ("stand inside {}", "do not stand inside {}"),
    "of_x": ("meet X’s own {}", "do not meet X’s own {}"),
}

FRENCH: Mapping[str, Wording] = {
    "is:retweet": ("sont des republications", "ne sont pas des republications"),
    "is:reply": ("sont des réponses", "ne sont pas des réponses"),
    "is:quote": ("citent une autre publication", "ne citent pas d’autre publication"),
    "is:verified": ("sont de comptes vérifiés", "ne sont pas de comptes vérifiés"),
    "is:followed": (
        "sont des réponses à ce que la veille a trouvé",
        "ne sont pas des réponses à ce que la veille a trouvé",
    ),
    "is:handled": ("sont traitées", "ne sont pas traitées"),
    "is:assigned": ("sont confiées à quelqu’un", "ne sont confiées à personne"),
    "is:nullcast": ("ne sont montrées qu’en publicité", "ne sont pas de simples publicités"),
    "sentiment:negative": ("sont de sentiment négatif", "ne sont pas de sentiment négatif"),
    "sentiment:neutral": ("sont de sentiment neutre", "ne sont pas de sentiment neutre"),
    "sentiment:positive": ("sont de sentiment positif", "ne sont pas de sentiment positif"),
    "sentiment:unsure": ("sont de sentiment incertain", "ne sont pas de sentiment incertain"),
    "score": ("ont un score de sentiment de {} à {}", "n’ont pas de score de sentiment de {} à {}"),
    "question:yes": ("posent une question", "ne posent pas de question"),
    "question:no": ("ne posent pas de question", "posent une question"),
    "has:hashtags": ("ont un mot-dièse", "n’ont pas de mot-dièse"),
    "has:cashtags": ("ont un symbole boursier", "n’ont pas de symbole boursier"),
    "has:mentions": ("nomment un compte", "ne nomment pas de compte"),
    "has:links": ("ont un lien", "n’ont pas de lien"),
    "has:media": ("ont une image, une vidéo ou un autre média", "n’ont ni image, ni vidéo, ni autre média"),
    "has:images": ("ont une image", "n’ont pas d’image"),
    "has:video_link": ("ont une vidéo", "n’ont pas de vidéo"),
    "has:geo": ("ont un lieu", "n’ont pas de lieu"),
    "has:question": ("ont une question", "n’ont pas de question"),
    "has:note": ("ont une note de notre part", "n’ont pas de note de notre part"),
    **{name: (f"sont {french}", f"ne sont pas {french}") for name, (_, french) in _ARE.items()},
    **{
        name: (f"ont un lien avec {french}", f"n’ont pas de lien avec {french}")
        for name, (_, french) in _WITH_LINK.items()
    },
    "words": ("contiennent « {} »", "ne contiennent pas « {} »"),
    "near": (
        "contiennent « {} », chaque mot à {} au plus de sa place",
        "ne contiennent pas « {} », chaque mot à {} au plus de sa place",
    ),
    "handle": ("mentionnent {}", "ne mentionnent pas {}"),
    "tag": ("portent {}", "ne portent pas {}"),
    "inside": ("se trouvent dans {}", "ne se trouvent pas dans {}"),
    "of_x": ("remplissent la condition propre à X {}", "ne remplissent pas la condition propre à X {}"),
}

WORDINGS: Mapping[str, tuple[Frames, Mapping[str, Wording]]] = {
    "en": (
        Frames(
            posts="posts that {}",
            none_of="are not posts that {}",
            both=", and ",
            either=" or ",
            at_least="at least {}",
            at_most="at most {}",
            between="{} to {}",
            undetermined="“undetermined”",
        ),
        ENGLISH,
    ),
    "fr": (
        Frames(
            posts="les publications qui {}",
            none_of="ne sont pas des publications qui {}",
            both=", et ",
            either=" ou ",
            at_least="au moins {}",
            at_most="au plus {}",
            between="{} à {}",
            undetermined="« indéterminée »",
        ),
        FRENCH,
    ),
}
"""By language: the frames, and each condition by its name, with its value where that is no blank."""
