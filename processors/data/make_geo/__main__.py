"""Write the table."""

from __future__ import annotations

import gc

from veille.processors.data.make_geo.sources import HERE
from veille.processors.data.make_geo.table import packed
from veille.processors.gazetteer import FILE

if __name__ == "__main__":
    gc.disable()  # millions of small objects, none of them in a circle
    (HERE / FILE).write_bytes(packed())
