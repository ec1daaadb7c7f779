"""OFL faces that the sample generator writes with, and the script that fetches more of them."""
