"""Blank forms, sample faxes with their truth, and the program that makes more."""
