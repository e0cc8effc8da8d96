"""The engine: documents in, cited answers out. It knows no screen and no store."""

__version__ = "0.2.0.dev0"
