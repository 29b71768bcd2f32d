# Breeze in a firmware that is built with CMake: README.md, "In a firmware". BREEZE is the prefix of a Breeze
# that was built for the board's processor; its package says what it was built with.
find_package(breeze REQUIRED PATHS ${BREEZE} NO_DEFAULT_PATH)
get_target_property(breeze_definitions breeze::breeze INTERFACE_COMPILE_DEFINITIONS)

if(NOT "BREEZE_LEVEL_FULL=1" IN_LIST breeze_definitions)
    message(FATAL_ERROR "BREEZE=${BREEZE} has no Breeze of level full, which MicroPython's module needs: "
        "build it with -DBREEZE_LEVEL=full")
endif()

set(breeze_sources modbluetooth_breeze.c extend.c gap.c gattc.c gatts.c l2cap.c)
if("CONFIG_BT_EXT_ADV=0" IN_LIST breeze_definitions)
    list(APPEND breeze_sources adv_ext_none.c)
else()
    list(APPEND breeze_sources adv_ext.c)
endif()
if("CONFIG_BT_SMP=1" IN_LIST breeze_definitions)
    list(APPEND breeze_sources secrets.c security.c)
else()
    list(APPEND breeze_sources security_none.c)
endif()
list(TRANSFORM breeze_sources PREPEND ${CMAKE_CURRENT_LIST_DIR}/)

# Ciphers: those of MicroPython's Mbed TLS, or whatever fills src/crypto/crypto.h (BREEZE_CRYPTO).
get_filename_component(breeze_src ${CMAKE_CURRENT_LIST_DIR}/../src ABSOLUTE)
if("CONFIG_BT_SMP=1" IN_LIST breeze_definitions AND NOT DEFINED BREEZE_CRYPTO)
    set(BREEZE_CRYPTO ${breeze_src}/crypto/mbedtls.c)
endif()

# What MicroPython's bluetooth module looks at. Its search for names takes definitions from a list of its own.
set(breeze_flags
    MICROPY_PY_BLUETOOTH=1
    MICROPY_PY_BLUETOOTH_USE_SYNC_EVENTS=1
    MICROPY_PY_BLUETOOTH_ENABLE_CENTRAL_MODE=1
    MICROPY_PY_BLUETOOTH_ENABLE_GATT_CLIENT=1
    MICROPY_PY_BLUETOOTH_ENABLE_PAIRING_BONDING=1
    MICROPY_PY_BLUETOOTH_ENABLE_L2CAP_CHANNELS=1
    MICROPY_TRACKED_ALLOC=1)
list(APPEND MICROPY_CPP_DEF_EXTRA ${breeze_flags})

# The board's own choice of a host stays out of the firmware.
set(MICROPY_BLUETOOTH_BTSTACK OFF)
set(MICROPY_BLUETOOTH_NIMBLE OFF)

add_library(usermod_breeze INTERFACE)
target_sources(usermod_breeze INTERFACE ${CMAKE_CURRENT_LIST_DIR}/mod_breeze.c ${breeze_sources} ${BREEZE_CRYPTO})
target_include_directories(usermod_breeze INTERFACE ${CMAKE_CURRENT_LIST_DIR} ${breeze_src})
target_compile_options(usermod_breeze INTERFACE -Wno-unused-parameter)
target_compile_definitions(usermod_breeze INTERFACE ${breeze_flags})
target_link_libraries(usermod_breeze INTERFACE breeze::breeze)
target_link_libraries(usermod INTERFACE usermod_breeze)
