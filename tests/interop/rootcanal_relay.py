"""RootCanal in a network namespace of its own, reachable through Unix sockets.

RootCanal listens on all addresses, hence the namespace; Unix sockets reach into it. It also sends
each packet in two writes without TCP_NODELAY, so this relay acknowledges at once (TCP_QUICKACK).
One socket per controller configuration. Ends when its standard input does, and RootCanal with it.

    unshare --net rootcanal_relay.py LOG SOCKET=CONFIGURATION... -- ROOTCANAL [ARGUMENT...]
"""

import asyncio
import ctypes
import fcntl
import signal
import socket
import struct
import subprocess
import sys

FIRST_PORT = 7300
START_SECONDS = 60
PR_SET_PDEATHSIG = 1
SIOCSIFFLAGS = 0x8914
IFF_UP = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def start(command, configurations, log):
    servers = [
        f"tcp_server {{ tcp_port: {FIRST_PORT + i} configuration {{ {text} }} }}"
        for i, text in enumerate(configurations)
    ]
    command = command + ["-enable_log_color=false", "-configuration", " ".join(servers)]
    with open(log, "wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent,
        )


async def dial(port):
    """A connection to RootCanal, which takes a moment to listen."""
    for _ in range(START_SECONDS * 50):
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
    raise OSError("RootCanal does not listen")


async def pump(reader, writer, quick=None):
    try:
        while data := await reader.read(4096):
            if quick is not None:
                quick.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


def relay_to(port):
    async def relay(reader, writer):
        far_reader, far_writer = await dial(port)
        far = far_writer.get_extra_info("socket")
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer, far))

    return relay


async def serve(process, paths):
    for i, path in enumerate(paths):
        _, writer = await dial(FIRST_PORT + i)  # wait until it listens
        writer.close()
        await asyncio.start_unix_server(relay_to(FIRST_PORT + i), path)
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    asked = loop.run_in_executor(None, sys.stdin.read)
    died = loop.run_in_executor(None, process.wait)
    await asyncio.wait((asked, died), return_when=asyncio.FIRST_COMPLETED)
    process.kill()  # both threads must end before the loop can
    sys.stdin.close()


def main():
    split = sys.argv.index("--")
    log, *pairs = sys.argv[1:split]
    paths, configurations = zip(*(pair.split("=", 1) for pair in pairs))
    loopback_up()
    process = start(sys.argv[split + 1 :], configurations, log)
    try:
        asyncio.run(serve(process, paths))
    finally:
        process.kill()


if __name__ == "__main__":
    main()
