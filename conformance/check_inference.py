"""Models that `fewbit quantize` wrote, run by examples/tiny-llama and by transformers: logits and perplexities."""

import math
from pathlib import Path

import numpy
import torch
from torch import nn
from torchao.quantization import Int4Tensor
from transformers import AutoModelForCausalLM
from transformers.utils import logging

import fewbit
import oracle
from report import Report

TEXT = fewbit.ROOT / "examples" / "tiny-llama" / "heldout.txt"
BYTES = 2048
IDS = 128
NUDGES = 10

# Of logits between -22 and 22, in f32. Both sides add in f32, in different orders.
FLOAT_LOGITS = 1e-4
PERPLEXITY = 0.005


def check(report: Report, scratch: Path, model: Path) -> None:
    """`model` is the folder of a byte-level Llama."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    for recipe in fewbit.infer("recipes", model, backend="auto")["recipes"]:
        name, config = recipe["name"], recipe["recipe"]
        folder = model if config is None else scratch / name
        if config is not None:
            fewbit.quantize(model, config, folder)
        _check_logits(report, scratch, name, folder)
        _check_perplexity(report, name, folder)


def _check_logits(report: Report, scratch: Path, name: str, folder: Path) -> None:
    """In f32. Where activations are rounded to codes, the last bit of a sum decides here and there which one, and a few
    tokens later everything is another draw of the same rounding errors. (With symmetric codes that is the rule: a row's
    largest element, where it is negative, lies on the tie between -127 and -128.) So there torchao is measured with itself,
    its embeddings off by a unit in the last place, and we may be about as far from it as it is."""
    theirs = load(folder, torch.float32)
    ids = TEXT.read_bytes()[:IDS]
    file = scratch / f"{name}.logits"
    backend = fewbit.infer("logits", folder, backend="auto", dtype="F32", ids=list(ids), out=file)["backend"]
    ours = torch.from_numpy(numpy.fromfile(file, dtype="<f4")).reshape(len(ids), -1)
    expected = logits(theirs, ids)
    difference = (ours - expected).abs()
    report.note(f"{name} ({backend}): logits at most {difference.max():.2g} and on average {difference.mean():.2g} off")
    if not any(_rounds_activations(parameter) for parameter in theirs.parameters()):
        report.check(float(difference.max()) <= FLOAT_LOGITS, f"{name}: logits are off by {difference.max():.3g}")
        return
    first, off = float(difference[0].max()), float(difference.mean())
    report.check(first <= FLOAT_LOGITS, f"{name}: logits of the first token are off by {first:.3g}")
    itself = max(_moved(theirs, ids, expected, seed) for seed in range(NUDGES))
    report.note(f"torchao from itself on average {itself:.2g}")
    report.check(off <= 1.5 * itself, f"{name}: logits are off by {off:.3g}, torchao's from its own by {itself:.3g}")


def _moved(model: nn.Module, ids: bytes, before: torch.Tensor, seed: int) -> float:
    """How far a model's logits move on average when its embeddings do by a unit in the last place."""
    embeddings = model.get_input_embeddings().weight
    kept = embeddings.detach().clone()
    noise = torch.randn(kept.shape, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        embeddings.mul_(1 + 2**-23 * noise)
        after = logits(model, ids)
        embeddings.copy_(kept)
    return float((after - before).abs().mean())


def _check_perplexity(report: Report, name: str, folder: Path) -> None:
    """transformers in the checkpoint's own bf16 against our linear layers in bf16, and in f32."""
    theirs = perplexity(load(folder, "auto"), TEXT.read_bytes()[:BYTES])
    for dtype in ("F32", "BF16"):
        answer = fewbit.infer("perplexity", folder, backend="auto", dtype=dtype, text=TEXT, bytes=BYTES)
        off = answer["perplexity"] / theirs - 1
        report.check(abs(off) <= PERPLEXITY, f"{name}, {dtype}: perplexity {answer['perplexity']}, theirs {theirs}")
        report.check(answer["scored"] == BYTES - 1, f"{name}: {answer['scored']} bytes were scored")
        report.note(f"{dtype} perplexity {answer['perplexity']:.4f}, transformers {theirs:.4f} ({off:+.2%})")


def load(folder: Path, dtype) -> nn.Module:
    """As transformers loads it; weights that torchao multiplies on a GPU only, or not in f32, as their values."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()
    for module in model.modules():
        if not isinstance(module, nn.Linear):
            continue
        weight = module.weight.data
        if isinstance(weight, Int4Tensor):
            module.weight = nn.Parameter(_values(weight, dtype), requires_grad=False)
        elif dtype == torch.float32 and hasattr(weight, "activation_quantization"):
            module.weight = nn.Parameter(_widened(weight), requires_grad=False)
    return model


def _values(weight: Int4Tensor, dtype) -> torch.Tensor:
    if dtype == "auto":
        return oracle.dequantized(weight)
    wide = Int4Tensor(weight.qdata, weight.scale.float(), weight.zero_point.float(), weight.block_size, weight.shape)
    return oracle.dequantized(wide)


def _widened(weight):
    """The same codes and scales as a weight that dequantizes to f32, unrounded."""
    return type(weight)(
        weight.qdata,
        weight.scale.float(),
        weight.zero_point,
        weight.target_dtype,
        weight.block_size,
        torch.float32,
        weight.activation_quantization,
    )


def _rounds_activations(parameter: torch.Tensor) -> bool:
    weight = parameter.data
    return any(getattr(weight, name, None) is not None for name in ("act_quant_kwargs", "activation_quantization"))


def logits(model: nn.Module, ids: bytes) -> torch.Tensor:
    with torch.inference_mode():
        return model(torch.tensor([list(ids)])).logits[0].float()


def perplexity(model: nn.Module, text: bytes) -> float:
    """As `perplexityOf` in examples/tiny-llama/run: windows of the model's context that overlap by half; each token but the
    first is scored once, in the first window that holds it."""
    context = model.config.max_position_embeddings
    ids = torch.tensor(list(text))
    cost, done = 0.0, 1
    for start in range(0, len(ids), context // 2):
        window = ids[start : start + context]
        scored = start + len(window) - done
        if scored <= 0:
            break
        rows = logits(model, bytes(window[:-1].tolist()))[-scored:]
        cost += float(nn.functional.cross_entropy(rows, window[-scored:], reduction="sum"))
        done += scored
    return math.exp(cost / (len(ids) - 1))
