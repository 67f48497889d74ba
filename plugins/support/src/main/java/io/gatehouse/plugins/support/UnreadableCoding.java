package io.gatehouse.plugins.support;

import io.gatehouse.api.Response;

/** The answer to a request whose body a plugin would have to read, in a content coding that is not undone here. */
public final class UnreadableCoding {
    private UnreadableCoding() {}

    /** The answer: 415, with the codings that are undone. */
    public static Response refused() {
        Response response = Response.error(415, "Unsupported content coding (expected: gzip or deflate)");
        response.headers().set("Accept-Encoding", "gzip, deflate");
        return response;
    }
}
