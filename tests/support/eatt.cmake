# The host with enhanced ATT bearers, whatever the build itself has.
if(NOT TARGET breeze_eatt)
    set(BREEZE_EATT ON)
    breeze_host(breeze_eatt full)
endif()
