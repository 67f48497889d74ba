package io.gatehouse.testkit;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Key;
import io.gatehouse.api.Route;
import io.gatehouse.api.Service;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A client's request in the making. Made by {@link PluginTester#request}; ends with {@link #send()}. */
public final class TestRequest {
    private final PluginTester tester;
    private final HttpMethod method;
    private final String uri;
    private final MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    private final MultiMap upstreamHeaders = MultiMap.caseInsensitiveMultiMap();
    private final FakeExchange exchange;
    private String scheme = "http";
    private String protocol = "HTTP/1.1";
    private String host = "gateway.test";
    private @Nullable String upstreamUri;
    private Body body = Body.empty();
    private boolean paused;

    TestRequest(PluginTester tester, HttpMethod method, String uri, FakeExchange exchange) {
        this.tester = tester;
        this.method = method;
        this.uri = uri;
        this.exchange = exchange;
    }

    /** Adds a header. */
    public TestRequest header(String name, String value) {
        headers.add(name, value);
        return this;
    }

    /** Sets a buffered body of JSON. */
    public TestRequest json(String json) {
        headers.set("Content-Type", "application/json");
        return body(json);
    }

    /** Sets a buffered body. */
    public TestRequest body(String text) {
        return body(Body.of(Buffer.buffer(text)));
    }

    /** Sets the body. */
    public TestRequest body(Body body) {
        this.body = body;
        return this;
    }

    /** Sets a body that comes in these pieces and can be read once. */
    public TestRequest bodyInPieces(String... pieces) {
        return body(pieces(BodyEnd.ok(), pieces));
    }

    /** Sets a body that breaks off after these pieces, as when the client dies while it sends. */
    public TestRequest bodyThatBreaksOff(String... pieces) {
        return body(pieces(BodyEnd.truncated(Failure.of(FailureKind.INVALID_REQUEST, "planted by the test")), pieces));
    }

    /** Sets path and query as they are sent to the upstream; the client's own unless set. */
    public TestRequest upstreamUri(String uri) {
        this.upstreamUri = uri;
        return this;
    }

    /** Sets a header for the upstream, as the gateway or a plugin further out would have done. */
    public TestRequest upstreamHeader(String name, String value) {
        upstreamHeaders.set(name, value);
        return this;
    }

    /** Sets {@code http} or {@code https}. */
    public TestRequest scheme(String scheme) {
        this.scheme = scheme;
        return this;
    }

    /** Sets {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2}. */
    public TestRequest protocol(String protocol) {
        this.protocol = protocol;
        return this;
    }

    /** Sets the name the client used for the gateway. */
    public TestRequest host(String host) {
        this.host = host;
        return this;
    }

    /** Sets the client's address. */
    public TestRequest clientAddress(String address) {
        exchange.clientAddress(address);
        return this;
    }

    /** Sets the matched route; null for none. */
    public TestRequest route(@Nullable Route route) {
        exchange.route(route);
        return this;
    }

    /** Sets the service; null for none. */
    public TestRequest service(@Nullable Service service) {
        exchange.service(service);
        return this;
    }

    /** Sets what the route's regex captured. */
    public TestRequest uriCaptures(Map<String, String> captures) {
        exchange.uriCaptures(captures);
        return this;
    }

    /** Sets who the client is, as an auth plugin further out would have done. */
    public TestRequest consumer(Consumer consumer) {
        exchange.consumer(consumer);
        return this;
    }

    /** Sets by which credential the client is known, and who it is. */
    public TestRequest credential(Credential credential) {
        exchange.authenticate(credential.consumer(), credential);
        return this;
    }

    /** Sets an attribute of the exchange, as another plugin would have done. */
    public <T> TestRequest attribute(Key<T> key, T value) {
        exchange.attributes().set(key, value);
        return this;
    }

    /** The client takes nothing of the response body until {@link TestExchange#read()} is called. */
    public TestRequest pausedClient() {
        paused = true;
        return this;
    }

    /**
     * Sends the request. It is through when this returns, as far as nothing waits for a manual upstream, the clock or
     * the client.
     *
     * @throws AssertionError when the plugin broke and {@link PluginTester#expectFaults()} was not called
     */
    public TestExchange send() {
        exchange.original(new FakeHead(method, scheme, host, uri, protocol, headers));
        MultiMap sent = Headers.copy(headers);
        upstreamHeaders.forEach(sent::set);
        return tester.run(exchange, upstreamUri == null ? uri : upstreamUri, sent, body, paused);
    }

    private static Body pieces(BodyEnd end, String... pieces) {
        ChunkReader reader = new ChunkReader();
        for (String piece : pieces) {
            reader.give(Buffer.buffer(piece));
        }
        reader.end(end);
        return Body.of(reader, -1);
    }
}
