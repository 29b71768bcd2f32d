# A store for bonds: a JSON file that the programs secure_peripheral.py and secure_central.py keep theirs
# in. On a board, copy it beside them.
#
# The host hands over each bond as octets to keep (event 30) and asks for them again when it starts
# (event 29); what they mean is doc/BONDS.md's affair, not the program's. Whoever can read the file can
# pretend to be either device: keep it as you keep a password.

import json
import os

_IRQ_GET_SECRET = 29
_IRQ_SET_SECRET = 30


class Bonds:
    def __init__(self, name):
        self.name = name
        self.kept = {}  # kind and key, as text -> octets
        try:
            with open(name) as file:
                found = json.load(file)
            for key in found:
                self.kept[key] = bytes.fromhex(found[key])
        except (OSError, ValueError):
            print("no bonds in", name)

    # Call it from the handler with every event and return what it returns, if that is not None.
    def answer(self, event, data):
        if event == _IRQ_GET_SECRET:
            kind, index, key = data
            return self.get(kind, index, key)
        if event == _IRQ_SET_SECRET:
            kind, key, value = data
            return self.set("%d %s" % (kind, bytes(key).hex()), value)

    # A secret by its key, or the index'th of its kind.
    def get(self, kind, index, key):
        if key is not None:
            return self.kept.get("%d %s" % (kind, bytes(key).hex()))
        mine = sorted([k for k in self.kept if k.startswith("%d " % kind)])
        return self.kept[mine[index]] if index < len(mine) else None

    # None forgets. True: it is kept.
    def set(self, name, value):
        if value is not None:
            self.kept[name] = bytes(value)
        elif name in self.kept:
            del self.kept[name]
        else:
            return False
        self.save()
        return True

    # Into a new file that then takes the old one's place: a power cut leaves one of the two.
    def save(self):
        with open(self.name + ".new", "w") as file:
            json.dump({key: self.kept[key].hex() for key in self.kept}, file)
        try:
            os.rename(self.name + ".new", self.name)
        except OSError:  # FAT does not replace.
            os.remove(self.name)
            os.rename(self.name + ".new", self.name)
