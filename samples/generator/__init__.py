"""Makes filled, signed and faxed forms with their truth: blanks, invented people, pens, paper, scanner, line."""
