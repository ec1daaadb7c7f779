"""Sight: files to pages to recognised forms to field readings with confidence."""
