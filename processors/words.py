"""The words of a text that say what it is about: folded, each once, without what stands in every text.

text --tokens--> words --less links, handles, numbers alone, words of grammar--> terms
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from veille.query import parse
from veille.query.tree import And, Node, Or, Tag, Text
from veille.settings import Watch
from veille.text.tokens import URL, texts

MOST = 48
"""Words of one text; a longer one is told by its beginning."""

SHORTEST = 2
LONGEST = 40
"""Letters of a word."""

_FRENCH = """
a ai aie aient ait alors apres as au aucun aucune aujourd auquel aussi autre autres aux avaient avais avait avant avec
avez avoir avons bah bcp bien bon bonne c ca car ce ceci cela celle celles celui cependant ces cet cette ceux chaque
chez ci comme comment contre d dans de deja depuis des desormais deux devant dire dit doit donc dont dois du elle elles
en encore enfin entre es est et etaient etais etait etant ete etes etre eu eux fait faire fais faut fois font hier hui
ici il ils j je jamais jour jours juste l la laquelle le lequel les lesquelles lesquels leur leurs lors lui m ma mais
mal me meme memes merci mes mettre moi moins mon n ne ni non nos notre nous on ont ou oui par parce parfois pas
pendant personne peu peut peux plus plutot pour pourquoi pourtant pouvez presque puis puisque qd qu quand que quel
quelle quelles quelqu quelque quelques quels qui quoi rien rt s sa sais sait sans se sera serait ses si sinon soi soit
sommes son sont sous souvent suis sur t ta tant te tellement tes toi ton toujours tous tout toute toutes tres trop tu un
une va vais vas vers veut veux vient voici voila voir vos votre vous vraiment vs y
"""
_ENGLISH = """
about after again all almost also although always am an and another any anyone anything are aren around as at away back
be because been before being below between both but by came can cannot come could couldn d did didn do does doesn doing
don done down during each either else ever every everyone everything few for from further get gets getting go goes going
gone gonna got had hadn has hasn have haven having he her here hers him his how i if im in into is isn it its itself
just know let like ll m made make many may maybe me might mine more most much must my myself need never no nor not
nothing now of off oh ok okay on once one only or other our ours out over own please put quite re really right said same
say says see seem seen she should shouldn since so some someone something still such take than that the their theirs
them then there these they thing things think this those though through thru to today too two u until up upon ur us use
used using ve very via want was wasn way we well were weren what whatever when where which while who whom whose why will
with within without won would wouldn yeah yes yesterday yet you your yours
"""
_LINKS = "http https www com amp"

GRAMMAR = frozenset(f"{_FRENCH} {_ENGLISH} {_LINKS}".split())
"""Words that say nothing of a text's subject in French or English, folded; our own list."""


def terms(text: str) -> tuple[str, ...]:
    """Words of a text, in order of appearance. Names after an `@` and links are left out."""
    found: dict[str, None] = {}
    for word in texts(text):
        if word not in found and _tells(word):
            found[word] = None
            if len(found) == MOST:
                break
    return tuple(found)


def asked(watches: Iterable[Watch]) -> dict[str, frozenset[str]]:
    """By id of a watch, the words that its query asks for, all of them: they do not say why it is spoken of."""
    return {watch.id: frozenset(_asked(parse(watch.query).tree)) for watch in watches}


def _asked(node: Node) -> Iterator[str]:
    match node:
        case And(items=items) | Or(items=items):
            for item in items:
                yield from _asked(item)
        case Text(tokens=tokens):
            yield from tokens
        case Tag(value=value):
            yield from texts(value)


def _tells(word: str) -> bool:
    if word in GRAMMAR or word == URL or word[0] == "@" or word.isdigit():
        return False
    return not word.isascii() or SHORTEST <= len(word) <= LONGEST
