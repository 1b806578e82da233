# SPDX-License-Identifier: GPL-3.0-or-later
"""`metaspatial curate SOURCE`; blender_scripts/curate.py gives it Blender's pictures and meshes, and .blend files."""

from __future__ import annotations

import argparse
import hashlib
import shlex
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..console import BAD_INPUT, INVALID, NO_ENGINE, OK, Stop, count, say, share
from .source import summary_of
from .sources import SOURCES, Entry

if TYPE_CHECKING:
    from ..scene import Scene
    from ..workers import Worker
    from .card import Counts
    from .making import Tools
    from .pipeline import Spread

INCIDENTAL = frozenset({"out", "workers", "ray_address", "hf", "push_to_hub", "private", "packages"})
"""Options, by `dest`, that don't decide what comes out."""
OPTIONS = INCIDENTAL | {"targets", "repairs", "validation", "test", "size"}
"""What the options of a source may not be named."""
_MISSING = 1
_EVERY = 15.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a caller may add: Blender's tools, its workers, what completes a scene, sources that need it.

    `settings` tells what of it decides the outcome; `size` is the side of pictures in pixels, 0 where there are none.
    """

    program: str = "metaspatial curate"
    tools: Callable[[], Tools] | None = None
    start: Callable[[], Worker] | None = None
    prepare: Callable[[Scene], Scene] | None = None
    settings: Mapping[str, Any] = field(default_factory=lambda: {"engine": "boxes", "pictures": None})
    made_with: Mapping[str, str] = field(default_factory=dict)
    size: int = 0


def add_arguments(
    parser: argparse.ArgumentParser,
    sources: Sequence[Entry] = SOURCES,
    more: Callable[[argparse.ArgumentParser], None] = lambda parser: None,
) -> None:
    """The sources as commands of their own, each with its options, the common ones, and `more`, for `run`."""
    commands = parser.add_subparsers(title="sources", required=True, metavar="SOURCE", parser_class=_Lazy)
    for entry in sources:
        one = commands.add_parser(entry.name, help=entry.summary, description=f"Curate {entry.summary}.")
        one.fill = _filler(entry, more)
        one.set_defaults(entry=entry, parser=one)


class _Lazy(argparse.ArgumentParser):
    """Has its options when it is used: the modules of sources that nobody asks for are not imported."""

    fill: Callable[[argparse.ArgumentParser], None] | None = None

    def parse_known_args(self, *given: Any, **more: Any) -> Any:
        if self.fill is not None:
            fill, self.fill = self.fill, None
            fill(self)
        return super().parse_known_args(*given, **more)


def _filler(entry: Entry, more: Callable[[argparse.ArgumentParser], None]) -> Callable[[argparse.ArgumentParser], None]:
    def fill(parser: argparse.ArgumentParser) -> None:
        entry.load().add_arguments(parser)
        _add_common(parser)
        more(parser)

    return fill


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder for the dataset; continued where it was left")
    parser.add_argument(
        "--targets",
        choices=("lessons", "solver", "none"),
        default="lessons",
        help="what is to be learned: layouts by a simple rule, the solver's, or nothing (default: lessons)",
    )
    parser.add_argument(
        "--repairs", type=share, default=0.25, metavar="SHARE", help="rooms with a repair, too (default: 0.25)"
    )
    parser.add_argument("--validation", type=share, default=0.1, metavar="SHARE", help="default: 0.1 of the rooms")
    parser.add_argument("--test", type=share, default=0.1, metavar="SHARE", help="default: 0.1 of the rooms")
    parser.add_argument("--workers", type=count, default=1, help="processes at work (default: 1)")
    parser.add_argument("--ray-address", metavar="ADDRESS", help="spread the work over this Ray cluster instead")
    parser.add_argument("--hf", action="store_true", help="also save Hugging Face datasets, to DIR/hf")
    parser.add_argument("--push-to-hub", metavar="REPO", help="upload the dataset to the hub as USER/NAME")
    parser.add_argument("--private", action="store_true", help="with --push-to-hub: for nobody else to see")


def run(given: argparse.Namespace, around: Surroundings | None = None) -> int:
    """Curate what the options ask for; the exit status. Raises Stop."""
    around = around or Surroundings()
    if given.validation + given.test >= 1.0:
        raise Stop(BAD_INPUT, "--validation and --test leave nothing to train on: together they must be less than 1")
    if given.hf or given.push_to_hub:
        from .hub import check_hub, check_packages

        check_packages()
        if given.push_to_hub:
            check_hub(given.push_to_hub)
    status = _curated(given, around)
    if (given.hf or given.push_to_hub) and status in (OK, _MISSING):
        from .hub import push, save

        if given.hf:
            say(f"saved {', '.join(str(path) for path in save(given.out))}")
        if given.push_to_hub:
            say(f"pushed to {push(given.out, given.push_to_hub, private=given.private)}")
    return status


def _curated(given: argparse.Namespace, around: Surroundings) -> int:
    from ..evaluate.progress import Meter
    from ..evaluate.provenance import made_with
    from .making import Tools, Wanted
    from .pipeline import CurateError, Curation, SourceGone, curate

    module = given.entry.load()
    source = module.source_from(given)
    incidental = INCIDENTAL | set(getattr(module, "INCIDENTAL", ()))
    # lessons are in whole boxes: the shapes of pieces, which take long to find, change nothing there
    prepare = None if given.targets == "lessons" else around.prepare
    wanted = Wanted(given.targets, given.repairs, around.size or 224, prepare)
    versions = {name: value for name, value in made_with().items() if name != "machine"}
    curation = Curation(
        source,
        wanted,
        given.validation,
        given.test,
        {**around.settings, "options": _options(given, incidental | OPTIONS)},
        around.tools or Tools,
        _command(given, around.program, incidental),
        {**versions, **around.made_with},
    )
    if around.tools is None:
        say("text only: pictures need Blender: run blender_scripts/curate.py with the same options for them")
    meter, reasons = Meter(say, "curating"), Counter[str]()

    def tell(made: Any) -> None:
        if made.dropped:
            reasons[made.dropped.partition(":")[0]] += 1
        meter.step(f"{made.key}, {sum(reasons.values())} dropped")

    try:
        curated = curate(
            curation,
            given.out,
            workers=given.workers,
            start=around.start,
            spread=_spread(given),
            on_plan=meter.begin,
            on_found=_Finding(meter.say),
            on_made=tell,
            on_notice=meter.say,
        )
    except KeyboardInterrupt:
        meter.end()
        say(f"what is done is in {given.out}; the same command goes on from there")
        raise
    except SourceGone as error:
        raise Stop(NO_ENGINE, str(error)) from error
    except CurateError as error:
        raise Stop(BAD_INPUT, str(error)) from error
    except OSError as error:
        raise Stop(BAD_INPUT, f"{error.filename or given.out}: {error.strerror or error}") from error
    except RuntimeError as error:  # workers that can't begin, a cluster that is not there
        raise Stop(NO_ENGINE, str(error)) from error
    finally:
        meter.end()
        if spent := summary_of(source):
            say(spent)
    return _conclude(given.out, curated.counts, curated.failed)


def _conclude(out: Path, counts: Counts, failed: Mapping[str, str]) -> int:
    """The counts on standard output; the exit status."""
    rooms, dropped = sum(counts.rooms.values()), sum(counts.dropped.values())
    for split in ("train", "validation", "test"):
        print(f"{split:<12}{counts.rooms[split]:>8} rooms{counts.examples[split]:>8} examples")
    for title, reasons in (("dropped", counts.dropped), ("no example", counts.untaught)):
        for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
            print(f"{title}: {number} because {reason}")
    say(f"{out}: {rooms} rooms, {dropped} dropped, {sum(counts.examples.values())} examples")
    for key, why in list(failed.items())[:5]:
        say(f"{key}: {why}")
    if failed:
        say(f"{len(failed)} rooms could not be had this time; the same command asks for them again")
        return _MISSING if rooms else NO_ENGINE
    if not rooms:
        say("no room could be used")
        return INVALID
    return OK


class _Finding:
    """Tells now and then how far the search is where a source finds its rooms before they are made."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._told = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._told >= _EVERY or done == total:
            self._told = time.monotonic()
            self._say(f"{done} of {total} found")


