/* SPDX-License-Identifier: MIT */
/* What mbtcp.c and modbus.c share. */
#ifndef LIB_DECODE_MODBUS_H
#define LIB_DECODE_MODBUS_H

enum { MODBUS_PORT = 502 };

#endif
