package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** HTTP/2 with upstreams, whatever the client speaks. */
@NullUnmarked
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings({"AddressSelection", "StringConcatToTextBlock", "try"}) // line ends matter, and when a client leaves
class Http2UpstreamIT {
    private static void answers(Http2Peer.Stream stream) {
        if (stream.ended) {
            stream.head("200", false, "x-here", "yes");
            stream.data("got " + stream.body, false);
            stream.trailers("x-sum", "7");
        }
    }

    @RegisterExtension
    final Rig rig = new Rig();

    private Http2Peer peer;

    private void start(Consumer<Http2Peer.Stream> script, String service) throws Exception {
        start(Http2Settings.defaultSettings(), script, service);
    }

    private void start(Http2Settings settings, Consumer<Http2Peer.Stream> script, String service) throws Exception {
        peer = new Http2Peer(settings, script);
        rig.url = "grpc://127.0.0.1:" + peer.port();
        rig.service = service;
        rig.start("{name: probe}");
    }

    @AfterEach
    void stop() {
        peer.close();
    }

    @Test
    void speaksHttp2FromTheFirstByteOn() throws Exception {
        start(Http2UpstreamIT::answers, "retries: 0");
        String answer = rig.raw(
                "POST /a/b?c=d HTTP/1.1\r\nHost: shop.example\r\nTE: trailers\r\nConnection: close, X-Mine\r\n"
                        + "X-Mine: 1\r\nKeep-Alive: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-End: 1\r\n\r\n");
        assertThat(answer)
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("x-here: yes\r\n")
                .contains("got hello")
                .contains("x-sum: 7\r\n")
                .endsWith("<closed>");
        Http2Peer.Stream stream = peer.stream(0);
        assertThat(stream.headers)
                .containsEntry(":method", "POST")
                .containsEntry(":path", "/b?c=d")
                .containsEntry(":scheme", "http")
                .containsEntry(":authority", "127.0.0.1:" + peer.port())
                .containsEntry("te", "trailers")
                .doesNotContainKeys("host", "connection", "keep-alive", "x-mine", "transfer-encoding");
        assertThat(stream.trailers).containsEntry("x-end", "1");
    }

