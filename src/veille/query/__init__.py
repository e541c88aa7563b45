"""The query language: X's rules, read once, matched on the stream, compiled for X, Elasticsearch and SQLite.

text --parse--> Query(tree) --> Matcher | x_rule | words | the archives' compilers
"""

from veille.query.errors import QueryError
from veille.query.parser import Query, parse
from veille.query.use import Use
from veille.query.wording import words
from veille.query.x_printer import x_rule

__all__ = ["Query", "QueryError", "Use", "parse", "words", "x_rule"]
