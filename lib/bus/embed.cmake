# Writes file IN as a C array NAME into header OUT.
file(READ ${IN} hex HEX)
file(STRINGS ${IN} first LIMIT_COUNT 1)
string(REGEX REPLACE ".*name=" "" library "${first}")
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "/* made from functions.lua */
#define FUNCTIONS_LIBRARY \"${library}\"
static const char ${NAME}[] = {
${bytes}};
#define ${NAME}_len sizeof(${NAME})
")
