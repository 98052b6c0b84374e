"""`cacofonisk schema`: prints the JSON Schema of the call events."""

from __future__ import annotations


def schema() -> int:
    """Print the JSON Schema of the call events."""
    import json

    from cacofonisk.schema import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0
