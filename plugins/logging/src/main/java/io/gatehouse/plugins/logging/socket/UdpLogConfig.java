package io.gatehouse.plugins.logging.socket;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Pattern;
import io.gatehouse.api.config.Range;
import java.util.Map;

/** Where log entries are sent, and how: Kong's fields and Kong's meaning. */
@Doc(
        "Sends one datagram of JSON per request over UDP. Nobody knows whether it arrives; what is larger than a datagram can be"
                + " (65507 bytes) is dropped and counted.")
record UdpLogConfig(
        @Doc("The name or address of the server.")
        @Pattern(
                value = "[A-Za-z0-9._-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*",
                message = "expected a name or an address without a port")
        String host,

        @Doc("Its port.") @Range(min = 1, max = 65535) int port,

        @Doc("Milliseconds within which a datagram must be sent.") @Default("10000") @Range(min = 1, max = 2147483646)
        double timeout,

        @Doc(
                "Fields of the entry to set or delete, each with Lua code. Only code that returns a constant is supported; return nil deletes a field.")
        Map<String, String> customFieldsByLua) {
    UdpLogConfig {
        customFieldsByLua = Map.copyOf(customFieldsByLua);
    }
}
