package io.gatehouse.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.HttpAnswer;
import io.gatehouse.api.HttpCall;
import io.gatehouse.api.HttpCallException;
import io.gatehouse.api.HttpOptions;
import io.gatehouse.api.Target;
import io.gatehouse.simulator.ConnectionRecord;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a plugin gets from others over HTTP, and what it learns when it gets nothing. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PluginHttpClientIT {
    private final Vertx vertx = Vertx.vertx();
    private final FaultServer server = FaultServer.start(ServerScript.answering("{\"ok\":true}"));
    private final Target target = Target.to("http", "127.0.0.1", server.port())
            .connectTimeout(Duration.ofSeconds(30))
            .build();
    private PluginHttpClient client = client(HttpOptions.standard());

    @AfterEach
    void close() {
        client.close().toCompletionStage().toCompletableFuture().join();
        server.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void sendsARequestAndReadsTheAnswer() {
        HttpAnswer answer = await(client.send(HttpCall.to(HttpMethod.PUT, target, "/in?x=y")
                .header("X-Key", "k")
                .header("Content-Length", "7")
                .header("Host", "other")
                .body(Buffer.buffer("hello"))
                .build()));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers().get("content-type")).isEqualTo("application/json");
        assertThat(answer.body().toString()).isEqualTo("{\"ok\":true}");
        assertThat(answer.truncated()).isFalse();
        assertThat(received())
                .startsWith("PUT /in?x=y HTTP/1.1\r\n")
                .endsWith("\r\n\r\nhello")
                .containsIgnoringCase("x-key: k\r\n")
                .containsIgnoringCase("content-length: 5\r\n")
                .containsIgnoringCase("host: 127.0.0.1:" + server.port() + "\r\n")
                .doesNotContainIgnoringCase("length: 7")
                .doesNotContain("other");
    }

    @Test
    void keepsItsConnectionAndSendsOneRequestAfterTheOther() {
        client = client(HttpOptions.standard().connections(1));
        List<Future<HttpAnswer>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            answers.add(client.send(get("/" + i)));
        }
        answers.forEach(PluginHttpClientIT::await);

        assertThat(server.connections()).hasSize(1);
        assertThat(server.requests()).isEqualTo(20);
    }

    @Test
    void readsNoMoreOfAnAnswerThanItMay() {
        server.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Type: text/plain", "Transfer-Encoding: chunked")
                .endless("4\r\nabcd\r\n", Duration.ofMillis(1))
                .build());
        client = client(HttpOptions.standard().maxAnswerBytes(10));
        HttpAnswer answer = await(client.send(get("/")));

        assertThat(answer.body().toString()).isEqualTo("abcdabcdab");
        assertThat(answer.truncated()).isTrue();
        ConnectionRecord ended =
                server.await(ConnectionRecord::ended, Duration.ofSeconds(30)).join();
        assertThat(ended.peerClosedMs()).isPresent();
    }

    @Test
    void tellsWhyThereIsNoAnswer() {
        server.refuse();
        assertThat(failure(client.send(get("/"))).failure().kind()).isEqualTo(FailureKind.CONNECT);
        assertThat(failure(client.send(get("/"))).failure().sent()).isFalse();
        server.listen();

        server.script(ServerScript.builder().readRequest().reset().build());
        HttpCallException reset = failure(client.send(get("/")));
        assertThat(reset.failure().kind()).isEqualTo(FailureKind.RESET);
        assertThat(reset.failure().sent()).isTrue();

        server.script(ServerScript.builder()
                .readRequest()
                .respondLying(200, "{}", 100)
                .close()
                .build());
        assertThat(failure(client.send(get("/"))).failure().kind()).isEqualTo(FailureKind.RESET);

        server.script(
                ServerScript.builder().readRequest().send("SSH-2.0-x\r\n\r\n").build());
        assertThat(failure(client.send(get("/"))).failure().kind()).isEqualTo(FailureKind.INVALID_RESPONSE);
    }

    @Test
    void givesUpAfterItsTimeHoweverSlowlyTheAnswerComes() {
        server.script(ServerScript.builder()
                .readRequest()
                .head(200, "Transfer-Encoding: chunked")
                .endless("1\r\nx\r\n", Duration.ofMillis(20))
                .build());
        HttpCallException late = failure(client.send(HttpCall.to(HttpMethod.GET, target, "/")
                .timeout(Duration.ofSeconds(2))
                .build()));

        assertThat(late.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
        server.await(ConnectionRecord::ended, Duration.ofSeconds(30)).join();
    }

    @Test
    void givesUpAServerThatSaysNothing() {
        server.script(ServerScript.silent());
        HttpCallException late = failure(client.send(HttpCall.to(HttpMethod.GET, target, "/")
                .timeout(Duration.ofSeconds(2))
                .build()));

        assertThat(late).hasMessageContaining("no whole answer within 2000 ms");
    }

    @Test
    void refusesWhatIsNoHttpWithoutShowingIt() {
        HttpCallException header = failure(client.send(HttpCall.to(HttpMethod.GET, target, "/")
                .header("X-Key", "s3cret\r\nX: y")
                .build()));
        assertThat(header)
                .hasMessageContaining("header X-Key: characters that HTTP does not allow")
                .hasMessageNotContaining("s3cret");
        assertThat(header.failure().kind()).isEqualTo(FailureKind.PLUGIN);

        assertThat(await(client.send(get("/"))).status()).isEqualTo(200);
    }

    @Test
    void goesElsewhereWhereTheSettingsSaySo() {
        client = new PluginHttpClient(
                vertx,
                new Redirects(List.of(new Redirects.Redirect(
                        new Redirects.Origin(true, "logs.example", 443),
                        new Redirects.Origin(false, "127.0.0.1", server.port())))),
                TlsDefaults.NONE,
                HttpOptions.standard().build());
        HttpAnswer answer = await(client.send(HttpCall.to(
                        HttpMethod.GET, Target.to("https", "logs.example", 443).build(), "/")
                .build()));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(received()).containsIgnoringCase("host: logs.example\r\n");
    }

    @Test
    void refusesTargetsOfHttp2() {
        HttpCall call = HttpCall.to(
                        HttpMethod.GET,
                        Target.to("grpc", "127.0.0.1", server.port()).build(),
                        "/")
                .build();
        assertThat(failure(client.send(call)).failure().kind()).isEqualTo(FailureKind.PLUGIN);
    }

    @Test
    void endsCallsUnderWayAndTakesNoMoreWhenItIsClosed() {
        server.script(ServerScript.silent());
        Future<HttpAnswer> open = client.send(get("/"));
        server.await(connection -> connection.requests() > 0 || connection.bytesReceived() > 0, Duration.ofSeconds(30))
                .join();
        client.close().toCompletionStage().toCompletableFuture().join();

        assertThat(failure(open).failure().sent()).isTrue();
        assertThat(failure(client.send(get("/"))).failure().kind()).isEqualTo(FailureKind.SHUTDOWN);
    }

    private PluginHttpClient client(HttpOptions.Builder options) {
        return new PluginHttpClient(vertx, new Redirects(List.of()), TlsDefaults.NONE, options.build());
    }

    private HttpCall get(String uri) {
        return HttpCall.to(HttpMethod.GET, target, uri).build();
    }

    private String received() {
        return server.connections().get(0).receivedText();
    }

    private static HttpAnswer await(Future<HttpAnswer> answer) {
        return answer.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }

    private static HttpCallException failure(Future<HttpAnswer> answer) {
        try {
            await(answer);
        } catch (CompletionException e) {
            if (e.getCause() instanceof HttpCallException cause) {
                return cause;
            }
            throw e;
        }
        throw new AssertionError("there was an answer (expected: none)");
    }
}
