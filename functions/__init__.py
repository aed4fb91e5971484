"""One module per trigger, each with its ``handler``. This file is read before all of them, so a start begins here.

A start makes a hundred thousand objects that live as long as the process. By default Python looks through them again
and again on the way, to find garbage among them: a fifth of the whole start (bench/cold_start.py). So it looks less
often. What is thrown away is freed at once all the same, unless it is a ring of objects; those wait for their turn.
"""

import gc

OBJECTS_BEFORE_LOOKING = 200_000  # Of 512 MB, a tenth at the very most.
gc.set_threshold(OBJECTS_BEFORE_LOOKING, 20, 20)
