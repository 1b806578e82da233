# Blender's module, unchecked: its own stubs contradict each other and the versions we run on.
from typing import Any

def __getattr__(name: str) -> Any: ...
