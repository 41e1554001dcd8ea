# What an installation holds: the libraries, the public headers, those of the ports and transports, and a pkg-config
# file. `#include "port/NAME/NAME.h"` reads the same in this tree and against an installation.
install(TARGETS troth ${port_libraries} ARCHIVE)
install(DIRECTORY include/troth DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
foreach(folder IN ITEMS port transport)
    if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/${folder})
        install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/troth FILES_MATCHING PATTERN "*.h")
    endif()
endforeach()
configure_file(cmake/troth.pc.in troth.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/troth.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
