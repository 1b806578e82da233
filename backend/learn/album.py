# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of layouts and what a judge says of them, made once each: trajectories of one room look alike at first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from ..rewards.score import Judge, Renderer, Verdict
from ..rewards.scorer import pictures_of
from ..scene import Layout, Scene

Value = TypeVar("Value")
Seen = tuple[Scene, tuple[tuple[str, float, float, float, float], ...]]


class Album:
    """A renderer that makes all pictures at one size and keeps the last ones."""

    def __init__(self, renderer: Renderer, size: int, *, keep: int = 512) -> None:
        self.renderer = renderer
        self.size = (size, size)
        self._pictures: _Latest[bytes] = _Latest(keep)
        self._views: _Latest[tuple[bytes, ...]] = _Latest(keep)

    def render(self, scene: Scene, layout: Layout, size: tuple[int, int] = (0, 0)) -> bytes:
        """A PNG of the album's own size, whatever `size` is. Raises what the renderer raises."""
        return self._pictures.get(_seen(scene, layout), lambda: self.renderer.render(scene, layout, self.size))

    def views(self, scene: Scene, layout: Layout) -> tuple[bytes, ...]:
        """The pictures that a judge looks at, of the size that is judged. Raises what the renderer raises."""
        return self._views.get(_seen(scene, layout), lambda: tuple(pictures_of(self.renderer, scene, layout)))


class Bench:
    """Has layouts judged beside the work: pictures are made at once, by the caller, and judged in other threads."""

    def __init__(self, judge: Judge, album: Album, *, threads: int = 8, keep: int = 512) -> None:
        self.judge = judge
        self.album = album
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="judge")
        self._verdicts: _Latest[Future[Verdict]] = _Latest(keep)

    def submit(self, scene: Scene, layout: Layout) -> Future[Verdict]:
        """The verdict to come. Of what can't be pictured or judged, it says that it is missing and why.

        What was missing is asked for again: a judge may be back.
        """
        key = _seen(scene, layout)
        known = self._verdicts.get(key, lambda: self._begin(scene, layout))
        if known.done() and known.result().missing:
            self._verdicts.forget(key)
            known = self._verdicts.get(key, lambda: self._begin(scene, layout))
        return known

    def close(self) -> None:
        """Forget what is not judged yet."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _begin(self, scene: Scene, layout: Layout) -> Future[Verdict]:
        try:
            pictures = self.album.views(scene, layout)
        except Exception as error:  # whatever befalls a renderer is not the layout's fault
            failed: Future[Verdict] = Future()
            failed.set_result(Verdict(None, missing=str(error) or type(error).__name__))
            return failed
        return self._threads.submit(_judged, self.judge, scene, pictures)


class _Latest(Generic[Value]):
    """The last values asked for, by key."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._values: OrderedDict[Seen, Value] = OrderedDict()

    def get(self, key: Seen, make: Callable[[], Value]) -> Value:
        if key not in self._values:
            self._values[key] = make()
            if len(self._values) > self._keep:
                self._values.popitem(last=False)
        self._values.move_to_end(key)
        return self._values[key]

    def forget(self, key: Seen) -> None:
        self._values.pop(key, None)


def _judged(judge: Judge, scene: Scene, pictures: Sequence[bytes]) -> Verdict:
    try:
        return judge.judge(scene, pictures)
    except Exception as error:  # a judge should not raise; one that does has said nothing of the layout
        return Verdict(None, missing=str(error) or type(error).__name__)


def _seen(scene: Scene, layout: Layout) -> Seen:
    """What a picture depends on: two layouts that differ by less than half a millimetre look the same."""
    return scene, tuple(
        (id, round(pose.x, 3), round(pose.y, 3), round(pose.z, 3), round(pose.rotation, 3))
        for id, pose in sorted(layout.poses.items())
    )
