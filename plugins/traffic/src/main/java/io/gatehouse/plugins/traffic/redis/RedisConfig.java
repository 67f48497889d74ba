package io.gatehouse.plugins.traffic.redis;

import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Referenceable;
import io.gatehouse.api.config.Secret;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Kong's {@code redis} block. */
@Doc("The Redis server that nodes share.")
@NotBuilt("cloud_authentication")
public record RedisConfig(
        @Doc("Its name or address.") @Nullable @Referenceable
        String host,

        @Doc("Its port.") @Default("6379") @Range(min = 1, max = 65535)
        int port,

        @Doc("Milliseconds within which an answer must have come, connecting included. After one that did not, or five"
                + " failures in a row, requests are not held up any more until Redis answers again, which the gateway"
                + " tries by itself.")
        @Default("2000")
        @Range(min = 1, max = 2147483646)
        int timeout,

        @Doc("The user; the default one when absent. Without effect without a password.") @Nullable @Referenceable
        String username,

        @Doc("The password.") @Nullable Secret password,

        @Doc("The number of the database.") @Default("0") @Range(min = 0)
        int database,

        @Doc("Whether the connection is encrypted.") @Default("false")
        boolean ssl,

        @Doc("Whether the server's certificate and name are checked.") @Default(value = "true", kong310 = "false")
        boolean sslVerify,

        @Doc("The name that TLS asks the server for, and its certificate is checked for, instead of `host`.")
        @Nullable
        @Referenceable
        String serverName) {
    /** The server, which has this name or address. */
    public RedisOptions options(String name) {
        return RedisOptions.at(name, port)
                .database(database)
                .login(username, password)
                .timeout(Duration.ofMillis(timeout))
                .tls(ssl)
                .verifyTls(sslVerify)
                .serverName(serverName)
                .build();
    }
}
