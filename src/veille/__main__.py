"""`python -m veille` is the same as `veille`."""

from veille.cli import main

if __name__ == "__main__":
    main()
