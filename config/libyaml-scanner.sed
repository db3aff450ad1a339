# libyaml: src/scanner.c gets its macros as functions, behind their definitions (config/yaml_small.h says why).
0,/^YAML_DECLARE(int)$/s//#include "yaml_small.h"\n&/
