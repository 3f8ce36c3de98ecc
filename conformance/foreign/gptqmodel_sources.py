"""GPTQModel from its sources, without what its own __init__ does to transformers and safetensors."""

import re
import sys
from pathlib import Path

from foreign.stubs import StubModule

WITHOUT_PCRE = "pypcre did not build, so that Python's re reads what PCRE should"


def load(sources: Path) -> None:
    """Puts the package where `import` finds its modules. `sources`: a folder with an unpacked source distribution."""
    found = sorted(sources.glob("gptqmodel-*/gptqmodel"))
    if not found:
        raise FileNotFoundError(f"there is no gptqmodel in {sources}; conformance/run puts it there")
    folder = found[-1]
    for name, path in (("gptqmodel", folder), ("gptqmodel.models", folder / "models")):
        package = StubModule(name)
        package.__path__ = [str(path)]
        package.DEBUG_ON = False
        sys.modules[name] = package
    try:
        import pcre  # noqa: F401
    except ImportError:
        sys.modules["pcre"] = re


def has_pcre() -> bool:
    return sys.modules.get("pcre") is not re
