"""Text as the query language sees it: tokens, folding, twitter-text entities; used by query and by tags."""
