"""Invents posts in X's wire form that rules match, so that a stand-in has something to say whatever is watched.

rule --one way to meet it--> Wish (terms, author, language, kind) --sentence--> message as the stream sends it

Nothing here can pass for a post of X's: texts begin with `[simulated]`, names end with `(simulated)`, and ids lie
beyond the signed 64-bit numbers that X counts in. The same seed invents the same posts, but for times and ids.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from msgspec import Struct, field

from veille.producers.x.tweet import INVENTED_IDS
from veille.query.tree import And, Node, Not, Operator, Or, Tag, Text
from veille.text import entities

MARK = "[simulated]"
FIRST_ID = 9_300_000_000_000_000_000
"""Ids go on from here by the millisecond, so that a later run repeats none; all have X's 19 digits."""

USER_IDS = 9_400_000_000_000_000_000
REMEMBERED = 200
"""Posts that may still be edited, reposted, quoted or answered."""

EDITED = 0.08
"""Share of posts that are edits."""

ANSWERS = 0.25
"""Share of posts that are replies in conversations that rules name, where they name any."""

WORDS_OF_ANSWERS = {
    "en": ("Yes, since last week.", "Same here, no idea.", "Ask the shop, they were quick with mine."),
    "fr": ("Oui, depuis la semaine dernière.", "Pareil ici, aucune idée.", "Demandez au magasin, ils sont rapides."),
}
"""They name nobody."""

KEPT = ("conversation_id", "referenced_tweets", "in_reply_to_user_id", "geo")
"""What an edit takes over."""

SENTENCES = {
    "en": (
        "Third week without an answer from {t}, this is a joke.",
        "I have to say {t} surprised me: it just works, and quietly.",
        "Does anybody know whether {t} ships to Belgium?",
        "{t} again on my way home. Nothing more to say.",
        "My {t} broke on the second day & nobody wants to know. Never again!",
        "Thank you {t}, best support I have had in years.",
        "Comparing {t} with the other one all morning, still < convinced.",
    ),
    "fr": (
        "Trois semaines sans réponse de {t}, c’est une honte.",
        "Franchement {t}, bonne surprise : ça marche, et sans bruit.",
        "Quelqu’un sait si {t} livre en Belgique ?",
        "Encore {t} sur le chemin du retour. Rien à ajouter.",
        "Mon {t} est tombé en panne le deuxième jour & personne ne répond. Plus jamais !",
        "Merci {t}, le meilleur service client depuis longtemps.",
        "Je compare {t} avec l’autre depuis ce matin, toujours pas convaincue.",
    ),
}
FIRST_NAMES = ("Ada", "Basile", "Chloé", "Dario", "Elif", "Farah", "Gaspard", "Hanna", "Idris", "Jeanne", "Kofi", "Lou")
HOMES = (
    ("Lyon, France", "Lyon, France", "FR"),
    ("Paris", "Paris, France", "FR"),
    ("bruxelles 🇧🇪", "Brussels, Belgium", "BE"),
    ("Montréal, Québec", "Montréal, Québec", "CA"),
    ("London", "London, England", "GB"),
    ("somewhere over the rainbow", "Austin, TX", "US"),
    ("", "Geneva, Switzerland", "CH"),
)


class Wish(Struct):
    """One way to meet a rule."""

    terms: list[str] = field(default_factory=list)
    author: str | None = None
    lang: str | None = None
    kind: str | None = None
    link: str | None = None
    place: bool = False
    conversation: str | None = None


def wish(tree: Node, random: Random) -> Wish:
    """Terms that together meet a rule, one branch of each OR; operators that cannot be acted on are passed over."""
    found = Wish()
    _take(tree, random, found)
    return found


def _take(node: Node, random: Random, found: Wish) -> None:
    match node:
        case And(items=items):
            for item in items:
                _take(item, random, found)
        case Or(items=items):
            _take(random.choice(items), random, found)
        case Text(raw=raw) | Tag(raw=raw):
            found.terms.append(raw)
        case Operator(name=name, value=value):
            _act(name, value, found)
        case Not():
            pass