def _spread(given: argparse.Namespace) -> Spread | None:
    if not given.ray_address:
        return None
    from ..cluster import fan_out_over

    return fan_out_over(given.ray_address)


def _options(given: argparse.Namespace, others: frozenset[str] | set[str]) -> dict[str, Any]:
    """The source's own options that decide what comes out, as they are kept."""
    return {action.dest: _kept(getattr(given, action.dest)) for action in _actions(given) if action.dest not in others}


def _kept(value: Any) -> Any:
    """An option as it is kept beside results that may be published: where a file lies is nobody's business, but whether
    it is the same one decides whether the work can go on."""
    if isinstance(value, list):
        return [_kept(each) for each in value]
    if isinstance(value, Path) and _is_private(value):
        return f"{value.name} ({hashlib.sha256(str(value).encode('utf-8', 'surrogateescape')).hexdigest()[:8]})"
    return value


def _is_private(path: Path) -> bool:
    """Whether a path tells of more than the folder one is in."""
    return path.is_absolute() or ".." in path.parts


def _command(given: argparse.Namespace, program: str, incidental: frozenset[str] | set[str]) -> str:
    """The command that makes this dataset: what decides and is not as it would be anyhow."""
    words = [program, given.entry.name]
    for action in _actions(given):
        value = getattr(given, action.dest)
        if action.dest in incidental or value is None or value == action.default:
            continue
        if action.option_strings:
            words.append(action.option_strings[0 if value is True else -1])  # --no-… comes last
        if action.nargs != 0:
            words += [_word(each) for each in (value if isinstance(value, list) else [value])]
    return " ".join([*words, "--out DIR"])


def _word(value: Any) -> str:
    if isinstance(value, Path) and _is_private(value):
        value = value.name
    return shlex.quote("-".join(map(str, value)) if isinstance(value, tuple) else str(value))


def _actions(given: argparse.Namespace) -> list[argparse.Action]:
    return [action for action in given.parser._actions if action.dest != "help"]
