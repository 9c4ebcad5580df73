"""One file per command: ``build_parser(prog)`` and ``execute(args, context) -> Result``.

Both front ends, the magics and the terminal, use the same parsers and the same functions.
"""

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result

__all__ = ["Context", "Result"]
