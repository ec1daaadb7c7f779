"""The commands, one module each; `flows.cli` hangs them together."""
