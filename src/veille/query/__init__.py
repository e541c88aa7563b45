"""The query language: parse, match on the stream, compile for X, Elasticsearch and SQLite."""
