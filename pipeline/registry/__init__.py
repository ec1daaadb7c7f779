"""The registry: who is certified, enrolled and linked, with the history of every value and the course of patients.

history   rows and their changes: what was known on a day
lookup    the registry of a day, as the judge asks it
updates   what an accepted form does to it
course    a patient's reports and results, for the status read-out and the due list
files     import and export
"""
