# Rooms are targets: src/<room>/ becomes sextant::<room>, links what it may include, and is a component of the package.

set(SEXTANT_ROOMS "" CACHE INTERNAL "rooms in the order they were declared")

# sextant_room(NAME [SOURCES file...] [ROOMS room...] [NEEDS dependency...])
#   ROOMS: rooms whose headers this one includes. NEEDS: third-party libraries that only src/<room>/ sees.
function(sextant_room name)
    cmake_parse_arguments(room "" "" "SOURCES;ROOMS;NEEDS" ${ARGN})
    set(target sextant_${name})
    foreach(need IN LISTS room_NEEDS)
        sextant_find(${need})
    endforeach()

    if(room_SOURCES)
        add_library(${target} ${room_SOURCES})
        set(scope PUBLIC)
        sextant_compile_options(${target})
        foreach(need IN LISTS room_NEEDS)
            target_link_libraries(${target} PRIVATE ${SEXTANT_TARGET_${need}})
        endforeach()
        target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
        set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    else()
        add_library(${target} INTERFACE)
        set(scope INTERFACE)
        foreach(need IN LISTS room_NEEDS)
            target_link_libraries(${target} INTERFACE ${SEXTANT_TARGET_${need}})
        endforeach()
    endif()
    add_library(sextant::${name} ALIAS ${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME sextant_${name})
    target_compile_features(${target} ${scope} cxx_std_20)
    target_include_directories(${target} ${scope} $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                                  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    foreach(other IN LISTS room_ROOMS)
        target_link_libraries(${target} ${scope} sextant::${other})
    endforeach()

    set(SEXTANT_ROOMS "${SEXTANT_ROOMS};${name}" CACHE INTERNAL "")
    set(SEXTANT_ROOMS_OF_${name} "${room_ROOMS}" CACHE INTERNAL "")
    set(SEXTANT_NEEDS_OF_${name} "${room_NEEDS}" CACHE INTERNAL "")
endfunction()

# Warnings for our own code; never passed on to those who link it.
function(sextant_compile_options target)
    # GCC 12 sees overlaps in std::string that are not there (GCC bug 105651): -Wno-restrict.
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                             $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                                             $<$<BOOL:${SEXTANT_WARNINGS_AS_ERRORS}>:-Werror>)
endfunction()

# The package: one target file per room, and a configuration that finds just what the wanted rooms need. It is written
# to the build tree too, so that find_package works with sextant_DIR set to the build folder.
function(sextant_write_package)
    if(NOT SEXTANT_INSTALL)
        return()
    endif()
    include(CMakePackageConfigHelpers)
    set(where ${CMAKE_INSTALL_LIBDIR}/cmake/sextant)
    list(REMOVE_ITEM SEXTANT_ROOMS "")
    set(SEXTANT_GRAPH "set(SEXTANT_ROOMS ${SEXTANT_ROOMS})\n")
    foreach(room IN LISTS SEXTANT_ROOMS)
        string(APPEND SEXTANT_GRAPH "set(SEXTANT_ROOMS_OF_${room} ${SEXTANT_ROOMS_OF_${room}})\n")
        string(APPEND SEXTANT_GRAPH "set(SEXTANT_NEEDS_OF_${room} ${SEXTANT_NEEDS_OF_${room}})\n")
        install(TARGETS sextant_${room} EXPORT sextant_${room} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
                LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
        install(EXPORT sextant_${room} NAMESPACE sextant:: FILE sextant-${room}.cmake DESTINATION ${where})
        export(EXPORT sextant_${room} NAMESPACE sextant:: FILE ${PROJECT_BINARY_DIR}/sextant-${room}.cmake)
    endforeach()
    configure_file(${PROJECT_SOURCE_DIR}/cmake/sextantConfig.cmake.in ${PROJECT_BINARY_DIR}/sextantConfig.cmake @ONLY)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/dependencies.cmake ${PROJECT_BINARY_DIR}/sextant-dependencies.cmake COPYONLY)
    write_basic_package_version_file(${PROJECT_BINARY_DIR}/sextantConfigVersion.cmake COMPATIBILITY SameMinorVersion)
    install(FILES ${PROJECT_BINARY_DIR}/sextantConfig.cmake ${PROJECT_BINARY_DIR}/sextantConfigVersion.cmake
                  ${PROJECT_BINARY_DIR}/sextant-dependencies.cmake DESTINATION ${where})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/sextant DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()
