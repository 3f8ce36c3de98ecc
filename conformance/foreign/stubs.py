"""Stands in for packages that the tools import and that what we ask of them does not need: loggers, downloads, images."""

import importlib.abc
import importlib.machinery
import sys
import types

NAMES = (
    "PIL", "antlr4", "cpuinfo", "datasets", "defuser", "device_smi", "dill", "kernels", "logbar", "loguru", "maturin", "omegaconf", "psutil",
    "pulp", "pyarrow", "pynvml", "requests", "scipy", "threadpoolctl", "tokenicer",
)  # fmt: skip


class _Anything(type):
    def __getattr__(cls, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _class(name)

    def __getitem__(cls, item: object) -> type:
        return cls


def _class(name: str) -> type:
    """Every member of it is one more, and a call gives its first argument back, as a decorator does."""

    def member(self: object, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return _class(name)

    def call(self: object, *given: object, **named: object) -> object:
        return given[0] if given else None

    def init(self: object, *given: object, **named: object) -> None:
        pass

    def subclass(cls: type, **named: object) -> None:
        pass

    def schema(cls: type, source: object, handler: object) -> dict:
        # What pydantic asks of a class that a model has a field of.
        return {"type": "any"}

    def enter(self: object) -> object:
        return self

    def leave(self: object, *error: object) -> None:
        pass

    made = {"__init__": init, "__getattr__": member, "__call__": call, "__enter__": enter, "__exit__": leave}
    made |= {"__init_subclass__": classmethod(subclass), "__get_pydantic_core_schema__": classmethod(schema)}
    return _Anything(name, (), made)


class StubModule(types.ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        setattr(self, name, _class(name))
        return self.__dict__[name]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Comes last: what is installed is used."""

    def __init__(self, names: tuple[str, ...]):
        self.names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] in self.names:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return StubModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def provide(names: tuple[str, ...] = NAMES) -> None:
    sys.meta_path.append(_Finder(names))
