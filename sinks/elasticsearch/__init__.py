"""The archive in Elasticsearch: writing and reading. Serves servers 8.19 and 9 with one client.

Record --> sink.py --_bulk--> {prefix}-mentions-YYYY.MM <--_search-- archive.py <-- search, page
           template.py makes and checks the mapping; client.py is the only one that talks
"""

from veille.sinks.elasticsearch.archive import ElasticsearchArchive
from veille.sinks.elasticsearch.revisions import ElasticsearchRevisions
from veille.sinks.elasticsearch.sink import ElasticsearchSink

__all__ = ["ElasticsearchArchive", "ElasticsearchRevisions", "ElasticsearchSink"]