def _act(name: str, value: str, found: Wish) -> None:
    match name, value:
        case "from", _:
            found.author = value
        case "lang", _:
            found.lang = value
        case "is", "retweet" | "reply" | "quote":
            found.kind = value
        case "has", "links":
            found.link = "https://shop.example/offer"
        case "url", _:
            found.link = f"https://{value}" if "." in value else f"https://shop.example/{value}"
        case "has", "geo":
            found.place = True
        case "conversation_id", _:
            found.kind, found.conversation = "reply", value


class Inventor:
    """Invents one message after the other."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self._random = Random(seed)  # noqa: S311  # invents posts, no secrets
        self._now = now
        self._last_id = FIRST_ID
        self._told: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)

    def message(self, trees: Sequence[Node]) -> dict[str, Any]:
        """A post that tries to meet one of the rules, with what it refers to, as the stream sends it."""
        wished = wish(self._tree(trees), self._random)
        earlier = self._earlier(wished)
        chance = self._random.random()
        if earlier is not None and chance < EDITED and wished.kind is None:
            self._told.remove(earlier)
            made = self._edit(earlier)
        else:
            kind = wished.kind or {0: "retweet", 1: "quote", 2: "reply"}.get(int((chance - EDITED) / 0.1))
            made = self._fresh(wished, kind, earlier)
            if kind == "retweet":
                return made  # X lets nobody edit or repeat one
        self._told.append(made)
        return made

    def _tree(self, trees: Sequence[Node]) -> Node:
        """One of the rules; those of conversations have their share together, however many there are."""
        threads = [tree for tree in trees if isinstance(tree, Operator) and tree.name == "conversation_id"]
        others = [tree for tree in trees if tree not in threads]
        answers = threads and (not others or self._random.random() < ANSWERS)
        return self._random.choice(threads if answers else others)

    def _earlier(self, wished: Wish) -> dict[str, Any] | None:
        """What it may refer to: any post, or the last of the conversation that it belongs to."""
        if wished.conversation is None:
            return self._random.choice(self._told) if self._told else None
        said = (each for each in reversed(self._told) if each["data"]["conversation_id"] == wished.conversation)
        return next(said, None)

    # --- what is published --------------------------------------------------------------------------------------------

    def _fresh(self, wished: Wish, kind: str | None, earlier: dict[str, Any] | None) -> dict[str, Any]:
        random = self._random
        author = self._user(wished.author)
        lang = wished.lang or random.choice(("en", "fr"))
        sentences = SENTENCES if wished.conversation is None else WORDS_OF_ANSWERS
        text = f"{MARK} {random.choice(sentences.get(lang, ('{t}',))).format(t=' '.join(wished.terms) or 'it')}"
        if wished.link or random.random() < 0.15:
            text += f" {wished.link or 'https://shop.example/offer'}"
        message = self._message(text, author, lang)
        if wished.place or random.random() < 0.15:
            _put_place(message, random)
        if kind is not None:
            if earlier is None or wished.kind == "retweet":  # then it is the repeated text that must match
                earlier = self._message(text, self._user(None), lang)
            _refer(message, kind, earlier, author)
        elif random.random() < 0.1:
            _lengthen(message)
        return message

    def _edit(self, earlier: dict[str, Any]) -> dict[str, Any]:
        """A new post with the old one's history, as X has it."""
        old = earlier["data"]
        text = _raw(old["text"]).removesuffix(" (edited)") + " (edited)"
        made = self._message(text, earlier["includes"]["users"][0], old["lang"])
        kept = {name: old[name] for name in KEPT if name in old}
        history = [*old["edit_history_tweet_ids"], made["data"]["id"]]
        made["data"] |= {**kept, "edit_history_tweet_ids": history}
        made["includes"] = earlier["includes"]
        return made

    def _message(self, text: str, author: dict[str, Any], lang: str) -> dict[str, Any]:
        post_id = self._next_id()
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        data = {
            "id": post_id,
            "edit_history_tweet_ids": [post_id],
            "text": escaped,
            "author_id": author["id"],
            "conversation_id": post_id,
            "created_at": self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "lang": lang,
            "source": "veille simulate x",
            "possibly_sensitive": False,
            "public_metrics": dict.fromkeys(("retweet_count", "reply_count", "like_count", "quote_count"), 0),
            "entities": wire_entities(escaped),
        }
        return {"data": data, "includes": {"users": [author]}}

    def _next_id(self) -> str:
        milliseconds = int(self._now().timestamp() * 1000)
        self._last_id = max(self._last_id + 1, FIRST_ID + milliseconds * 1000)
        assert INVENTED_IDS <= self._last_id < USER_IDS
        return str(self._last_id)

    def _user(self, handle: str | None) -> dict[str, Any]:
        number = self._random.randrange(300)
        first = FIRST_NAMES[number % len(FIRST_NAMES)]
        followers = int(10 ** (1 + number % 50 / 12))
        name = handle or f"sim_{number:03}"
        return {
            "id": str(USER_IDS + number) if handle is None else user_id(handle),
            "username": name,
            "name": f"{first if handle is None else handle} (simulated)",
            "description": "An invented account of veille's stand-in for X.",
            "location": HOMES[number % len(HOMES)][0],
            "verified": False,
            "protected": False,
            "public_metrics": {
                "followers_count": followers, "following_count": number, "tweet_count": number * 7, "listed_count": 0,
            },
        }  # fmt: skip


