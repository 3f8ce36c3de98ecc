"""Runs our command from its sources: in a process for each call, or by `serve.mjs` in processes that stay."""

import atexit
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from torchao.core.config import config_to_dict

ROOT = Path(__file__).resolve().parent.parent
MAIN = ROOT / "apps" / "cli" / "src" / "main.ts"
SERVE = Path(__file__).resolve().parent / "serve.mjs"
INFERENCE = SERVE.with_name("inference.mjs")


class FewbitFailed(Exception):
    """The command ended with an exit code other than 0; `code` is it, the message its error."""

    def __init__(self, code: int, message: str):
        super().__init__(f"exit code {code}: {message.strip()}")
        self.code = code


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Runner = Callable[[list[str]], Outcome]


def run_apart(arguments: list[str]) -> Outcome:
    """In a process of its own, as a person would."""
    done = subprocess.run(command(MAIN, *arguments), cwd=ROOT, capture_output=True, text=True, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr)


def run_kept(arguments: list[str]) -> Outcome:
    """In a process that answers further calls; as many processes as there are calls at one time."""
    try:
        server = _idle.get_nowait()
    except Empty:
        server = subprocess.Popen(command(SERVE), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # At the end of its input it ends by itself.
        atexit.register(server.stdin.close)
    server.stdin.write(json.dumps(arguments) + "\n")
    server.stdin.flush()
    answer = server.stdout.readline()
    if not answer:
        return Outcome(server.wait(), "", "the process ended before it answered")
    _idle.put(server)
    return Outcome(**json.loads(answer))


_idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()


def command(script: Path, *arguments: str) -> list[str]:
    """Of a process that runs one of our scripts from its sources."""
    bundled = ROOT / "node_modules" / ".bin" / "node"
    node = str(bundled) if bundled.exists() else shutil.which("node")
    if node is None:
        raise SystemExit("conformance: no node; run `pnpm install` in the repository first")
    return [node, "--conditions=@fewbit/source", str(script), *arguments]


def quantize(checkpoint: Path, recipe, out: Path, *options: str, runner: Runner = run_kept) -> dict:
    """Writes `out`, replacing it, with one worker unless `options` say otherwise."""
    recipe_file = _write_recipe(out, recipe)
    workers = () if "--workers" in options else ("--workers", "1")
    arguments = ["quantize", checkpoint, "--recipe", recipe_file, "--out", out, "--overwrite", *workers, *options]
    return _json_of(runner, arguments)


def explain(checkpoint: Path, recipe, scratch: Path) -> dict:
    """One row for each tensor under `tensors`, also where some of them are refused."""
    return _json_of(run_kept, ["explain", checkpoint, "--recipe", _write_recipe(scratch, recipe)])


def verify(quantized: Path, original: Path) -> dict:
    """A row for each tensor of the original under `tensors`."""
    return _json_of(run_apart, ["verify", quantized, "--original", original])


def _json_of(runner: Runner, arguments: list) -> dict:
    """What a call prints; raises FewbitFailed where that is an error."""
    outcome = runner([*map(str, arguments), "--json"])
    result = json.loads(outcome.out) if outcome.out.startswith("{") else {"error": {"message": outcome.err}}
    if "error" in result:
        raise FewbitFailed(outcome.code, result["error"]["message"])
    return result


def _write_recipe(beside: Path, recipe) -> Path:
    """The recipe in torchao's own JSON (or as given, where it is JSON already) in a file next to the output."""
    file = beside.with_name(f"{beside.name}.recipe.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(recipe if isinstance(recipe, dict) else config_to_dict(recipe)))
    return file


def infer(operation: str, folder: Path, **request) -> dict:
    """What `inference.mjs` answers: a checkpoint run by our backends."""
    text = json.dumps({"operation": operation, "folder": str(folder), **request}, default=str)
    done = subprocess.run(command(INFERENCE), cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise FewbitFailed(done.returncode, done.stderr)
    return json.loads(done.stdout)
