"""Sinks: they bring mentions into one system, each exactly once in effect."""
