# SPDX-License-Identifier: GPL-3.0-or-later
"""`metaspatial evaluate` and `metaspatial report`; blender_scripts/evaluate.py gives the former Blender's tools.

The options need nothing but Python; the work needs the packages of `pip install "metaspatial[evaluate]"`.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..console import BAD_INPUT, NO_ENGINE, OK, Stop, count, numbers, say
from ..curate.generate.command import pieces_number
from ..rewards.judge.options import add_judge_arguments

if TYPE_CHECKING:
    from ..rewards.judge import RenderJudge
    from ..scene import Scene
    from ..workers import Worker
    from .grading import Tools
    from .policies import PolicySpec
    from .record import Record, Recorded
    from .scenes import NamedScene

REQUIREMENTS: Mapping[str, str] = {
    "rich": "rich>=15,<16",
    "scipy": "scipy>=1.15,<2",
    "shapely": "shapely>=2.1,<3",
    "trimesh": "trimesh>=5,<6",
    "fcl": "python-fcl>=0.7",
    "openai": "openai>=3,<4",
}
"""What evaluations need of the extra "evaluate", by the name that is imported."""
PIP = 'pip install "metaspatial[evaluate]"'


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a caller may add to the command line's own: Blender's tools, its workers, how to install what is missing.

    `prepare` completes each scene with what only the caller knows of its furniture.
    """

    tools: Callable[[], Tools] | None = None
    start: Callable[[], Worker] | None = None
    prepare: Callable[[Scene], Scene] = lambda scene: scene
    settings: Mapping[str, Any] = field(default_factory=lambda: {"engine": "boxes", "pictures": None})
    made_with: Mapping[str, str] = field(default_factory=dict)
    pictures: bool = False
    mend: Callable[[Sequence[str]], str] = lambda packages: PIP


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of an evaluation, for `run`."""
    parser.add_argument(
        "--policies",
        nargs="+",
        metavar="POLICY",
        default=["random,grid,gradient,annealing,solver"],
        help="random, grid[:seconds=30], gradient[:iterations=400], annealing[:steps=2500], solver[:seconds=2], "
        "chat[:base_url=…,model=…], model:FOLDER, answers:FILE; with +settle their layouts are made valid first, "
        "NAME=POLICY gives one a name (default: the first five)",
    )
    parser.add_argument(
        "--scenes",
        nargs="+",
        metavar="SCENE",
        default=["samples"],
        help="scene documents, folders of them, samples, generated:0-49 (default: samples)",
    )
    parser.add_argument("--pieces", type=pieces_number, metavar="N-M", help="how many pieces generated scenes have")
    parser.add_argument("--seeds", type=numbers, metavar="0-2", default=(0,), help="a run for each seed (default: 0)")
    parser.add_argument("--turns", type=count, default=1, help="how often a model may improve its answer (default: 1)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results; continued where it was left")
    parser.add_argument("--workers", type=count, default=1, help="processes at work (default: 1)")
    parser.add_argument("--fresh", action="store_true", help="begin anew, whatever the folder holds")
    parser.add_argument("--retry", action="store_true", help="repeat what gave no answer")
    _add_outcome_arguments(parser)
    add_judge_arguments(parser)


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the report on results that are there, for `run_report`."""
    parser.add_argument("out", type=Path, metavar="DIR", help="the folder that an evaluation has written")
    _add_outcome_arguments(parser)


def _add_outcome_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--report", action="store_true", help="write report.html, with pictures of every layout")
    parser.add_argument(
        "--compare",
        nargs=2,
        metavar=("BEFORE", "AFTER"),
        help="compare two policies, or two folders of results, scene by scene",
    )


def run(given: argparse.Namespace, around: Surroundings | None = None) -> int:
    """Evaluate what the options ask for; the exit status. Raises Stop."""
    around = around or Surroundings()
    _check_packages(given, around)
    from ..policies.policy import PolicyError
    from .policies import KINDS, SpecError, read_specs
    from .scenes import ScenesError, gather

    try:
        specs = read_specs(given.policies)
        scenes = [
            dataclasses.replace(named, scene=around.prepare(named.scene))
            for named in gather(given.scenes, pieces=given.pieces)
        ]
        _check_compared(given, [spec.label for spec in specs])
        for spec in specs:
            KINDS[spec.kind].check(spec.argument, spec.options)
    except (SpecError, ScenesError) as error:
        raise Stop(BAD_INPUT, str(error)) from error
    except PolicyError as error:
        raise Stop(NO_ENGINE, str(error)) from error
    with _judge(given, around) or nullcontext() as judge:
        recorded = _evaluated(given, around, specs, scenes, judge)
        if judge is not None:
            say(f"judge: {_usage(judge)}")
    _conclude(given, recorded)
    mine = {spec.label for spec in specs}
    made = [record for record in recorded.records if record.policy in mine]
    wrong = [record for record in made if record.error]
    for record in wrong[:5]:
        say(f"{record.policy}, {record.scene_name}: {record.error}")
    if wrong:
        say(f"{len(wrong)} of {len(made)} gave no answer and count as nothing placed; --retry repeats them")
    return NO_ENGINE if len(wrong) == len(made) else OK


def run_report(given: argparse.Namespace) -> int:
    """The table, and what else is asked for, of results that are there. Raises Stop."""
    _need(*(name for name in REQUIREMENTS if name != "openai"))
    recorded = _read(given.out)
    if recorded.notice:
        say(recorded.notice)
    _check_compared(given, [record.policy for record in recorded.records])
    _conclude(given, recorded)
    return OK