    /** A request whose body goes on. */
    private Socket begin(String path) throws Exception {
        Socket client = rig.connect();
        Rig.send(client, "POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
        return client;
    }

    @Test
    void goesBothWaysAtOnce() throws Exception {
        start(
                stream -> {
                    if (stream.body.length() == 3 && !stream.ended) {
                        stream.head("200", false);
                        stream.data("first", false);
                    } else if (stream.ended) {
                        stream.data("last after " + stream.body, true);
                    }
                },
                "retries: 0");
        try (Socket client = begin("/a")) {
            Rig.until(client, "first\r\n");
            Rig.send(client, "3\r\ntwo\r\n0\r\n\r\n");
            Rig.until(client, "last after onetwo\r\n0\r\n\r\n");
        }
    }

    @Test
    void anAnswerThatEndsBeforeItsRequestEndsThat() throws Exception {
        start(
                stream -> {
                    if (stream.body.length() == 3 && stream.reset < 0) {
                        stream.head("200", false);
                        stream.data("enough", true);
                    }
                },
                "retries: 0");
        try (Socket client = begin("/a")) {
            Rig.until(client, "enough\r\n0\r\n\r\n");
            Rig.await(() -> peer.stream(0).reset == 8, () -> "reset: " + peer.stream(0).reset);
        }
        assertThat(peer.connections.get(0).isActive()).isTrue();
    }

    @Test
    void manyStreamsShareAConnection() throws Exception {
        List<Http2Peer.Stream> waiting = new ArrayList<>();
        start(
                stream -> {
                    waiting.add(stream);
                    if (waiting.size() == 41) {
                        waiting.forEach(Http2UpstreamIT::answers);
                    } else if (waiting.size() == 1) {
                        answers(stream); // one by itself: then there is a connection
                    }
                },
                "retries: 0");
        assertThat(rig.get("/a").statusCode()).isEqualTo(200);
        waiting.clear();
        waiting.add(peer.stream(0));
        ExecutorService clients = Executors.newFixedThreadPool(40);
        try {
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                answers.add(clients.submit(() -> rig.get("/a")));
            }
            for (Future<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().body()).isEqualTo("got ");
            }
        } finally {
            clients.shutdownNow();
        }
        assertThat(peer.connections).hasSize(1);
        assertThat(peer.streams).hasSize(41);
    }

    /** Eight connections of one stream each, and 1,024 requests that wait for one: there is no room for another. */
    @Test
    void whoFindsTheQueueFullIsRefused() throws Exception {
        List<Http2Peer.Stream> held = new CopyOnWriteArrayList<>();
        AtomicBoolean released = new AtomicBoolean();
        start(
                Http2Settings.defaultSettings().maxConcurrentStreams(1),
                stream -> {
                    if (released.get()) {
                        answers(stream);
                    } else {
                        held.add(stream);
                    }
                },
                "retries: 5, connect_timeout: 600000, read_timeout: 600000");
        List<Socket> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 8 + 1024 + 5; i++) {
                Socket client = rig.connect();
                clients.add(client);
                int busy = Math.min(i, 8); // who waits for a connection waits too
                Rig.await(() -> held.size() == busy, () -> "held: " + held.size());
                Rig.send(client, "GET /a HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\nConnection: close\r\n\r\n");
            }
            Rig.await(() -> held.size() == 8 && answered(clients).size() == 5, () -> "held: " + held.size());
            for (Socket client : answered(clients)) {
                assertThat(Rig.rest(client))
                        .startsWith("HTTP/1.1 503 ")
                        .contains("The upstream server is currently unavailable");
                clients.remove(client);
            }
            released.set(true);
            held.forEach(Http2UpstreamIT::answers);
            for (Socket client : clients) {
                assertThat(Rig.rest(client)).startsWith("HTTP/1.1 200 ");
            }
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    private static List<Socket> answered(List<Socket> clients) {
        return clients.stream()
                .filter(client -> {
                    try {
                        return client.getInputStream().available() > 0;
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .toList();
    }

    @Test
    void aClientThatLeavesResetsItsStreamOnly() throws Exception {
        CompletableFuture<Http2Peer.Stream> other = new CompletableFuture<>();
        start(
                stream -> {
                    if (stream.reset >= 0) {
                        return;
                    }
                    if (stream.number == 0) {
                        stream.head("200", false);
                        stream.data("some", false);
                    } else {
                        other.complete(stream);
                    }
                },
                "retries: 0");
        ExecutorService clients = Executors.newSingleThreadExecutor();
        try (Socket client = rig.connect()) {
            Rig.send(client, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
            Rig.until(client, "some\r\n");
            Future<HttpResponse<String>> answer = clients.submit(() -> rig.get("/a"));
            Http2Peer.Stream second = other.get();
            client.setSoLinger(true, 0);
            client.close();
            Rig.await(() -> peer.stream(0).reset == 8, () -> "reset: " + peer.stream(0).reset);
            second.head("200", false);
            second.data("mine", true);
            assertThat(answer.get().body()).isEqualTo("mine");
        } finally {
            clients.shutdownNow();
        }
        assertThat(peer.connections).hasSize(1);
        assertThat(rig.logged(2)).contains("probe client_gone reset 200");
    }

    @Test
    void aStreamThatIsResetIsNoWholeAnswer() throws Exception {
        start(
                stream -> {
                    stream.head("200", false);
                    stream.data("half", false);
                    stream.reset(2);
                },
                "retries: 3");
        String answer = rig.raw("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 200").contains("half").doesNotContain("\r\n0\r\n");
        assertThat(rig.logged(1)).containsExactly("probe upstream_failed reset 200");
        assertThat(peer.streams).hasSize(1);
    }

    @Test
    void whatWasRefusedIsTriedAgain() throws Exception {
        start(
                stream -> {
                    if (!stream.ended || stream.reset >= 0) {
                        return;
                    }
                    if (stream.number == 0) {
                        stream.reset(7); // refused: nothing was done
                    } else {
                        answers(stream);
                    }
                },
                "retries: 1");
        HttpResponse<String> answer = rig.send("POST", "/a", BodyPublishers.noBody());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(peer.streams).hasSize(2);
    }

    @Test
    void aBodyThatWasRefusedIsSentAgainFromItsBeginning() throws Exception {
        start(
                stream -> {
                    if (stream.number == 0 && stream.reset < 0 && stream.body.length() > 0) {
                        stream.reset(7);
                    } else if (stream.number > 0) {
                        answers(stream);
                    }
                },
                "retries: 1");
        try (Socket client = begin("/a")) {
            Rig.await(() -> peer.stream(0).body.length() > 0, () -> "nothing came");
            Rig.send(client, "3\r\ntwo\r\n0\r\nX-End: 1\r\n\r\n");
            Rig.until(client, "got onetwo");
        }
        assertThat(peer.stream(1).trailers).containsEntry("x-end", "1");
        assertThat(peer.streams).hasSize(2);
    }

    @Test
    void aBodyThatWasWholeWhenItWasRefusedIsSentAgain() throws Exception {
        start(
                stream -> {
                    if (stream.ended && stream.number == 0) {
                        stream.reset(7);
                    } else if (stream.ended) {
                        answers(stream);
                    }
                },
                "retries: 1");
        HttpResponse<String> answer = rig.send("POST", "/a", BodyPublishers.ofString("hello"));
        assertThat(answer.body()).isEqualTo("got hello");
        assertThat(peer.stream(1).headers).containsEntry("content-length", "5");
    }

    @Test
    void aBodyTooLargeToBeKeptIsNotSentAgain() throws Exception {
        start(
                stream -> {
                    if (stream.body.length() > 100_000 && stream.reset < 0) {
                        stream.reset(7);
                    }
                },
                "retries: 3");
        assertThat(rig.send("POST", "/a", BodyPublishers.ofString("x".repeat(200_000)))
                        .statusCode())
                .isEqualTo(502);
        assertThat(peer.streams).hasSize(1);
    }

    @Test
    void whatMayHaveBeenDoneIsNotDoneAgain() throws Exception {
        start(
                stream -> {
                    if (stream.reset < 0) {
                        stream.reset(2);
                    }
                },
                "retries: 5");
        assertThat(rig.send("POST", "/a", BodyPublishers.noBody()).statusCode()).isEqualTo(502);
        assertThat(peer.streams).hasSize(1);
    }

    @Test
    void whatAConnectionThatEndsHasNotTakenGoesToAnother() throws Exception {
        CompletableFuture<Http2Peer.Stream> first = new CompletableFuture<>();
        start(
                stream -> {
                    if (stream.number == 0) {
                        first.complete(stream);
                    } else if (stream.number == 1) {
                        stream.goAway(1); // the first was taken, this one was not
                    } else {
                        answers(stream);
                    }
                },
                "retries: 1");
        ExecutorService clients = Executors.newSingleThreadExecutor();
        try {
            Future<HttpResponse<String>> early = clients.submit(() -> rig.get("/a"));
            Http2Peer.Stream taken = first.get();
            HttpResponse<String> late = rig.send("POST", "/a", BodyPublishers.noBody());
            assertThat(late.statusCode()).isEqualTo(200);
            assertThat(peer.connections).hasSize(2);
            taken.head("200", false);
            taken.data("still whole", true);
            assertThat(early.get().body()).isEqualTo("still whole");
        } finally {
            clients.shutdownNow();
        }
    }

    @Test
    void aConnectionThatEndsAsItIsTakenIsLeftForAnother() throws Exception {
        int connections = 8; // there may be no more, so that the next request waits for one of them
        start(
                Http2Settings.defaultSettings().maxConcurrentStreams(1),
                stream -> {
                    if (stream.number >= connections && stream.ended) {
                        answers(stream);
                    }
                },
                "retries: 0");
        ExecutorService clients = Executors.newCachedThreadPool();
        try {
            List<Future<?>> before = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                before.add(clients.submit(() -> rig.get("/a")));
                peer.stream(i);
            }
            Future<HttpResponse<String>> next =
                    clients.submit(() -> rig.send("POST", "/a", BodyPublishers.ofString("hello")));
            Rig.await(() -> rig.gateway.inFlight() == connections + 1, () -> "in flight: " + rig.gateway.inFlight());
            assertThat(before).noneMatch(Future::isDone);
            peer.stream(0).lastAnswer(1);
            assertThat(next.get().body()).isEqualTo("got hello");
            assertThat(peer.connections).hasSize(connections + 1);
        } finally {
            clients.shutdownNow();
        }
    }

    @Test
    void aConnectionThatIsLostIsReplaced() throws Exception {
        start(Http2UpstreamIT::answers, "retries: 0");
        assertThat(rig.get("/a").statusCode()).isEqualTo(200);
        Channel lost = peer.connections.get(0);
        lost.close().sync();
        Rig.await(
                () -> {
                    try {
                        return rig.get("/a").statusCode() == 200;
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                },
                () -> "no answer any more");
        assertThat(peer.connections.size()).isGreaterThan(1);
    }

    @Test
    void aSilentConnectionIsGivenUp() throws Exception {
        start(
                stream -> {
                    if (stream.number > 0) {
                        answers(stream);
                    } else {
                        stream.deafen(); // it will not even see a ping
                    }
                },
                "retries: 0, read_timeout: 1000");
        assertThat(rig.get("/a").statusCode()).isEqualTo(504);
        Rig.await(
                () -> {
                    try {
                        return rig.get("/a").statusCode() == 200;
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                },
                () -> "all requests still go to the dead connection");
        assertThat(peer.connections.size()).isGreaterThan(1);
    }

    @Test
    void aClientThatDoesNotReadHoldsBackItsOwnStreamOnly() throws Exception {
        String much = "x".repeat(16 * 1024);
        start(
                stream -> {
                    if (stream.number == 0 && stream.reset < 0) {
                        stream.head("200", false);
                        for (int i = 0; i < 4096; i++) {
                            stream.data(much, i == 4095);
                        }
                    } else {
                        answers(stream);
                    }
                },
                "retries: 0");
        try (Socket client = rig.connect()) {
            Rig.send(client, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
            Rig.until(client, "\r\n\r\n");
            for (int i = 0; i < 20; i++) {
                assertThat(rig.get("/a").body()).isEqualTo("got ");
            }
            long stuck = settled(() -> peer.stream(0).written.get());
            assertThat(stuck).isLessThan(32L * 1024 * 1024);
            assertThat(peer.connections).hasSize(1);
            long read = 0;
            byte[] block = new byte[64 * 1024];
            while (read < 64L * 1024 * 1024) {
                int count = client.getInputStream().read(block);
                assertThat(count).isPositive();
                read += count;
            }
        }
    }

    /** A figure once it does not grow any more. */
    private static long settled(java.util.function.LongSupplier figure) {
        long[] last = {-1};
        int[] same = {0};
        Rig.await(
                () -> {
                    long now = figure.getAsLong();
                    same[0] = now == last[0] ? same[0] + 1 : 0;
                    last[0] = now;
                    return same[0] > 60;
                },
                () -> "grows and grows");
        return last[0];
    }

    @Test
    void anUpstreamThatTakesNoBodyHoldsBackItsClient() throws Exception {
        start(stream -> {}, "retries: 0, write_timeout: 60000");
        peer.takesBodies = false;
        try (Socket client = begin("/a")) {
            String piece = "4000\r\n" + "y".repeat(0x4000) + "\r\n";
            java.util.concurrent.atomic.AtomicLong sent = new java.util.concurrent.atomic.AtomicLong();
            Thread sender = new Thread(() -> {
                try {
                    for (int i = 0; i < 4096; i++) {
                        Rig.send(client, piece);
                        sent.addAndGet(piece.length());
                    }
                } catch (java.io.IOException e) {
                    // closed by the test
                }
            });
            sender.start();
            long stuck = settled(sent::get);
            assertThat(stuck).isLessThan(32L * 1024 * 1024);
            assertThat(peer.stream(0).body.length()).isLessThanOrEqualTo(65_535);
            client.setSoLinger(true, 0);
            client.close();
            sender.join();
        }
        Rig.await(() -> peer.stream(0).reset == 8, () -> "reset: " + peer.stream(0).reset);
    }

    @Test
    void waitsForAStreamWhereTheUpstreamAllowsFew() throws Exception {
        start(Http2Settings.defaultSettings().maxConcurrentStreams(1), Http2UpstreamIT::answers, "retries: 0");
        ExecutorService clients = Executors.newFixedThreadPool(30);
        try {
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                answers.add(clients.submit(() -> rig.get("/a")));
            }
            for (Future<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
            }
        } finally {
            clients.shutdownNow();
        }
        assertThat(peer.connections.size()).isBetween(1, 8);
    }
}
