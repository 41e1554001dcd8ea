# How everything is compiled, as the target troth_flags; it is never installed.
add_library(troth_flags INTERFACE)
target_compile_options(troth_flags INTERFACE
    -Wall -Wextra -Wconversion -pedantic -Wvla -Wshadow -Wstrict-prototypes -Wmissing-prototypes)
if(TROTH_WERROR)
    target_compile_options(troth_flags INTERFACE -Werror)
endif()

# Instrumentation goes into every object, so it is set for the whole directory and not by target.
if(TROTH_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()
if(TROTH_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
        message(FATAL_ERROR "The fuzz targets need clang (its libFuzzer): configure with CC=clang.")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
