"""What leaves the house: see docs for the contract of each format."""
