"""The web application of the review station."""
