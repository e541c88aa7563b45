"""What is wrong with a rule, or worth knowing about it, in French, by how it stands in English."""

from __future__ import annotations

from collections.abc import Mapping

from veille.text.french import Sentences

FRENCH: Mapping[str, str] = {
    # the whole
    "The rule has {} characters; {} are taken.": "La requête a {} caractères ; {} sont acceptés.",
    "Split it at an OR.": "Coupez-la à un OR.",
    "The rule is empty.": "La requête est vide.",
    "Write a word, a #tag, an @handle …": "Écrivez un mot, un #mot-dièse, un @compte…",
    "More than {} levels of AND within OR.": "Plus de {} niveaux de ET dans OR.",
    "Split it into several rules.": "Faites-en plusieurs requêtes.",
    "This part only excludes: it would match nearly everything.": (
        "Cette partie ne fait qu’exclure : presque tout y correspondrait."
    ),
    "Add what it must hold.": "Ajoutez ce qui doit s’y trouver.",
    "`{}` needs a word, a handle or an author beside it.": "`{}` demande à côté un mot, un compte ou un auteur.",
    "`sample:` is for the whole rule.": "`sample:` vaut pour toute la requête.",
    "Group the rest: `{}`.": "Groupez le reste : `{}`.",
    # groups
    "This bracket is never closed.": "Cette parenthèse n’est jamais fermée.",
    "This bracket closes nothing.": "Cette parenthèse ne ferme rien.",
    "There is nothing between these brackets.": "Il n’y a rien entre ces parenthèses.",
    "OR needs something on both sides.": "OR demande quelque chose des deux côtés.",
    "A space already means AND.": "Une espace veut déjà dire ET.",
    "Leave it out; for the word, write `{}`.": "Retirez-le ; pour le mot, écrivez `{}`.",
    "NOT is written as a minus.": "NOT s’écrit avec un moins.",
    "`-` must touch what it excludes.": "`-` doit toucher ce qu’il exclut.",
    "One minus is enough.": "Un seul moins suffit.",
    "`{}` does not group.": "`{}` ne groupe pas.",
    "Group with ( ).": "Groupez avec ( ).",
    # words and quotations
    "`{}` is a dash.": "`{}` est un tiret.",
    "`{}` is not a straight quote.": "`{}` n’est pas un guillemet droit.",
    "`~` follows a quotation of two words or more.": "`~` suit une citation de deux mots ou plus.",
    "`~` follows a quotation of two words or more, and a number from 1 to 6 follows it.": (
        "`~` suit une citation de deux mots ou plus, et est suivi d’un nombre de 1 à 6."
    ),
    "There are no wildcards.": "Il n’y a pas de joker.",
    "Write the forms, `{}`.": "Écrivez les formes, `{}`.",
    "An address is searched with `url:`.": "Une adresse se cherche avec `url:`.",
    "`{}` holds no word.": "`{}` ne contient aucun mot.",
    "Leave it out, or write the words beside it.": "Retirez-le, ou écrivez les mots à côté.",
    "Write a word or several in quotation marks.": "Écrivez un mot, ou plusieurs entre guillemets.",
    "There is nothing between these quotation marks.": "Il n’y a rien entre ces guillemets.",
    "This quotation is never closed.": "Cette citation n’est jamais fermée.",
    "A space is missing here.": "Il manque une espace ici.",
    "`{}` is no hashtag.": "`{}` n’est pas un mot-dièse.",
    "A hashtag needs a letter, and no signs.": "Un mot-dièse demande une lettre, et aucun signe.",
    "`{}` is no handle.": "`{}` n’est pas un compte.",
    "Write @name, @name.domain.tld or @name@domain.tld.": "Écrivez @nom, @nom.domaine.tld ou @nom@domaine.tld.",
    "Write a name, name.domain.tld or name@domain.tld.": "Écrivez un nom, nom.domaine.tld ou nom@domaine.tld.",
    "`{}` is no author.": "`{}` n’est pas un auteur.",
    "Write a handle, or words of the name.": "Écrivez un compte, ou des mots du nom.",
    "`{}` is no cashtag.": "`{}` n’est pas un symbole boursier.",
    "For the amount, write `{}`.": "Pour la somme, écrivez `{}`.",
    "Up to six letters, `{}` or `{}`.": "Six lettres au plus, `{}` ou `{}`.",
    # operators
    "`{}` has no value.": "`{}` n’a pas de valeur.",
    "Write `{}`, without a space after the colon.": "Écrivez `{}`, sans espace après les deux-points.",
    "There is no operator `{}`.": "Il n’y a pas d’opérateur `{}`.",
    "Nearest: `{}`. For the words, write `{}`.": "Le plus proche : `{}`. Pour les mots, écrivez `{}`.",
    "For the words, write `{}`.": "Pour les mots, écrivez `{}`.",
    "`{}` can only be excluded.": "`{}` ne peut qu’être exclu.",
    "`{}` cannot be excluded.": "`{}` ne peut être exclu.",
    "Leave out the minus.": "Retirez le moins.",
    "`{}` works in searches; a watch sees posts as they come.": (
        "`{}` sert aux recherches ; une veille voit les publications à leur arrivée."
    ),
    "Leave it out of the watch, and search for it.": "Retirez-le de la veille, et cherchez-le.",
    "`{}` exists in X's search alone.": "`{}` n’existe que dans la recherche de X.",
    "Leave it out: it is not known when a post arrives.": (
        "Retirez-le : on n’en sait rien quand une publication arrive."
    ),
    "`{}` exists in X's search alone: no post says so, and no archive can know.": (
        "`{}` n’existe que dans la recherche de X : aucune publication ne le dit, aucune archive ne peut le savoir."
    ),
    "`{}` is decided by X alone, in watches: no post shows it, so no archive can know.": (
        "X seul décide de `{}`, dans les veilles : aucune publication ne le montre, aucune archive ne peut le savoir."
    ),
    "Leave it out.": "Retirez-le.",
    "Leave them out.": "Retirez-les.",
    "Write `{}`.": "Écrivez `{}`.",
    "Write OR.": "Écrivez OR.",
    "Add a `{}`.": "Ajoutez `{}`.",
    # values
    "`{}` names no term of a watch.": "`{}` ne nomme aucun terme d’une veille.",
    "Write the watch and its term, `{}`.": "Écrivez la veille et son terme, `{}`.",
    "`{}` is no language code.": "`{}` n’est pas un code de langue.",
    "Write a code, `{}`.": "Écrivez un code, `{}`.",
    "`{}` is no country code.": "`{}` n’est pas un code de pays.",
    "Write two letters, `{}`.": "Écrivez deux lettres, `{}`.",
    "`{}` is no region code.": "`{}` n’est pas un code de région.",
    "Write country and region, `{}`.": "Écrivez le pays et la région, `{}`.",
    "`{}` is no place.": "`{}` n’est pas un lieu.",
    "Write a country, `{}`; places are on the map.": "Écrivez un pays, `{}` ; les lieux sont sur la carte.",
    "`{}` is no host.": "`{}` n’est pas un nom de site.",
    "Write the host alone, `{}`.": "Écrivez le site seul, `{}`.",
    "`{}` is no percentage.": "`{}` n’est pas un pourcentage.",
    "Write a whole number from 1 to 100.": "Écrivez un nombre entier de 1 à 100.",
    "`{}` is no range.": "`{}` n’est pas un intervalle.",
    "Lower end first: `{}`, `{}` or `{}`.": "La borne basse d’abord : `{}`, `{}` ou `{}`.",
    "`{}` is no number.": "`{}` n’est pas un nombre.",
    "Write a whole number, `{}`.": "Écrivez un nombre entier, `{}`.",
    "`{}` is no similarity.": "`{}` n’est pas une ressemblance.",
    "Write a number from 0 to 1, `{}`.": "Écrivez un nombre de 0 à 1, `{}`.",
    "`{}` is no annotation.": "`{}` n’est pas une annotation.",
    "Write domain and entity, `{}`.": "Écrivez le domaine et l’entité, `{}`.",
    "`{}` is no circle.": "`{}` n’est pas un cercle.",
    "Longitude, latitude, radius: `{}`.": "Longitude, latitude, rayon : `{}`.",
    "A radius of {} is out of range.": "Un rayon de {} est hors limites.",
    "It must be below 25mi (40km).": "Il doit être de moins de 40 km (25 mi).",
    "`{}` is no box.": "`{}` n’est pas un rectangle.",
    "West, south, east, north: `{}`.": "Ouest, sud, est, nord : `{}`.",
    "`{}` is empty.": "`{}` est vide.",
    "Write west and south first: `{}`.": "Écrivez l’ouest et le sud d’abord : `{}`.",
    "The box is too large.": "Le rectangle est trop grand.",
    "Each side must be below 25 miles (40 km).": "Chaque côté doit faire moins de 40 km (25 miles).",
    "Latitude {} is past 90.": "La latitude {} dépasse 90.",
    "Longitude {} is past 180.": "La longitude {} dépasse 180.",
    "Longitude comes first: `{}`.": "La longitude vient d’abord : `{}`.",
    "`{}` is not one of its values.": "`{}` n’est pas une de ses valeurs.",
    "Write one of: {}.": "Écrivez l’une de : {}.",
    "`{}` is no range of scores.": "`{}` n’est pas un intervalle de scores.",
    "From -1 to 1, lower end first: `{}`.": "De -1 à 1, la borne basse d’abord : `{}`.",
    "`{}` is no time.": "`{}` n’est pas une date.",
    "Write `{}`, `{}`, `{}` or `{}`.": "Écrivez `{}`, `{}`, `{}` ou `{}`.",
    "`{}` is out of range.": "`{}` est hors limites.",
    # what is worth knowing
    "`{}:` is known to X alone: on other networks it never holds.": (
        "`{}:` n’est connu que de X : sur les autres réseaux, il n’est jamais vrai."
    ),
    "Accents do not count in `{}`; X is sent both spellings, and may miss others.": (
        "Les accents ne comptent pas dans `{}` ; X reçoit les deux graphies, et peut en manquer d’autres."
    ),
    "`or` is searched as a word; `OR` in capitals means either side.": (
        "`or` est cherché comme un mot ; `OR` en capitales veut dire l’un ou l’autre."
    ),
    "`and` is searched as a word; a space already means AND.": (
        "`and` est cherché comme un mot ; une espace veut déjà dire ET."
    ),
    "Signs do not count: `{}` is searched as `{}`.": "Les signes ne comptent pas : `{}` est cherché comme `{}`.",
    "`{}` is one letter only, and will be found very often.": (
        "`{}` n’est qu’une lettre, et se trouvera très souvent."
    ),
    "`{}` and `-{}` exclude each other: together they match nothing.": (
        "`{}` et `-{}` s’excluent : ensemble, ils ne trouvent rien."
    ),
    "X advises against excluding a group whose terms must all hold, `-(a b)`; it is sent as it is.": (
        "X déconseille d’exclure un groupe dont tous les termes doivent s’y trouver, `-(a b)` ; il est envoyé tel quel."
    ),
}

_SENTENCES = Sentences(FRENCH)


def in_french(said: str) -> str | None:
    """The same in French; None for what is not of this list."""
    return _SENTENCES.of(said)
