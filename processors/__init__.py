"""Enrichments: plain functions from a post to the fields that they fill."""
