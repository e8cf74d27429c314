"""The packaging hook: a wheel contains the built client.

An editable installation does not build; there the Makefile does, only when sources changed.
"""

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ClientBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling, once per wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bundle the client before the wheel is put together."""
        if version == "editable":
            return
        path = Path(self.root, "web", "client", "build.py")
        spec = importlib.util.spec_from_file_location("visavis_client_build", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.build()
