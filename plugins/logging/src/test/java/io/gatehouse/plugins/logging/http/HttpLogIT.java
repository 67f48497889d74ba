package io.gatehouse.plugins.logging.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.GatewayExtension;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The books over real sockets: every request's entry is at the sink, or counted as dropped. */
class HttpLogIT {
    private static final String DROPPED = "gatehouse_log_entries_dropped_total";

    private final SinkServer sink = server();

    @RegisterExtension
    final GatewayExtension gateway = GatewayExtension.of(yaml("""
            queue: {max_batch_size: 10, max_coalescing_delay: 0.05, max_retry_delay: 0.1}"""))
            .environment("SINK", "http://user:s3cret@127.0.0.1:" + sink.port() + "/in?x=y");

    @AfterEach
    void closeSink() {
        sink.goOn();
        gateway.gateway().stop(Duration.ofSeconds(30)); // first: its last batch may not have been answered yet
        sink.close();
    }

    @Test
    void deliversEveryEntryOnceInBatches() throws Exception {
        // a batch waits for slow clients to fill it
        assertThat(gateway.reload(yaml("queue: {max_batch_size: 10, max_coalescing_delay: 5}")))
                .isEmpty();
        List<String> sent = send(100);
        await(() -> sink.ids().size() >= 100);

        assertThat(sink.ids()).containsExactlyInAnyOrderElementsOf(sent);
        assertThat(sink.requests()).hasSizeBetween(10, 60).allSatisfy(request -> {
            assertThat(request.method()).isEqualTo("POST");
            assertThat(request.uri()).isEqualTo("/in");
            assertThat(request.authorization()).isEqualTo("Basic dXNlcjpzM2NyZXQ=");
            assertThat(request.contentType()).isEqualTo("application/json");
            assertThat(request.body()).startsWith("[{");
        });
        assertThat(gateway.metric(DROPPED)).isZero();
    }

    @Test
    void losesNothingWhileTheSinkIsDown() throws Exception {
        List<String> sent = new ArrayList<>(send(20));
        sink.down();
        sent.addAll(send(50));
        await(() -> gateway.log().text().contains("cannot be delivered"));
        sink.up();
        await(() -> new HashSet<>(sink.ids()).size() >= 70);

        // a batch whose answer was lost when the sink went down may have come twice
        assertThat(new HashSet<>(sink.ids())).containsExactlyInAnyOrderElementsOf(sent);
        assertThat(gateway.metric(DROPPED)).isZero();
        assertThat(gateway.log().text()).contains("cannot be delivered").doesNotContain("s3cret");
    }

    @Test
    void losesNothingWhileTheSinkAnswers500() throws Exception {
        sink.answers(500);
        List<String> sent = send(50);
        await(() -> sink.requests().size() >= 3);
        sink.answers(200);
        await(() -> sink.ids().size() >= 50);

        assertThat(sink.ids()).containsExactlyInAnyOrderElementsOf(sent);
        assertThat(gateway.metric(DROPPED)).isZero();
        assertThat(gateway.log().text()).contains("answered 500").doesNotContain("s3cret");
    }

    @Test
    void answersClientsWhileTheSinkStallsAndDropsExactlyWhatItCounts() throws Exception {
        assertThat(gateway.reload(yaml("""
                queue: {max_batch_size: 5, max_coalescing_delay: 0.01, max_entries: 40, max_retry_delay: 0.1}
                    timeout: 60000"""))).isEmpty();
        sink.stall();
        List<String> sent = send(120); // returns: nobody waits for the sink
        double lost = gateway.metric(DROPPED, "plugin", "http-log", "reason", "queue_full");
        assertThat(lost).isEqualTo(80);
        sink.goOn();
        await(() -> sink.ids().size() >= 40);

        assertThat(sink.ids()).hasSize(40).doesNotHaveDuplicates();
        assertThat(sent).containsAll(sink.ids());
        assertThat(gateway.metric(DROPPED)).isEqualTo(lost);
    }

    @Test
    void sendsWhatIsQueuedWhenTheGatewayStops() throws Exception {
        assertThat(gateway.reload(yaml("queue: {max_batch_size: 1000, max_coalescing_delay: 60}")))
                .isEmpty();
        List<String> sent = send(30);
        assertThat(sink.ids()).isEmpty();
        gateway.gateway().stop(Duration.ofSeconds(30));

        assertThat(sink.ids()).containsExactlyInAnyOrderElementsOf(sent);
    }

    @Test
    void sendsWhatIsQueuedWhenTheConfigurationChanges() throws Exception {
        assertThat(gateway.reload(yaml("queue: {max_batch_size: 1000, max_coalescing_delay: 60}")))
                .isEmpty();
        List<String> sent = new ArrayList<>(send(10));
        assertThat(gateway.reload(yaml("method: PUT"))).isEmpty();
        sent.addAll(send(10));
        await(() -> sink.ids().size() >= 20);

        assertThat(sink.ids()).containsExactlyInAnyOrderElementsOf(sent);
        assertThat(sink.requests())
                .extracting(SinkServer.HttpRequestSeen::method)
                .contains("POST", "PUT");
        assertThat(gateway.metric(DROPPED)).isZero();
    }

    /** Sends requests, several at once, and returns their ids. */
    private List<String> send(int count) {
        List<CompletableFuture<HttpResponse<Void>>> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            answers.add(gateway.client()
                    .sendAsync(gateway.request("/x/" + i).build(), HttpResponse.BodyHandlers.discarding()));
        }
        List<String> ids = new ArrayList<>();
        for (CompletableFuture<HttpResponse<Void>> answer : answers) {
            HttpResponse<Void> response = answer.join();
            assertThat(response.statusCode()).isEqualTo(503);
            ids.add(response.headers().firstValue("X-Kong-Request-Id").orElseThrow());
        }
        gateway.awaitIdle();
        return ids;
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("nothing came within 60 s");
            }
            java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
        }
    }

    /** A route without a service: the gateway's 503 is answer enough. */
    private static String yaml(String more) {
        return """
                _format_version: "3.0"
                routes:
                - {name: all, paths: [/x]}
                plugins:
                - name: http-log
                  config:
                    http_endpoint: "{vault://env/sink}"
                    %s
                """.formatted(more);
    }

    private static SinkServer server() {
        try {
            return new SinkServer();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
