"""The service over gRPC, beside HTTP in the same process: needs the extra ``grpc``."""

import os

# Its library writes to standard error by itself, where the log is JSON line by line.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
