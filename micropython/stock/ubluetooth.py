from bluetooth import *  # The module's other name, which MicroPython's ports know too.
