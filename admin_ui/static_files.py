"""Serve the stylesheet, the scripts and the sign, each under an address that changes with its content."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    packed: bytes
    kind: str
    mark: str


def _read_all() -> dict[str, _File]:
    files = {}
    for path in sorted((Path(__file__).parent / "static").iterdir()):
        if path.suffix in _KINDS:
            content = path.read_bytes()
            files[path.name] = _File(
                content, gzip.compress(content, mtime=0), _KINDS[path.suffix], hashlib.sha256(content).hexdigest()[:12]
            )
    return files


_FILES = _read_all()


def asset(name: str) -> str:
    """Give the address of a file, with the mark of its content."""
    return f"/static/{name}?v={_FILES[name].mark}"


async def serve_static(request: Request) -> Response:
    """Answer one file; under its marked address it may be kept for ever."""
    file = _FILES.get(request.path_params["name"])
    if file is None:
        return PlainTextResponse("There is no such file.", status_code=404)
    marked = request.query_params.get("v") == file.mark
    headers = {
        "cache-control": "public, max-age=31536000, immutable" if marked else "no-cache",
        "etag": f'"{file.mark}"',
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    headers["vary"] = "accept-encoding"
    content = file.content
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["content-encoding"] = file.packed, "gzip"
    return Response(content, media_type=file.kind, headers=headers)
