"""What `faxforms doctor` looks at: whether an installation can do its work, in words for whoever keeps it running.

report      all examinations, one after the other; one that breaks is a finding, not the end
machine     cores, memory, clock, versions of what must fit together
engines     Tesseract and its data, the networks and their checksums, a line read by each; the fonts of notices
keeping     the database, the originals, the disk, the keys
"""
