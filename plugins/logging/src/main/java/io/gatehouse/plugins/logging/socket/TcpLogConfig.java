package io.gatehouse.plugins.logging.socket;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Pattern;
import io.gatehouse.api.config.Range;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where log entries are sent, and how: Kong's fields and Kong's meaning. */
@Doc(
        "Sends one line of JSON per request over a TCP connection. While there is none, entries wait, up to 10000 of them and"
                + " 64 MiB, and are dropped and counted after a minute.")
record TcpLogConfig(
        @Doc("The name or address of the server.")
        @Pattern(
                value = "[A-Za-z0-9._-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*",
                message = "expected a name or an address without a port")
        String host,

        @Doc("Its port.") @Range(min = 1, max = 65535) int port,

        @Doc("Milliseconds within which the connection must be there, and each piece be sent.")
        @Default("10000")
        @Range(min = 1, max = 2147483646)
        double timeout,

        @Doc("Milliseconds that an unused connection is kept.") @Default("60000") @Range(min = 0, max = 2147483646)
        double keepalive,

        @Doc("Whether the connection is encrypted.") @Default("false")
        boolean tls,

        @Doc("The name that TLS asks the server for, and its certificate is checked for, instead of `host`.") @Nullable
        String tlsSni,

        @Doc("Whether the server's certificate and name are checked.") @Default(value = "true", kong310 = "false")
        boolean sslVerify,

        @Doc(
                "Fields of the entry to set or delete, each with Lua code. Only code that returns a constant is supported; return nil deletes a field.")
        Map<String, String> customFieldsByLua) {
    TcpLogConfig {
        customFieldsByLua = Map.copyOf(customFieldsByLua);
    }
}
