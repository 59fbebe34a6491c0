"""What the benches share: data, interleaved runs, one line for each peer."""
import gzip
import math
import os
import statistics
import subprocess
import sys
import time

import numpy

DIR = os.environ["BENCH_DIR"]
CPUS = len(os.sched_getaffinity(0))


def testdata(name):
    """Path of a file under $VECPIPE_TESTDATA, or None, said once."""
    path = os.path.join(os.environ.get("VECPIPE_TESTDATA", ""), name)
    if "VECPIPE_TESTDATA" in os.environ and os.path.exists(path):
        return path
    print(f"{name}: not present (VECPIPE_TESTDATA)")
    return None


def read_bin(path, dtype):
    """u8bin, i8bin, fbin as float32 (n, dim); .gz too."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        data = f.read()
    n, dim = numpy.frombuffer(data, "<u4", 2)
    return numpy.frombuffer(data, dtype, offset=8).reshape(n, dim).astype(numpy.float32)


def stream(name, x, *options):
    """x as a stream of vectors: its path under DIR."""
    path = os.path.join(DIR, name + ".vps")
    with open(path + ".fbin", "wb") as f:
        numpy.array(x.shape, "<u4").tofile(f)
        x.astype("<f4").tofile(f)
    subprocess.run(["vec-convert", "--from", "fbin", *options, "-o", path, path + ".fbin"], check=True)
    os.remove(path + ".fbin")
    return path


def neighbours(path):
    """Ids and distances of a stream of neighbours, through vec-convert."""
    knn = path + ".knn"
    subprocess.run(["vec-convert", "--to", "knn", "-o", knn, path], check=True)
    with open(knn, "rb") as f:
        data = f.read()
    os.remove(knn)
    n, k = (int(x) for x in numpy.frombuffer(data, "<u4", 2))
    ids = numpy.frombuffer(data, "<u4", n * k, 8).reshape(n, k)
    return ids, numpy.frombuffer(data, "<f4", n * k, 8 + 4 * n * k).reshape(n, k)


def stat(path, key):
    """A @stat of the end record."""
    text = subprocess.run(["vec-view", "--text", path], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        if line.startswith(f"@stat {key} "):
            return float(line.split()[2])
    sys.exit(f"{path}: no @stat {key}")


def timed(function):
    """Seconds that function() takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def at_recall(target, points):
    """What was measured at a recall, between the two measured points around it, in log(1 - recall); None: none reaches it."""
    points = sorted(points)
    for (r0, y0), (r1, y1) in zip(points, points[1:]):
        if r0 <= target <= r1 and r1 > r0:
            x0, x, x1 = (math.log1p(-min(r, 0.99999)) for r in (r0, target, r1))
            a = (x0 - x) / (x0 - x1)
            return y0 * (y1 / y0) ** a
    return points[0][1] if points[0][0] > target else None


def compare(title, work, unit, ours, peers, repeats=3):
    """Run ours and every peer in turn, repeats times; each is a function that returns its seconds for the work.
    One line each: the median and the best rate, and our median by the peer's.  Returns the medians by name."""
    runs = {name: [] for name in ["vecpipe", *peers]}
    for _ in range(repeats):
        for name, function in [("vecpipe", ours), *peers.items()]:
            runs[name].append(function())
    middle = {name: work / statistics.median(seconds) for name, seconds in runs.items()}
    print(title)
    for name, seconds in runs.items():
        ratio = "" if name == "vecpipe" else f"   ours by it {middle['vecpipe'] / middle[name]:.2f}"
        print(f"    {name:32s} {middle[name]:12,.0f} {unit} (best {work / min(seconds):,.0f}){ratio}", flush=True)
    return middle


def target(what, ratio, wanted, floor):
    """One line: what was reached, and the issue's target and floor for it."""
    verdict = "target met" if ratio >= wanted else "above the floor" if ratio >= floor else "BELOW THE FLOOR"
    print(f"    {what:58s} {ratio:6.2f}   target {wanted:g}, floor {floor:g}: {verdict}", flush=True)
