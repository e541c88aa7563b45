"""A stand-in for each network, and a seeded world to fill them."""
