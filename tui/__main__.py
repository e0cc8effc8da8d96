"""`python -m tui` is `persona-moe`."""

import sys

from tui.command_line import main

sys.exit(main())