def _evaluated(
    given: argparse.Namespace,
    around: Surroundings,
    specs: Sequence[PolicySpec],
    scenes: Sequence[NamedScene],
    judge: RenderJudge | None,
) -> Recorded:
    from .grading import Tools
    from .progress import Meter
    from .run import Evaluation, RunError, evaluate

    evaluation = Evaluation(
        specs,
        scenes,
        given.seeds,
        given.turns,
        around.settings,
        around.tools or Tools,
        judge,
        {} if judge is None else _judge_settings(judge),
        made_with=around.made_with,
    )
    meter = Meter(say)
    counted: set[tuple[str, str, int]] = set()

    def tell(record: Record) -> None:
        if record.key not in counted:
            counted.add(record.key)
            meter.step(f"{record.policy}, {record.scene_name}")

    try:
        return evaluate(
            evaluation,
            given.out,
            workers=given.workers,
            fresh=given.fresh,
            retry=given.retry,
            start=around.start,
            on_plan=meter.begin,
            on_record=tell,
            on_notice=meter.say,
        )
    except (RunError, RuntimeError) as error:
        raise Stop(BAD_INPUT, str(error)) from error
    except OSError as error:
        raise Stop(BAD_INPUT, f"{given.out} can't be written: {error.strerror or error}") from error
    except KeyboardInterrupt:
        meter.end()
        say(f"what is done is in {given.out}; the same command goes on from there")
        raise
    finally:
        meter.end()


def _conclude(given: argparse.Namespace, recorded: Recorded) -> None:
    """The table on standard output, as table.json and table.md; the comparison and the report, if asked for."""
    from .compare import compare, comparison_to_json, comparison_to_markdown, comparison_to_text
    from .table import summarise, table_to_json, table_to_markdown, table_to_text

    if not recorded.records:
        raise Stop(BAD_INPUT, f"{given.out} holds no results")
    color = sys.stdout.isatty()
    width = shutil.get_terminal_size((120, 24)).columns if color else 160
    table = summarise(recorded.records)
    _write(given.out / "table", table_to_json(table), table_to_markdown(table))
    print(table_to_text(table, width=width, color=color))
    compared = None
    if given.compare:
        compared = _side(given.compare[0], recorded), _side(given.compare[1], recorded)
        try:
            comparison = compare(*compared)
        except ValueError as error:
            raise Stop(BAD_INPUT, str(error)) from error
        _write(given.out / "comparison", comparison_to_json(comparison), comparison_to_markdown(comparison))
        print(comparison_to_text(comparison, width=width, color=color))
    if given.report:
        from .report import write_report

        say(f"wrote {write_report(recorded.records, given.out, headers=recorded.headers, compared=compared)}")


def _side(name: str, recorded: Recorded) -> Sequence[Record]:
    """One side of a comparison: a policy of this evaluation, or another evaluation."""
    mine = [record for record in recorded.records if record.policy == name]
    return mine or _read(Path(name)).records


def _check_compared(given: argparse.Namespace, policies: Sequence[str]) -> None:
    """Refuse before an hour's work what can't be compared after it."""
    for name in given.compare or ():
        if name not in policies and not Path(name).exists():
            raise Stop(BAD_INPUT, f"--compare {name}: neither a policy of this evaluation nor a folder of results")


def _read(path: Path) -> Recorded:
    from .record import RecordError, read_recorded
    from .run import RECORDS

    file = path / RECORDS if path.is_dir() else path
    try:
        return read_recorded(file)
    except OSError as error:
        raise Stop(BAD_INPUT, f"{file}: can't be read: {error.strerror or error}") from error
    except RecordError as error:
        raise Stop(BAD_INPUT, str(error)) from error


def _write(path: Path, document: Any, markdown: str) -> None:
    path.with_suffix(".json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(markdown, encoding="utf-8")


def _judge(given: argparse.Namespace, around: Surroundings) -> RenderJudge | None:
    from ..rewards.judge import JudgeError
    from ..rewards.judge.options import judge_from

    try:
        judge = judge_from(given)
    except JudgeError as error:
        raise Stop(BAD_INPUT, str(error)) from error
    if judge is not None and not around.pictures:
        raise Stop(
            BAD_INPUT,
            "a judge looks at pictures, and those need Blender: run blender_scripts/evaluate.py with the same options",
        )
    return judge


def _judge_settings(judge: RenderJudge) -> dict[str, Any]:
    """What decides a judge's verdicts."""
    chosen = judge.settings
    return {"server": chosen.server, "model": chosen.model, "votes": chosen.votes, "temperature": chosen.temperature}


def _usage(judge: RenderJudge) -> str:
    usage = judge.usage
    cost = "" if usage.cost is None else f", {usage.cost:.2f} USD"
    return f"{usage.calls} calls, {usage.cache_hits} answers from the cache{cost}"


def _check_packages(given: argparse.Namespace, around: Surroundings) -> None:
    """Refuse before anything starts what would lack a package at the end. Raises Stop."""
    wanted = [name for name in REQUIREMENTS if name != "openai" or given.judge_url or given.judge_model]
    _need(*wanted, mend=around.mend)


def _need(*packages: str, mend: Callable[[Sequence[str]], str] = lambda packages: PIP) -> None:
    """Raises Stop for the packages that this Python lacks, with what gets them."""
    missing = []
    for name in packages:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    if missing:
        what = f"the package{'s' * (len(missing) > 1)} {', '.join(missing)}"
        raise Stop(
            BAD_INPUT, f"this needs {what}, which this Python lacks: {mend([REQUIREMENTS[name] for name in missing])}"
        )
