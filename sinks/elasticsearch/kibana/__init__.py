"""Dashboards for Kibana 8.19 and 9, built from a table of panels, as one file of saved objects for each language.

    boards/ (what is shown) --> lens.py, maps.py (as Kibana stores it) --> objects.py --> veille-fr.ndjson, -en.ndjson
                                                                                      `--> `veille kibana install`

The two files are what Kibana's own import takes by hand; docs/kibana.md says how. After a change here:
`python -m veille.sinks.elasticsearch.kibana.objects` writes them anew, and a test holds them true.
"""
