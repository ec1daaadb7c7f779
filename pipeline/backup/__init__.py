"""Backups: snapshots of the database and of everything on the shelves, made while work goes on.

    BACKUP/pool/ab/cd/abcd…     what lay on the shelves, encrypted or not as it lay there, named by its hash
    BACKUP/TIME/database…       the database as it stood at one moment
    BACKUP/TIME/files.jsonl.gz  what lay on which shelf under which name, and its hash in the pool
    BACKUP/TIME/manifest.json   hashes of these two; written last: without it a snapshot was never finished

making      a snapshot; what earlier ones brought to the pool is not copied again
restoring   a snapshot, verified, into an empty installation
database    how the database gets out and in
"""
