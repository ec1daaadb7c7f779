"""Memory: the main path of one document, the store, intake, the review queue, the registry and the exports."""
