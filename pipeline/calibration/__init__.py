"""What confidence is worth, measured against values that are known: curves, reliability, and what other thresholds do.

known         the true values of forms, from a file
outcomes      each stored reading beside the truth
curves        from the readers' belief to the chance of being right (isotonic regression)
reliability   whether confidence is what it says
what_if       how many more forms pass at another threshold, and how many wrong values with them
report        all of it as tables (CSV) and plots (SVG)
"""
