"""Learning a form from its blank: measured beside its fillable twin (`building`), or drafted from the blank alone."""
