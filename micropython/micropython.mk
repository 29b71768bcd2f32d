# Breeze in a firmware that is built with make: README.md, "In a firmware". BREEZE is the prefix of a Breeze
# that was built for the board's processor; its flags say what it was built with.
BREEZE_MOD_DIR := $(USERMOD_DIR)
BREEZE_PKG_CONFIG ?= PKG_CONFIG_LIBDIR=$(BREEZE)/lib/pkgconfig pkg-config
BREEZE_CFLAGS ?= $(shell $(BREEZE_PKG_CONFIG) --cflags breeze)
BREEZE_LIBS ?= $(filter-out -lmbedcrypto,$(shell $(BREEZE_PKG_CONFIG) --libs --static breeze))
$(if $(findstring -DBREEZE_LEVEL_FULL=1,$(BREEZE_CFLAGS)),,$(error \
    BREEZE=$(BREEZE) has no Breeze of level full, which MicroPython's module needs: build it with -DBREEZE_LEVEL=full))
BREEZE_SRC := $(dir $(BREEZE_MOD_DIR))src

# Looked through for names (MP_QSTR_...), modules and roots; the others need none.
SRC_USERMOD_C += $(BREEZE_MOD_DIR)/mod_breeze.c
SRC_USERMOD_LIB_C += $(addprefix $(BREEZE_MOD_DIR)/,\
    modbluetooth_breeze.c extend.c gap.c gattc.c gatts.c l2cap.c \
    $(if $(findstring -DCONFIG_BT_EXT_ADV=0,$(BREEZE_CFLAGS)),adv_ext_none.c,adv_ext.c) \
    $(if $(findstring -DCONFIG_BT_SMP=1,$(BREEZE_CFLAGS)),secrets.c security.c,security_none.c))

# Ciphers: those of MicroPython's Mbed TLS, or whatever fills src/crypto/crypto.h (BREEZE_CRYPTO).
BREEZE_CRYPTO ?= $(if $(findstring -DCONFIG_BT_SMP=1,$(BREEZE_CFLAGS)),$(BREEZE_SRC)/crypto/mbedtls.c)
SRC_USERMOD_LIB_C += $(BREEZE_CRYPTO)

# MicroPython's own switch would ask for one of its hosts; these are what its bluetooth module looks at.
CFLAGS_USERMOD += -I$(BREEZE_MOD_DIR) -I$(BREEZE_SRC) $(BREEZE_CFLAGS) -Wno-unused-parameter \
    -DMICROPY_PY_BLUETOOTH=1 -DMICROPY_PY_BLUETOOTH_USE_SYNC_EVENTS=1 \
    -DMICROPY_PY_BLUETOOTH_ENABLE_CENTRAL_MODE=1 -DMICROPY_PY_BLUETOOTH_ENABLE_GATT_CLIENT=1 \
    -DMICROPY_PY_BLUETOOTH_ENABLE_PAIRING_BONDING=1 -DMICROPY_PY_BLUETOOTH_ENABLE_L2CAP_CHANNELS=1 \
    -DMICROPY_TRACKED_ALLOC=1
LIBS_USERMOD += $(BREEZE_LIBS)
