"""Orders to split on stdin, one a line; answers on stdout, in the same order.

python -m bench.split < orders.jsonl > answers.jsonl
python -m bench.split --report < orders.jsonl        and figures on stderr
python -m bench.split --time-limit-ms 500            instead of what DESIGN section 7 allows each size
"""

import argparse
import sys
from collections.abc import Sequence

from bench.split.answering import Told, answers, write
from bench.split.figures import percentile


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.split", description="Splits orders into parcels.")
    parser.add_argument("--time-limit-ms", type=_positive, help="for each order")
    parser.add_argument("--report", action="store_true", help="figures on stderr")
    options = parser.parse_args(arguments)
    figures: dict[str, list[Row]] = {}
    for told in answers(sys.stdin.buffer, time_limit_ms=options.time_limit_ms):
        write(told, sys.stdout)
        if options.report:
            figures.setdefault(told.name, []).append(_row(told))
    for line in _report(figures) if options.report else ():
        print(line, file=sys.stderr)
    return 0


Row = tuple[bool, bool, int, float]


def _row(told: Told) -> Row:
    """Shipped, proven, price, seconds: so little of each line is kept."""
    plan = told.plan
    return plan is not None, plan is not None and plan.is_optimal, plan.price if plan else 0, told.cpu_seconds


def _report(figures: dict[str, list[Row]]) -> list[str]:
    shown = [
        f"{'class':12}{'orders':>8}{'shipped':>9}{'optimal':>9}{'price':>14}{'p50 ms':>10}{'p99 ms':>10}"
    ]
    for name, rows in figures.items():
        shipped, proven, prices, seconds = zip(*rows, strict=True)
        half, most = (1000 * percentile(seconds, share) for share in (50, 99))
        shown.append(
            f"{name[:11]:12}{len(rows):8}{sum(shipped):9}{sum(proven):9}{sum(prices):14}{half:10.2f}{most:10.2f}"
        )
    return shown


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError("milliseconds, at least 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
