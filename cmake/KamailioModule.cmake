# SPDX-License-Identifier: GPL-2.0-or-later
#
# kamailio_module(NAME files...): a module for the installed Kamailio.
#
# The headers are those of Debian's source package, fetched once into
# build/kamailio-<version> and shared by all build directories.
# KAMAILIO_SOURCE names an unpacked source tree to use instead.
find_program(KAMAILIO_PROGRAM kamailio PATHS /usr/sbin REQUIRED)
set(KAMAILIO_SOURCE "" CACHE PATH "Kamailio's unpacked source; empty: fetch it")

set(kamailio_cmake_dir ${CMAKE_CURRENT_LIST_DIR})

function(kamailio_find_headers)
	set(root ${KAMAILIO_SOURCE})
	if(NOT root)
		execute_process(COMMAND dpkg-query -W -f=\${Version} kamailio
			OUTPUT_VARIABLE version RESULT_VARIABLE rc)
		if(rc)
			message(FATAL_ERROR "kamailio is not installed from a Debian "
				"package: set KAMAILIO_SOURCE to its source tree")
		endif()
		string(REGEX REPLACE "[^A-Za-z0-9.+-]" "_" label "${version}")
		set(root ${CMAKE_SOURCE_DIR}/build/kamailio-${label})
		if(NOT EXISTS ${root}/src/core/sr_module.h)
			message(STATUS "fetching the source of kamailio ${version}")
		endif()
		execute_process(
			COMMAND sh ${kamailio_cmake_dir}/kamailio-source.sh
				${version} ${root}
			RESULT_VARIABLE rc ERROR_VARIABLE err)
		if(rc)
			message(FATAL_ERROR "cannot fetch Kamailio's source:\n${err}\n"
				"Or set KAMAILIO_SOURCE to its unpacked source tree.")
		endif()
	endif()
	set(kamailio_defs_dir ${CMAKE_BINARY_DIR}/kamailio)
	execute_process(
		COMMAND sh ${kamailio_cmake_dir}/kamailio-flags.sh ${root}/src
			${KAMAILIO_PROGRAM} ${kamailio_defs_dir}
		RESULT_VARIABLE rc OUTPUT_VARIABLE out ERROR_VARIABLE err)
	if(rc)
		message(FATAL_ERROR "kamailio-flags.sh:\n${err}")
	endif()
	string(STRIP "${out}" out)
	message(STATUS "${out}")
	set(KAMAILIO_INCLUDE ${root}/src PARENT_SCOPE)
	set(KAMAILIO_DEFS ${kamailio_defs_dir}/kamailio_defs.h PARENT_SCOPE)
endfunction()
kamailio_find_headers()

function(kamailio_module name)
	add_library(${name} MODULE ${ARGN})
	set_target_properties(${name} PROPERTIES PREFIX "")
	target_include_directories(${name} SYSTEM PRIVATE ${KAMAILIO_INCLUDE})
	target_compile_options(${name} PRIVATE -include ${KAMAILIO_DEFS}
		-DMOD_NAME="${name}" -DMOD_NAMEID=${name} -fno-strict-aliasing
		-fno-strict-overflow -Wall -Wextra -Wshadow -Wno-unused-parameter
		-Wno-sign-compare
		-Wno-cast-function-type -pthread)
	# Kamailio exports its symbols: ours must not be taken for its.
	target_link_options(${name} PRIVATE -Wl,-Bsymbolic
		-Wl,--exclude-libs,ALL)
endfunction()
