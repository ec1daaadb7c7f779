"""Memory: the main path of one document, the store, the queue."""
