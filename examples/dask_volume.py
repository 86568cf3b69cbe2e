"""Pool a volume that does not fit into the memory: cpool.dask on a zarr store, by workers that may use only so much.

    python examples/dask_volume.py --size 768 --memory-limit 512MB

Writes a volume of size x size x size cells to a store, pools it block by block into another store on a local cluster, and checks
some blocks of the result against the same function in memory. A worker that goes beyond its limit is killed by dask; the most that
one has used is printed.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import dask.array as da
import numpy as np
import zarr
from dask.utils import format_bytes, parse_bytes
from distributed import Client, LocalCluster
from tqdm import tqdm

import cpool
import cpool.dask

WINDOW = {"kernel_size": 3, "stride": 2, "padding": 1}


def block(start, shape):
    """Cells of the volume, made from their places: waves with noise that repeats."""
    z, y, x = (np.arange(first, first + many, dtype=np.float32) for first, many in zip(start, shape, strict=True))
    waves = np.sin(z / 17)[:, None, None] + np.sin(y / 23)[:, None] + np.sin(x / 31)
    noise = (z[:, None, None] * 7919 + y[:, None] * 104729 + x * 1299709) % 1000 / 1000
    return (waves + noise).astype(np.float32)


def create(path, shape, chunk):
    """An empty store; not compressed, so that the time is that of pooling and of the disk."""
    return zarr.create_array(str(path), shape=shape, chunks=(chunk,) * 3, dtype=np.float32, compressors=None)


def write(path, size, chunk):
    """The volume, one chunk after the other: this process does not hold it either."""
    store = create(path, (size,) * 3, chunk)
    starts = [(z, y, x) for z in range(0, size, chunk) for y in range(0, size, chunk) for x in range(0, size, chunk)]
    for start in tqdm(starts, desc="writing", unit="chunk"):
        shape = tuple(min(chunk, size - first) for first in start)
        store[tuple(slice(first, first + many) for first, many in zip(start, shape, strict=True))] = block(start, shape)


def pool(source, target, name):
    """Pool one store into the other, as one image of one channel."""
    x = da.from_zarr(str(source))
    y = getattr(cpool.dask, name)(x[None], **WINDOW)[0]
    # By chunks of the store: no two tasks write into the same one, so none waits for a lock.
    y.rechunk(x.chunksize).store(create(target, y.shape, x.chunksize[0]), lock=False)


def check(target, size, name, rng, blocks=20):
    """Whether blocks of the result have the bits that their part of the volume gives in memory, with the padding at its borders."""
    found = zarr.open_array(str(target), mode="r")
    for first in rng.integers(0, found.shape[0] - 24, (blocks, 3)) // 6 * 6:  # 24 windows, as cpool.dask takes them at least
        begin, end = np.maximum(2 * first - 1, 0), np.minimum(2 * (first + 23) + 2, size)
        padding = [(max(0, 1 - 2 * int(f)), max(0, 2 * (int(f) + 23) + 2 - size)) for f in first]
        x = block(tuple(map(int, begin)), tuple(map(int, end - begin)))
        wanted = getattr(cpool, name)(x[None], **{**WINDOW, "padding": padding})[0]
        if found[tuple(slice(f, f + 24) for f in map(int, first))].tobytes() != wanted.tobytes():
            return False
    return True


def peak():
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def run(folder, size=768, chunk=96, limit="512MB", workers=2, pooling="max", threads=1):
    """Write, pool, check; the size of the volume, the most memory a worker had, the seconds and whether the result is right."""
    name, source, target = f"{pooling}_pool3d", Path(folder, "volume.zarr"), Path(folder, "pooled.zarr")
    write(source, size, chunk)
    with (
        LocalCluster(n_workers=workers, threads_per_worker=threads, memory_limit=limit, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        start = time.perf_counter()
        pool(source, target, name)
        seconds = time.perf_counter() - start
        most = max(client.run(peak).values())
    return 4 * size**3, most, seconds, check(target, size, name, np.random.default_rng(0))


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=768, help="cells along each axis (default: 768, which is 1.8 GB)")
    parser.add_argument("--chunk", type=int, default=96, help="cells of a chunk along each axis")
    parser.add_argument("--memory-limit", default="512MB", help="of each worker")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pool", choices=["max", "min", "avg", "sum"], default="max")
    parser.add_argument("--folder", help="for the stores, which stay there (default: a temporary one)")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or temporary
        volume, most, seconds, right = run(folder, options.size, options.chunk, options.memory_limit, options.workers, options.pool)
    limit = parse_bytes(options.memory_limit)
    print(f"volume {format_bytes(volume)}, pooled in {seconds:.1f} s: {volume / seconds / 1e6:.0f} MB/s")
    print(f"limit of a worker {format_bytes(limit)}, most that one used {format_bytes(most)}")
    print("the result has the bits of the function in memory" if right else "the result is wrong")
    return 0 if right and most < limit else 1


if __name__ == "__main__":
    sys.exit(main())
