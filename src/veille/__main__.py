"""`python -m veille` is the same as `veille`."""

import sys

from veille.cli import main

if __name__ == "__main__":
    sys.exit(main())
