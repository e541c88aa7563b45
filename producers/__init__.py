"""Sources: they read a network, bring what it sends into one form, publish what a watch matches."""
