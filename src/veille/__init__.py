"""veille: permanent watch on a brand, its competitors and its market over public social streams."""

__version__ = "0.1.0"
