"""The rules as data (rules.yaml), and one module of small functions for each group of them."""
