# The module `_breeze` of the stock interpreter: what micropython/bluetooth.py has beyond the plain
# contract, over the same library as ubluetooth.py.


# Ctrl-C met the handler, and is meant for the main program: ubluetooth's pump sends it again.
def interrupt():
    raise KeyboardInterrupt
