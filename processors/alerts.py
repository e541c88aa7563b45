"""Alerts of all watches and sources, from their windows. Pure: no broker, no clock; it runs in the windows process.

    windows --Watched--> scores --Track--> Alert: opened, updated, closed
    gaps ----------------> source_gap; and what holds an alert open, and keeps silence from being one
    Memory --Look--> terms, stories, authors, links, places, samples

Minutes are judged as they close, and those that are not over whenever they are counted: a burst is told within seconds.
What is older than `LATE` opens nothing: an archive that is read again is no news.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby

from veille.alert import Alert, Kind
from veille.gap import Gap, GapsNow, touching
from veille.processors.away import Away
from veille.processors.looked import COLUMNS, LABELS, Look
from veille.processors.memory import Minute, beginning, minute_of
from veille.processors.seen import Memory
from veille.processors.tracked import OPENS, Track
from veille.processors.unusual import UNKNOWN, Judged
from veille.processors.watched import SETTLED, Scores, Tally, Watched, tally
from veille.processors.words import asked
from veille.settings import Role, Watch
from veille.window import Window

LATE = 20
"""Minutes: nothing opens by what is older."""

NOT_WATCHED = "it is not watched like this any more"

LEARNED_DAYS = 28
"""How much of the past is read at a start."""

PastWindows = Callable[[int], Iterable[Window]]
"""The windows of the 24 hours that began so many days ago, up to now."""


class WatchAlerts:
    """Implements `veille.processors.seen.Alerts`."""

    def __init__(
        self,
        memory: Memory,
        watches: Collection[Watch],
        *,
        past: PastWindows,
        gaps_now: GapsNow = list,
        networks: Collection[str] | None = None,
        on_the_way: Callable[[], bool] = lambda: False,
    ) -> None:
        """`watches`: those that are set up. `networks`: whose silence means something; None: of any.

        `on_the_way`: whether mentions of the last minutes are still to come: then nothing is silent. A network that is
        read no more, or came from a file once, is not silent.
        """
        self._networks, self._on_the_way = networks, on_the_way
        self._memory, self._past, self._gaps_now = memory, past, gaps_now
        self._roles, self._asked = _roles(watches), asked(watches)
        self._watched: dict[str, Watched] = {}
        self._sources: dict[str, Watched] = {}
        self._by_source: defaultdict[Minute, dict[str, Window]] = defaultdict(dict)
        """The windows of the minutes that may still change, by watch."""
        self._tracks: dict[tuple[Kind, str, str], Track] = {}
        self._away = Away()
        self._left: list[tuple[Track, str]] = []
        """What is open and not told any more, and why: to be closed."""
        self._live = self._closed = False
        """Whether something was taken; whether a minute was over since: before that the past is still coming in."""

    def watch(self, watches: Collection[Watch]) -> None:
        """Tell of these from now on; what is open of others, or of another role, is closed."""
        gone = self._roles.keys() - {watch.id for watch in watches}
        self._roles, self._asked = _roles(watches), asked(watches)
        for key, track in list(self._tracks.items()):
            if not self._is_told(track.kind, track.watch, track.source):
                del self._tracks[key]
                self._left += [(track, NOT_WATCHED)] if track.alert is not None else ()
        for name in gone & self._watched.keys():
            self._watched[name].pause()
        if gone:
            self._sources.clear()  # what they usually have was counted with those that are gone
            for windows in self._by_source.values():
                for name in gone:
                    windows.pop(name, None)

    def restore(self, alerts: Iterable[Alert]) -> None:
        """Learn from the past, and go on with the alerts that are open."""
        self._watched.clear()
        self._sources.clear()
        self._tracks.clear()
        self._left.clear()
        for ago in range(LEARNED_DAYS, 0, -1):
            for minute, windows in _by_minute(self._past(ago)):
                self._close_minute(minute, windows, settled=ago > 1)
        for alert in sorted(alerts, key=lambda each: each.opened_at):
            if alert.kind == "source_gap":
                self._away.restore(alert)
            else:
                self._go_on(alert)

    def _go_on(self, alert: Alert) -> None:
        track = self._track(alert.kind, alert.watch, alert.source)
        if track.alert is not None:  # the second was opened by a process that could not ask the archive for the first
            doubled = Track(alert.kind, alert.watch, alert.source)
            doubled.alert = alert
            self._left.append((doubled, f"it is told as {track.alert.id}"))
            return
        track.alert = alert
        if not self._is_told(alert.kind, alert.watch, alert.source):
            self._left.append((track, NOT_WATCHED))

    def _is_told(self, kind: Kind, watch: str, source: str) -> bool:
        if source:
            return self._is_read(source)
        return watch in self._roles and kind in self._kinds(watch)

    def _is_read(self, source: str) -> bool:
        return self._networks is None or source in self._networks

    def take(self, closed: Sequence[Window], now: datetime, changed: Sequence[Window] = ()) -> list[Alert]:
        """What opened, changed or closed. `changed`: minutes that are not over, or counted anew."""
        self._live = True
        gaps = self._gaps_now()
        told = [track.close(why, now) for track, why in self._left]
        self._left.clear()
        touched = [window for window in changed if window.watch in self._roles]
        for window in touched:
            self._note(window)
        for minute, windows in _by_minute(closed):
            for name in self._close_minute(minute, windows):
                told += self._tell(name, minute, now, gaps)
            told += self._tell_sources(minute, now, gaps)
        self._closed = self._closed or bool(closed)
        for name in sorted({window.watch for window in touched}) if self._closed else ():
            last = self._look_again(name, minute_of(now))
            told += self._tell(name, last, now, gaps)
        return told + self._away.take(gaps, now)

    def _close_minute(self, minute: Minute, windows: Iterable[Window], *, settled: bool = False) -> list[str]:
        """A minute is over; the watches that it was closed for. `settled`: nothing will come late for it."""
        names: list[str] = []
        for window in windows:
            if window.watch in self._roles:
                self._note(window)
                names.append(window.watch)
        for name in names:
            watched = self._watched[name]
            if self._live:
                watched.go_live(minute)
            for scores in watched.learn(minute) if settled else watched.close(minute):
                self._judge(name, scores, scores.silent if settled else watched.silent)
        for source, watched in self._sources.items():
            for scores in watched.learn(minute) if settled else watched.close(minute):
                judged = Judged(scores.silent if settled else watched.silent, UNKNOWN)
                self._track("silence", "", source).take(scores.minute, judged, known=scores.coverage >= 1)
        for old in [each for each in self._by_source if each < minute - SETTLED]:
            del self._by_source[old]
        return names

    def _note(self, window: Window) -> None:
        minute = minute_of(window.since)
        watched = self._watched.get(window.watch)
        if watched is None:
            watched = self._watched[window.watch] = Watched(minute, restored=not self._live)
        watched.note(minute, tally(window))
        self._by_source[minute][window.watch] = window
        together = self._by_source[minute].values()
        coverage = min(each.coverage for each in together)
        for source in window.sources:
            if source not in self._sources and self._is_read(source):
                self._sources[source] = Watched(minute, restored=not self._live, labelled=False)
                self._sources[source].go_live(minute)
        for source, of_source in self._sources.items():
            mentions = sum(each.sources.get(source, 0) for each in together)
            of_source.note(minute, Tally(mentions, 0, 0, mentions, coverage))

    def _look_again(self, name: str, now: Minute) -> Minute:
        """What was counted anew, as of the last minute; and the minutes that are not over."""
        watched = self._watched[name]
        last = watched.next - 1
        if watched.judge_again():
            for minute in range(max(last, now) - LATE, last + 1):
                if scores := watched.scores.get(minute):
                    self._judge(name, scores._replace(minute=last), watched.silent)
        before = watched.scores.get(last)
        for scores in watched.ahead(now):
            last = scores.minute
            self._judge(name, scores if before is None else _higher(scores, before), watched.silent)
        return last

    def _judge(self, name: str, scores: Scores, silent: float) -> None:
        judged: dict[Kind, Judged] = {
            self._peak(name): scores.mentions,
            "bad_buzz": _of_label(scores.negative, scores),
            "good_buzz": _of_label(scores.positive, scores),
            "silence": Judged(silent, UNKNOWN),
        }
        for kind, each in judged.items():
            self._track(kind, name, "").take(scores.minute, each, known=scores.coverage >= 1)

    def _kinds(self, name: str) -> tuple[Kind, ...]:
        return "bad_buzz", "good_buzz", self._peak(name), "silence"

    def _peak(self, name: str) -> Kind:
        return "competitor_peak" if self._roles[name] == "competitor" else "peak"

    def _track(self, kind: Kind, name: str, source: str) -> Track:
        key = (kind, name, source)
        if key not in self._tracks:
            self._tracks[key] = Track(kind, name, source)
        return self._tracks[key]

    def _tell(self, name: str, last: Minute, now: datetime, gaps: Sequence[Gap]) -> list[Alert]:
        """What is new about one watch: buzzes first, since a peak that is one is not told twice."""
        watched = self._watched[name]
        look = Look(self._memory, watched, now, gaps, self._asked[name])
        told = [self._told(self._track(kind, name, ""), look, last, now, gaps) for kind in self._kinds(name)]
        return [each for each in told if each is not None]

    def _tell_sources(self, minute: Minute, now: datetime, gaps: Sequence[Gap]) -> list[Alert]:
        told = [
            self._told(self._track("silence", "", source), Look(self._memory, watched, now, gaps), minute, now, gaps)
            for source, watched in self._sources.items()
        ]
        return [each for each in told if each is not None]

    def _told(self, track: Track, look: Look, last: Minute, now: datetime, gaps: Sequence[Gap]) -> Alert | None:
        if track.alert is None:
            if track.loud and last >= minute_of(now) - LATE and self._is_wanted(track, look, last, now, gaps):
                return track.open(look.at(track, last), last, now)
            return None
        if buzz := self._buzz(track):
            return track.close(f"it is told as {buzz}", now)
        if not track.episodes.lasts:
            return track.close("it was as usual again for an hour", now)
        held = "" if track.loud else next((gap.id for gap in touching(gaps, beginning(last), now)), "")
        return track.update(look.at(track, last), now, held) if track.is_news(held, now) else None

    def _is_wanted(self, track: Track, look: Look, last: Minute, now: datetime, gaps: Sequence[Gap]) -> bool:
        """Whether it is what it seems: a bad buzz has more negative ones than its share, a silence has no gap."""
        if track.kind == "silence":
            return not touching(gaps, beginning(last - LATE), now, whole=True) and not self._on_the_way()
        if not look.is_high(COLUMNS[track.kind], last):
            return False
        return look.stands_out(COLUMNS[track.kind], last) if track.kind in LABELS else not self._buzz(track)

    def _buzz(self, track: Track) -> str:
        """Id of the buzz that a peak is; empty where it is none."""
        if track.kind not in ("peak", "competitor_peak"):
            return ""
        buzzes = (self._track(kind, track.watch, "").alert for kind in ("bad_buzz", "good_buzz"))
        return next((alert.id for alert in buzzes if alert is not None), "")


def _roles(watches: Iterable[Watch]) -> dict[str, Role]:
    return {watch.id: watch.role for watch in watches}


def _by_minute(windows: Iterable[Window]) -> Iterable[tuple[Minute, list[Window]]]:
    ordered = sorted(windows, key=lambda each: each.since)
    return [(minute, list(group)) for minute, group in groupby(ordered, key=lambda each: minute_of(each.since))]


def _of_label(judged: Judged, scores: Scores) -> Judged:
    """A peak that is told as a buzz is no less severe for that."""
    return judged.higher(scores.mentions) if judged.score >= OPENS else judged


def _higher(scores: Scores, before: Scores) -> Scores:
    """Of a minute that is not over: no lower than the one before."""
    return scores._replace(
        mentions=scores.mentions.higher(before.mentions),
        negative=scores.negative.higher(before.negative),
        positive=scores.positive.higher(before.positive),
    )
