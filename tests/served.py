"""Settings of the property tests whose every example is a server and many requests."""

from __future__ import annotations

from hypothesis import Phase, settings

SERVED = settings(deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
"""What fails is told as it was found: making it smaller would take minutes, and a test has four."""
