"""`namecls serve`: answers over HTTP."""

from __future__ import annotations

import ipaddress
import socket
from typing import Annotated

import typer

from namecls.cli.console import say
from namecls.cli.options import Engine, Model, check_engine, find_model
from namecls.errors import RunError
from namecls.extras import NUMPY, has_torch, needed
from namecls.language import _
from namecls.system import reason_of

_LOOPBACK = "127.0.0.1"
_SOON = 5  # seconds that requests in work have when it ends


def serve(
    model: Model = None,
    engine: Engine = None,
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65_535, help="0: any that is free.")] = 8000,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where to listen. Beyond loopback anyone who reaches it may ask, unencrypted.",
        ),
    ] = _LOOPBACK,
    most_names: Annotated[
        int, typer.Option("--most-names", metavar="N", min=1, max=1_000_000, help="Names in a request.")
    ] = 10_000,
    seconds: Annotated[
        float, typer.Option(metavar="S", min=0.1, max=3600, help="Until a request is given up.")
    ] = 30.0,
) -> None:
    """Answer names over HTTP, on this machine.

    Nobody else is answered unless --host says so.
    POST /predict takes JSON, {"names": ["Yamamoto"], "k": 3}, or NDJSON, a name
    a line; GET /healthz, /metrics (Prometheus), /openapi.json and /docs tell the
    rest. Names of requests that come together are answered together. docs/tools.md
    has examples. Ctrl-C ends it.

    Needs: pip install 'namecls[serve]'

    Examples:
      namecls serve
      namecls serve --model mine --port 8080
    """
    check_engine(engine)
    uvicorn = needed("uvicorn", "serve")
    needed("starlette.applications", "serve")
    listening = _listen(host, port)
    with listening:
        from namecls.inference.prediction import Predictor
        from namecls.serving.service import Limits, service

        if engine != NUMPY and has_torch():
            import torch

            torch.set_num_threads(
                1
            )  # of small batches most of the time goes into waiting for the other threads
        local = ipaddress.ip_address(listening.getsockname()[0]).is_loopback
        predictor = Predictor.load(find_model(model), engine=engine)
        limits = Limits(names=most_names, size=max(2**20, 256 * most_names), seconds=seconds)
        application = service(
            predictor, limits, hosts=("localhost", "127.0.0.1", "[::1]") if local else ("*",)
        )
        config = uvicorn.Config(
            application,
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=_SOON,
        )
        address = f"[{host}]" if ":" in host else host
        page = f"http://{address}:{listening.getsockname()[1]}/docs"
        say(_("{model} answers at {address}").format(model=predictor.info.name, address=page))
        if not local:
            say(_("anyone who reaches this address may ask it, and is not encrypted"), style="yellow")
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    :raises typer.BadParameter: if that is no address of this machine.
    :raises RunError: if it can't listen there.
    """
    try:
        family, _type, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise typer.BadParameter(
            _("--host must be an address of this machine, was: {value!r} ({why})").format(
                value=host, why=reason_of(error)
            )
        ) from None
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise RunError(
            _(
                "{host}:{port}: could not listen there: {why}; choose another --port, or end what listens there"
            ).format(host=host, port=port, why=reason_of(error))
        ) from error
    return listening
