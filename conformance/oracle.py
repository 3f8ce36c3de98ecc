"""What torchao itself makes of a checkpoint and a recipe: its own `quantize_`, `flatten_tensor_state_dict`, `save`.

torchao works on modules, a checkpoint has only names, so `module_tree` builds the least module that has the names: real
`nn.Linear` and `nn.Embedding` where torchao asks for them, empty modules that hold parameters elsewhere.
"""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import nn
from torchao.prototype.safetensors.safetensors_support import flatten_tensor_state_dict
from torchao.quantization import FqnToConfig, Int4Tensor, quantize_

import int4_formulas
from stored import StoredFile, parse

# torchao.quantization.quantize_ is a function that hides the package of the same name.
INT4_MODULE = "torchao.quantization.quantize_.workflows.int4.int4_tensor"


def provide_int4() -> None:
    """Gives torchao's Int4Tensor the three mslk functions that it imports, so that its real code runs on a CPU."""
    importlib.import_module(INT4_MODULE)
    module = sys.modules[INT4_MODULE]
    module.int4_row_quantize_zp = int4_formulas.int4_row_quantize_zp
    module.int4_row_quantize = int4_formulas.int4_row_quantize
    module.pack_int4 = int4_formulas.pack_int4


def load_checkpoint(folder: Path) -> dict[str, torch.Tensor]:
    """All tensors of all shards, in the order of the shards and in each by position in the file."""
    tensors: dict[str, torch.Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        loaded = load_file(file)
        tensors.update({name: loaded[name] for name in parse(file.read_bytes()).tensors})
    return tensors


def module_tree(tensors: Mapping[str, torch.Tensor], kinds: Mapping[str, str]) -> nn.Module:
    """A module whose state dict has the given tensors; `kinds` says what owns each one (`linear`, `embedding`, ...)."""
    owners: dict[str, str] = {}
    for name in tensors:
        module = name.rpartition(".")[0]
        if name.endswith("weight") or module not in owners:
            owners[module] = kinds.get(name, "other")
    root = nn.Module()
    for name, tensor in tensors.items():
        path, _, parameter = name.rpartition(".")
        module = root
        prefix = ""
        for step in path.split(".") if path else []:
            prefix = f"{prefix}.{step}" if prefix else step
            if step not in module._modules:
                module.add_module(step, _empty_module(owners.get(prefix), tensors.get(f"{prefix}.weight")))
            module = module._modules[step]
        if kinds.get(name) == "buffer":
            module.register_buffer(parameter, tensor)
        else:
            module.register_parameter(parameter, nn.Parameter(tensor, requires_grad=False))
    return root


def _empty_module(kind: str | None, weight: torch.Tensor | None) -> nn.Module:
    """A module of the kind's class, its parameters still to be set."""
    if weight is None or weight.dim() != 2:
        return nn.Module()
    rows, columns = weight.shape
    if kind == "linear":
        return nn.Linear(columns, rows, bias=False, device="meta")
    if kind == "embedding":
        return nn.Embedding(rows, columns, device="meta")
    module = nn.Module()
    if kind == "conv1d":
        # As transformers' Conv1D: there is a bias to ask for.
        module.register_parameter("weight", None)
        module.register_parameter("bias", None)
    return module


def quantized_state(tensors: Mapping[str, torch.Tensor], kinds: Mapping[str, str], config) -> dict[str, torch.Tensor]:
    """The state dict after torchao's `quantize_`, in the order of `tensors`. `tensors` themselves stay as they are."""
    model = module_tree(tensors, kinds)
    quantize_(model, config, filter_fn=None)
    state = model.state_dict()
    return {name: state[name] for name in tensors}


def flattened_file(state: Mapping[str, torch.Tensor]) -> StoredFile:
    """The file that torchao's helpers and the safetensors library make of a state dict, parsed."""
    tensors, metadata = flatten_tensor_state_dict(state)
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    return parse(save(contiguous, metadata))


def quantized_file(tensors: Mapping[str, torch.Tensor], kinds: Mapping[str, str], config) -> StoredFile:
    return flattened_file(quantized_state(tensors, kinds, config))


def exact_recipe(configs: Mapping[str, object]) -> FqnToConfig:
    """A recipe of exact parameter keys only, which torchao's code and documentation read alike."""
    return FqnToConfig({name: config for name, config in configs.items() if config is not None})


def dequantized(tensor: torch.Tensor) -> torch.Tensor:
    """A quantized tensor's values in its own dtype."""
    if not isinstance(tensor, Int4Tensor):
        return tensor.dequantize()
    # torchao leaves this to a kernel: code * scale + zero point in f32, rounded once.
    rows, columns = tensor.shape
    low, high = (tensor.qdata << 4) >> 4, tensor.qdata >> 4
    codes = torch.stack((low, high), dim=2).reshape(rows, columns).float()
    group = tensor.block_size[-1]
    scale, zero_point = (part.float().t().repeat_interleave(group, dim=1) for part in (tensor.scale, tensor.zero_point))
    return (codes * scale + zero_point).to(tensor.dtype)
