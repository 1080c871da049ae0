"""Times of every example: irad's primal and gradient beside other tools, measured in one run."""
