# SPDX-License-Identifier: GPL-3.0-or-later
"""Plane arrangements: which regions a set of line segments encloses. Pure numpy, no frame of its own."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...backend.scene.geometry import polygon_area

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SNAP = 0.001
"""Points closer than this are one, metres."""
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Edges:
    """A plane graph: nodes (n, 2), edges (m, 2) as node indices."""

    nodes: Floats
    ends: Ints

    @property
    def segments(self) -> Floats:
        """Shape (m, 2, 2)."""
        return self.nodes[self.ends]


def snap(points: Floats, tolerance: float = SNAP) -> tuple[Floats, Ints]:
    """Merge points (n, 2) closer than `tolerance`: the remaining ones and, per point, which of them it became."""
    cells = np.floor(points / tolerance).astype(np.int64)
    unique, first, member = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    member = member.reshape(-1)
    centers = points[first]
    at = {(x, y): i for i, (x, y) in enumerate(unique.tolist())}
    parent = list(range(len(unique)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, (x, y) in enumerate(unique.tolist()):
        for neighbour in ((x + 1, y), (x, y + 1), (x + 1, y + 1), (x + 1, y - 1)):
            j = at.get(neighbour)
            if j is not None and math.dist(centers[i], centers[j]) <= tolerance:
                parent[root(j)] = root(i)
    roots = np.array([root(i) for i in range(len(unique))])
    kept, number = np.unique(roots, return_inverse=True)
    return centers[kept], number.reshape(-1)[member]


def boundary(triangles: Floats) -> Floats:
    """Directed boundary segments (m, 2, 2) of plan triangles (n, 3, 2): shared edges cancel out.

    All triangles count as counter-clockwise, so the winding number of the result is how many of them cover a point.
    """
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    turned = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0] < 0
    triangles = np.where(turned[:, None, None], triangles[:, ::-1], triangles)
    nodes, index = snap(triangles.reshape(-1, 2))
    index = index.reshape(-1, 3)
    count: dict[tuple[int, int], int] = defaultdict(int)
    for first, second in ((0, 1), (1, 2), (2, 0)):
        for i, j in zip(index[:, first].tolist(), index[:, second].tolist(), strict=True):
            if i != j:
                count[(i, j) if i < j else (j, i)] += 1 if i < j else -1
    directed = [(i, j) if n > 0 else (j, i) for (i, j), n in count.items() for _ in range(abs(n))]
    return nodes[np.array(directed, int).reshape(-1, 2)]


def winding(segments: Floats, points: Floats) -> Ints:
    """Winding number of directed segments (m, 2, 2) around points (k, 2)."""
    result = np.zeros(len(points), np.int64)
    if len(segments) == 0:
        return result
    a, b = segments[:, 0], segments[:, 1]
    rise = b[:, 1] - a[:, 1]
    safe = np.where(rise == 0, 1.0, rise)
    for k, (x, y) in enumerate(points):
        up, down = (a[:, 1] <= y) & (b[:, 1] > y), (a[:, 1] > y) & (b[:, 1] <= y)
        beyond = a[:, 0] + (y - a[:, 1]) / safe * (b[:, 0] - a[:, 0]) > x
        result[k] = np.count_nonzero(up & beyond) - np.count_nonzero(down & beyond)
    return result


def merge_collinear(segments: Floats, tolerance: float = SNAP) -> Floats:
    """Join segments that only continue each other, so that a finely cut wall is one segment. Direction is lost."""
    if len(segments) == 0:
        return segments
    nodes, index = snap(segments.reshape(-1, 2))
    neighbours: dict[int, set[int]] = defaultdict(set)
    for i, j in index.reshape(-1, 2).tolist():
        if i != j:
            neighbours[i].add(j)
            neighbours[j].add(i)
    for node in list(neighbours):
        if len(neighbours[node]) != 2:
            continue
        i, j = neighbours[node]
        if j in neighbours[i]:
            continue
        a, p, b = nodes[i], nodes[node], nodes[j]
        if _distance(p, a, b) <= tolerance / 10 and np.dot(a - p, b - p) < 0:
            del neighbours[node]
            for one, other in ((i, j), (j, i)):
                neighbours[one].discard(node)
                neighbours[one].add(other)
    pairs = {(min(i, j), max(i, j)) for i, others in neighbours.items() for j in others}
    return nodes[np.array(sorted(pairs), int).reshape(-1, 2)]


def arrange(segments: Floats, tolerance: float = SNAP) -> Edges:
    """Cut segments (m, 2, 2) where they cross or touch; every resulting edge appears once."""
    segments = segments[np.linalg.norm(segments[:, 1] - segments[:, 0], axis=1) > tolerance]
    if len(segments) == 0:
        return Edges(np.zeros((0, 2)), np.zeros((0, 2), np.int64))
    a, d = segments[:, 0], segments[:, 1] - segments[:, 0]
    length = np.linalg.norm(d, axis=1)
    along = d / length[:, None]
    cuts: list[list[float]] = [[0.0, float(each)] for each in length]
    ends = segments.reshape(-1, 2)
    for start in range(0, len(segments), _BLOCK):
        rows = slice(start, start + _BLOCK)
        to = ends[None] - a[rows, None]  # end points of every segment, seen from this one
        t = to[..., 0] * along[rows, None, 0] + to[..., 1] * along[rows, None, 1]
        off = np.abs(to[..., 0] * along[rows, None, 1] - to[..., 1] * along[rows, None, 0])
        for i, k in zip(*np.nonzero((off <= tolerance) & (t > 0) & (t < length[rows, None])), strict=True):
            cuts[start + i].append(float(t[i, k]))
        cross = d[rows, None, 0] * d[None, :, 1] - d[rows, None, 1] * d[None, :, 0]
        parallel = np.abs(cross) < 1e-9 * length[rows, None] * length[None]
        safe = np.where(parallel, 1.0, cross)
        gap = a[None] - a[rows, None]
        s = (gap[..., 0] * d[None, :, 1] - gap[..., 1] * d[None, :, 0]) / safe
        u = (gap[..., 0] * d[rows, None, 1] - gap[..., 1] * d[rows, None, 0]) / safe
        for i, k in zip(*np.nonzero(~parallel & (s > 0) & (s < 1) & (u > 0) & (u < 1)), strict=True):
            cuts[start + i].append(float(s[i, k] * length[start + i]))
    points, pieces = [], []
    for i, stops in enumerate(cuts):
        stops.sort()
        pieces.append(range(len(points), len(points) + len(stops)))
        points += [a[i] + along[i] * stop for stop in stops]
    nodes, index = snap(np.array(points), tolerance)
    edges = {
        (min(i, j), max(i, j))
        for piece in pieces
        for i, j in zip(
            index[piece.start : piece.stop - 1].tolist(), index[piece.start + 1 : piece.stop].tolist(), strict=True
        )
        if i != j
    }
    return Edges(nodes, np.array(sorted(edges), np.int64).reshape(-1, 2))


def faces(graph: Edges) -> tuple[list[Floats], list[Floats]]:
    """Loops around the bounded faces (counter-clockwise), and around each component from outside (clockwise).

    Edges that enclose nothing, dead ends and bridges, are left out first.
    """
    neighbours: dict[int, set[int]] = defaultdict(set)
    for i, j in graph.ends.tolist():
        neighbours[i].add(j)
        neighbours[j].add(i)
    _prune(neighbours)
    loops = _loops(graph.nodes, neighbours)
    while True:
        owner = {edge: n for n, loop in enumerate(loops) for edge in zip(loop, [*loop[1:], loop[0]], strict=True)}
        bridges = [(i, j) for (i, j), n in owner.items() if i < j and owner[(j, i)] == n]
        if not bridges:
            break
        for i, j in bridges:
            neighbours[i].discard(j)
            neighbours[j].discard(i)
        _prune(neighbours)
        loops = _loops(graph.nodes, neighbours)
    inner, outer = [], []
    for loop in loops:
        for simple in _simple_loops(loop):
            polygon = graph.nodes[simple]
            area = polygon_area(polygon)
            if area > SNAP * SNAP:
                inner.append(polygon)
            elif area < -SNAP * SNAP:
                outer.append(polygon)
    return inner, outer


def straighten(polygon: Floats, tolerance: float = 2 * SNAP) -> Floats:
    """The polygon without vertices that lie on the line between their neighbours."""
    points = list(polygon)
    i = unchanged = 0
    while len(points) > 3 and unchanged < len(points):
        i %= len(points)
        before, after = points[i - 1], points[(i + 1) % len(points)]
        if _distance(points[i], before, after) <= tolerance or math.dist(points[i], after) <= tolerance:
            del points[i]
            unchanged = 0
        else:
            i += 1
            unchanged += 1
    return np.array(points)


def inner_point(loop: Floats, depth: float = SNAP / 2) -> Floats:
    """A point just inside a counter-clockwise loop, beside the middle of its longest edge."""
    edge = np.roll(loop, -1, axis=0) - loop
    length = np.linalg.norm(edge, axis=1)
    k = int(length.argmax())
    return loop[k] + edge[k] / 2 + np.array([-edge[k][1], edge[k][0]]) / length[k] * depth


def _prune(neighbours: dict[int, set[int]]) -> None:
    """Take away dead ends."""
    ends = [i for i, others in neighbours.items() if len(others) <= 1]
    while ends:
        i = ends.pop()
        for j in neighbours.pop(i, set()):
            neighbours[j].discard(i)
            if len(neighbours[j]) <= 1:
                ends.append(j)


def _loops(nodes: Floats, neighbours: dict[int, set[int]]) -> list[list[int]]:
    """Every face's boundary with the face on the left, as node indices."""
    turn: dict[int, list[int]] = {}
    for i, others in neighbours.items():
        x, y = nodes[i]
        turn[i] = sorted(others, key=lambda j, x=x, y=y: math.atan2(nodes[j][1] - y, nodes[j][0] - x))
    left = {(i, j) for i, others in neighbours.items() for j in others}
    loops = []
    while left:
        start = edge = left.pop()
        loop = []
        while True:
            i, j = edge
            loop.append(i)
            order = turn[j]
            edge = (j, order[order.index(i) - 1])  # clockwise from where we came: keeps the face on the left
            if edge == start:
                break
            left.discard(edge)
        loops.append(loop)
    return loops


def _simple_loops(loop: list[int]) -> list[list[int]]:
    """Split a loop where it passes a node twice."""
    result, stack, at = [], [], {}
    for node in loop:
        if node in at:
            first = at[node]
            part = stack[first:]
            if len(part) > 2:
                result.append(part)
            for gone in stack[first + 1 :]:
                at.pop(gone, None)
            del stack[first + 1 :]
        else:
            at[node] = len(stack)
            stack.append(node)
    if len(stack) > 2:
        result.append(stack)
    return result


def _distance(p: Floats, a: Floats, b: Floats) -> float:
    """Distance of p to the segment a…b."""
    d = b - a
    t = min(max(float(np.dot(p - a, d)) / max(float(np.dot(d, d)), 1e-18), 0.0), 1.0)
    return math.dist(p, a + d * t)
