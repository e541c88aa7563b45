"""The Elasticsearch archive: template, writing, reading."""
