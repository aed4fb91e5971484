"""``python -m local``"""

from local.run import main

main()
