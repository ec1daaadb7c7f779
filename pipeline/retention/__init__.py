"""How long documents are kept: classes with periods, legal holds, and what removes originals and pictures in the end.

classes     the classes of documents and their periods (classes.yaml)
holds       legal holds: what must stay though its period has ended
due         which documents may go now
removing    originals, notices and crops taken away, with an audit line for each document
"""
