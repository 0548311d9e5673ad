"""Collections and actions -> routes: a tree of path segments, looked up with a few dict reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from openprac.kernel import handlers
from openprac.kernel.action import Endpoint, Method, permission_for
from openprac.kernel.collection import Collection, Creation, Deletion, Edition, Listing, Operation, Reading


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    any_child: "_Node | None" = None
    endpoints: dict[str, tuple[Endpoint, tuple[str, ...]]] = field(default_factory=dict)


class Router:
    """Two endpoints on one method and path stop the program at start."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._root = _Node()
        self.known: set[str] = set()
        for endpoint in endpoints:
            self._add(endpoint)

    def match(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        node: _Node | None = self._root
        values = []
        for segment in path.split("/")[1:]:
            assert node is not None
            found = node.children.get(segment)
            if found is None:
                values.append(segment)
                found = node.any_child
                if found is None or not segment:
                    return None
            node = found
        assert node is not None
        route = node.endpoints.get(method)
        return (route[0], dict(zip(route[1], values, strict=True))) if route else None

    def _add(self, endpoint: Endpoint) -> None:
        node, names, shape = self._root, [], []
        for segment in endpoint.full_path.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment.strip("{}"))
                shape.append("{}")
                node.any_child = node.any_child or _Node()
                node = node.any_child
            else:
                shape.append(segment)
                node = node.children.setdefault(segment, _Node())
        if endpoint.method in node.endpoints:
            raise ValueError(f"{endpoint.method} {endpoint.full_path} is declared twice")
        node.endpoints[endpoint.method] = (endpoint, tuple(names))
        self.known.add(f"{endpoint.method} /{'/'.join(shape)}")


def endpoints_of(collection: Collection) -> Sequence[Endpoint]:
    """Every operation of a collection, in the order of its declaration."""
    return [_endpoint(collection, operation) for operation in collection.operations]


def _endpoint(collection: Collection, operation: Operation) -> Endpoint:
    method: Method
    match operation:
        case Listing():
            method, handler, success = "GET", partial(handlers.list_rows, collection, operation), 200
        case Reading():
            method, handler, success = "GET", partial(handlers.get_row, collection, operation), 200
        case Creation():
            method, handler, success = "POST", partial(handlers.create_row, collection, operation), 201
        case Edition():
            method, handler, success = "PATCH", partial(handlers.edit_row, collection, operation), 200
        case Deletion():
            method, handler, success = "DELETE", partial(handlers.delete_row, collection, operation), 204
        case _:
            raise TypeError(f"{operation.id}: no plain handler")
    return Endpoint(
        id=operation.id,
        method=method,
        path=operation.path,
        tag=collection.tag,
        summary=operation.summary,
        permission=permission_for(collection.tag, method),
        handler=handler,
        description=operation.description,
        extension=operation.extension,
        transaction=method != "GET",
        collection=collection,
        operation=operation,
        success=success,
    )
