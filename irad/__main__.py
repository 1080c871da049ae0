"""``python -m irad``."""

import sys

from irad.cli import main

sys.exit(main())
