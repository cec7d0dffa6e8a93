"""100 MB up to S3 and down again, against moto's server. usage: python -m benchmarks.objects."""

import os
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.figures import Figure, print_figures
from benchmarks.running import Server, emulator, moto_server

SIZE_BYTES = 100 * 1000 * 1000
ROUNDS = 3
_READ_BYTES = 1 << 20


def measure() -> list[Figure]:
    """Rates through the transfer manager and through plain calls, and the memory's growth."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "up", Path(folder) / "down"
        source.write_bytes(os.urandom(SIZE_BYTES))
        with emulator() as ours, moto_server() as motos:
            for server in (ours, motos):
                server.client("s3").create_bucket(Bucket="bench")
            growth = _growth_megabytes(ours, source, target)
            rates = _rates([ours, motos], source, target)
    figures = [
        Figure(
            f"S3, 100 MB {name} / moto's",
            f"{our_rate:.0f} MB/s",
            f"moto {motos_rate:.0f} MB/s",
            our_rate / motos_rate,
            1.0,
            at_least=True,
        )
        for name, (our_rate, motos_rate) in rates.items()
    ]
    grown = f"{growth:.1f} MB"
    return [*figures, Figure("S3, memory for 300 MB more, up and down", grown, "", growth, 10)]


def _rates(servers: list[Server], source: Path, target: Path) -> dict[str, list[float]]:
    """The best of some rounds for each way, in MB/s; the servers take turns."""
    best = {name: [0.0] * len(servers) for name in _WAYS}
    for _ in range(ROUNDS):
        for name, move in _WAYS.items():
            for position, server in enumerate(servers):
                client = server.client("s3")
                start = perf_counter()
                move(client, source, target)
                rate = SIZE_BYTES / 1e6 / (perf_counter() - start)
                best[name][position] = max(best[name][position], rate)
    return best


def _growth_megabytes(server: Server, source: Path, target: Path) -> float:
    """How much the peak of memory grows by an object of 400 MB after one of 100 MB."""
    client = server.client("s3")
    _put(client, source, target)
    _get(client, source, target)
    before = _peak_megabytes(server)
    with tempfile.NamedTemporaryFile() as large:
        for _ in range(4):
            large.write(source.read_bytes())
        large.flush()
        _put(client, Path(large.name), target)
        _get(client, source, target)
    return _peak_megabytes(server) - before


def _peak_megabytes(server: Server) -> float:
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    kibibytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kibibytes) * 1024 / 1e6


def _upload(client: Any, source: Path, target: Path) -> None:
    client.upload_file(str(source), "bench", "parts")


def _download(client: Any, source: Path, target: Path) -> None:
    client.download_file("bench", "parts", str(target))


def _put(client: Any, source: Path, target: Path) -> None:
    with source.open("rb") as content:
        client.put_object(Bucket="bench", Key="whole", Body=content)


def _get(client: Any, source: Path, target: Path) -> None:
    body = client.get_object(Bucket="bench", Key="whole")["Body"]
    while body.read(_READ_BYTES):
        pass


_WAYS = {
    "up (upload_file)": _upload,
    "down (download_file)": _download,
    "up (put_object)": _put,
    "down (get_object)": _get,
}

if __name__ == "__main__":
    print_figures(measure())
