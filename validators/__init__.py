"""Judgement: typed form content to findings, by dated rules."""
