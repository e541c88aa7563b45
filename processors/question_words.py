"""How questions begin without a mark, in French and English, and what begins like one and is none.

Each row: first words, then what must follow them (a pattern on lower case). Read by `question.py`, which looks the
first word up, so that a clause that begins with any other costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Rows = Sequence[tuple[str, str]]

_SOMEBODY = r"(?:any|some|every|no) ?(?:one|body)"
_SUBJECT = (
    r"(?:i|you|u|we|they|he|she|it|this|that|these|those|there|the|my|your|our|their|any|all|people|both|one"
    rf"|{_SOMEBODY})"
)
_BE_HAVE_DO = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|must|am)(?:n't)?"
_SURE = r"(?:si|comment|quand|combien|où|quel|quelle|qui|lequel|laquelle|à quoi)"

EVERYWHERE: Rows = (
    # English: the verb before its subject, and question words with such a verb.
    ("do", r" (?:i|you|u|we|they|people|any|anyone|anybody|these|those)\b(?! a favou?r)"),
    ("do", r" (?:your|the|our) \w+(?: \w+)? (?:also|still|ever|even|really|have|come|work|need|fit|ship|take|sell)\b"),
    ("does did", rf" (?:i|you|we|they|he|she|this|that|there|any|{_SOMEBODY})\b"),
    ("does", r" (?:it|the|your|my|our)\b"),
    ("does", r" \"?\w+(?: \w+)? (?:apply|include|work|count|mean|still|have|come|take)\b"),
    (
        "did",
        r" (?:it|the|your|my)(?: \w+)? (?:just|ever|really|get|go|come|change|stop|work|arrive|break|say|make|have)\b",
    ),
    (
        "is was",
        r" (?!the (?:best|worst|most|only|one|reason|way|same)\b)(?:it|this|that|there|he|she|the|my|your|our)\b",
    ),
    ("is was are were has", rf" (?:{_SOMEBODY}|any)\b"),
    ("are were", r" (?:you|u|we|they|these|those|there|the|my|your|our|all)\b(?! not)"),
    ("am", r" i\b"),
    ("has", r" (?:it|this|that|there|he|she|the|my|your)\b"),
    ("have", r" (?:i|you|u|we|they|any|the \w+ \w+ed|the \w+ (?:gone|been|come|sold|left))\b"),
    ("can could would should", rf" {_SUBJECT}\b"),
    ("will", r" (?:i|you|u|we|they|he|she|it|this|that|there|the|my|your|any|anyone|anybody|someone)\b"),
    ("may", r" i\b"),
    ("how", rf" (?:\w+ ){{0,4}}?{_BE_HAVE_DO} {_SUBJECT}\b"),
    ("how", r" (?:come|do i|is|are|bad|good) \w"),
    ("what where when why who whom whose", rf" (?:\w+ ){{0,2}}?{_BE_HAVE_DO} {_SUBJECT}\b"),
    ("which", rf" (?:\w+ ){{1,4}}?{_BE_HAVE_DO} {_SUBJECT}\b"),
    ("what", r" (?:does|do|did) \w"),
    ("which", r" (?:one|of (?:these|those|them|the))\b"),
    ("who", r" (?:do|does|did|knows|else|can|could)\b"),
    ("what's where's whats wheres what’s where’s when's", r" (?!up\b|not to\b)\w"),
    (
        "any",
        r" (?:ideas?|tips?|advice|recommendations?|recs|suggestions?|chance|news|updates?|way|thoughts|clue|takers)\b",
    ),
    ("any", r" (?:of (?:you|u)|good|decent) \w"),
    ("anyone anybody", r"(?: else)? (?:know|knows|got|has|have|had|tried|recommend|else|near|up for|going|selling)\b"),
    (
        "anyone anybody",
        r"(?: else)? (?:seen|using|here|with|fancy|in|at|from|able|remember|want|used|still|getting|on)\b",
    ),
    ("someone somebody", r" (?:know|knows|please)\b"),
    ("wondering", r" (?:if|whether|when|what|how|where|who|which)\b"),
    ("i i'm", r" (?:was |am )?(?:just )?wondering (?:if|whether|when|what|how|where|who|which)\b"),
    ("isn't aren't doesn't don't won't wasn't", r" (?:it|they|you|he|she)$"),
    # French: est-ce que, inversion, in-situ, "quelqu'un sait".
    ("est-ce", r" qu"),
    ("est", r" ce qu"),
    (
        "quelqu'un qqn",
        r" (?:sait|saurait|conna[iî]t|peut|pourrait|aurait|d'autre|l'a|vend|se souvient|veut|utilise|pour)\b",
    ),
    ("quelqu'un qqn", r" a(?:vait)? (?:un|une|des|du|déjà|essayé|réussi|testé|vu|reçu|eu|le|la|les)\b"),
    ("quelqu'un qqn", r" (?:ici|chez|dans le coin|à|qui (?:sait|a|peut|connaît|aurait|vend))\b"),
    ("lequel laquelle lesquels lesquelles", r" \w"),
    ("combien", r" (?:de temps|coûte|ça|vous|tu|faut|pour|on)\b"),
    ("combien", r" de (?!fois\b)\w+ (?:\w+ )?(?:avez|as|faut|sont|y|ont|pour|il|vous)\b"),
    (
        "c'est ça",
        r" (?:(?!pas\b|pour\b|ce\b|là\b|ici\b)\w+ )?(?:quoi|où|quand|combien|comment)\b(?! (?:même|on|tu|je|il)\b)",
    ),
    ("c'est", r" (?:à|pour|de|en|dans|sur|chez) (?:qui|quoi|quand|combien|quel|quelle)\b"),
    ("c'est", r" quel(?:le)?s? \w"),
    ("comment", r" (?:on|ça se fait|faire|puis-je|je (?:fais|peux)|vous|tu|savoir|font|va|vont|se fait)\b(?! ose)"),
    ("à", r" (?:qui|quoi|quand|quelle|quel|combien)\b"),
    ("qu'est-ce", r" (?:qu'ils|qu'il|qu'on|que je|que tu|que vous|que ça|qui)\b"),
    ("que", r" (?:veut dire|signifie|faire|se passe-t-il|pensez-vous)\b"),
)
"""At the beginning of a clause: after a comma as well."""

AT_THE_BEGINNING: Rows = (
    # English
    ("how", r" (?:long|often|old|far|soon|loud|big|much|many)\b(?! (?:i|we|you|they|it) )"),
    ("what", r" (?:is|are|was|were|happened|time|size|year|kind|sort|type|else|should|would|do|does|did)\b"),
    (
        "what who",
        r" (?:people|everyone|else|is|are|was|has|won|wants|plays|owns|sells|runs|makes|knows)\b(?! it is)",
    ),
    (
        "which",
        r" (?!is\b|are\b|was\b|has\b|in\b|i\b|we\b|means|reminds|makes)\w+ (?:\w+ )?"
        r"(?:is|are|fits?|works?|looks?|shows|do|does|should|would|can|will|goes|has)\b",
    ),
    ("why", rf" {_BE_HAVE_DO}\b"),
    ("why", r" (?:so|no)\b"),
    ("when", r" (?:is|does|do|did|will|can|are|was)\b"),
    ("where", r" (?:is|are|was|to|do|does|did|can|could|should|would|you)\b"),
    ("who", r" (?:is|are|was|won|wants|has|will|would|here)\b(?! back\b)"),
    ("who's whos", r" (?!back\b|a\b|the\b|your\b)\w"),
    ("i", r" wonder (?:if|whether|when|how|which|what time)\b"),
    ("i'd would i", r" (?:love|like|want|need) to (?:know|understand)\b"),
    ("curious", r" (?:if|whether|what|how|why|about)\b"),
    ("curious", r"$"),
    ("thoughts opinions", r" (?:on|about)\b"),
    ("please pls", r" tell me (?:how|where|when|what|if|why|which|who)\b"),
    ("tell", r" me (?:how|where|when|if|why|which)\b"),
    ("need", r" (?:some |your )?(?:help|advice|recommendations?|opinions?|suggestions?)\b"),
    ("looking", r" for (?:some )?(?:advice|help|recommendations?|suggestions?|tips)\b"),
    ("asking", r" for a friend\b"),
    ("quick serious genuine honest dumb stupid random", r" (?:question|poll)\b"),
    ("poll question", r"$"),
    ("is", r" it just me\b"),
    # French
    ("pourquoi pk pq pkoi", r" (?!pas\b|votre\b|vos\b|nous\b|faut-il\b|choisir\b|je (?:m'embête|paie|continue)\b)\w"),
    ("quand", r" (?:est-ce|sort|arrive|ouvre|rouvre|reprend|est|sera|commence|finit|revient|aura)\b"),
    ("où", r" (?:est|sont|en est|puis|peut|peux|trouver|acheter|est-ce|on peut|trouve)\b"),
    ("quel quelle quels quelles", r" (?:est|sont|était|sera)\b"),
    (
        "quel quelle quels quelles",
        r" \w+(?: \w+)? (?:va|vont|est|sont|donne|prendre|choisir|vous|tu|fait|faut|marche|passe|me|acheter)\b",
    ),
    (
        "qui",
        r" (?:sait|saurait|conna[iî]t|peut|a déjà|a (?:un|une|des|le|la)|gère|joue|attend|vient|veut|pour|paie|vend)\b",
    ),
    ("qui", r" (?:aurait|utilise|s'occupe|regarde|est (?:chaud|dispo|partant|là|le|la))\b"),
    ("je j'aimerais j'voudrais", rf" (?:me demand(?:e|ais)|voudrais(?: bien)? savoir|(?:bien )?savoir) {_SURE}\b"),
    ("je", r" me demand(?:e|ais) s'"),
    ("me", rf" demande {_SURE}\b"),
    ("dites-moi dis-moi dites dis", rf" (?:moi )?{_SURE}\b"),
    (
        "une des",
        r" (?:idées?|conseils?|avis|recommandations?|retours|infos?|suggestions?|contacts?|pistes?|nouvelles)"
        r" (?:de|d'|du|pour|sur|si|à)",
    ),
    ("des", r" (?:gens|volontaires) (?:près|pour|à|qui|dans|sur)\b"),
    ("un", r" avis(?: sur|$)"),
    ("besoin", r" (?:d'aide|de conseils?|d'un conseil|d'un avis|de vos)\b"),
    ("petit sondage petite simple vraie question", r" ?(?:sondage|question|curiosité|sérieuse|bête|con|pour|$)"),
    ("c'est", r" (?:pour un ami|normal|moi ou|moi qui|vrai que|possible de|sûr que|censé)\b"),
    ("d'autres", r" (?:ont|que|personnes|gens)\b"),
    ("je", r" suis (?:le seul|la seule)\b"),
    ("on", r" sait (?:quand|si|où|qui|combien|comment)\b"),
    (
        "on",
        r" (?:peut|pourrait) (?:payer|mettre|avoir|savoir|m'|me |commander|réserver|échanger|rendre|utiliser|changer)",
    ),
    ("tu vous", r" (?:peux|pouvez|pourrais|pourriez) (?:m'|me |regarder|vérifier)"),
    ("vous", r" (?:livrez|recrutez|préférez|utilisez|acceptez|vendez|faites encore|auriez|sauriez|connaissez)\b"),
    ("vous tu t'as", r" (?:avez|as)? ?(?:déjà|essayé|réussi|vu passer|testé|un numéro|un lien|des nouvelles|eu des)\b"),
    ("vous tu", r" (?:savez|sais) (?:si|où|quand|combien|quel|quelle|qui)\b"),
    ("il", r" (?:existe (?:un|une)|y a (?:quelqu'un|moyen|un moyen|d'autres))\b"),
    ("ya", r" (?:quelqu'un|moyen|un moyen)\b"),
    ("keskil keskon keske kesk", r" \w"),
    ("c", r" (?:normal|quoi|koi|quand|où|combien)\b(?! même)"),
    ("y", r" (?:a|avait) (?:quelqu'un|moyen|un moyen|des gens|pas moyen)\b"),
    ("ça", r" vaut le (?:coup|prix)\b"),
    ("du", r" coup\b.*\bou pas\b"),
    ("chaud chauds chaude", r" pour\b"),
    (
        "je tu il elle on vous ils elles nous t'as t'es j'",
        r" (?:(?!pas\b|ne\b|n'|sai[st]\b|save[zn]t?\b|vois\b|voit\b|compren|verra|dis\b|dit\b|demand)[\w'’]+ ){1,4}"
        r"(?:quoi|où|combien|lequel|laquelle)\b(?! que)",
    ),
    ("elle il ça vous tu on", r" (?:\w+ ){1,3}(?:comment|à quelle|à quel|de quelle|de quel|dans quel)\b"),
)
"""At the beginning of a sentence alone: after a comma these go on with it."""

NONE: Rows = (
    ("how", r" (?:dare|many times|could (?:you|they|anyone|this|it)\b)"),
    (
        "what",
        r" (?:can i say|a |an |the hell|the heck|the f|do (?:you|they) expect|did (?:you|i|they) expect|matters|i )",
    ),
    ("what's", r" not to (?:like|love)\b"),
    ("who", r" (?:needs|cares|even|would(?:'ve| have) (?:thought|guessed)|am i to|knew|wore it better|doesn't love)\b"),
    ("why", r" (?:not|must|bother|yes|do i (?:even|bother|always)|would any)\b"),
    ("where", r" (?:do they find|has the time)\b"),
    ("is", r" (?:it (?:friday|the weekend|bedtime|summer|too much to ask)|there anything (?:better|worse)|nothing)\b"),
    ("could can", r" (?:this|it|things|the|my|today)(?: \w+)? get any\b"),
    ("can", r" we (?:just |all |please )*(?:talk|appreciate|agree|take a moment|stop)\b"),
    ("are", r" you kidding\b"),
    ("were", r" it not\b"),
    ("should had", r" (?:you|we|i) (?:see|find|need|wish|require|known|seen)\b"),
    ("how", r" (?:hard|difficult) can it be\b"),
    (
        "isn't aren't",
        r" (?:she|he|it|this|that|they) (?:just )?(?:lovely|great|beautiful|amazing|cute|adorable|ironic|gorgeous)\b",
    ),
    ("in", r" what world\b"),
    ("do", r" they think (?:we|i)\b"),
    ("you know guess ya", r" (?:what|know what|who|who's back)\b"),
    ("know", r" what$"),
    ("did", r" you know\b"),
    ("remember", r" (?:me|when|that|this|these|the)\b"),
    ("ever", r" (?:wonder|wondered|get|had|feel)\b"),
    ("comment", r" (?:ose|osent|osez|est-ce possible|nous|ça a commencé)\b"),
    ("comment", r" peut-on (?:en arriver|accepter|être)\b"),
    ("combien", r" de fois\b"),
    ("que", r" (?:dire|demander de plus|demande le peuple)\b"),
    ("qui", r" (?:suis-je pour|a besoin de|achète|n'aime pas|l'eût cru|aurait cru|s'en soucie|c'est le)\b"),
    ("pourquoi", r" (?:pas\b|faut-il que|tant de haine|je m'embête|se priver|s'embêter)"),
    ("y", r" a-t-il (?:mieux|meilleur|plus beau|pire)\b"),
    ("on", r" (?:peut|pourrait) (?:juste |enfin |quand même )?(?:parler de|prendre un moment|dire|rêver|applaudir)\b"),
    ("n'est-ce n'est-elle n'est-il", r" pas (?:adorable|magnifique|beau|belle|génial|merveilleux|mignon)"),
    ("où mais", r" (?:où )?(?:vont-ils|va-t-on|allons-nous)\b"),
    ("dans", r" quel monde\b"),
    ("c'est", r" (?:quoi cette honte|quoi ce (?:truc|délire|bordel)|quand (?:vendredi|le week))\b"),
    ("vous tu", r" (?:savez|sais) quoi\b"),
    ("devinez devine", r" (?:quoi|qui)\b"),
    ("le", r" saviez-vous\b"),
    ("saviez-vous", r""),
    ("vous tu", r" (?:vous souvenez|te souviens) de moi\b"),
)
"""What begins like a question, with or without a mark, and asks nobody."""

OFFERS: Rows = (
    ("tired bored hungry thirsty ready fed stuck struggling", r""),
    ("looking want wanna need thinking planning fancy dreaming searching feeling", r""),
    ("envie marre prêts prêt prêtes besoin ras-le-bol", r" (?:de|d'|du|pour|à|que)"),
    ("une un", r" (?:petite (?:faim|soif|envie|pause)|coup de main|petit creux)\b"),
    ("vous", r" (?:cherchez|souhaitez|rêvez|voulez gagner|pensez à vous|en avez (?:marre|assez))\b"),
)
"""What begins like a question, has a mark and goes on: an offer, a confession."""

_OPENERS = (
    "hey hi hello ok okay hmm um so and but also btw anyway well guys folks sorry please pls just seriously honestly "
    "genuinely now then yo damn lol dear ah oh rt "
    "bonjour bonsoir salut coucou alors donc et mais svp stp euh bon ben sinon du coup au fait franchement perso"
)
OPENERS = frozenset(_OPENERS.split())
"""Words that a question may begin after."""


def by_first_word(rows: Rows) -> Mapping[str, str]:
    """What may follow each first word, as one pattern."""
    patterns: dict[str, list[str]] = {}
    for words, pattern in rows:
        for word in words.split():
            patterns.setdefault(word, []).append(pattern)
    return {word: "|".join(found) for word, found in patterns.items()}