def user_id(handle: str) -> str:
    """The id of an account that a rule names."""
    return str(USER_IDS + 1000 + zlib.crc32(handle.lower().encode()))


def wire_entities(text: str) -> dict[str, list[dict[str, Any]]]:
    """What X would say stands in a text; empty lists are left out, as X does."""
    spans = {
        "hashtags": [_span(each, "tag") for each in entities.hashtags(text)],
        "mentions": [_span(each, "username") for each in entities.handles(text)],
        "cashtags": [_span(each, "tag") for each in entities.cashtags(text)],
        "urls": [
            _span(each, "url") | {"expanded_url": each.value, "display_url": each.value.removeprefix("https://")}
            for each in entities.urls(text)
        ],
    }
    return {name: found for name, found in spans.items() if found}


def _span(entity: entities.Entity, name: str) -> dict[str, Any]:
    return {"start": entity.start, "end": entity.end, name: entity.value}


def _raw(escaped: str) -> str:
    return escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _put_place(message: dict[str, Any], random: Random) -> None:
    _, full_name, country = random.choice(HOMES)
    place = f"sim{HOMES.index((_, full_name, country)):013}"
    message["data"]["geo"] = {"place_id": place}
    message["includes"]["places"] = [
        {"id": place, "full_name": full_name, "country_code": country, "place_type": "city"}
    ]


def _refer(message: dict[str, Any], kind: str, earlier: dict[str, Any], author: dict[str, Any]) -> None:
    """Repost, quote or answer; X cuts the text of a repost and sends the whole in `includes`."""
    data, old = message["data"], earlier["data"]
    users = {user["id"]: user for user in (author, earlier["includes"]["users"][0])}
    types = {"retweet": "retweeted", "quote": "quoted", "reply": "replied_to"}
    data["referenced_tweets"] = [{"type": types[kind], "id": old["id"]}]
    message["includes"] |= {"users": list(users.values()), "tweets": [old]}
    if kind == "reply":
        data |= {"in_reply_to_user_id": old["author_id"], "conversation_id": old["conversation_id"]}
    if kind == "retweet":
        handle = users[old["author_id"]]["username"]
        cut = f"RT @{handle}: {old['text']}"
        data |= {"text": cut if len(cut) <= 140 else cut[:139] + "…", "lang": old["lang"]}
        data["entities"] = wire_entities(data["text"])


def _lengthen(message: dict[str, Any]) -> None:
    """Over 280 characters the text is cut, and the whole stands in `note_tweet`."""
    data = message["data"]
    whole = data["text"] + " And so on, and so forth, as long posts do." * 8
    data["note_tweet"] = {"text": whole, "entities": data["entities"]}
    data["text"] = whole[:279] + "…"
