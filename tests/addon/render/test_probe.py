# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

pytest.importorskip("bpy")

from metaspatial.metaspatial_addon.render import probe


@pytest.fixture
def fresh():
    probe.workbench_works.cache_clear()
    yield
    probe.workbench_works.cache_clear()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("script", ["import os; os.abort()", "raise SystemExit(0)"])
def test_a_trial_that_dies_or_makes_nothing_means_cycles(monkeypatch, script):
    monkeypatch.setattr(probe, "_TRIAL", script)
    assert probe.best_engine() == probe.CYCLES


@pytest.mark.usefixtures("fresh")
def test_a_blender_that_cannot_be_started_means_cycles(monkeypatch):
    monkeypatch.setattr(probe, "_command", lambda script: ["/nonexistent/blender"])
    assert probe.best_engine() == probe.CYCLES


@pytest.mark.usefixtures("fresh")
def test_asks_only_once(monkeypatch):
    calls = []
    monkeypatch.setattr(probe, "_command", lambda script: calls.append(1) or ["/nonexistent/blender"])
    probe.best_engine()
    probe.best_engine()
    assert len(calls) == 1
