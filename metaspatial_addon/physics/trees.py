# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees over the meshes of captured pieces, made ready on a thread of their own while boxes stand for them."""

from __future__ import annotations

import hashlib
import logging
import threading
from typing import TYPE_CHECKING

from ...backend.rewards.boxes import BoxEngine
from ...backend.scene import Furniture
from .engine import BvhEngine
from .mesh import Mesh

if TYPE_CHECKING:
    from ..capture import Capture

_log = logging.getLogger(__name__)


class Trees:
    """The engine on a capture's meshes, which may take seconds to be ready; each is made so only once.

    `boxes` needs none of them. `working`: some are not ready yet.
    """

    def __init__(self) -> None:
        self.boxes = BoxEngine()
        self.engine = BvhEngine(self._mesh_of)
        self._known: dict[bytes, Mesh] = {}
        self._meshes: dict[int, Mesh] = {}
        self._capture: Capture | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def working(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def want(self, seen: Capture) -> None:
        """Make a capture's meshes ready."""
        self.stop()
        self._capture = seen
        known, self._known, self._meshes = self._known, {}, {}
        for mesh in seen.meshes.values():
            parts = (mesh.vertices.astype("float32").round(5).tobytes(), mesh.triangles.tobytes())
            digest = hashlib.blake2b(b"".join(parts), digest_size=16).digest()
            self._meshes[id(mesh)] = self._known[digest] = known.get(digest, self._known.get(digest, mesh))
        self._stopped.clear()
        self._thread = threading.Thread(target=self._prepare, args=(seen,), name="metaspatial-trees", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """Leave off after the mesh that is being made ready."""
        self._stopped.set()
        self.wait()

    def _prepare(self, seen: Capture) -> None:
        for piece in seen.scene.furniture:
            if self._stopped.is_set():
                return
            try:
                self.engine.prepare(piece)
            except Exception:
                _log.exception("The mesh of %s could not be made ready", piece.id)

    def _mesh_of(self, piece: Furniture) -> Mesh:
        if self._capture is None:
            raise KeyError(piece.id)
        return self._meshes[id(self._capture.mesh_of(piece))]
