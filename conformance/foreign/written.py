"""Checkpoints that the tools themselves write: a tiny Llama, and which of its weights each has quantized."""

import contextlib
import copy
import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import nn

SIZES = {
    "hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "vocab_size": 256, "max_position_embeddings": 128, "tie_word_embeddings": False,
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    label: str
    folder: Path
    method: str
    """As config.json says it."""
    words: str
    """What our words for the scheme begin with."""
    shapes: dict[str, list[int]]
    """Of the model's own parameters, by their names."""
    quantized: set[str]


def model() -> transformers.LlamaForCausalLM:
    torch.manual_seed(0)
    made = transformers.LlamaForCausalLM(transformers.LlamaConfig(**SIZES)).to(torch.bfloat16)
    made.config.architectures = ["LlamaForCausalLM"]
    return made.eval()


def shapes_of(made: nn.Module) -> dict[str, list[int]]:
    return {name: list(value.shape) for name, value in made.named_parameters()}


def linears(made: nn.Module) -> dict[str, nn.Linear]:
    """But for the head, which tools leave alone."""
    return {name: module for name, module in made.named_modules() if isinstance(module, nn.Linear) and name != "lm_head"}


def weights(modules: object) -> set[str]:
    return {f"{name}.weight" for name in modules}


def compressed_tensors(scratch: Path) -> Iterator[Written]:
    from compressed_tensors.compressors import ModelCompressor
    from compressed_tensors.quantization import QuantizationConfig, apply_quantization_config

    presets = {
        "W4A16": "int4, groups of 128", "W3A16": "int3, groups of 128", "W8A8": "int8, per row", "FP8_DYNAMIC": "float8_e4m3fn, per row",
        "FP8_BLOCK": "float8_e4m3fn, blocks of 128×128", "NVFP4A16": "float4_e2m1, groups of 16, nvfp4",
    }  # fmt: skip
    for preset, words in presets.items():
        made = model()
        config = QuantizationConfig(config_groups={preset: ["Linear"]}, ignore=["lm_head"], quantization_status="compressed")
        apply_quantization_config(made, config, show_progress=False)
        for module in linears(made).values():
            for name, value in module.named_parameters(recurse=False):
                if name.endswith("scale"):
                    value.data.copy_(torch.full(value.shape, 0.5).to(value.dtype))
                elif name.endswith("zero_point"):
                    value.data.zero_()
        modules = linears(made)
        compressor = ModelCompressor.from_pretrained_model(made)
        compressor.compress_model(made)
        folder = scratch / f"compressed-tensors-{preset}"
        made.save_pretrained(folder)
        compressor.update_config(folder)
        yield Written(folder.name, folder, "compressed-tensors", words, shapes_of(model()), weights(modules))


def modelopt(scratch: Path) -> Iterator[Written]:
    import modelopt.torch.quantization as mtq
    from modelopt.torch.export import export_hf_checkpoint

    configs = {
        "NVFP4_DEFAULT_CFG": "float4_e2m1, groups of 16",
        "FP8_DEFAULT_CFG": "float8_e4m3fn, one scale",
    }
    for name, words in configs.items():
        made = model()
        before = shapes_of(made)
        with contextlib.redirect_stdout(io.StringIO()):
            made = mtq.quantize(made, copy.deepcopy(getattr(mtq, name)), lambda given: given(torch.arange(32)[None]))
            quantized = {path for path, module in linears(made).items() if module.weight_quantizer.is_enabled}
            folder = scratch / f"modelopt-{name}"
            export_hf_checkpoint(made, export_dir=folder)
        yield Written(folder.name, folder, "modelopt", words, before, weights(quantized))


def fine_grained_fp8(scratch: Path) -> Iterator[Written]:
    """transformers' own operation, which makes `weight_scale_inv`; its quantizer wants a GPU, the operation does not."""
    from types import SimpleNamespace

    from transformers.integrations.finegrained_fp8 import Fp8Quantize

    for size in ((128, 128), (64, 64)):
        made = model()
        config = transformers.FineGrainedFP8Config(weight_block_size=size, modules_to_not_convert=["lm_head"])
        operation = Fp8Quantize(SimpleNamespace(quantization_config=config))
        tensors, quantized = {}, set()
        for name, value in made.state_dict().items():
            converted = operation.convert({name: value}) if name.removesuffix(".weight") in linears(made) else {name: value}
            tensors |= converted
            if len(converted) > 1:
                quantized.add(name)
        folder = _save(scratch / f"fp8-{size[0]}", tensors, made.config, config.to_dict())
        yield Written(folder.name, folder, "fp8", f"float8_e4m3fn, blocks of {size[0]}×{size[1]}", shapes_of(made), quantized)


def torchao(scratch: Path) -> Iterator[Written]:
    from torchao.quantization import Float8WeightOnlyConfig, Int4WeightOnlyConfig, Int8WeightOnlyConfig, IntxWeightOnlyConfig, PerGroup

    base = scratch / "base"
    model().save_pretrained(base)
    configs = {
        "int8": (Int8WeightOnlyConfig(version=2), "int8"),
        "int4-unpacked": (IntxWeightOnlyConfig(torch.int4, PerGroup(32)), "int4"),
        "int4": (Int4WeightOnlyConfig(group_size=32), "int4"),
        "float8": (Float8WeightOnlyConfig(version=2), "float8"),
    }
    for name, (config, words) in configs.items():
        made = transformers.AutoModelForCausalLM.from_pretrained(
            base, quantization_config=transformers.TorchAoConfig(config), dtype=torch.bfloat16
        )
        folder = scratch / f"torchao-{name}"
        made.save_pretrained(folder)
        quantized = {path for path, value in made.named_parameters() if type(value.data) is not torch.Tensor}
        yield Written(folder.name, folder, "torchao", words, shapes_of(model()), quantized)


def gptqmodel(scratch: Path) -> Iterator[Written]:
    """GPTQModel's layer for a CPU, which packs a linear layer, with scales that any rounding has."""
    from gptqmodel.nn_modules.qlinear.torch import TorchLinear

    for bits, size in ((4, 32), (8, 128), (3, 32), (2, 64)):
        made = model()
        tensors = {}
        for name, value in made.state_dict().items():
            path = name.removesuffix(".weight")
            linear = linears(made).get(path)
            if linear is None:
                tensors[name] = value
                continue
            rows, columns = linear.weight.shape
            layer = TorchLinear(
                bits=bits, group_size=size, sym=True, desc_act=False, in_features=columns, out_features=rows, bias=False,
                pack_dtype=torch.int32, register_buffers=True,
            )  # fmt: skip
            groups = columns // size
            scales = torch.full((rows, groups), 0.05)
            zeros = torch.full((rows, groups), float(2 ** (bits - 1)))
            index = torch.arange(columns, dtype=torch.int32) // size
            half = copy.deepcopy(linear).to(torch.float16)
            layer.pack_original(linear=half, scales=scales, zeros=zeros, g_idx=index)
            tensors |= {f"{path}.{leaf}": part for leaf, part in layer.state_dict().items()}
        config = {"quant_method": "gptq", "bits": bits, "group_size": size, "sym": True, "desc_act": False, "lm_head": False,
                  "checkpoint_format": "gptq_v2", "pack_dtype": "int32"}  # fmt: skip
        folder = _save(scratch / f"gptqmodel-{bits}bit", tensors, made.config, config)
        yield Written(folder.name, folder, "gptq", f"int{bits}, groups of {size}", shapes_of(made), weights(linears(made)))


def auto_round_awq(scratch: Path) -> Iterator[Written]:
    """AutoRound's export to AWQ: its packing of a linear layer."""
    from auto_round.export.export_to_awq.utils import WQLinear_GEMM

    for bits, size in ((4, 32), (4, 128)):
        made = model()
        tensors = {}
        for name, value in made.state_dict().items():
            path = name.removesuffix(".weight")
            linear = linears(made).get(path)
            if linear is None:
                tensors[name] = value
                continue
            rows, columns = linear.weight.shape
            scales = torch.full((columns // size, rows), 0.05, dtype=torch.float16)
            zeros = torch.full((columns // size, rows), 8, dtype=torch.int32)
            layer = WQLinear_GEMM.from_linear(copy.deepcopy(linear), bits, size, False, scales, zeros)
            tensors |= {f"{path}.{leaf}": part for leaf, part in layer.state_dict().items()}
        config = {"quant_method": "awq", "bits": bits, "group_size": size, "zero_point": True, "version": "gemm",
                  "modules_to_not_convert": ["lm_head"]}  # fmt: skip
        folder = _save(scratch / f"auto-round-awq-{size}", tensors, made.config, config)
        yield Written(folder.name, folder, "awq", f"int{bits}, groups of {size}", shapes_of(made), weights(linears(made)))


def bitsandbytes(scratch: Path) -> Iterator[Written]:
    base = scratch / "base"
    model().save_pretrained(base)
    cases = {
        "nf4": ({"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True}, "nf4, blocks of 64"),
        "fp4": ({"load_in_4bit": True, "bnb_4bit_quant_type": "fp4"}, "fp4, blocks of 64"),
        "int8": ({"load_in_8bit": True}, "int8, per row"),
    }
    for name, (options, words) in cases.items():
        made = transformers.AutoModelForCausalLM.from_pretrained(
            base, quantization_config=transformers.BitsAndBytesConfig(**options), device_map="cpu"
        )
        quantized = {path for path, module in made.named_modules() if type(module).__name__ in ("Linear4bit", "Linear8bitLt")}
        folder = scratch / f"bitsandbytes-{name}"
        made.save_pretrained(folder)
        yield Written(folder.name, folder, "bitsandbytes", words, shapes_of(model()), weights(quantized))


def gpt_oss(scratch: Path) -> Iterator[Written]:
    """
    MXFP4 as gpt-oss has it. What packs wants a GPU; what unpacks, transformers' `convert_moe_packed_tensors`, says which
    shape a pair of tensors has.
    """
    from transformers.integrations.mxfp4 import convert_moe_packed_tensors

    torch.manual_seed(0)
    config = transformers.GptOssConfig(
        hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
        num_local_experts=4, num_experts_per_tok=2, vocab_size=64, layer_types=["full_attention"] * 2, tie_word_embeddings=False,
    )  # fmt: skip
    made = transformers.GptOssForCausalLM(config).to(torch.bfloat16)
    shapes = shapes_of(made)
    tensors, quantized = {}, set()
    for name, value in made.state_dict().items():
        if not name.endswith(("gate_up_proj", "down_proj")):
            tensors[name] = value
            continue
        experts, inner, outer = value.shape
        blocks = torch.randint(0, 256, (experts, outer, inner // 32, 16), dtype=torch.uint8)
        scales = torch.full((experts, outer, inner // 32), 127, dtype=torch.uint8)
        assert convert_moe_packed_tensors(blocks, scales).shape == value.shape
        tensors |= {f"{name}_blocks": blocks, f"{name}_scales": scales}
        quantized.add(name)
    method = {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router",
                                                                  "model.embed_tokens", "lm_head"]}  # fmt: skip
    folder = _save(scratch / "gpt-oss", tensors, config, method)
    yield Written(folder.name, folder, "mxfp4", "float4_e2m1, groups of 32", shapes, quantized)


def _save(folder: Path, tensors: dict[str, torch.Tensor], config: transformers.PretrainedConfig, method: dict) -> Path:
    folder.mkdir(parents=True)
    save_file({name: value.detach().contiguous() for name, value in tensors.items()}, folder / "model.safetensors", {"format": "pt"})
    text = json.loads(config.to_json_string(use_diff=False)) | {"quantization_config": method}
    (folder / "config.json").write_text(json.dumps(text, default=str))
    return folder


WRITERS: dict[str, Callable[[Path], Iterator[Written]]] = {
    "compressed-tensors": compressed_tensors,
    "modelopt": modelopt,
    "transformers fp8": fine_grained_fp8,
    "torchao": torchao,
    "gptqmodel": gptqmodel,
    "auto-round awq": auto_round_awq,
    "bitsandbytes": bitsandbytes,
    "gpt-oss": gpt_oss,
}


def stored_bytes(folder: Path) -> dict[str, int]:
    """Of each tensor in the files."""
    sizes = {}
    for file in sorted(folder.glob("*.safetensors")):
        sizes |= {name: value.numel() * value.element_size() for name, value in load_file(file).items()}
    return sizes


logging.getLogger("transformers").setLevel(logging.ERROR)
