"""The web page and the API /api/v1."""
