package io.gatehouse.api;

import io.vertx.core.Future;

/**
 * An HTTP client for what a plugin itself wants from others: a log sink, a token endpoint, a guard. Requests of clients go
 * through {@link Next}, not through here.
 *
 * <p>Its connections are kept alive and shared with nobody. Redirections are not followed, cookies not kept, bodies not
 * decompressed. Connections that the gateway's settings send elsewhere ({@code GATEHOUSE_CONNECT_TO}) go elsewhere here,
 * too.
 *
 * <pre>{@code
 * private final HttpCaller http = context.http(HttpOptions.standard().connections(4).build());
 *
 * Future<HttpAnswer> answer = http.send(HttpCall.to(HttpMethod.POST, target, "/logs")
 *         .header("Content-Type", "application/json")
 *         .body(json)
 *         .timeout(Duration.ofSeconds(10))
 *         .build());
 * }</pre>
 *
 * <p>Implemented by the gateway and the testkit only. Any thread; a future completes on the caller's event loop, if it has
 * one.
 */
public interface HttpCaller {
    /**
     * Sends a request and reads the whole answer.
     *
     * @return fails with an {@link HttpCallException} when there was no answer or it broke off; any status is an answer
     */
    Future<HttpAnswer> send(HttpCall call);
}
