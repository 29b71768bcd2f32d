# What `make install` puts in place, below the prefix:
#
#   include/breeze/{kernel,host}/   the two include roots (the shim's is separable, design D8)
#   lib/libbreeze_kernel.a libbreeze_kernel_fiber.a libbreeze.a; where they are built
#                                   libbreeze_unix.a, libbreeze_unix_transport.a, libbreeze_air_start.a
#   lib/cmake/breeze/               find_package(breeze): breeze::kernel, breeze::kernel_fiber, breeze::breeze,
#                                   breeze::unix, breeze::unix_transport
#   lib/pkgconfig/                  breeze-kernel.pc, breeze.pc, breeze-unix.pc
#   bin/breeze-air                  the virtual air (air/CMakeLists.txt)
#
# Included by the top CMakeLists.txt after all targets are defined.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(breeze_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/breeze)
set(breeze_installed breeze_kernel breeze)
if(TARGET breeze_kernel_fiber)
    set_target_properties(breeze_kernel_fiber PROPERTIES EXCLUDE_FROM_ALL OFF)
    list(APPEND breeze_installed breeze_kernel_fiber)
endif()
# The Unix port: clock and idle, and the transports that BREEZE_HCI names.
if(TARGET breeze_unix AND TARGET breeze_unix_transport)
    list(APPEND breeze_installed breeze_unix breeze_unix_transport breeze_air_start)
    target_include_directories(breeze_unix PUBLIC $<INSTALL_INTERFACE:include/breeze/unix>)
    # What starts the air is wanted by the transports only; its header stays here.
    set_target_properties(breeze_air_start PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/air>)
    install(FILES ports/unix/breeze_unix.h ports/unix/transport.h ports/unix/watch.h
            DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/breeze/unix)
endif()
install(TARGETS ${breeze_installed} EXPORT breeze_targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/kernel/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/breeze/kernel
        FILES_MATCHING PATTERN "*.h")
install(DIRECTORY include/host/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/breeze/host
        FILES_MATCHING PATTERN "*.h")

install(EXPORT breeze_targets NAMESPACE breeze:: FILE breezeTargets.cmake
        DESTINATION ${breeze_package_dir})
configure_package_config_file(cmake/breezeConfig.cmake.in breezeConfig.cmake
        INSTALL_DESTINATION ${breeze_package_dir})
write_basic_package_version_file(breezeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/breezeConfig.cmake ${PROJECT_BINARY_DIR}/breezeConfigVersion.cmake
        DESTINATION ${breeze_package_dir})

# pkg-config files find the prefix from their own place, so that the tree may be moved.
file(RELATIVE_PATH breeze_pc_up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" breeze_pc_up "${breeze_pc_up}")
# What the headers must be read with is what the library was built with.
get_target_property(breeze_pc_definitions breeze INTERFACE_COMPILE_DEFINITIONS)
list(TRANSFORM breeze_pc_definitions PREPEND "-D")
list(JOIN breeze_pc_definitions " " breeze_pc_definitions)
set(breeze_pc_crypto "")
if(BREEZE_SMP AND BREEZE_CRYPTO STREQUAL "mbedtls" AND NOT BREEZE_LEVEL STREQUAL "beacon")
    set(breeze_pc_crypto " -lmbedcrypto")
endif()
set(breeze_pc_names breeze-kernel breeze)
if(TARGET breeze_unix AND TARGET breeze_unix_transport)
    list(APPEND breeze_pc_names breeze-unix)
endif()
foreach(name ${breeze_pc_names})
    configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

# The module for the stock MicroPython interpreter, a component of its own that a plain install leaves
# out: its prefix is a folder of the interpreter's path (make install-micropython).
if(TARGET breeze_mpy)
    install(TARGETS breeze_mpy LIBRARY DESTINATION . COMPONENT micropython EXCLUDE_FROM_ALL)
    install(FILES micropython/bluetooth.py micropython/stock/_breeze.py micropython/stock/ubluetooth.py
            DESTINATION . COMPONENT micropython EXCLUDE_FROM_ALL)
    if(TARGET breeze-air)
        install(PROGRAMS $<TARGET_FILE:breeze-air> DESTINATION . COMPONENT micropython EXCLUDE_FROM_ALL)
    endif()
endif()
