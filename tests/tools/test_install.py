"""make install: another project finds, compiles and links Breeze by CMake and by pkg-config."""

import os
import re
import subprocess

import pytest

PROGRAM = """
#include <breeze/breeze.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/kernel.h>
int main(void)
{
    return BREEZE_VERSION_MAJOR + CONFIG_BT_MAX_CONN == 0;
}
"""
KERNEL_PROGRAM = """
#include <zephyr/kernel.h>
#include <zephyr/net_buf.h>
int main(void)
{
    return 0;
}
"""
UNIX_PROGRAM = """
#include <stdio.h>
#include <breeze/breeze.h>
#include <transport.h>
#include <zephyr/bluetooth/bluetooth.h>
int main(void)
{
    int err = breeze_unix_setup("program");
    err = err ? err : bt_enable(NULL);
    printf("%d %s\\n", err, breeze_unix_transport_error());
    return 0;
}
"""
PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C)
find_package(breeze 0.1 REQUIRED)
add_executable(program program.c)
target_link_libraries(program PRIVATE breeze::breeze)
add_executable(kernel_program kernel_program.c)
target_link_libraries(kernel_program PRIVATE breeze::kernel)
add_executable(unix_program unix_program.c)
target_link_libraries(unix_program PRIVATE breeze::unix_transport)
"""


def run(*words, **kw):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=120, **kw)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """The release build, installed through DESTDIR and then moved: it must not know its place."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    build = os.environ.get("BREEZE_BUILD") or os.path.join(root, "build", "release")
    folder = tmp_path_factory.mktemp("install")
    run("cmake", "--install", build, "--prefix", "/opt/breeze", env=dict(os.environ, DESTDIR=str(folder)))
    moved = folder / "moved"
    (folder / "opt" / "breeze").rename(moved)
    return moved


@pytest.fixture
def project(tmp_path):
    (tmp_path / "program.c").write_text(PROGRAM)
    (tmp_path / "kernel_program.c").write_text(KERNEL_PROGRAM)
    (tmp_path / "unix_program.c").write_text(UNIX_PROGRAM)
    (tmp_path / "CMakeLists.txt").write_text(PROJECT)
    return tmp_path


def test_both_include_roots(prefix):
    assert (prefix / "include/breeze/kernel/zephyr/kernel.h").exists()
    assert (prefix / "include/breeze/host/zephyr/bluetooth/bluetooth.h").exists()
    assert not list((prefix / "include").rglob("CMakeLists.txt"))


def test_cmake_package(prefix, project):
    run("cmake", "-S", project, "-B", project / "b", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", project / "b")
    run(project / "b" / "program")
    run(project / "b" / "kernel_program")


def enable(program):
    """What bt_enable() says on a transport that is not there: the whole library works up to it."""
    return run(program, env=dict(os.environ, BREEZE_HCI="unix:/nonexistent/socket"))


def test_unix_port_by_cmake(prefix, project):
    run("cmake", "-S", project, "-B", project / "b", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", project / "b", "--target", "unix_program")
    assert "-2 " in enable(project / "b" / "unix_program")


def test_unix_port_by_pkg_config(prefix, project):
    (found,) = {p.parent for p in prefix.rglob("breeze-unix.pc")}
    flags = run("pkg-config", "--cflags", "--libs", "breeze-unix", env=dict(os.environ, PKG_CONFIG_PATH=str(found)))
    run("gcc", project / "unix_program.c", "-o", project / "u", *flags.split())
    assert "-2 " in enable(project / "u")


def test_the_readme_program(prefix, project):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(root, "README.md"), encoding="utf-8") as file:
        (program,) = re.findall(r"```c\n(.*?)```", file.read(), re.DOTALL)
    (found,) = {p.parent for p in prefix.rglob("breeze-unix.pc")}
    flags = run("pkg-config", "--cflags", "--libs", "breeze-unix", env=dict(os.environ, PKG_CONFIG_PATH=str(found)))
    (project / "readme.c").write_text(program)
    run("gcc", "-Wall", "-Wextra", "-Werror", project / "readme.c", "-o", project / "readme", *flags.split())
    done = subprocess.run([project / "readme"], env=dict(os.environ, BREEZE_HCI="unix:/nonexistent/socket"),
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "/nonexistent/socket" in done.stdout


def test_pkg_config(prefix, project):
    (found,) = {p.parent for p in prefix.rglob("breeze.pc")}
    env = dict(os.environ, PKG_CONFIG_PATH=str(found))
    for package, source in (("breeze", "program.c"), ("breeze-kernel", "kernel_program.c")):
        flags = run("pkg-config", "--cflags", "--libs", package, env=env).split()
        run("gcc", project / source, "-o", project / "p", *flags)
    assert run("pkg-config", "--modversion", "breeze", env=env).count(".") == 2


def test_both_packages_say_the_same_of_the_build(prefix):
    """The headers must be read as the library was built, whichever way a program finds it."""
    (found,) = {p.parent for p in prefix.rglob("breeze.pc")}
    env = dict(os.environ, PKG_CONFIG_PATH=str(found))
    flags = run("pkg-config", "--cflags-only-other", "breeze", env=env).split()
    (targets,) = prefix.rglob("breezeTargets.cmake")
    host = targets.read_text().split("set_target_properties(breeze::breeze ")[1]
    definitions = re.search('INTERFACE_COMPILE_DEFINITIONS "(.*)"', host)[1].split(";")
    assert definitions
    assert sorted(flags) == sorted("-D" + each for each in definitions)


def test_the_air_is_installed(prefix):
    assert os.access(prefix / "bin" / "breeze-air", os.X_OK)


def test_micropython_component(tmp_path):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    build = os.environ.get("BREEZE_BUILD") or os.path.join(root, "build", "release")
    home = tmp_path / "home"
    home.mkdir()
    lib = home / ".micropython" / "lib"
    run(os.path.join(root, "tools", "install_micropython.sh"), build, lib, env=dict(os.environ, HOME=str(home)))
    names = {p.name for p in lib.iterdir()}
    assert {"bluetooth.py", "ubluetooth.py", "_breeze.py"} <= names
    assert any(name.endswith(".so") for name in names)
