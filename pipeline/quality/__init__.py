"""How right what passed was, and how the work goes: measured by people who key without seeing what stands there.

sampling        which accepted forms are checked, chosen by hash
checking        a check: claimed, keyed blindly, compared; a third person where two differ
double_keying   fields that two people key, neither seeing the other's value
snapshot        what stood on a form when it was chosen
rates           error rates with intervals, by field, form, source and operator
known           checked forms as known ones, for `faxforms calibrate --checked`
figures         what came in, passed, waits and was decided: the figures of the dashboard
plots           all of it as tables (CSV) and plots (SVG)
"""
