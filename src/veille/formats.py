"""Numbers and times as people read them, in French and English, for first paint and live fragments alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_compact_decimal, format_decimal, format_percent, get_group_symbol

from veille.words import speaker

LOCALES = {"en": Locale("en", "GB"), "fr": Locale("fr", "FR")}
GROUPS = {language: get_group_symbol(locale) for language, locale in LOCALES.items()}
MONTHS = {language: locale.months["format"]["abbreviated"] for language, locale in LOCALES.items()}
"""What whole numbers and dates are put together from: a page has hundreds of both, for each of which Babel goes through
its pattern again, 20 times as long [measured]."""

COMPACT_FROM = 100_000
RECENT_S = 3600
HOUR_MIN, DAY_MIN = 60, 1440


@dataclass(frozen=True)
class Formats:
    """One reader's language and the installation's time zone."""

    language: str
    zone: ZoneInfo

    @property
    def locale(self) -> Locale:
        """Babel's locale of the language."""
        return LOCALES[self.language]

    @property
    def colon(self) -> str:
        """Between a name and what it has."""
        return "\N{NO-BREAK SPACE}: " if self.language == "fr" else ": "

    def number(self, value: int) -> str:
        """Exact up to 99,999, then compact."""
        if value >= COMPACT_FROM:
            return format_compact_decimal(value, locale=self.locale, fraction_digits=1)
        return self.exact(value)

    def exact(self, value: float) -> str:
        """All digits, grouped."""
        if isinstance(value, int):
            return f"{value:,}".replace(",", GROUPS[self.language])
        return format_decimal(value, locale=self.locale)

    def usd(self, value: float) -> str:
        """US dollars: in cents, below one in tenths of them as well, `0.005`."""
        return format_decimal(value, format="#,##0.00#" if value < 1 else "#,##0.00", locale=self.locale)

    def percent(self, share: float) -> str:
        """A share of 1, in whole percents; nothing and all are said of nothing and all alone: `<1%`, `>99%`."""
        least, most = 0.005, 0.995
        if 0 < share < least:
            return "<" + format_percent(0.01, locale=self.locale)
        if most <= share < 1:
            return ">" + format_percent(0.99, locale=self.locale)
        return format_percent(share, locale=self.locale)

    def moment(self, moment: datetime) -> str:
        """Day and minute: `23 Nov 2026, 18:50`."""
        return f"{self.date(moment)}, {self.minute(moment)}"

    def day(self, moment: datetime) -> str:
        """Day and month: `23 Nov`; French counts the first alone as such, which Babel's short dates leave out."""
        local = moment.astimezone(self.zone)
        first = self.language == "fr" and local.day == 1
        return f"{'1er' if first else local.day} {MONTHS[self.language][local.month]}"

    def date(self, moment: datetime) -> str:
        """Day, month and year: `23 Nov 2026`."""
        return f"{self.day(moment)} {moment.astimezone(self.zone).year}"

    def clock(self, moment: datetime) -> str:
        """Hours, minutes and seconds."""
        return f"{moment.astimezone(self.zone):%H:%M:%S}"

    def minute(self, moment: datetime) -> str:
        """Hours and minutes."""
        return f"{moment.astimezone(self.zone):%H:%M}"

    def ago(self, moment: datetime, now: datetime) -> str:
        """`4 min ago` within the hour, else day and minute."""
        seconds = (now - moment).total_seconds()
        if not 0 <= seconds < RECENT_S:
            return self.moment(moment)
        minutes, say = int(seconds // 60), speaker(self.language)
        return say("ago", n=minutes) if minutes else say("just_now")

    def lasting(self, time: timedelta) -> str:
        """`35 min`, `1 h 12`, `3 d`: how long something took."""
        minutes = max(0, int(time.total_seconds() // 60))
        say = speaker(self.language)
        if minutes < HOUR_MIN:
            return say("lasting_minutes", n=minutes)
        if minutes < 2 * DAY_MIN:
            return say("lasting_hours", h=minutes // HOUR_MIN, m=f"{minutes % HOUR_MIN:02}")
        return say("lasting_days", n=minutes // DAY_MIN)

    def tongue(self, code: str) -> str:
        """The name of a language; its code where it has none here."""
        return self.locale.languages.get(code) or code

    def country(self, code: str) -> str:
        """The name of a country; its code where it has none here."""
        return self.locale.territories.get(code) or code
