# Writes FILE as a C++ source that defines `extern const char NAME[]` in NAMESPACE. Called with cmake -P.
file(READ ${FILE} text)
# A raw string literal may hold 64 KiB; the text is cut into lines to stay below.
string(REPLACE "\n" ")portico\"\n\"\\n\" R\"portico(" text "${text}")
set(source "// Made from ${SHOWN}; do not edit.\nnamespace ${NAMESPACE} {\n")
string(APPEND source "extern const char ${NAME}[];\n")
string(APPEND source "const char ${NAME}[] = R\"portico(${text})portico\";\n}\n")
file(WRITE ${OUTPUT} "${source}")
