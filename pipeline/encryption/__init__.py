"""Encryption of originals, notices and crops at rest.

keys        the keys of an installation, from a file or the environment
sealing     the format of a sealed file or picture: AES-256-GCM in segments
rotation    sealing everything anew with the current key; begun again after a crash it does what is left
"""
