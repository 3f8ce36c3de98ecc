#!/usr/bin/env python3
"""Times torchao quantizing a checkpoint by a recipe, from file to file: the peer's figure beside ours.

    bench_torchao.py CHECKPOINT --recipe FILE --out FOLDER [--threads 1,2] [--repeat 3] [--embedding PATTERN]

CHECKPOINT is a folder of .safetensors files, FILE a recipe in torchao's JSON. Prints a JSON object: for each number of
threads the best of the repeats in seconds (`load`, `quantize`, `flatten`, `save`, `total`) and the peak resident memory
in bytes, each repeat in a process of its own. Starting Python and importing torch are not counted (`import` says how
long they take). Every two-dimensional `weight` counts as a linear module's, but for names that fully match PATTERN.
"""

import time

STARTED = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import re  # noqa: E402
import resource  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import warnings  # noqa: E402
from pathlib import Path  # noqa: E402

EMBEDDING = r".*(embed_tokens|word_embeddings|wte|wpe)\.weight"


def measure_here(checkpoint: Path, recipe: Path, out: Path, embedding: str) -> dict[str, float]:
    """One run in this process, with the threads that its environment gave it."""
    warnings.filterwarnings("ignore")
    import torch
    from safetensors.torch import load_file, save_file
    from torchao.core.config import config_from_dict
    from torchao.prototype.safetensors.safetensors_support import flatten_tensor_state_dict
    from torchao.quantization import quantize_

    import oracle

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    oracle.provide_int4()
    config = config_from_dict(json.loads(recipe.read_text()))
    times = {"import": time.perf_counter() - STARTED}

    begin = time.perf_counter()
    tensors = {}
    for file in sorted(checkpoint.glob("*.safetensors")):
        tensors.update(load_file(file))
    # load_file maps the file: without a touch its pages would be read, and counted, while quantizing.
    for tensor in tensors.values():
        tensor.flatten().view(torch.uint8)[:: os.sysconf("SC_PAGE_SIZE")].sum()
    loaded = time.perf_counter()

    kinds = {name: _kind(name, tensor.dim(), embedding) for name, tensor in tensors.items()}
    model = oracle.module_tree(tensors, kinds)
    quantize_(model, config, filter_fn=None)
    quantized = time.perf_counter()
    flat, metadata = flatten_tensor_state_dict(model.state_dict())
    flattened = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    save_file(flat, out / "model.safetensors", metadata={**metadata, "format": "pt"})
    saved = time.perf_counter()

    times |= {
        "load": loaded - begin,
        "quantize": quantized - loaded,
        "flatten": flattened - quantized,
        "save": saved - flattened,
        "total": saved - begin,
        "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    return times


def _kind(name: str, rank: int, embedding: str) -> str:
    if re.fullmatch(embedding, name):
        return "embedding"
    return "linear" if rank == 2 and name.endswith(".weight") else "other"


def measure_apart(arguments: argparse.Namespace, threads: int) -> dict[str, float]:
    """The best of the repeats, each a fresh process."""
    runs = []
    for _ in range(arguments.repeat):
        shutil.rmtree(arguments.out, ignore_errors=True)
        command = [sys.executable, __file__, str(arguments.checkpoint), "--recipe", str(arguments.recipe)]
        command += ["--out", str(arguments.out), "--embedding", arguments.embedding, "--here"]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"bench_torchao: torchao failed\n{done.stderr}")
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return min(runs, key=lambda run: run["total"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--recipe", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="emptied before each run")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--embedding", default=EMBEDDING)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        print(json.dumps(measure_here(arguments.checkpoint, arguments.recipe, arguments.out, arguments.embedding)))
        return
    import importlib.metadata

    result = {
        "torch": importlib.metadata.version("torch"),
        "torchao": importlib.metadata.version("torchao"),
        "repeat": arguments.repeat,
        "threads": {int(count): measure_apart(arguments, int(count)) for count in arguments.threads.split(",")},
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
