"""Ray, as far as this project uses it: a cluster, its nodes, and actors that may be lost."""

from __future__ import annotations

import os
import platform
import signal
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from agents.errors import CollectionError
from pokeenv import LAYOUTS, PokeenvError, __version__

WAITING_LIMIT_S = 60.0  # of every wait for Ray itself
_BESIDE = "beside"  # thread of an actor for calls that do not wait for its work


def ray() -> ModuleType:
    """The package, which is imported only if it is used.

    Raises:
        CollectionError: it is not installed.
    """
    try:
        import ray
    except ImportError:
        raise CollectionError(
            "Ray is not installed here: pip install 'pokeenv[ray]', or collect with "
            "collection.source: process"
        ) from None
    return ray


def connect(address: str | None, cpus: int) -> Callable[[], None]:
    """Join a Ray cluster, or start one on this machine.

    Args:
        address: `host:port` of the cluster's head; None: that of the variable RAY_ADDRESS, or a new cluster.
        cpus: CPUs that a new cluster offers at least, whatever this machine has.

    Returns:
        A function that leaves the cluster, and ends it if this call has started it.

    Raises:
        CollectionError: Ray is not installed, or there is no cluster at the address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    package = ray()
    if package.is_initialized():  # by the caller's program, which also ends it
        return lambda: None
    options: dict[str, Any] = {"address": address, "log_to_driver": False, "logging_level": "error"}
    if address is None and "RAY_ADDRESS" not in os.environ:
        # None would join another run's cluster.
        options |= {
            "address": "local",
            "num_cpus": max(cpus, os.cpu_count() or 1),
            "include_dashboard": False,
        }
    # Ray takes over signals; the training loop has its own use for them.
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        package.init(**options)
    except Exception as error:  # a node that starts too slowly is a bare Exception
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CollectionError(
            f"collection.address: no Ray cluster can be used at {address or 'this machine'}: {reason}"
        ) from None
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    shutdown: Callable[[], None] = package.shutdown
    return shutdown


def node_name() -> str:
    """Name of the node that this process runs on: its host, and the start of Ray's id of it."""
    return f"{platform.node()}-{ray().get_runtime_context().get_node_id()[:6]}"


def facts() -> dict[str, str]:
    """Versions that all nodes must have in common."""
    return {"pokeenv": __version__} | {f"layout {kind}": layout.hash for kind, layout in LAYOUTS.items()}


def require_same_version(theirs: Mapping[str, str]) -> None:
    """Check that this node has the driver's version of pokeenv.

    Raises:
        CollectionError: it has another one.
    """
    ours = facts()
    if ours != theirs:
        raise CollectionError(
            f"pokeenv {ours['pokeenv']} is installed here, and pokeenv {theirs.get('pokeenv')} on the driver"
            + ("" if ours["pokeenv"] != theirs.get("pokeenv") else " with another observation")
            + "; install the driver's version on every node"
        )


def guarded(work: Callable[[], Any]) -> Any:
    """The result of some work of an actor, or a `CollectionError` that names the node, as a value."""
    try:
        return work()
    except PokeenvError as error:
        return CollectionError(f"node {node_name()}: {error}")
    except Exception:
        return CollectionError(f"node {node_name()}:\n{traceback.format_exc()}")


def create(actor: type, *arguments: Any) -> Any:
    """Ask the cluster for an actor with one CPU, which may have to wait for a node with a free one."""
    options = {"num_cpus": 1, "max_restarts": 0, "concurrency_groups": {_BESIDE: 1}}
    return ray().remote(**options)(actor).remote(*arguments)


def finished(references: Sequence[Any], timeout_s: float) -> list[Any]:
    """Those of the references whose values are there or never will be; waits until there is one."""
    if not references:
        return []
    done, _ = ray().wait(list(references), num_returns=1, timeout=timeout_s)
    rest = [reference for reference in references if reference not in done]
    more, _ = ray().wait(rest, num_returns=len(rest), timeout=0) if rest else ([], [])
    return [*done, *more]


def wait_for(references: Sequence[Any], timeout_s: float) -> None:
    """Wait until all references have values, but no longer than the limit."""
    if references:
        ray().wait(list(references), num_returns=len(references), timeout=timeout_s)


def beside(method: Any) -> Any:
    """Call a method without arguments of an actor that may be busy with another one; return a reference."""
    return method.options(concurrency_group=_BESIDE).remote()


def value_of(reference: Any) -> Any:
    """The value of a reference; None if the actor that was to give it is lost.

    Raises:
        CollectionError: the actor's own error, or the cluster has no room for the value.
    """
    package = ray()
    try:
        value = package.get(reference, timeout=WAITING_LIMIT_S)
    except (package.exceptions.ObjectStoreFullError, package.exceptions.OutOfDiskError) as error:
        raise CollectionError(
            f"Ray's object store is full, and so is the disk behind it: {str(error).splitlines()[0]}; start "
            "the nodes with a greater --object-store-memory, or collect with fewer actors"
        ) from None
    except package.exceptions.RayError:
        return None
    if isinstance(value, CollectionError):
        raise value
    return value


def put(value: Any) -> Any:
    """A reference to a value in the object store, from where each node fetches it once."""
    return ray().put(value)


def end(actor: Any) -> None:
    """End an actor at once, whatever it does."""
    ray().kill(actor, no_restart=True)


def cpus() -> float:
    """CPUs of all nodes."""
    return float(ray().cluster_resources().get("CPU", 0.0))
