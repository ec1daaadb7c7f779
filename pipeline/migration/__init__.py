"""Archives of old documents, taken in once: `faxforms migrate`.

sources     the files of a folder or manifest, and inside zip and tar archives; nothing is unpacked to disk
index       what the archive's own index says of its files: patient, form, date
plan        which files become which chunks; the same archive named again adds only what is new
taking_in   every original safe, with a line in the ledger, before anything is read
chunks      who works on which chunk, pausing and going on
archived    the day an archived form is judged by, and where it contradicts the index (rules R56 and R57)
acceptance  how many forms must be checked blindly to show an error rate, and which
figures     the reconciliation: counts that add up, rates by form and year, errors, time and cost, what is left
report      the same as one HTML file with plots, and as CSV
"""
