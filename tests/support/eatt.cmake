# The host with enhanced ATT bearers, whatever the build itself has, and a name and an appearance that
# a peer may write.
if(NOT TARGET breeze_eatt)
    set(BREEZE_EATT ON)
    breeze_host(breeze_eatt full)
    target_compile_definitions(breeze_eatt PUBLIC CONFIG_BT_DEVICE_NAME_GATT_WRITABLE=1
        CONFIG_BT_DEVICE_APPEARANCE_GATT_WRITABLE=1)
endif()
