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
    /** The headers of the gateway's own list. */
    public static final Set<String> USUAL_HEADERS =
            Set.of("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key");

    /**
     * Query arguments under which upstreams, LLM providers among them, take credentials. They are in no exchange's
     * redaction: whoever shows a query hides them as well.
     */
    public static final Set<String> USUAL_ARGUMENTS = Set.of(
            "access_token",
            "api-key",
            "api_key",
            "apikey",
            "key",
            "password",
            "secret",
            "sig",
            "signature",
            "token",
            "x-amz-credential",
            "x-amz-security-token",
            "x-amz-signature");

    /** Copies the sets. */
    public Redaction {
        headers = Set.copyOf(headers);
        queryArguments = Set.copyOf(queryArguments);
        bodyFields = Set.copyOf(bodyFields);
    }
}
