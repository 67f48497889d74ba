package io.gatehouse.api.ai;

import org.jspecify.annotations.Nullable;

/**
 * A target that an LLM call tried: one element of {@code tried_targets}.
 *
 * @param ip the address that was reached, or null when there was no connection
 */
public record AiTarget(
        String provider,
        String model,
        String routeType,
        String host,
        @Nullable String ip,
        int port,
        String scheme,
        String uri) {}
