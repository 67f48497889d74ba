package io.gatehouse.testkit;

import io.gatehouse.api.RequestHead;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The client's head as a test made it.
 *
 * @param headers as sent; a copy that throws when it is changed
 */
public record FakeHead(HttpMethod method, String scheme, String host, String uri, String protocol, MultiMap headers)
        implements RequestHead {
    /** Freezes the headers. */
    public FakeHead {
        Objects.requireNonNull(method, "method");
        Objects.requireNonNull(uri, "uri");
        headers = Headers.frozen(headers);
    }

    /** A head without headers, over HTTP/1.1 to {@code gateway.test}. */
    public static FakeHead of(HttpMethod method, String uri) {
        return new FakeHead(method, "http", "gateway.test", uri, "HTTP/1.1", MultiMap.caseInsensitiveMultiMap());
    }

    /** That of the scheme. */
    @Override
    public int port() {
        return scheme.equals("https") ? 443 : 80;
    }

    @Override
    public String path() {
        int mark = uri.indexOf('?');
        return mark < 0 ? uri : uri.substring(0, mark);
    }

    @Override
    public @Nullable String query() {
        int mark = uri.indexOf('?');
        return mark < 0 ? null : uri.substring(mark + 1);
    }
}
