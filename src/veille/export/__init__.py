"""Taking mentions out of the archive: a file of rows for other programs, whole or what changed since the last one.

    archive --rows.py: flat rows, X's by id alone--> files.py: CSV, NDJSON, Parquet --> FILE, FILE.about.json
            `--state.py: what changed since then--^

`task.py` puts it together, `whole.py` gives the file its name. Rows are written as they are read, so memory does not
grow with the archive.
"""
