"""The words of taking mentions away: the dialog of an export and what its columns hold; in English and French."""

from __future__ import annotations

EXPORT_WORDS: dict[str, tuple[str, str]] = {
    "export": ("Export", "Exporter"),
    "export_title": ("Take this away", "Emporter ces mentions"),
    "export_back": ("Back to the search", "Retour à la recherche"),
    "export_rows": ("{n} rows", "{n} lignes"),
    "export_row": ("1 row", "1 ligne"),
    "export_nothing": (
        "Nothing matches: a file would have no row, a CSV the names of its columns alone.",
        "Rien ne correspond : le fichier n’aurait aucune ligne, un CSV les seuls noms des colonnes.",
    ),
    "export_ids_alone": (
        "{n} of them are posts of X and have the id and the address alone, as X’s terms ask.",
        "Dont {n} publications de X, avec l’identifiant et l’adresse seuls, comme X le demande.",
    ),
    "export_id_alone": (
        "1 of them is a post of X and has the id and the address alone, as X’s terms ask.",
        "Dont 1 publication de X, avec l’identifiant et l’adresse seuls, comme X le demande.",
    ),
    "export_deleted": (
        "What people deleted is not in it. What they delete from now on must leave your copy as well: an export with "
        "`--state` tells what is gone.",
        "Ce que les gens ont supprimé n’y est pas. Ce qu’ils supprimeront doit aussi quitter votre copie : un export "
        "avec `--state` dit ce qui a disparu.",
    ),
    "export_many": (
        "More than {n} rows: this takes minutes, and a spreadsheet may not open it. Narrow it, or take Parquet.",
        "Plus de {n} lignes : cela prend des minutes, et un tableur peut ne pas l’ouvrir. Resserrez la recherche, ou "
        "prenez Parquet.",
    ),
    "export_gapless": ("No gap lies in this time.", "Aucune lacune sur cette période."),
    "export_all": ("Texts and all columns, but for X", "Textes et toutes les colonnes, sauf pour X"),
    "export_ids": ("Ids and links only", "Identifiants et liens seulement"),
    "export_csv": ("CSV, for spreadsheets", "CSV, pour tableurs"),
    "export_ndjson": ("JSON, a line each", "JSON, une ligne chacune"),
    "export_parquet": ("Parquet, for databases", "Parquet, pour bases de données"),
    "export_no_parquet": (
        "Parquet is written as well once `pip install 'veille[parquet]'` has been run where veille runs.",
        "Parquet s’écrit aussi une fois `pip install 'veille[parquet]'` lancé là où tourne veille.",
    ),
    "export_first": (
        "Each file says what it is: the query, the time, its zone and how much of it was read. In JSON this is the "
        "first line, `about`; in CSV the last column of the first row; in Parquet its metadata. Times are those of "
        "{zone}, with their offset.",
        "Chaque fichier dit ce qu’il est : la requête, la période, son fuseau et la part qui a été lue. En JSON, c’est "
        "la première ligne, `about` ; en CSV, la dernière colonne de la première ligne ; en Parquet, les métadonnées. "
        "Les heures sont celles de {zone}, avec leur décalage.",
    ),
    "export_x": ("With texts of X, to be read by people", "Avec des textes de X, à lire par des personnes"),
    "export_x_how": (
        "X lets a person pass on {most} texts a day, by hand. Today {left} more may go out from here; how many do is "
        "counted and logged, not which.",
        "X permet à une personne d’en transmettre {most} par jour, à la main. Aujourd’hui, il peut en sortir encore "
        "{left} d’ici ; leur nombre est compté et noté, pas lesquels.",
    ),
    "export_x_none": (
        "X lets a person pass on {most} texts a day, by hand: those of today have gone out. The count begins anew at "
        "midnight UTC.",
        "X permet à une personne d’en transmettre {most} par jour, à la main : ceux d’aujourd’hui sont sortis. Le "
        "compte repart à minuit UTC.",
    ),
    "export_x_uncounted": (
        "Texts of X go out only where they are counted, and `{file}` cannot be read or written: let veille write it.",
        "Les textes de X ne sortent que comptés, et `{file}` ne peut être lu ou écrit : laissez veille y écrire.",
    ),
    "export_x_texts": ("Texts of X", "Textes de X"),
    "export_command": (
        "By command, which also tells later what has changed since:",
        "Par commande, qui dit aussi plus tard ce qui a changé depuis :",
    ),
    "export_columns": ("Columns", "Colonnes"),
    "export_stop": (
        "It comes as it is read; cancel the download to stop it.",
        "Le fichier vient au fil de la lecture ; annulez le téléchargement pour l’arrêter.",
    ),
    "column_public_id": (
        "Name of the mention in veille, `/m/{{public_id}}`",
        "Nom de la mention dans veille, `/m/{{public_id}}`",
    ),
    "column_removed": (
        "Gone since an earlier export: delete what you have of it",
        "Disparue depuis un export précédent : supprimez ce que vous en avez",
    ),
    "column_source": ("The network", "Le réseau"),
    "column_id": ("The network’s own id of the post", "Identifiant de la publication sur son réseau"),
    "column_url": ("Address for people; keep it beside the text", "Adresse à ouvrir ; à garder à côté du texte"),
    "column_version": (
        "Digits, the higher the later; an edit has another",
        "Des chiffres, d’autant plus grands que c’est récent ; une modification en a d’autres",
    ),
    "column_created_at": ("When it was published", "Heure de publication"),
    "column_received_at": ("When veille received it", "Heure à laquelle veille l’a reçue"),
    "column_kind": (
        "post, reply, repost, quote, article",
        "`post` publication, `reply` réponse, `repost` republication, `quote` citation, `article` article",
    ),
    "column_author_id": ("The network’s id of the author", "Identifiant de l’auteur sur le réseau"),
    "column_author_handle": (
        "Name the author with it wherever the text is shown",
        "À citer comme auteur partout où le texte est montré",
    ),
    "column_author_name": ("Display name", "Nom affiché"),
    "column_followers": ("As received", "Abonnés, à la réception"),
    "column_text": ("The whole text", "Le texte entier"),
    "column_language": ("ISO 639-1, `und` when unsure", "ISO 639-1, `und` en cas de doute"),
    "column_country": (
        "Where the author or the post is, ISO 3166-1",
        "Où est l’auteur ou la publication, ISO 3166-1",
    ),
    "column_region": ("ISO 3166-2", "ISO 3166-2"),
    "column_city": ("Its name in English", "Son nom en anglais"),
    "column_longitude": ("Of the finest that is known", "Du lieu le plus précis qui soit connu"),
    "column_latitude": ("The same", "De même"),
    "column_sentiment": (
        "negative, neutral, positive, unsure",
        "`negative` négatif, `neutral` neutre, `positive` positif, `unsure` incertain",
    ),
    "column_score": ("-1 to 1", "De -1 à 1"),
    "column_confidence": ("How often such a label is right", "À quelle fréquence un tel avis est juste"),
    "column_watches": ("The watches that it matches", "Les veilles auxquelles elle correspond"),
    "column_terms": ("What of their queries matched", "Ce qui, de leurs requêtes, a été trouvé"),
    "column_hashtags": ("Without `#`", "Sans `#`"),
    "column_links": ("Expanded where known", "Développés quand on le sait"),
    "column_domains": ("Their hosts", "Leurs domaines"),
    "column_campaigns": ("Their `utm_campaign`", "Leur `utm_campaign`"),
    "column_link_keys": (
        "What all forms of a link share: `link` of its visits",
        "Ce que toutes les formes d’un lien ont en commun : `link` de ses visites",
    ),
    "column_question": ("Whether it asks something", "Si elle pose une question"),
    "column_story": ("What says nearly the same has the same", "La même pour ce qui dit presque la même chose"),
    "column_likes": ("As received, like the next two", "Mentions « j’aime », à la réception, comme les deux suivants"),
    "column_reposts": ("Reposts", "Republications"),
    "column_replies": ("Answers", "Réponses"),
}
