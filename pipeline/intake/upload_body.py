"""The body of an upload as a file that is read, while it still comes over the network."""

from __future__ import annotations

import anyio
import anyio.from_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from pipeline.errors import UploadRefused

PATIENCE = 60.0
"""Seconds without a byte after which an upload is given up: it holds a thread."""

NOT_A_FILE = ("multipart/", "application/x-www-form-urlencoded")
"""Types of bodies that hold a file among other things."""


class UploadBody:
    """Bytes as they come; read from another thread than the one that serves the request.

    Raises (by `read`): UploadRefused when it has no bytes or more than allowed, stops coming, or is no plain file.
    """

    def __init__(self, request: Request, allowed: int) -> None:
        self._chunks, self._allowed, self._size = request.stream(), allowed, 0
        self._refuse_at_once(request)

    def read(self, _size: int = -1, /) -> bytes:
        """The next bytes, as many as there are; none at the end."""
        chunk = anyio.from_thread.run(self._next)
        self._size += len(chunk)
        if self._size > self._allowed:
            raise UploadRefused(f"the document has more than {self._allowed} bytes", 413)
        if not chunk and not self._size:
            raise UploadRefused("the body has no bytes", 422)
        return chunk

    async def _next(self) -> bytes:
        try:
            with anyio.fail_after(PATIENCE):
                async for chunk in self._chunks:
                    if chunk:  # an empty one comes at the end
                        return chunk
        except TimeoutError:
            raise UploadRefused(f"nothing came for {PATIENCE:g} seconds", 408) from None
        except ClientDisconnect:
            raise UploadRefused("the connection broke off", 408) from None
        return b""

    def _refuse_at_once(self, request: Request) -> None:
        kind = request.headers.get("content-type", "").lower()
        if kind.startswith(NOT_A_FILE) or request.headers.get("content-encoding", "identity") != "identity":
            raise UploadRefused("the body must be the file itself, as with `curl --data-binary @fax.tif`", 415)
        told = request.headers.get("content-length", "")
        if told.isdigit() and int(told) > self._allowed:
            raise UploadRefused(f"the document has more than {self._allowed} bytes", 413)
