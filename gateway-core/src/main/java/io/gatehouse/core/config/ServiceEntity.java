package io.gatehouse.core.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A service: where requests go.
 *
 * @param protocol {@code http} or {@code https}
 * @param path starts with a slash; null when there is none
 * @param retries further tries after the first
 * @param connectTimeout in milliseconds
 * @param writeTimeout in milliseconds
 * @param readTimeout in milliseconds
 * @param enabled when false, its routes match nothing
 * @param tlsVerify whether the upstream's certificate is verified; null leaves it to {@link Compat}
 */
public record ServiceEntity(
        String id,
        @Nullable String name,
        String protocol,
        String host,
        int port,
        @Nullable String path,
        int retries,
        int connectTimeout,
        int writeTimeout,
        int readTimeout,
        boolean enabled,
        @Nullable Boolean tlsVerify,
        List<String> tags) {
    public ServiceEntity {
        tags = List.copyOf(tags);
    }
}
