package io.gatehouse.testkit;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;

/** Copies of headers. */
final class Headers {
    private Headers() {}

    static MultiMap copy(MultiMap headers) {
        MultiMap copy = MultiMap.caseInsensitiveMultiMap();
        copy.addAll(headers);
        return copy;
    }

    /** A copy that throws when it is changed, as the gateway's frozen heads do. */
    static MultiMap frozen(MultiMap headers) {
        MultiMap copy = HttpHeaders.headers();
        copy.addAll(headers);
        return copy.copy(false);
    }

    /** As many bytes as these headers take in HTTP/1.1. */
    static long length(MultiMap headers) {
        long length = 2;
        for (var entry : headers) {
            length += entry.getKey().length() + entry.getValue().length() + 4L;
        }
        return length;
    }
}
