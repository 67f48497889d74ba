package io.gatehouse.api;

import java.util.Set;

/**
 * Which parts of a request carry credentials and are shown as {@code REDACTED}: what auth plugins in effect read, plus
 * the gateway's own list. All names lower case.
 *
 * @param headers header names
 * @param queryArguments query argument names
 * @param bodyFields top-level body field names
 */
public record Redaction(Set<String> headers, Set<String> queryArguments, Set<String> bodyFields) {
    /** Copies the sets. */
    public Redaction {
        headers = Set.copyOf(headers);
        queryArguments = Set.copyOf(queryArguments);
        bodyFields = Set.copyOf(bodyFields);
    }
}
