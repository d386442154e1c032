"""Operations of the OpenAPI document: parameters, responses, ids and the schemas of models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from medallion_api.middleware.exchange import ANYWHERE, LONGEST_URL, OPEN
from medallion_api.problems import MEDIA, ProblemDetails

if TYPE_CHECKING:
    from pydantic import BaseModel

Json = dict[str, Any]

_DESCRIPTIONS = {
    304: "Not modified since the given ETag.",
    400: "The request is malformed, or a parameter is unknown, repeated or of the wrong type.",
    401: "An API key is required.",
    404: "No such row, table or release.",
    406: "None of the accepted media types is available.",
    410: "The cursor's release is no longer kept.",
    414: f"The URL is longer than {LONGEST_URL} characters.",
    429: "Too many requests.",
    431: "There are too many header fields, or one is too long.",
    500: "Unexpected error; the log has it under the request id.",
    501: "The server does not implement the request's transfer coding.",
    503: "The data cannot be read at the moment.",
}


def query_parameters(model: type[BaseModel]) -> list[Json]:
    """The query parameters that a model validates."""
    parameters = []
    for name, schema in model.model_json_schema(by_alias=True)["properties"].items():
        schema = {key: value for key, value in schema.items() if key not in ("title", "default")}
        parameter: Json = {"name": name, "in": "query", "schema": schema}
        if schema.get("type") == "array":
            parameter |= {
                "style": "form",
                "explode": False,
            }  # repeated parameters are accepted, too
        parameters.append(parameter)
    return parameters


def operation(
    path: str,
    summary: str,
    contents: Json,
    statuses: tuple[int, ...],
    parameters: list[Json],
    schemas: Json,
) -> Json:
    """A GET operation; `contents` are the media types of its 200 response."""
    component(ProblemDetails, schemas)
    responses: Json = {"200": {"description": "Success.", "content": contents}}
    responses |= {str(status): _response(status) for status in statuses}
    return {
        "operationId": operation_id(path),
        "summary": summary,
        "parameters": parameters,
        "responses": responses,
    }


def _response(status: int) -> Json:
    problem = {MEDIA: {"schema": {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}}}
    return {"description": _DESCRIPTIONS[status], **({} if status == 304 else {"content": problem})}


def add_common_responses(paths: Mapping[str, Json], gate: tuple[int, ...]) -> None:
    """Add to every operation the errors that any request may get, whatever its path.

    `gate` are the statuses of authentication and rate limiting, which open paths are exempt from.
    """
    for path, operations in paths.items():
        refusals = {
            str(status): _response(status)
            for status in (*ANYWHERE, *(() if path in OPEN else gate))
        }
        for operation in operations.values():
            operation["responses"] = dict(sorted((operation["responses"] | refusals).items()))


def operation_id(path: str) -> str:
    """A path as an identifier in any programming language."""
    name = identifier("_".join(part.strip("{}") for part in path.split("/") if part) or "root")
    return name if name[0].isalpha() else f"path_{name}"


def identifier(text: str) -> str:
    """A text with ASCII letters, digits and underscores only: `é` is `ue9`."""
    return re.sub(
        r"[^0-9A-Za-z_]",
        lambda letter: f"u{ord(letter[0]):x}" if letter[0].isalnum() else "_",
        text,
    )


def number_duplicates(paths: Mapping[str, Json]) -> None:
    """Number the operations whose ids are equal ignoring case, as of `/a/b` and `/a_b`."""
    names: set[str] = set()
    for operations in paths.values():
        original = name = operations["get"]["operationId"]
        number = 1
        while name.lower() in names:
            number += 1
            name = f"{original}_{number}"
        operations["get"]["operationId"] = name
        names.add(name.lower())


def component(model: type[BaseModel], schemas: Json) -> Json:
    """A reference to a model's schema, which is added to the components `schemas`."""
    schema = model.model_json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    schemas |= schema.pop("$defs", {})
    schemas[model.__name__] = schema
    return {"$ref": f"#/components/schemas/{model.__name__}"}
