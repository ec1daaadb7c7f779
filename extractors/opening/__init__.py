"""Any file to pages, within limits."""
