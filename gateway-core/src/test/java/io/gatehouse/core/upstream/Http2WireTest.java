package io.gatehouse.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpVersion;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is known of a connection that ends before it is used. */
@NullUnmarked
class Http2WireTest {
    private final Vertx vertx = Vertx.vertx();
    private final Promise<HttpConnection> accepted = Promise.promise();
    private HttpClient client;
    private HttpServer server;

    @BeforeEach
    void start() throws Exception {
        server = now(vertx.createHttpServer()
                .connectionHandler(accepted::tryComplete)
                .requestHandler(request -> request.response().end())
                .listen(0, "127.0.0.1"));
        client = vertx.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
        HttpClientRequest first = now(request());
        now(first.send().compose(HttpClientResponse::end));
    }

    @AfterEach
    void stop() throws Exception {
        now(vertx.close());
    }

    private static <T> T now(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private Future<HttpClientRequest> request() {
        return client.request(HttpMethod.POST, server.actualPort(), "127.0.0.1", "/");
    }

    @Test
    void aConnectionWhoseUpstreamSaysGoodbyeIsOver() throws Exception {
        Future<Boolean> verdict =
                Future.future(told -> vertx.runOnContext(v -> request().onSuccess(out -> {
                    Wire wire = Wire.of(out);
                    assertThat(wire.isOver()).isFalse();
                    out.connection().goAwayHandler(last -> told.complete(wire.isOver()));
                    accepted.future().onSuccess(connection -> connection.goAway(0, Integer.MAX_VALUE));
                })));
        assertThat(now(verdict)).isTrue();
    }

    @Test
    void aConnectionThatIsClosedIsOver() throws Exception {
        Future<Boolean> verdict =
                Future.future(told -> vertx.runOnContext(v -> request().onSuccess(out -> {
                    Wire wire = Wire.of(out);
                    out.connection().closeHandler(closed -> told.complete(wire.isOver()));
                    accepted.future().onSuccess(HttpConnection::close);
                })));
        assertThat(now(verdict)).isTrue();
    }
}
