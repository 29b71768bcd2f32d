"""The root file system of the Linux guest: an initramfs from the packages installed here.

busybox, BlueZ, dbus-daemon with the libraries that ldd names, and the kernel modules that Bluetooth
over a UART needs, in the order of their dependencies. The archive is written here rather than by
cpio: device nodes then need no privilege. Modules are unpacked, which busybox need not do.
"""

import gzip
import lzma
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
MISSING = "run tools/deps.sh interop"

PROGRAMS = ["bluetoothd", "bluetoothctl", "btattach", "dbus-daemon"]
OPTIONAL = ["hcitool", "gatttool", "btmgmt", "l2test"]  # Debian may drop the deprecated ones
PATHS = os.pathsep.join(["/usr/libexec/bluetooth", "/usr/lib/bluetooth", "/usr/sbin", "/sbin"])
# drbg must be there before ecdh_generic, or the kernel's self test fails and pairing is off.
# The daemon's own cryptography, for database hashes and signatures, is the kernel's (algif).
MODULES = ["drbg", "cmac", "ecb", "ccm", "ctr", "ecdh_generic", "hci_uart"]
MODULES += ["algif_hash", "algif_skcipher"]


class Unavailable(Exception):
    """What the guest needs is not there; the text is the reason."""


# ---- The archive (the format "newc" of cpio) -----------------------------------------------------


class Archive:
    """An initramfs in memory."""

    def __init__(self):
        self.parts, self.made, self.count = [], set(), 0

    def entry(self, name, mode, data=b"", device=(0, 0)):
        self.count += 1
        encoded = name.encode() + b"\0"
        fields = [self.count, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
        for part in (head, data):
            self.parts.append(part + b"\0" * (-len(part) % 4))

    def folder(self, path):
        path = Path(path)
        for one in [*reversed(path.parents), path]:
            if str(one) not in ("/", ".") and one not in self.made:
                self.made.add(one)
                self.entry(str(one).lstrip("/"), stat.S_IFDIR | 0o755)

    def file(self, path, data, mode=0o755):
        path = Path(path)
        if path not in self.made:
            self.folder(path.parent)
            self.made.add(path)
            self.entry(str(path).lstrip("/"), stat.S_IFREG | mode, data)

    def write(self, path):
        self.entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
        self.entry("TRAILER!!!", 0)
        path.write_bytes(gzip.compress(b"".join(self.parts), 1))


# ---- What goes in --------------------------------------------------------------------------------


def libraries(program):
    text = subprocess.run(["ldd", program], capture_output=True, text=True, timeout=30).stdout
    return re.findall(r"(/\S+) \(0x", text)


def add_program(archive, name, required=True):
    path = shutil.which(name, path=os.environ["PATH"] + os.pathsep + PATHS)
    if path is None:
        if required:
            raise Unavailable(f"{name} is not installed; {MISSING}")
        return
    archive.file(f"/bin/{name}", Path(path).read_bytes())
    for library in libraries(path):
        archive.file(library, Path(library).read_bytes())


def module_data(path):
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def module_needs(data):
    """The names in a module's section of information."""
    found = re.search(rb"\0depends=([^\0]*)\0", data)
    return [name for name in found.group(1).decode().split(",") if name] if found else []


def add_modules(archive, tree):
    """Put the modules there; a shell command per module, in the order that works."""
    paths = {p.name.split(".ko")[0].replace("-", "_"): p for p in tree.rglob("*.ko*")}
    order = []

    def add(name):
        if name in order or name not in paths:  # else it is a part of the kernel
            return
        data = module_data(paths[name])
        for need in module_needs(data):
            add(need)
        archive.file(f"/modules/{name}.ko", data)
        order.append(name)

    for name in MODULES:
        add(name)
    if "hci_uart" not in order:
        raise Unavailable(f"{tree} has no module hci_uart; {MISSING}")
    return "".join(f"insmod /modules/{name}.ko\n" for name in order)


def kernel():
    """(image, folder of modules) of the kernel that tools/deps.sh unpacked."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    top = Path(os.environ.get("BREEZE_LINUX") or cache / "breeze" / "linux")
    images = sorted(top.glob("boot/vmlinuz-*"))
    if not images:
        raise Unavailable(f"there is no Linux kernel in {top}; {MISSING}")
    release = images[-1].name.split("-", 1)[1]
    for modules in (top / "lib/modules" / release, top / "usr/lib/modules" / release):
        if modules.is_dir():
            return images[-1], modules
    raise Unavailable(f"{top} has no modules of Linux {release}; {MISSING}")


def build(folder):
    """Make the image; (kernel, initramfs)."""
    image, modules = kernel()
    busybox = shutil.which("busybox")
    if busybox is None or libraries(busybox):
        raise Unavailable(f"a static busybox is not installed; {MISSING}")
    archive = Archive()
    archive.file("/bin/busybox", Path(busybox).read_bytes())
    for name in PROGRAMS:
        add_program(archive, name)
    for name in OPTIONAL:
        add_program(archive, name, required=False)
    archive.file("/modules/load", add_modules(archive, modules).encode())
    archive.file("/init", (HERE / "guest" / "init").read_bytes())
    for name, target in GUEST_FILES.items():
        archive.file(target, (HERE / "guest" / name).read_bytes(), 0o644)
    for path in ("/proc", "/sys", "/dev", "/run", "/tmp", "/var/lib/bluetooth"):
        archive.folder(path)
    initramfs = folder / "initramfs.gz"
    archive.write(initramfs)
    return image, initramfs


GUEST_FILES = {
    "passwd": "/etc/passwd",
    "dbus.conf": "/etc/dbus.conf",
    "main.conf": "/etc/bluetooth/main.conf",
}
