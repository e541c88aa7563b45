"""One module for each stage: its `run` opens what the stage needs, and returns when it is told to stop."""
