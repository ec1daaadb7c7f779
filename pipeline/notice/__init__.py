"""The way back: a page that tells the sender what is missing or wrong, to be edited by an operator and faxed.

drafting    findings -> the words of a notice, as far as they are sure
text        those words as a file that a person edits, and back
pictures    the place on the page, black on white, with nothing on it that identifies the patient
layout      words and pictures -> one PDF page
make        the main path; what was made is kept beside the originals and noted in the audit trail
"""
