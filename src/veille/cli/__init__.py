"""The command line: thin; parse, call, exit code."""
