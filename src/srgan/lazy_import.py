"""Public names of a package whose modules are imported when a name is first used: most commands need few of them."""

from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """Return the `__getattr__` of a package.

    Args:
        package: its `__name__`.
        modules: by module below it, the public names in that module, with spaces between them.
    """
    places = {name: module for module, names in modules.items() for name in names.split()}

    def get(name: str) -> object:
        if name in places:
            return getattr(import_module(f"{package}.{places[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get
