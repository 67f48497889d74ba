package io.gatehouse.core.balancer;

import org.jspecify.annotations.Nullable;

/**
 * By what a request is spread.
 *
 * @param hash of what it is hashed by
 * @param setCookie the {@code Set-Cookie} value that the client must get for it; null for none
 */
public record HashKey(int hash, @Nullable String setCookie) {
    /** Where nothing is hashed. */
    static final HashKey NONE = new HashKey(0, null);
}
