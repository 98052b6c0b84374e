"""`python -m cacofonisk` is the command `cacofonisk`."""

from __future__ import annotations

import sys

from cacofonisk.cli import main

sys.exit(main())
