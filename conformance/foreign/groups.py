"""The groups that need other tools. They come last: some of the tools change what they import."""

from collections.abc import Callable
from pathlib import Path

from foreign import gptqmodel_sources, stubs
from report import Report

TOOLS = Path(__file__).resolve().parent.parent / ".venv" / "tools"
"""Where `run` unpacks what does not install: GPTQModel's sources, llama.cpp's library."""

Check = Callable[[Report, Path], None]

# Recipes for each of `--recipes`: what a tool takes for one differs by two orders.
SHARES = {"compressed-tensors": 1.0, "gptqmodel": 0.4, "auto-round": 1.0, "modelopt": 0.4, "transformers": 2.0}
MODULES = {
    "compressed-tensors": "compressed_tensors_targets",
    "gptqmodel": "gptqmodel_dynamic",
    "auto-round": "auto_round_layers",
    "modelopt": "modelopt_quantizers",
    "transformers": "transformers_skips",
}
WRITERS = (
    "compressed-tensors", "modelopt", "transformers fp8", "torchao", "gptqmodel", "auto-round awq", "bitsandbytes", "gpt-oss",
)  # fmt: skip


def groups(seed: int, recipes: int) -> dict[str, Check]:
    return {
        **{f"foreign {tool}": _recipes(tool, seed, round(SHARES[tool] * recipes)) for tool in MODULES},
        "foreign llama.cpp": lambda report, scratch: _llama_cpp(report, scratch, seed, max(20, recipes // 10)),
        **{f"written {writer}": _written(writer) for writer in WRITERS},
        "dialect vllm": lambda report, scratch: _vllm(report, scratch, seed, 13 * recipes),
    }


def _recipes(tool: str, seed: int, count: int) -> Check:
    def check(report: Report, scratch: Path) -> None:
        from importlib import import_module

        _prepare()
        from foreign.compare import compare

        compare(report, import_module(f"foreign.{MODULES[tool]}").cases(seed, count))
        if tool == "gptqmodel" and not gptqmodel_sources.has_pcre():
            report.note(gptqmodel_sources.WITHOUT_PCRE)

    return check


def _written(writer: str) -> Check:
    def check(report: Report, scratch: Path) -> None:
        from importlib.util import find_spec

        _prepare()
        from foreign.check_written import check as check_written
        from foreign.written import WRITERS as writers

        if writer == "bitsandbytes" and find_spec("bitsandbytes") is None:
            report.not_run("bitsandbytes is not installed; see README.md")
            return
        check_written(report, scratch, writers[writer])

    return check


def _llama_cpp(report: Report, scratch: Path, seed: int, count: int) -> None:
    from foreign import llama_cpp_types
    from foreign.compare import compare

    libraries = TOOLS / "package" / "bins" / "linux-x64"
    if not libraries.exists():
        report.not_run(f"there is no library of llama.cpp in {libraries}")
        return
    compare(report, llama_cpp_types.cases(seed, count, libraries, scratch))


def _vllm(report: Report, scratch: Path, seed: int, count: int) -> None:
    from foreign.vllm_dialect import check

    check(report, scratch, seed, count)


_ready = False


def _prepare() -> None:
    global _ready
    if _ready:
        return
    stubs.provide()
    gptqmodel_sources.load(TOOLS)
    _ready = True
