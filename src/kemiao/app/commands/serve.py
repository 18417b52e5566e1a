"""kemiao serve"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command


def register(cli: typer.Typer) -> None:
    @command(cli)
    def serve(
        door: Door,
        host: Annotated[str, typer.Option("--host", help="监听地址;非本机地址须有 TLS / where to listen; other than loopback needs TLS")] = "127.0.0.1",
        port: Annotated[int, typer.Option("--port", min=0, max=65535, help="端口,0 为任取 / 0 takes any")] = 8600,
        tls_cert: Annotated[Path | None, typer.Option("--tls-cert", help="证书 / the certificate", show_default=False)] = None,
        tls_key: Annotated[Path | None, typer.Option("--tls-key", help="证书的密钥 / its key", show_default=False)] = None,
        workers: Annotated[int, typer.Option("--workers", min=1, max=32, help="答复读取的进程数;写入始终由一个进程办理 / processes that answer readings; one process does all writes")] = 1,
        log: Annotated[bool, typer.Option("--log/--no-log", help="每个请求一行 JSON,写到标准错误 / a line of JSON for each request, on stderr")] = True,
    ) -> object:  # fmt: skip
        """门户:企业、银行、资金方、审计在浏览器里办事 / The portal: companies, the bank, funders and auditors at work in a browser.

        例 e.g.: kemiao serve --port 8600 --workers 2
        """
        from kemiao.app.portal_serving import serve as run

        return run(door, host, port, tls_cert, tls_key, workers, log)
